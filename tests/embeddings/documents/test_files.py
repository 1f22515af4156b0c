from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from embeddings.documents import files
from embeddings.documents.files import (
    SlugCandidate,
    add_review,
    assign_slugs,
    collection_folder,
    find_review_file,
    list_folder,
    remove_review,
    review_files,
)
from embeddings.errors import LeftOut, ReviewFileError, ReviewStorageError
from embeddings.records import SHARED

TEXT = "---\ntitle: The Ferryman\n---\nHe rows.\n"


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def digest(data: Path, slug: str, collection: str = "7") -> str:
    found = find_review_file(data, collection, slug)
    assert found is not None
    return found.digest


def test_the_review_files_of_a_folder_and_its_subfolders_are_listed_in_order(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("x")
    folder = tmp_path / "reviews"
    kept = ["2024/a.md", "2024/copper-road/index.md", "C.MD", "_posts/2021-05-03-a.markdown", "a.txt", "b.html"]
    left = {
        ".hidden.md": LeftOut.NO_REVIEW,
        "2024/_index.md": LeftOut.NO_REVIEW,
        "README.md": LeftOut.NO_REVIEW,
        "Templates/film.md": LeftOut.TEMPLATE,
        "_drafts/a.md": LeftOut.DRAFT,
        "film.pdf": LeftOut.FORMAT,
        "link.md": LeftOut.OUTSIDE,
        "~$a.docx": LeftOut.NO_REVIEW,
    }
    for name in (*kept, *left, ".obsidian/x.md", "notes.json", "2024/copper-road/road.png", "~"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(outside) if name == "link.md" else (folder / name).write_text("x")
    (folder / "everything").symlink_to(tmp_path, target_is_directory=True)
    (folder / "same").symlink_to(folder / "2024", target_is_directory=True)
    assert [file.relative_to(folder).as_posix() for file in review_files(folder)] == kept
    found = {file.path.relative_to(folder).as_posix(): file.left_out for file in list_folder(folder)}
    assert {name: kind for name, kind in found.items() if kind is not None} == {
        **left,
        "everything": LeftOut.OUTSIDE,
    }


def test_a_missing_folder_has_no_files_and_a_file_is_no_folder(tmp_path: Path) -> None:
    assert review_files(tmp_path / "missing") == ()
    (tmp_path / "b.md").write_text("x")
    with pytest.raises(ReviewFileError) as caught:
        review_files(tmp_path / "b.md")
    assert str(caught.value) == f"{tmp_path / 'b.md'}: The folder can't be listed (Not a directory)."


@pytest.mark.parametrize(
    ("candidates", "slugs"),
    [
        ([("a", "a.md", 0, None), ("a", "2024/a.md", 0, None)], ["a", "a-2024"]),
        ([("a", "2024/a.md", 0, None), ("a", "a.md", 0, None)], ["a-2024", "a"]),
        ([("a", "A.md", 0, None), ("a", "a.md", 0, None), ("a", "a.txt", 0, None)], ["a", "a-2", "a-3"]),
        ([("a", "x/a.md", 0, None), ("a", "x/a.txt", 0, 1999), ("a", "x/A.md", 0, 2005)], ["a-x", "a-1999", "a"]),
        ([("a", "july.md", 1, 2001), ("a", "july.md", 2, 2002), ("a", "a.md", 0, None)], ["a-july", "a-2002", "a"]),
        ([("", "x.md", 0, None)], ["review"]),
    ],
)
def test_of_reviews_with_one_slug_all_are_kept_and_told_apart(
    candidates: list[tuple[str, str, int, int | None]], slugs: list[str]
) -> None:
    assert (
        assign_slugs([SlugCandidate(slug, Path(place), part, year) for slug, place, part, year in candidates]) == slugs
    )


def test_a_review_is_added_to_its_collection_replaced_and_removed(tmp_path: Path) -> None:
    assert find_review_file(tmp_path, "7", "ferryman") is None
    file = add_review(tmp_path, "7", "ferryman", TEXT)
    assert file == tmp_path / "collections" / "7" / "ferryman.md"
    assert find_review_file(tmp_path, "8", "ferryman") is None
    add_review(tmp_path, "7", "ferryman", TEXT + "More.\n", replaces=digest(tmp_path, "ferryman"))
    assert file.read_text(encoding="utf-8") == TEXT + "More.\n"
    assert names(file.parent) == ["ferryman.md"]
    remove_review(tmp_path, "7", "ferryman")
    assert names(file.parent) == []
    assert add_review(tmp_path, SHARED, "ferryman", TEXT) == tmp_path / "reviews" / "ferryman.md"


def test_a_file_whose_name_is_spelled_otherwise_is_replaced_where_it_is(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, SHARED)
    folder.mkdir()
    (folder / "The Ferryman.md").write_text(TEXT, encoding="utf-8")
    replaced = digest(tmp_path, "the-ferryman", SHARED)
    add_review(tmp_path, SHARED, "the-ferryman", TEXT + "More.\n", replaces=replaced)
    assert names(folder) == ["The Ferryman.md"]


def test_only_the_expected_file_is_replaced_or_removed(tmp_path: Path) -> None:
    add_review(tmp_path, "7", "ferryman", TEXT)
    for expected in (None, "another digest"):
        with pytest.raises(ReviewStorageError, match="added or changed in the meantime"):
            add_review(tmp_path, "7", "ferryman", "other", replaces=expected)
    with pytest.raises(ReviewStorageError, match="added or changed in the meantime"):
        add_review(tmp_path, "7", "boat", "other", replaces="a digest")
    with pytest.raises(ReviewStorageError, match="The review 'boat' no longer exists"):
        remove_review(tmp_path, "7", "boat")
    assert names(tmp_path / "collections" / "7") == ["ferryman.md"]


@pytest.mark.parametrize("slug", ["ferryman", "the-ferryman"])
def test_a_review_never_replaces_one_of_another_title(tmp_path: Path, slug: str) -> None:
    add_review(tmp_path, "7", slug, TEXT)
    for title in ("The Boat", "Ferryman 2"):
        with pytest.raises(ReviewStorageError, match=f"belongs to the review “The Ferryman”, which “{title}”"):
            add_review(tmp_path, "7", slug, f"---\ntitle: {title}\n---\nHe.\n", replaces=digest(tmp_path, slug))
    add_review(tmp_path, "7", slug, TEXT.replace("The", "THE"), replaces=digest(tmp_path, slug))


def test_a_plain_text_of_the_same_name_must_be_removed_first(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, SHARED)
    folder.mkdir()
    (folder / "ferryman.txt").write_text("He rows.", encoding="utf-8")
    with pytest.raises(ReviewStorageError, match=r"is stored as ferryman\.txt\. Remove it first"):
        add_review(tmp_path, SHARED, "ferryman", TEXT, replaces=digest(tmp_path, "ferryman", SHARED))


def test_a_server_may_have_a_limited_number_of_reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_SERVER_REVIEWS", 2)
    for slug in ("a", "b"):
        add_review(tmp_path, "7", slug, TEXT)
        add_review(tmp_path, SHARED, slug, TEXT)
    add_review(tmp_path, SHARED, "c", TEXT)
    with pytest.raises(ReviewStorageError, match="There are already 2 reviews here"):
        add_review(tmp_path, "7", "c", TEXT)
    add_review(tmp_path, "7", "a", TEXT + "More.", replaces=digest(tmp_path, "a"))


def test_a_server_may_have_a_limited_number_of_characters_and_may_always_shorten_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SERVER_CHARACTERS", 10)
    add_review(tmp_path, "7", "a", "é" * 6)
    add_review(tmp_path, "7", "b", "b" * 4)
    for collection in ("8", SHARED):
        add_review(tmp_path, collection, "a", "a" * 10)
    add_review(tmp_path, SHARED, "b", "b")
    with pytest.raises(ReviewStorageError) as caught:
        add_review(tmp_path, "7", "c", "c")
    assert str(caught.value) == (
        "The reviews here would have 11 characters in all. The limit is 10. "
        "Shorten this review, or remove another first."
    )
    with pytest.raises(ReviewStorageError, match="would have 11 characters"):
        add_review(tmp_path, "7", "a", "a" * 7, replaces=digest(tmp_path, "a"))
    monkeypatch.setattr(files, "MAX_SERVER_CHARACTERS", 5)
    add_review(tmp_path, "7", "a", "a" * 5, replaces=digest(tmp_path, "a"))
    assert names(tmp_path / "collections" / "7") == ["a.md", "b.md"]


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = add_review(tmp_path, "7", "ferryman", TEXT)
    replaced = digest(tmp_path, "ferryman")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReviewStorageError, match=r"can't be written \(No space left on device\)"):
        add_review(tmp_path, "7", "ferryman", "other", replaces=replaced)
    assert file.read_text(encoding="utf-8") == TEXT
    assert names(file.parent) == ["ferryman.md"]


def test_the_partial_file_of_a_killed_process_is_not_a_review_and_is_removed(tmp_path: Path) -> None:
    folder = collection_folder(tmp_path, "7")
    folder.mkdir(parents=True)
    (folder / ".review-bot.0123").write_text("---\nti", encoding="utf-8")
    assert review_files(folder) == ()
    add_review(tmp_path, "7", "ferryman", TEXT)
    assert names(folder) == ["ferryman.md"]
