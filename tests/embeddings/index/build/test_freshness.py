"""An index is compared with the review files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import ReviewFileError
from embeddings.index.build.freshness import describe_changes, explain_lost_reviews, outdated_reviews
from tests.embeddings.index.build.builds import manifest_of, write_files
from tests.embeddings.index.test_manifest import MANIFEST


def test_an_index_of_the_present_files_is_up_to_date_even_if_one_was_touched(data: Path) -> None:
    manifest = manifest_of(data)
    assert outdated_reviews(data, manifest) == frozenset()
    os.utime(data / "reviews" / "film.md", (1, 1))
    assert outdated_reviews(data, manifest) == frozenset()
    assert describe_changes(data, manifest) == ""


def test_added_changed_renamed_and_removed_reviews_are_outdated(data: Path) -> None:
    manifest = manifest_of(data)
    write_files(data, {"reviews/new.md": "---\ntitle: New\n---\nText."})
    assert describe_changes(data, manifest) == "new"
    (data / "collections" / "42" / "film.md").write_text("---\ntitle: Our Film\n---\nNew text!")
    assert describe_changes(data, manifest) == "film, new"
    (data / "reviews" / "other.txt").rename(data / "reviews" / "another.txt")
    expected = {("shared", "another"), ("42", "film"), ("shared", "new"), ("shared", "other")}
    assert outdated_reviews(data, manifest) == expected
    assert describe_changes(data, manifest) == "another, film, new; removed: other"


def _change_without_changing_the_size(file: Path) -> None:
    file.write_text(file.read_text().replace("Text", "Next"))
    os.utime(file, (1, 1))


def _replace_by_a_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere.md")


@pytest.mark.parametrize("change", [_change_without_changing_the_size, _replace_by_a_dangling_link])
def test_a_review_is_outdated_whatever_became_of_its_file(data: Path, change: Callable[[Path], None]) -> None:
    manifest = manifest_of(data)
    change(data / "reviews" / "film.md")
    assert outdated_reviews(data, manifest) == {("shared", "film")}


def test_a_collection_without_files_or_folder_is_outdated(data: Path) -> None:
    manifest = manifest_of(data)
    (data / "collections" / "42" / "film.md").unlink()
    assert outdated_reviews(data, manifest) == {("42", "film")}
    (data / "collections" / "42").rmdir()
    assert outdated_reviews(data, manifest) == {("42", "film")}


def test_an_outdated_review_is_not_confused_with_its_namesake_in_another_collection(data: Path) -> None:
    manifest = manifest_of(data)
    write_files(data, {"collections/42/film.md": "---\ntitle: Our Film\n---\nOther text."})
    assert outdated_reviews(data, manifest) == {("42", "film")}


def test_a_file_in_the_place_of_the_reviews_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "reviews").write_text("not a folder")
    with pytest.raises(ReviewFileError, match="can't be listed"):
        outdated_reviews(tmp_path, MANIFEST)


def test_removed_reviews_are_not_confused_with_changed_ones(data: Path) -> None:
    manifest = manifest_of(data)
    write_files(data, {"reviews/other.txt": "Text of yet another."})
    assert describe_changes(data, manifest) == "other"
    (data / "reviews" / "film.md").unlink()
    (data / "collections" / "42" / "film.md").unlink()
    (data / "reviews" / "other.txt").unlink()
    assert describe_changes(data, manifest) == "removed: film, other"


def test_changes_are_described_by_the_first_few_slugs(data: Path) -> None:
    write_files(data, {f"reviews/{slug}.md": f"---\ntitle: {slug}\n---\nText." for slug in "abcdef"})
    manifest = manifest_of(data)
    for slug in "abcd":
        (data / "reviews" / f"{slug}.md").unlink()
    write_files(data, {f"reviews/{slug}.md": "---\ntitle: Other\n---\nText." for slug in "efgh"})
    assert describe_changes(data, manifest) == "e, f, g and 1 more; removed: a, b, c and 1 more"


def test_shared_reviews_are_lost_if_some_were_indexed_and_none_is_found(data: Path) -> None:
    manifest = manifest_of(data)
    assert explain_lost_reviews(data, manifest, found=True) is None
    assert explain_lost_reviews(data, manifest, found=False) == (
        f"{data}/reviews: The indexed reviews are gone, and no other review can be read. Put them back."
    )
    (data / "reviews").rename(data / "away")
    assert explain_lost_reviews(data, manifest, found=False) == (
        f"{data}/reviews: The folder is missing. Put it back with its reviews."
    )
    servers = tuple(entry for entry in manifest.collections if entry.name != "shared")
    assert explain_lost_reviews(data, replace(manifest, collections=servers), found=False) is None
