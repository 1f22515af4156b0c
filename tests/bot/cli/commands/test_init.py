"""`init`: it sets everything up, never shows the token, and replaces nothing without asking."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.cli.commands.init import save_token
from tests.bot.cli.conftest import OTHER_TOKEN, SHORT_QUESTION, SHORT_REVIEW, TOKEN, Run
from tests.bot.cli.terminal import terminal
from tests.project import OWNERS

INVITATION = "https://discord.com/oauth2/authorize?client_id=123456789012345678&"


@pytest.fixture
def empty(fresh: Path) -> Path:
    """A data folder without reviews and index. It has the encoder, which takes a second to build."""
    (fresh / "reviews" / "the-lighthouse-keeper.md").unlink()
    return fresh


def test_init_sets_everything_up_and_changes_nothing_the_second_time(run: Run, empty: Path, short: Path) -> None:
    begun = run("init", "--no-sync", "--data", empty, typed=[str(short / "reviews"), "", TOKEN])
    assert begun.code == 0, begun.err
    assert begun.out.startswith("The Lighthouse Keeper (the-lighthouse-keeper): 3 sections, ")
    assert [line.partition(":")[0] for line in begun.out.splitlines()[5:]] == [
        f"Added as {empty}/reviews/the-lighthouse-keeper.md.",
        "Reviews",
        "Token",
        "Index",
        "Invite the bot to a server",
        "Commands",
        "Start the bot",
    ]
    assert INVITATION in begun.out
    assert f"Commands: not registered. To register them, run `review-bot sync --data {empty}`.\n" in begun.out
    assert TOKEN not in begun.out + begun.err
    token = empty / "token"
    assert (token.read_text(encoding="utf-8"), stat.S_IMODE(token.stat().st_mode)) == (f"{TOKEN}\n", 0o600)
    assert run("ask", SHORT_QUESTION, "--json", "--data", empty).json["state"] == "answered"

    before = {path: path.read_bytes() for path in empty.rglob("*") if path.is_file()}
    for arguments, typed in (((), [""]), (("--yes",), [])):
        again = run("init", *arguments, "--no-sync", "--data", empty, typed=typed)
        assert again.code == 0, again.err
        assert "Reviews: 1 in" in again.out
        assert {path: path.read_bytes() for path in empty.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("arguments", "typed"), [(("--example", "--yes"), []), ((), ["example", ""])])
def test_init_copies_the_example_review_on_request(
    run: Run, data: Path, arguments: tuple[str, ...], typed: list[str]
) -> None:
    # Its index is there, so nothing is encoded.
    (data / "reviews" / "never-let-me-go.md").unlink()
    done = run("init", *arguments, "--no-sync", "--data", data, typed=typed)
    assert done.code == 0, done.err
    assert done.out.startswith(
        f"Copied the example review, never-let-me-go.md.\nReviews: 1 in {data}/reviews.\nToken: none yet.\n"
    )
    assert (data / "reviews" / "never-let-me-go.md").read_bytes() == OWNERS.read_bytes()


def test_init_keeps_a_review_with_the_name_of_the_example(run: Run, fresh: Path) -> None:
    file = (fresh / "reviews" / "the-lighthouse-keeper.md").rename(fresh / "reviews" / "never-let-me-go.md")
    assert run("init", "--example", "--yes", "--no-sync", "--data", fresh).code == 0
    assert file.read_text(encoding="utf-8") == SHORT_REVIEW


def test_a_token_is_replaced_only_on_request(run: Run, empty: Path) -> None:
    (empty / "token").write_text(TOKEN, encoding="utf-8")
    run("init", "--no-sync", "--data", empty, typed=["", "n"])
    assert (empty / "token").read_text(encoding="utf-8").strip() == TOKEN
    assert stat.S_IMODE((empty / "token").stat().st_mode) == 0o600
    run("init", "--no-sync", "--data", empty, typed=["", "y", OTHER_TOKEN])
    assert (empty / "token").read_text(encoding="utf-8").strip() == OTHER_TOKEN


def test_a_stored_review_of_the_same_title_is_kept(run: Run, fresh: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.md").write_text("---\ntitle: The Lighthouse Keeper\n---\nIt is short.\n", encoding="utf-8")
    (folder / "b.md").write_text("---\ntitle: Whales\n---\nThey sing.\n", encoding="utf-8")
    there = fresh / "reviews"
    ended = run("init", "--reviews", folder, "--yes", "--no-sync", "--data", fresh)
    assert ended.code == 0
    assert (
        "1 stored review has other words under the same title. Only `review-bot add --replace` replaces it."
        in ended.err
    )
    assert f"Added as {there}/whales.md.\nReviews: 2 in {there}.\n" in ended.out
    assert (there / "the-lighthouse-keeper.md").read_text(encoding="utf-8") == SHORT_REVIEW
    # `init` has neither of these options, so it names the command that has.
    single = run("init", "--reviews", folder / "a.md", "--yes", "--no-sync", "--data", fresh)
    assert "Run `review-bot add` for it with --replace, or give it another name with --name.\n" in single.err
    again = run("init", "--reviews", folder, "--yes", "--no-sync", "--data", fresh)
    assert "1 review is stored already.\nThere is nothing to add.\n" in again.out


def test_who_adds_nothing_goes_on(run: Run, fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "Whales.md").write_text("They sing.", encoding="utf-8")
    ended = run("init", "--reviews", tmp_path / "Whales.md", "--no-sync", "--data", fresh, typed=["n", ""])
    assert (ended.code, "Nothing was added.\n" in ended.err) == (0, True)
    assert "Index: up to date.\n" in ended.out


def test_a_wrong_folder_is_asked_for_again(run: Run, empty: Path, short: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    file = short / "reviews" / "the-lighthouse-keeper.md"
    ended = run("init", "--no-sync", "--data", empty, typed=[str(tmp_path / "gone"), str(empty / "reviews"), str(file)])
    assert ended.code == 0
    assert f"{tmp_path}/gone: There is no such file or folder.\n" in ended.err
    assert f"{empty}/reviews: There are no files that can be reviews. Name another folder or file.\n" in ended.err
    assert f"Added as {empty}/reviews/the-lighthouse-keeper.md.\nReviews: 1 in {empty}/reviews.\n" in ended.out


def test_without_reviews_init_says_how_to_add_one(run: Run, empty: Path) -> None:
    ended = run("init", "--no-sync", "--data", empty, typed=["", TOKEN])
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == f"Reviews: none yet in {empty}/reviews."
    assert lines[-1].startswith("Add a review: review-bot add --data ")


def test_a_token_stays_if_no_other_is_given(run: Run, fresh: Path) -> None:
    save_token(TOKEN, fresh)
    ended = run("init", "--no-sync", "--data", fresh, typed=["y", ""])
    assert ended.code == 0
    assert f"Token: the old one stays, in {fresh}/token.\n" in ended.out
    assert INVITATION in ended.out
    assert (fresh / "token").read_text(encoding="utf-8") == f"{TOKEN}\n"


def test_init_without_a_token_still_builds_the_index(run: Run, fresh: Path) -> None:
    ended = run("init", "--data", fresh)
    assert ended.code == 0
    assert "Token: none yet." in ended.out
    assert "Index: up to date." in ended.out
    assert not (fresh / "token").exists()


def test_an_invalid_token_is_not_stored(run: Run, fresh: Path) -> None:
    ended = run("init", "--no-sync", "--data", fresh, typed=["abc", "a client secret", "def"])
    assert ended.code == 1
    assert "what you typed: This is not a bot's token" in ended.err
    assert not (fresh / "token").exists()
    ended = run("init", "--no-sync", "--data", fresh, typed=["abc", TOKEN])
    assert ended.code == 0


def test_a_folder_without_reviews_is_an_error(run: Run, empty: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    ended = run("init", "--reviews", tmp_path / "nothing", "--data", empty)
    assert ended.complaint == (
        f"{tmp_path / 'nothing'}: There are no files that can be reviews. Name another folder or file."
    )
    assert run("init", "--reviews", tmp_path / "gone", "--data", empty).complaint == (
        f"{tmp_path}/gone: There is no such file or folder."
    )


@pytest.mark.slow
def test_a_token_typed_at_a_terminal_is_not_shown(fresh: Path) -> None:
    # A dumb terminal shows no progress bar.
    with terminal("init", "--no-sync", "--data", fresh, environment={"TERM": "dumb"}) as (screen, running):
        screen.wait_for("Enter to skip):")
        screen.type(f"{TOKEN}\r")
        while screen.read(60):
            pass
        assert running.wait(30) == 0
    assert TOKEN not in screen.shown
    assert (fresh / "token").read_text(encoding="utf-8") == f"{TOKEN}\n"
