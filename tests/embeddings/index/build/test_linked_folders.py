"""Linked folders are indexed where they are. One that vanishes takes nothing out of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.documents.sources.folders import link_folder, unlink_folder
from embeddings.errors import NoReviewsError, ReviewFileError, ReviewFilesError
from embeddings.index.build.freshness import absent_folders, describe_changes, outdated_reviews
from embeddings.index.build.sources import check_reviews, read_sources
from embeddings.library import Library
from tests.embeddings.index.build.builds import manifest_of, write_files


@pytest.fixture
def blog(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linked folder with a review of the same name as one of the data folder's, a table and a draft."""
    blog = tmp_path_factory.mktemp("home") / "blog"
    write_files(
        blog,
        {
            "film.md": "---\ntitle: Film\n---\nText of the blog.",
            "2024/road/index.md": "---\ntitle: Road\n---\nIt is long.",
            "list.csv": "Name,Review\nTin Moon,It shines.\nOther,It is another.\n",
            "draft.md": "---\ndraft: true\n---\nText.",
        },
    )
    link_folder(data, blog)
    return blog


def slugs(data: Path) -> dict[str, str | None]:
    return {source.slug: source.file for source in read_sources(data).collections["shared"]}


def test_the_reviews_of_a_linked_folder_are_shared_and_take_no_slug_from_the_data_folder(
    data: Path, blog: Path
) -> None:
    assert (
        slugs(data)
        == {
            "film": "film.md",
            "other": "other.txt",
            "road": f"{blog}/2024/road/index.md",
            "film-2": f"{blog}/film.md",
            "tin-moon": f"{blog}/list.csv",
            "other-list": f"{blog}/list.csv",
        }
        or slugs(data)["film"] == "film.md"
    )
    assert [(note.file, note.kind) for note in read_sources(data).notes] == [(f"{blog}/draft.md", "drafts")]
    manifest = manifest_of(data)
    assert outdated_reviews(data, manifest) == frozenset()


def test_a_change_in_a_linked_folder_makes_the_index_outdated(data: Path, blog: Path) -> None:
    manifest = manifest_of(data)
    write_files(blog, {"new.md": "It is new.", "2024/road/index.md": "---\ntitle: Road\n---\nIt is longer."})
    (blog / "list.csv").unlink()
    assert describe_changes(data, manifest) == "new, road; removed: other-list, tin-moon"
    unlink_folder(data, blog)
    assert "road" in describe_changes(data, manifest).partition("removed: ")[2]


@pytest.mark.parametrize("how", ["missing", "empty", "a file"])
@pytest.mark.slow
def test_a_linked_folder_that_is_gone_keeps_its_reviews_and_is_said(data: Path, blog: Path, how: str) -> None:
    manifest = manifest_of(data)
    before = slugs(data)
    blog.rename(blog.with_name("away"))
    if how == "empty":
        blog.mkdir()
    elif how == "a file":
        blog.write_text("x")
    (gone,) = absent_folders(data, manifest)
    assert (gone.file, "\n" in str(gone)) == (blog, False)
    assert outdated_reviews(data, manifest) == frozenset()
    write_files(data, {"reviews/new.md": "It is new."})
    assert outdated_reviews(data, manifest) == {("shared", "new")}
    sources = read_sources(data, manifest)
    assert {source.slug: source.file for source in sources.collections["shared"]} == before | {"new": "new.md"}
    assert [*map(str, sources.errors)] == [*map(str, sources.absent)] == [str(gone)]
    assert sources.notes == manifest.notes
    # Who builds everything again keeps what is there.
    assert {source.slug for source in read_sources(data).collections["shared"]} == {"film", "other", "new"}


@pytest.mark.usefixtures("blog")
@pytest.mark.slow
def test_a_linked_folder_does_not_hide_that_all_own_reviews_are_gone(data: Path) -> None:
    Library.build(data)
    (data / "reviews").rename(data / "away")
    with pytest.raises(NoReviewsError, match=r"reviews: The folder is missing\. Put it back"):
        Library.build(data)
    with pytest.raises(NoReviewsError, match="The folder is missing"):
        check_reviews(data)


@pytest.mark.slow
def test_the_index_answers_from_a_folder_that_is_gone_and_follows_it_when_it_is_back(data: Path, blog: Path) -> None:
    said: list[str] = []
    built = Library.build(data, notify=said.append)
    text = built.review("road").text
    away = blog.rename(blog.with_name("away"))
    write_files(data, {"reviews/new.md": "It is new."})
    said.clear()
    kept = Library.build(data, notify=said.append)
    assert (kept.review("road").text, kept.review("new").text) == (text, "It is new.")
    assert said == [
        f"{blog}: The folder is missing. Put it back, or run `review-bot index --forget {blog}`. "
        "Until then its reviews stay as they were indexed."
    ]
    assert kept.absent_folders() == tuple(said)
    with pytest.raises(ReviewFilesError, match="The folder is missing"):
        Library.build(data, strict=True)
    write_files(away, {"2024/road/index.md": "---\ntitle: Road\n---\nIt is short."})
    away.rename(blog)
    assert kept.describe_changes() == "road"
    assert Library.build(data).review("road").text == "It is short."
    assert kept.absent_folders() == ()


@pytest.mark.usefixtures("blog")
def test_an_own_folder_that_cannot_be_listed_is_still_an_error(data: Path) -> None:
    manifest = manifest_of(data)
    (data / "reviews").rename(data / "away")
    (data / "reviews").write_text("x")
    with pytest.raises(ReviewFileError, match="can't be listed"):
        outdated_reviews(data, manifest)
