"""`index --from`: a folder is read where it is, until it is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.cli.conftest import Run


@pytest.mark.slow
def test_a_folder_is_read_where_it_is_and_the_next_question_sees_its_changes(
    run: Run, data: Path, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "Whales.md").write_text("A whale sings of plankton.", encoding="utf-8")
    assert run("index", "--folders", "--data", data).err == (
        "Only the reviews of the data folder are read. "
        f"Run `review-bot index --from FOLDER --data {data}` to read another folder.\n"
    )
    linked = run("index", "--from", vault, "--data", data)
    assert (linked.code, linked.out.partition(",")[0]) == (0, "The index is up to date: 2 reviews")
    assert linked.err == f"{vault}: From now on, the reviews are read from there, and every change counts.\n"
    assert run("index", "--folders", "--data", data).out == f"{vault}\n"
    assert run("config", "--json", "--data", data).json["folders"] == [str(vault)]
    assert f"\n  {vault}\n" in run("config", "--data", data).out

    (vault / "Whales.md").write_text("A whale sings of krill and of the deep.", encoding="utf-8")
    asked = run("ask", "What does a whale sing of?", "--json", "--data", data)
    assert asked.json["quotes"][0]["text"] == "A whale sings of krill and of the deep."

    vault.rename(tmp_path / "away")
    gone = (
        f"{vault}: The folder is missing. Put it back, or run `review-bot index --forget {vault} --data {data}`. "
        "Until then its reviews stay as they were indexed.\n"
    )
    asked = run("ask", "What does a whale sing of?", "--json", "--data", data)
    assert (asked.json["quotes"][0]["review"], asked.err) == ("whales", gone)
    assert run("index", "--data", data).err == gone
    assert run("index", "--check", "--data", data).err == gone
    assert run("index", "--folders", "--data", data).out == f"{vault} (missing)\n"
    checked = run("doctor", "--data", data)
    assert f"FAIL folders    {vault}: The folder is missing." in checked.out
    refused = run("index", "--from", vault, "--data", data)
    assert refused.complaint == f"{vault}: There is no such folder."

    forgotten = run("index", "--forget", vault, "--data", data)
    assert (forgotten.code, forgotten.err) == (0, "")
    assert forgotten.out.startswith("The index is up to date: 1 review, ")
    assert (tmp_path / "away" / "Whales.md").exists()


def test_a_folder_alone_makes_a_new_data_folder_and_nothing_else_does(run: Run, tmp_path: Path) -> None:
    vault, data = tmp_path / "vault", tmp_path / "data"
    vault.mkdir()
    (vault / "Whales.md").write_text("A whale sings of plankton.", encoding="utf-8")
    for options in ((), ("--check",)):
        assert run("index", *options, "--data", data).complaint.startswith(f"{data}: There is no such folder. Name the")
    assert not data.exists()
    linked = run("index", "--from", vault, "--data", data)
    assert (linked.code, linked.out.partition(",")[0]) == (0, "The index is up to date: 1 review")
    assert linked.err.startswith(f"This makes a new data folder, {data}.\n{vault}: From now on, ")
