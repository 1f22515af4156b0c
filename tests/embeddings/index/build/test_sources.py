"""The reviews of a data directory are read, and what can't be read is reported."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from embeddings.config import MAX_REVIEW_FILE_BYTES
from embeddings.documents.notes import Mended
from embeddings.errors import LeftOut, ReviewFileError
from embeddings.index.build.freshness import describe_changes, outdated_reviews
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


@needs_modes
def test_every_broken_file_of_every_collection_is_reported_and_the_others_are_read(data: Path) -> None:
    broken = {"collections/42/broken.md": "\0", "reviews/empty.md": "", "reviews/film.txt": "x"}
    write_files(data, broken)
    (data / "reviews" / "gone.txt").symlink_to(data / "nowhere")
    os.mkfifo(data / "reviews" / "pipe.txt")
    sources = read_sources(data)
    assert sorted(error.file.name for error in sources.errors) == ["broken.md", "empty.md", "gone.txt", "pipe.txt"]
    assert [s.slug for s in sources.collections["shared"]] == ["film", "film-2", "other"]
    assert [(note.collection, note.file, note.kind, note.line) for note in sources.notes] == [
        ("shared", "empty.md", LeftOut.EMPTY, None),
        ("shared", "gone.txt", LeftOut.UNREADABLE, None),
        ("shared", "pipe.txt", LeftOut.UNREADABLE, None),
        ("42", "broken.md", LeftOut.UNREADABLE, 1),
    ]


def test_a_file_that_was_left_out_is_no_change_until_it_changes(data: Path) -> None:
    write_files(data, {"reviews/broken.md": "\0", "reviews/draft.md": "---\ntitle: A\ndraft: true\n---\nx"})
    manifest = manifest_of(data)
    assert outdated_reviews(data, manifest) == frozenset()
    again = read_sources(data, manifest)
    assert again.notes == manifest.notes
    assert [str(error) for error in again.errors] == [str(error) for error in read_sources(data).errors]
    write_files(data, {"reviews/broken.md": "Mended.", "reviews/draft.md": "---\ntitle: A\n---\nx"})
    assert describe_changes(data, manifest) == "broken, draft"
    assert read_sources(data, manifest).notes == ()


def test_a_file_of_several_reviews_is_split_if_it_or_the_command_says_so(data: Path) -> None:
    parts = "## Copper Road (2019)\n\nIt rains.\n\n## Film (2021)\n\nIt stops.\n"
    write_files(
        data,
        {"reviews/july.md": f"# July\n\nAll of it.\n\n{parts}", "reviews/may.md": f"---\nsplit: true\n---\n{parts}"},
    )
    whole = read_sources(data)
    slugs = ["copper-road", "film-may", "film", "july", "other"]
    assert sorted(s.slug for s in whole.collections["shared"]) == sorted(slugs)
    assert [(note.file, note.kind) for note in whole.notes] == [("july.md", Mended.ROUND_UP)]
    manifest = manifest_of(data)
    assert outdated_reviews(data, manifest) == frozenset()
    again = {s.slug: s for s in read_sources(data, manifest).collections["shared"]}
    assert [(s.slug, s.load().title, s.load().text) for s in again.values() if s.part] == [
        ("copper-road", "Copper Road (2019)", "It rains."),
        ("film-may", "Film (2021)", "It stops."),
    ]
    split = read_sources(data, manifest, split_by_heading=True).collections["shared"]
    assert sorted(s.slug for s in split) == ["copper-road", "copper-road-may", "film", "film-july", "film-may", "other"]


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


def test_a_new_file_with_the_slug_of_an_indexed_one_is_kept_beside_it(data: Path) -> None:
    manifest = manifest_of(data)
    write_files(data, {"reviews/film.txt": "Another film."})
    sources = read_sources(data, manifest)
    assert sources.errors == ()
    assert [(s.slug, s.file) for s in sources.collections["shared"]] == [
        ("film", "film.md"),
        ("film-2", "film.txt"),
        ("other", "other.txt"),
    ]


def test_a_table_of_one_review_has_the_slug_of_its_title(data: Path) -> None:
    write_files(data, {"reviews/export.csv": "Name,Review\nCopper Road,It rains.\nTin Moon,\n"})
    sources = read_sources(data)
    assert [s.slug for s in sources.collections["shared"]] == ["copper-road", "film", "other"]
    assert [note.reason for note in sources.notes] == ["1 row has no review."]
    again = read_sources(data, manifest_of(data)).collections["shared"]
    assert next((s.slug, s.load().title) for s in again) == ("copper-road", "Copper Road")


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
