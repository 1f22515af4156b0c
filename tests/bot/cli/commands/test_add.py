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


def test_a_file_that_cannot_be_added_is_an_error(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    missing = tmp_path / "x.md"
    assert (
        run("add", missing, "--data", data).complaint
        == f"{missing}: The file can't be read (No such file or directory)."
    )
    program = tmp_path / "x.pdf"
    program.write_bytes(b"%PDF")
    refused = "'.pdf' files can't be read. Use .md, .txt, .html or .epub."
    assert run("add", program, "--data", data).complaint == refused
    folder = tmp_path / "reviews"
    folder.mkdir()
    assert run("add", folder, "--data", data).complaint == f"{folder}: This is a folder. Name a file."
    large = tmp_path / "large.txt"
    large.write_bytes(b"a" * 3_000_000)
    assert (
        run("add", large, "--data", data).complaint
        == "large.txt: The file is larger than 2 MB, the limit for a review."
    )
    broken = tmp_path / "broken.md"
    broken.write_text("No\0 text.")
    assert run("add", broken, "--yes", "--data", data).complaint.startswith(
        "broken.md, line 1: The line has the control character U+0000"
    )
    assert not data.exists()


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
        f"{page}: Reading .html files needs the extra 'import'. Run `pip install '.[import]'` in the clone of "
        "review-bot, or use a .md or .txt file."
    )
