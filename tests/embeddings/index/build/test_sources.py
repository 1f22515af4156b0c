"""The reviews of a data directory are read, and what can't be read is reported."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from embeddings.config import MAX_REVIEW_FILE_BYTES
from embeddings.documents.parser import read_review
from embeddings.errors import ReviewFileError
from embeddings.index.build.freshness import outdated_reviews
from embeddings.index.build.sources import read_sources
from tests.embeddings.index.build.builds import manifest_of, write_files
from tests.project import needs_modes


def test_reviews_belong_to_the_collection_of_their_folder(data: Path) -> None:
    sources = read_sources(data)
    assert (sources.count, sources.errors) == (3, ())
    assert {name: [s.load().title for s in found] for name, found in sources.collections.items()} == {
        "shared": ["Film", "Other"],
        "42": ["Our Film"],
    }
    assert all(s.load().collection == name for name, found in sources.collections.items() for s in found)


def test_an_empty_or_missing_directory_has_no_sources(tmp_path: Path) -> None:
    assert read_sources(tmp_path).count == 0
    assert read_sources(tmp_path / "nowhere").count == 0


def test_a_servers_folder_cannot_be_named_as_the_shared_collection(data: Path) -> None:
    write_files(data, {"collections/shared/film.md": "---\ntitle: Impostor\n---\nText."})
    sources = read_sources(data)
    (error,) = sources.errors
    assert str(error) == (
        f"{data}/collections/shared: 'shared' is the collection of {data}/reviews. "
        "Rename the folder, or move its reviews there."
    )
    assert [s.load().title for s in sources.collections["shared"]] == ["Film", "Other"]
    assert outdated_reviews(data, manifest_of(data)) == frozenset()


def test_every_broken_file_of_every_collection_is_reported(data: Path) -> None:
    broken = {"collections/42/broken.md": "---\ntitle: [\n---\nText.", "reviews/empty.md": "", "reviews/film.txt": "x"}
    write_files(data, broken)
    assert sorted(error.file.name for error in read_sources(data).errors) == ["broken.md", "empty.md", "film.txt"]


def test_an_indexed_file_is_read_only_when_it_is_loaded(data: Path) -> None:
    manifest = manifest_of(data)
    os.utime(data / "reviews" / "film.md", (1, 1))
    before = {name: [s.digest for s in found] for name, found in read_sources(data).collections.items()}
    sources = read_sources(data, manifest)
    assert {name: [s.digest for s in found] for name, found in sources.collections.items()} == before
    write_files(data, {"reviews/film.md": "", "reviews/other.txt": ""})
    assert [error.file.name for error in read_sources(data, manifest).errors] == ["film.md", "other.txt"]
    with pytest.raises(ReviewFileError, match=r"film\.md"):
        sources.collections["shared"][0].load()


def test_a_new_file_with_the_slug_of_an_indexed_one_leaves_out_both(data: Path) -> None:
    manifest = manifest_of(data)
    write_files(data, {"reviews/film.txt": "Another film."})
    sources = read_sources(data, manifest)
    assert [error.file.name for error in sources.errors] == ["film.txt"]
    assert [s.slug for s in sources.collections["shared"]] == ["other"]


def test_a_file_that_is_too_large_is_reported_and_takes_little_memory(data: Path) -> None:
    manifest = manifest_of(data)
    large = data / "reviews" / "large.txt"
    with large.open("wb") as file:
        for _ in range(50):
            file.write(b"All work and no play. " * 45_000)
    tracemalloc.start()
    (error,) = read_sources(data).errors
    assert outdated_reviews(data, manifest) == {("shared", "large")}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(error) == f"{large}: The file is larger than 8 MB. Split it, or move it out of the reviews folder."
    assert peak < 3 * MAX_REVIEW_FILE_BYTES


def test_a_dangling_link_is_reported_as_unreadable(data: Path) -> None:
    (data / "reviews" / "gone.md").symlink_to("nowhere.md")
    (error,) = read_sources(data).errors
    assert "gone.md: The file can't be read" in str(error)
    assert outdated_reviews(data, manifest_of(data)) == {("shared", "gone")}


def test_a_file_in_the_place_of_the_reviews_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "reviews").write_text("not a folder")
    (error,) = read_sources(tmp_path).errors
    assert str(error) == f"{tmp_path}/reviews: The folder can't be listed (Not a directory)."


@needs_modes
def test_every_broken_file_is_an_error_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "collections" / "guild-1"
    write_files(folder, {"a.md": "no front matter", "c.txt": "Fine."})
    (folder / "b.txt").write_bytes(b"\xff")
    (folder / "d.md").mkdir()
    (folder / "e.txt").symlink_to(folder / "gone")
    os.mkfifo(folder / "f.txt")
    sources = read_sources(tmp_path)
    assert [s.load() for s in sources.collections["guild-1"]] == [read_review(folder / "c.txt", collection="guild-1")]
    assert [(error.file.name, error.line) for error in sources.errors] == [
        ("a.md", 1),
        ("b.txt", 1),
        ("d.md", None),
        ("e.txt", None),
        ("f.txt", None),
    ]
    assert str(sources.errors[3]) == f"{folder / 'e.txt'}: The file can't be read (No such file or directory)."


def test_files_that_share_a_slug_are_an_error_that_names_both_and_none_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "reviews"
    write_files(folder, dict.fromkeys(("A Film.txt", "a-film.txt", "other.txt"), "Fine."))
    sources = read_sources(tmp_path)
    assert [s.slug for s in sources.collections["shared"]] == ["other"]
    assert [str(error) for error in sources.errors] == [
        f"{folder / 'a-film.txt'}: The slug 'a-film' is also the slug of {folder / 'A Film.txt'}. "
        "Rename or remove one of the files."
    ]
