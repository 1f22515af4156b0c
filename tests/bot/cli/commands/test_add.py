"""`add`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Run
from tests.embeddings.fixtures.books import book

TEXT = "He rows people over.\n\nThe Boat\n\nIt is made of planks.\n"
PREVIEW = (
    "The Ferryman (the-ferryman): 2 sections, 9 words\n"
    "  He rows people over. It is made of planks.\n"
    "  1. Introduction\n  2. The Boat\n"
)
CONVERTED = "Converted from another format. Check that nothing is missing.\n"


def test_add_shows_a_file_and_adds_it_as_markdown_only_with_yes(run: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "The Ferryman.txt", tmp_path / "data"
    file.write_text(TEXT, encoding="utf-8")
    notices = f"{CONVERTED}This makes a new data folder, {data}.\n"
    asked = run("add", file, "--data", data)
    assert (asked.code, asked.out) == (1, PREVIEW)
    assert asked.err == f"{notices}Nothing was added. Run the command again with --yes.\n"
    assert not data.exists()
    added = run("add", file, "--yes", "--data", data)
    place = data / "reviews" / "the-ferryman.md"
    assert (added.code, added.err) == (0, notices)
    assert added.out == (
        f"{PREVIEW}Added as {place}. The next question updates the index. "
        f"To update it now, run `review-bot index --data {data}`.\n"
    )
    assert place.read_text(encoding="utf-8") == (
        "---\ntitle: The Ferryman\n---\n\nHe rows people over.\n\n## The Boat\n\nIt is made of planks.\n"
    )


def test_a_review_is_replaced_only_on_request(run: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "The Ferryman.txt", tmp_path / "data"
    place = data / "reviews" / "the-ferryman.md"
    for text, options, code in (
        (TEXT, ["--yes"], 0),
        ("He swims.", ["--yes"], 1),
        ("He swims.", [], 1),
        ("He swims.", ["--replace"], 0),
        ("He swims.", ["--yes"], 0),
    ):
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        file.write_text(text, encoding="utf-8")
        added = run("add", file, *options, "--data", data)
        assert added.code == code
        if code:
            assert added.err.endswith(
                f"This replaces {place}.\nNothing was added. Run the command again with --replace, or give it another "
                "name with --name.\n"
            )
            assert place.read_text(encoding="utf-8") == before
        else:
            assert text.split()[1] in place.read_text(encoding="utf-8")


def test_files_of_one_name_are_stored_by_their_titles_and_no_title_replaces_another(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for folder, title in (("a", "Whales"), ("b", "The Sea")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.md").write_text(f"---\ntitle: {title}\n---\nText.\n", encoding="utf-8")
        assert run("add", tmp_path / folder / "index.md", "--yes", "--data", data).code == 0
    assert sorted(path.name for path in (data / "reviews").iterdir()) == ["the-sea.md", "whales.md"]
    for options in ([], ["--yes"], ["--replace"], ["--yes", "--replace"]):
        refused = run("add", tmp_path / "b" / "index.md", "--name", "whales", *options, "--data", data)
        assert refused.complaint == (
            f"{data / 'reviews'}: The name 'whales' belongs to the review “Whales”, which “The Sea” does not replace. "
            "Choose another name."
        )
    assert "title: Whales" in (data / "reviews" / "whales.md").read_text(encoding="utf-8")


def test_only_a_review_without_headings_gets_a_notice(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sea.md"
    for text, warning in (
        ("It is grey.", "There are no headings, so the review is a single section.\n"),
        ("## The Sea\n\nIt is grey.", ""),
    ):
        file.write_text(f"---\ntitle: Sea\n---\n{text}\n", encoding="utf-8")
        asked = run("add", file, "--data", tmp_path)
        assert asked.err == f"{warning}Nothing was added. Run the command again with --yes.\n"


def test_a_book_is_added_for_one_server_under_a_name(run: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "book.epub", tmp_path / "data"
    file.write_bytes(book({"one.xhtml": "<h2>The Lamp</h2><p>It is cleaned.</p>"}))
    assert run("add", file, "--name", "Lamp!", "--server", "77", "--yes", "--data", data).code == 0
    assert [str(each.relative_to(data)) for each in data.rglob("*.md")] == ["collections/77/lamp.md"]


@pytest.mark.slow
def test_a_file_that_cannot_be_added_is_an_error(run: Run, tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "reviews"
    folder.mkdir()
    for name, content, complaint in (
        ("x.md", None, ": There is no such file or folder."),
        ("x.pdf", b"%PDF", ": '.pdf' files can't be read. Use .md, .txt, .html, .epub, .docx, .csv or .zip."),
        ("large.txt", b"a" * 3_000_000, ": It is larger than 2 MB, the limit for a review."),
        ("broken.md", b"No\0 text.", ", line 1: The line has the control character U+0000"),
        ("x.csv", b"Name,Rating\na,5\n", ", line 1: The table has no column for the title and one for the review."),
        ("x.zip", b"PK\x03\x04", ": This is not a readable zip archive."),
    ):
        file = tmp_path / name
        if content is not None:
            file.write_bytes(content)
        assert run("add", file, "--yes", "--data", data).complaint.startswith(f"{file}{complaint}")
    empty = f"{folder}: There are no files that can be reviews. Name another folder or file."
    assert run("add", folder, "--data", data).complaint == empty
    assert not data.exists()


@pytest.mark.slow
def test_many_are_shown_in_a_table_and_added_with_one_confirmation(run: Run, tmp_path: Path) -> None:
    data, blog = tmp_path / "data", tmp_path / "blog"
    for name, content in {
        "copper-road/index.md": "---\ntitle: Copper Road\nyear: 2019\nauthor: Jo Doe\nsource: /x\n---\nIt rains.\n",
        "Tin Moon.txt": "It shines.",
        "letterboxd.csv": "Name,Year,Review\nDune,1984,It is short.\nDune,2021,It is long.\n",
        "draft.md": "---\ndraft: true\n---\nIt.",
        "broken.md": "No\0 text.",
        "README.md": "My blog.",
        "scan.pdf": "%PDF",
    }.items():
        (blog / name).parent.mkdir(parents=True, exist_ok=True)
        (blog / name).write_text(content, encoding="utf-8")
    dry = run("add", blog, "--dry-run", "--data", data)
    assert dry.code == 0
    lines = [" ".join(line.split()) for line in dry.out.splitlines()]
    assert lines == [
        "title about name sections words",
        "Tin Moon tin-moon 1 2",
        "Copper Road 2019, by Jo Doe copper-road 1 2 relative links",
        "Dune 1984 dune 1 3",
        "Dune 2021 dune-2021 1 3",
        "Mended: relative links: 1.",
        "Left out 4 files:",
        "drafts: draft.md: The header says that this is a draft.",
        "in other formats: scan.pdf: Files of this kind can't be read. Save it as .docx, .txt, .csv or .epub.",
        "pages without a review: README.md: Files of this name are no reviews.",
        "unreadable: broken.md: The line has the control character U+0000, so this is not text.",
        "Nothing was added.",
    ]
    assert not data.exists()
    asked = run("add", blog, "--data", data)
    assert (asked.code, asked.err.splitlines()[-1]) == (1, "Nothing was added. Run the command again with --yes.")
    added = run("add", blog, "--yes", "--data", data)
    assert f"\nAdded 4 reviews in {data / 'reviews'}. The next question updates the index. " in added.out
    stored = ["copper-road.md", "dune-2021.md", "dune.md", "tin-moon.md"]
    assert sorted(file.name for file in (data / "reviews").iterdir()) == stored
    (blog / "july.md").write_text("## One (2019)\n\nIt ends.\n\n## Two (2020)\n\nGood.\n", encoding="utf-8")
    whole = run("add", blog / "july.md", "--dry-run", "--data", data)
    assert "`--split-by-heading` of `add`" in whole.err
    parts = run("add", blog / "july.md", "--split-by-heading", "--yes", "--data", data)
    assert f"\nAdded 2 reviews in {data / 'reviews'}. " in parts.out
    (blog / "july.md").unlink()
    again = run("add", blog, "--yes", "--data", data)
    assert (again.code, again.out.splitlines()[-2:]) == (
        0,
        ["4 reviews are stored already.", "There is nothing to add."],
    )


def test_of_many_those_of_a_stored_title_are_replaced_only_on_request(run: Run, tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "mine"
    folder.mkdir()
    (folder / "Whales.md").write_text("They sing.")
    assert run("add", folder, "--yes", "--data", data).code == 0
    for name, text in (("Whales", "They dive."), ("Sea", "It is grey."), ("Salt", "It is white.")):
        (folder / f"{name}.md").write_text(text)
    added = run("add", folder, "--yes", "--data", data)
    assert added.err == (
        "1 stored review has other words under the same title. Only `review-bot add --replace` replaces it.\n"
    )
    assert f"\nAdded 2 reviews in {data / 'reviews'}. " in added.out
    assert "sing" in (data / "reviews" / "whales.md").read_text()
    replaced = run("add", folder, "--replace", "--data", data)
    assert f"\nAdded as {data / 'reviews' / 'whales.md'}. " in replaced.out
    assert "dive" in (data / "reviews" / "whales.md").read_text()


def test_a_name_is_for_one_review(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,Review\nOne,It.\nTwo,It.\n")
    refused = run("add", tmp_path / "a.csv", "--name", "x", "--yes", "--data", tmp_path / "data")
    assert refused.complaint == "--name is for one review, and these are 2."


def test_a_list_names_every_review_and_every_file_left_out(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"Film {number:02}.md").write_text("It rains.")
        (folder / f"draft {number:02}.md").write_text("---\ndraft: true\n---\nIt.")
    short = run("add", folder, "--dry-run", "--data", tmp_path / "data").out
    assert "… and 10 more reviews. `review-bot add --list` shows all.\n" in short
    assert "  drafts: draft 00.md, draft 01.md, draft 02.md and 27 more\n" in short
    listed = run("add", folder, "--dry-run", "--list", "--data", tmp_path / "data").out
    assert sum(line.startswith("Film ") for line in listed.splitlines()) == 30
    assert listed.count("  drafts: draft ") == 30


def test_what_was_added_before_an_interruption_is_whole_and_the_rest_follows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, folder = tmp_path / "data", tmp_path / "many"
    folder.mkdir()
    for number in range(5):
        (folder / f"Film {number}.md").write_text("It rains.")
    flushes = iter(range(2))

    def interrupted(_: int) -> None:
        if next(flushes, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", interrupted)
        stopped = run("add", folder, "--yes", "--data", data)
    assert stopped.code == 130
    assert "2 of 5 reviews were added. The same command adds the others.\n" in stopped.err
    assert sorted(file.name for file in (data / "reviews").iterdir()) == ["film-0.md", "film-1.md"]
    assert f"\nAdded 3 reviews in {data / 'reviews'}. " in run("add", folder, "--yes", "--data", data).out


def test_an_invalid_server_id_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "ferryman.txt", tmp_path / "data"
    file.write_text(TEXT, encoding="utf-8")
    refused = run("add", file, "--server", 2**63, "--yes", "--data", data)
    assert refused.code == 2
    assert "Invalid value for '--server'" in refused.err
    assert not data.exists()


def test_a_failed_write_is_an_error_with_its_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file, data = tmp_path / "The Ferryman.txt", tmp_path
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr("os.fsync", full)
    refused = run("add", file, "--yes", "--server", "77", "--data", data)
    assert refused.code == 1
    assert refused.err.removeprefix(CONVERTED) == (
        f"{data / 'collections' / '77'}: The review 'the-ferryman' can't be written (No space left on device).\n"
    )


def test_a_web_page_without_the_extra_is_an_error_that_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    page = tmp_path / "page.html"
    page.write_text("<p>text")
    assert run("add", page, "--data", tmp_path / "data").complaint == (
        f"{page}: Reading it needs the extra 'import'. Run `pip install '.[import]'` in the clone of review-bot."
    )
