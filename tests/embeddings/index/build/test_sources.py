"""What stands in a data directory, and whether an index agrees with it."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.config import MAX_REVIEW_FILE_BYTES
from embeddings.errors import ReviewFileError
from embeddings.index.build.freshness import describe_changes, explain_lost_reviews, outdated, outdated_reviews, removed
from embeddings.index.build.sources import read_sources
from embeddings.index.manifest import IndexedCollection, IndexedReview, Manifest
from tests.embeddings.index.test_manifest import MANIFEST


def _write(data: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(content, encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    _write(
        tmp_path,
        {
            "reviews/film.md": "---\ntitle: Film\n---\nText.",
            "reviews/other.txt": "Text of another.",
            "reviews/notes.pdf": "no review",
            "collections/42/film.md": "---\ntitle: Our Film\n---\nOur text.",
            "collections/.hidden/film.md": "---\ntitle: Hidden\n---\nText.",
            "collections/empty/README": "nothing",
            "collections/file.md": "a file beside the folders",
        },
    )
    return tmp_path


def _manifest(data: Path) -> Manifest:
    """What a build would have stored of the directory as it stands."""
    return replace(
        MANIFEST,
        collections=tuple(
            IndexedCollection(
                name,
                "0",
                tuple(
                    IndexedReview(s.slug, s.load().title, (), s.digest, s.file, s.size, s.modified, (0, 1), (0, 1))
                    for s in sources
                ),
                {},
                {},
            )
            for name, sources in read_sources(data).collections.items()
        ),
    )


def test_reviews_belong_to_the_collection_of_their_folder(data: Path) -> None:
    sources = read_sources(data)
    assert sources.errors == ()
    assert sources.count == 3
    assert {name: [s.load().title for s in found] for name, found in sources.collections.items()} == {
        "shared": ["Film", "Other"],
        "42": ["Our Film"],
    }
    assert all(s.load().collection == name for name, found in sources.collections.items() for s in found)


def test_an_empty_directory_has_no_sources(tmp_path: Path) -> None:
    assert read_sources(tmp_path).count == 0
    assert read_sources(tmp_path / "nowhere").count == 0


def test_a_servers_folder_can_not_pass_for_the_shared_collection(data: Path) -> None:
    _write(data, {"collections/shared/film.md": "---\ntitle: Impostor\n---\nText."})
    sources = read_sources(data)
    (error,) = sources.errors
    assert str(error) == (
        f"{data}/collections/shared: 'shared' is the collection of {data}/reviews; "
        "rename the folder, or move its reviews there"
    )
    assert [s.load().title for s in sources.collections["shared"]] == ["Film", "Other"]
    assert outdated(data, _manifest(data)) == ()


def test_every_broken_file_of_every_collection_is_listed(data: Path) -> None:
    _write(
        data, {"reviews/empty.md": "", "collections/42/broken.md": "---\ntitle: [\n---\nText.", "reviews/film.txt": "x"}
    )
    assert sorted(error.file.name for error in read_sources(data).errors) == ["broken.md", "empty.md", "film.txt"]


def test_a_file_that_was_indexed_is_read_only_when_it_is_asked_for(data: Path) -> None:
    manifest = _manifest(data)
    os.utime(data / "reviews" / "film.md", (1, 1))
    before = {name: [s.digest for s in found] for name, found in read_sources(data).collections.items()}
    sources = read_sources(data, manifest)
    assert {name: [s.digest for s in found] for name, found in sources.collections.items()} == before
    _write(data, {"reviews/film.md": "", "reviews/other.txt": ""})
    assert [error.file.name for error in read_sources(data, manifest).errors] == ["film.md", "other.txt"]
    with pytest.raises(ReviewFileError, match=r"film\.md"):
        sources.collections["shared"][0].load()


def test_a_new_file_has_no_better_claim_to_a_slug_than_the_indexed_one(data: Path) -> None:
    manifest = _manifest(data)
    _write(data, {"reviews/film.txt": "Another film."})
    sources = read_sources(data, manifest)
    assert [error.file.name for error in sources.errors] == ["film.txt"]
    assert [s.slug for s in sources.collections["shared"]] == ["other"]


def test_an_index_of_what_is_there_is_not_out_of_date(data: Path) -> None:
    assert outdated(data, _manifest(data)) == ()


def test_a_touched_file_is_not_out_of_date(data: Path) -> None:
    manifest = _manifest(data)
    os.utime(data / "reviews" / "film.md", (1, 1))
    assert outdated(data, manifest) == ()


def test_added_changed_renamed_and_removed_reviews_are_out_of_date(data: Path) -> None:
    manifest = _manifest(data)
    _write(data, {"reviews/new.md": "---\ntitle: New\n---\nText."})
    assert outdated(data, manifest) == ("new",)
    (data / "collections" / "42" / "film.md").write_text("---\ntitle: Our Film\n---\nNew text!")
    assert outdated(data, manifest) == ("film", "new")
    (data / "reviews" / "other.txt").rename(data / "reviews" / "another.txt")
    assert outdated(data, manifest) == ("another", "film", "new", "other")


def test_a_change_of_the_same_size_is_seen(data: Path) -> None:
    manifest = _manifest(data)
    file = data / "reviews" / "film.md"
    file.write_text(file.read_text().replace("Text", "Next"))
    os.utime(file, (1, 1))
    assert outdated(data, manifest) == ("film",)


def test_a_collection_that_is_gone_is_out_of_date(data: Path) -> None:
    manifest = _manifest(data)
    (data / "collections" / "42" / "film.md").unlink()
    assert outdated(data, manifest) == ("film",)
    (data / "collections" / "42").rmdir()
    assert outdated(data, manifest) == ("film",)


def test_what_is_out_of_date_in_one_collection_is_not_taken_for_its_namesake_in_another(data: Path) -> None:
    manifest = _manifest(data)
    _write(data, {"collections/42/film.md": "---\ntitle: Our Film\n---\nOther text."})
    assert outdated_reviews(data, manifest) == {("42", "film")}


def test_a_file_that_became_a_folder_is_out_of_date(data: Path) -> None:
    manifest = _manifest(data)
    (data / "reviews" / "film.md").unlink()
    (data / "reviews" / "film.md").mkdir()
    assert outdated(data, manifest) == ("film",)
    (error,) = read_sources(data).errors
    assert "This is not a file" in str(error)


def test_a_file_that_is_too_large_for_a_review_is_told_and_takes_little_memory(data: Path) -> None:
    manifest = _manifest(data)
    large = data / "reviews" / "large.txt"
    with large.open("wb") as file:
        for _ in range(50):
            file.write(b"All work and no play. " * 45_000)
    tracemalloc.start()
    (error,) = read_sources(data).errors
    assert outdated(data, manifest) == ("large",)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(error) == f"{large}: The file is larger than 8 MB. Split it, or move it out of the reviews folder."
    assert most < 3 * MAX_REVIEW_FILE_BYTES


def test_a_dangling_link_is_told_as_a_file_that_can_not_be_read(data: Path) -> None:
    (data / "reviews" / "gone.md").symlink_to("nowhere.md")
    (error,) = read_sources(data).errors
    assert "gone.md: The file can't be read" in str(error)
    assert outdated(data, _manifest(data)) == ("gone",)


def test_a_review_that_became_a_dangling_link_is_out_of_date(data: Path) -> None:
    manifest = _manifest(data)
    (data / "reviews" / "film.md").unlink()
    (data / "reviews" / "film.md").symlink_to("nowhere.md")
    assert outdated(data, manifest) == ("film",)


def test_a_file_in_the_place_of_the_reviews_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "reviews").write_text("no folder")
    (error,) = read_sources(tmp_path).errors
    assert str(error) == f"{tmp_path}/reviews: The folder can't be listed (Not a directory)."
    with pytest.raises(ReviewFileError, match="can't be listed"):
        outdated(tmp_path, MANIFEST)


def test_removed_reviews_are_told_from_changed_ones(data: Path) -> None:
    manifest = _manifest(data)
    assert removed(data, manifest) == ()
    (data / "reviews" / "film.md").rename(data / "reviews" / "film.txt")
    _write(data, {"reviews/other.txt": "Text of yet another."})
    assert removed(data, manifest) == ()
    (data / "collections" / "42" / "film.md").unlink()
    (data / "reviews" / "other.txt").unlink()
    assert removed(data, manifest) == ("film", "other")


@pytest.mark.parametrize(
    ("outdated", "removed", "words"),
    [
        ((), (), ""),
        (("a", "b"), (), "a, b"),
        (("a", "b", "c", "d", "e"), (), "a, b, c and 2 more"),
        (("a", "b"), ("a", "b"), "removed: a, b"),
        (("a", "b", "c", "d", "e"), ("b", "c", "d", "e"), "a; removed: b, c, d and 1 more"),
    ],
)
def test_changes_are_told_in_words(outdated: tuple[str, ...], removed: tuple[str, ...], words: str) -> None:
    assert describe_changes(outdated, removed) == words


def test_shared_reviews_are_lost_where_some_were_indexed_and_none_is_found(data: Path) -> None:
    manifest = _manifest(data)
    assert explain_lost_reviews(data, manifest, found=True) is None
    assert explain_lost_reviews(data, manifest, found=False) == (
        f"{data}/reviews: none of the indexed reviews is there any more, nor any other that can be read; put them back"
    )
    (data / "reviews").rename(data / "away")
    assert explain_lost_reviews(data, manifest, found=False) == (
        f"{data}/reviews: no such folder; put it back with its reviews"
    )
    servers = tuple(entry for entry in manifest.collections if entry.name != "shared")
    assert explain_lost_reviews(data, replace(manifest, collections=servers), found=False) is None
