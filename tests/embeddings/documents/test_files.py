"""Review files are put in place whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from embeddings.documents import files
from embeddings.documents.files import add_review, collection_folder, find_review_file, remove_review, review_files
from embeddings.errors import ReviewStorageError
from embeddings.records import SHARED

TEXT = "---\ntitle: The Ferryman\n---\nHe rows.\n"


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_review_is_kept_in_its_collection_replaced_and_removed(tmp_path: Path) -> None:
    assert find_review_file(tmp_path, "7", "ferryman") is None
    place = add_review(tmp_path, "7", "ferryman", TEXT)
    assert place == tmp_path / "collections" / "7" / "ferryman.md"
    kept = find_review_file(tmp_path, "7", "ferryman")
    assert kept is not None
    assert find_review_file(tmp_path, "8", "ferryman") is None
    add_review(tmp_path, "7", "ferryman", TEXT + "More.\n", replaces=kept.digest)
    assert place.read_text(encoding="utf-8") == TEXT + "More.\n"
    assert names(place.parent) == ["ferryman.md"]
    remove_review(tmp_path, "7", "ferryman")
    assert names(place.parent) == []
    assert add_review(tmp_path, SHARED, "ferryman", TEXT) == tmp_path / "reviews" / "ferryman.md"


def test_a_file_that_is_kept_under_another_spelling_is_the_one_that_is_replaced(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, SHARED)
    folder.mkdir()
    (folder / "The Ferryman.md").write_text(TEXT, encoding="utf-8")
    kept = find_review_file(tmp_path, SHARED, "the-ferryman")
    assert kept is not None
    add_review(tmp_path, SHARED, "the-ferryman", TEXT + "More.\n", replaces=kept.digest)
    assert names(folder) == ["The Ferryman.md"]


def test_nothing_is_replaced_that_was_not_expected(tmp_path: Path) -> None:
    add_review(tmp_path, "7", "ferryman", TEXT)
    for expected in (None, "another digest"):
        with pytest.raises(ReviewStorageError, match="added or changed meanwhile"):
            add_review(tmp_path, "7", "ferryman", "other", replaces=expected)
    with pytest.raises(ReviewStorageError, match="added or changed meanwhile"):
        add_review(tmp_path, "7", "boat", "other", replaces="a digest")
    with pytest.raises(ReviewStorageError, match="no review 'boat' any more"):
        remove_review(tmp_path, "7", "boat")
    assert names(tmp_path / "collections" / "7") == ["ferryman.md"]


def test_a_plain_text_of_that_name_has_to_be_removed_first(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, SHARED)
    folder.mkdir()
    (folder / "ferryman.txt").write_text("He rows.", encoding="utf-8")
    kept = find_review_file(tmp_path, SHARED, "ferryman")
    assert kept is not None
    with pytest.raises(ReviewStorageError, match=r"is kept as ferryman\.txt; remove it first"):
        add_review(tmp_path, SHARED, "ferryman", TEXT, replaces=kept.digest)


def test_a_server_keeps_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_REVIEWS", 2)
    for slug in ("a", "b"):
        add_review(tmp_path, "7", slug, TEXT)
        add_review(tmp_path, SHARED, slug, TEXT)
    add_review(tmp_path, SHARED, "c", TEXT)
    with pytest.raises(ReviewStorageError, match="there are 2 reviews here already"):
        add_review(tmp_path, "7", "c", TEXT)
    kept = find_review_file(tmp_path, "7", "a")
    assert kept is not None
    add_review(tmp_path, "7", "a", TEXT + "More.", replaces=kept.digest)


def test_a_server_keeps_only_so_many_characters_in_all_and_may_always_shorten_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def digest(slug: str) -> str:
        kept = find_review_file(tmp_path, "7", slug)
        assert kept is not None
        return kept.digest

    monkeypatch.setattr(files, "MOST_CHARACTERS", 10)
    add_review(tmp_path, "7", "a", "é" * 6)
    add_review(tmp_path, "7", "b", "b" * 4)
    for collection in ("8", SHARED):
        add_review(tmp_path, collection, "a", "a" * 10)
    add_review(tmp_path, SHARED, "b", "b")
    with pytest.raises(ReviewStorageError) as caught:
        add_review(tmp_path, "7", "c", "c")
    assert str(caught.value) == (
        "the reviews here would be 11 characters long in all, where 10 may be kept; "
        "shorten this one, or remove another first"
    )
    with pytest.raises(ReviewStorageError, match="would be 11 characters"):
        add_review(tmp_path, "7", "a", "a" * 7, replaces=digest("a"))
    monkeypatch.setattr(files, "MOST_CHARACTERS", 5)
    add_review(tmp_path, "7", "a", "a" * 5, replaces=digest("a"))
    assert names(tmp_path / "collections" / "7") == ["a.md", "b.md"]


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = add_review(tmp_path, "7", "ferryman", TEXT)
    kept = find_review_file(tmp_path, "7", "ferryman")
    assert kept is not None

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReviewStorageError, match="can't be written: No space left on device"):
        add_review(tmp_path, "7", "ferryman", "other", replaces=kept.digest)
    assert place.read_text(encoding="utf-8") == TEXT
    assert names(place.parent) == ["ferryman.md"]


def test_what_a_killed_process_left_is_no_review_and_is_swept_away(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, "7")
    folder.mkdir(parents=True)
    (folder / ".adding-boat").write_text("---\nti", encoding="utf-8")
    assert review_files(folder) == ()
    add_review(tmp_path, "7", "ferryman", TEXT)
    assert names(folder) == ["ferryman.md"]
