"""`backup` and `restore`, with the real engine."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from bot.storage import LARGEST_ID
from bot.storage.restore import STAGING
from embeddings.documents.filesystem import OWN_PATH_CHARACTERS
from tests.bot.cli.conftest import QUESTION, Run, add_whales
from tests.project import ROOT, copy_data


@pytest.mark.slow
def test_answers_are_the_same_after_a_restore_to_another_folder(run: Run, two_reviews: Path, tmp_path: Path) -> None:
    questions = (QUESTION, "What colour is the sea?", "Who wrote the score?")

    def answers(data: Path) -> list[str]:
        asked = [run("ask", question, "--json", "--data", data) for question in questions]
        assert [answer.code for answer in asked] == [0, 0, 0]
        return [answer.out for answer in asked]

    data = copy_data(two_reviews, tmp_path / "data")
    (data / "calibration.json").write_text(
        (ROOT / "embeddings" / "answering" / "calibration.json")
        .read_text(encoding="utf-8")
        .replace('"slope": 3.65', '"slope": 3.5'),
        encoding="utf-8",
    )
    saved = run("backup", tmp_path / "club.zip", "--data", data)
    assert (saved.code, saved.err) == (0, "")
    assert saved.out == (
        f"{tmp_path / 'club.zip'}: 2 reviews, no database, 1 other file. The token and the index are not included.\n"
    )
    # The other folder has another review, which is replaced, and an encoder.
    other = copy_data(two_reviews, tmp_path / "other")
    shutil.copy(data / "reviews" / "never-let-me-go.md", other / "reviews" / "gives-way.md")
    refused = run("restore", tmp_path / "club.zip", "--data", other)
    assert "--replace" in refused.complaint
    restored = run("restore", tmp_path / "club.zip", "--replace", "--data", other)
    assert restored.code == 0
    assert restored.out.startswith(f"{other}: 2 reviews, no database, 1 other file, from 20")
    assert restored.out.endswith(f". Run `review-bot index --data {other}` before you start the bot.\n")
    assert run("index", "--data", other).code == 0
    assert answers(other) == answers(data)


def test_a_backup_replaces_an_earlier_backup_and_no_other_file_unless_forced(run: Run, tmp_path: Path) -> None:
    data, notes, saved = tmp_path / "data", tmp_path / "notes.txt", tmp_path / "club.zip"
    add_whales(data)
    notes.write_text("Do not lose this.", encoding="utf-8")
    with zipfile.ZipFile(saved, "w") as other:
        other.writestr("holiday.jpg", "photo")
    for file in (notes, saved):
        before = file.read_bytes()
        assert run("backup", file, "--data", data).complaint == (
            f"{file}: There is a file of this name already, which this command did not write. "
            "Name another one, or replace it with --force."
        )
        assert file.read_bytes() == before
        for options in (["--force"], []):
            assert run("backup", file, *options, "--data", data).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["club.zip", "data", "notes.txt"]
    assert run("restore", notes, "--data", tmp_path / "other").code == 0


def test_a_backup_without_reviews_says_so(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "calibration.json").write_text("{}", encoding="utf-8")
    saved = run("backup", tmp_path / "club.zip", "--data", data)
    assert saved.out.startswith(f"{tmp_path / 'club.zip'}: 0 reviews, no database, 1 other file.")
    assert saved.err == f"{data / 'reviews'}: There are no reviews, so the backup has none.\n"


def test_a_file_that_is_not_a_backup_is_an_error(run: Run, tmp_path: Path) -> None:
    data, other = add_whales(tmp_path / "full").parent.parent, tmp_path / "nope.zip"
    assert run("restore", other, "--data", data).complaint == (
        f"{other}: No such file or directory. Nothing was changed."
    )
    other.write_text("notes", encoding="utf-8")
    assert "This is not a readable backup" in run("restore", other, "--data", data).complaint
    (tmp_path / "club.zip").write_bytes(b"PK")
    complaint = run("restore", tmp_path / "club.zip", "--data", tmp_path / "data").complaint
    assert (
        complaint
        == f"{tmp_path / 'club.zip'}: This is not a readable backup (File is not a zip file). Nothing was changed."
    )
    assert not (tmp_path / "data").exists()


def test_the_paths_that_the_program_makes_leave_room_for_the_data_folders_own(
    run: Run, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "long.md"
    file.write_text(f"---\ntitle: {'Wh' * 60}\n---\nThey sing.\n", encoding="utf-8")
    assert run("add", file, "--server", LARGEST_ID, "--yes", "--data", data).code == 0
    assert run("index", "--data", data).code == 0
    # A restore moves the earlier content into a folder of its own for a moment.
    staged = data / STAGING / "moving"
    paths = [staged / path.relative_to(data) for path in data.rglob("*")]
    assert any(len(path.stem) == 80 for path in paths)
    assert max(len(str(path)) - len(str(data)) for path in paths) <= OWN_PATH_CHARACTERS
