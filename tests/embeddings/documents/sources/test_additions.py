"""Folders, archives and tables become stored reviews: every one is kept, and none replaces another."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.documents import files
from embeddings.documents.converter import ConvertedFile, read_candidates
from embeddings.documents.files import list_folder
from embeddings.documents.filesystem import HAS_MODES
from embeddings.documents.parser import read_review
from embeddings.documents.sources.additions import Addition, Step, plan_additions, read_paths, store_additions
from embeddings.errors import ConversionError, LeftOut, ReviewStorageError


def write(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def candidate(title: str, text: str = "It rains.", year: int | None = None) -> ConvertedFile:
    header = f"---\ntitle: {title}\n" + (f"year: {year}\n" if year else "")
    (found,) = read_candidates(f"{header}---\n{text}\n".encode(), Path("x.md")).reviews
    return found


def steps(additions: Sequence[Addition]) -> list[tuple[str, Step]]:
    return [(addition.candidate.review.slug, addition.step) for addition in additions]


def bring(data: Path, candidates: Sequence[ConvertedFile], collection: str = "shared") -> list[tuple[str, Step]]:
    additions = plan_additions(data, candidates, collection=collection)
    list(store_additions(data, additions, collection=collection))
    return steps(additions)


def test_paths_of_every_kind_are_read_once_each_with_what_is_left_out(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "blog",
        {
            "posts/copper-road/index.md": "---\ntitle: Copper Road\n---\nIt rains.",
            "posts/draft.md": "---\ntitle: A\ndraft: true\n---\nIt rains.",
            "posts/broken.md": "No\0 text.",
            "README.md": "x",
            "letterboxd.csv": "Name,Year,Review\nTin Moon,1999,It shines.\n",
        },
    )
    (folder / "away.md").symlink_to(write(tmp_path, {"outside.md": "Out."}) / "outside.md")
    (folder / "more").symlink_to(tmp_path, target_is_directory=True)
    progress: list[tuple[int, int]] = []
    paths = [folder, folder / "posts" / "copper-road" / "index.md"]
    found = read_paths(paths, progress=lambda *at: progress.append(at))
    assert [(each.review.slug, each.file) for each in found.reviews] == [
        ("tin-moon", "letterboxd.csv"),
        ("copper-road", "posts/copper-road/index.md"),
    ]
    assert sorted((each.file, each.kind) for each in found.left_out) == [
        ("README.md", LeftOut.NO_REVIEW),
        ("away.md", LeftOut.OUTSIDE),
        ("more", LeftOut.OUTSIDE),
        ("posts/broken.md", LeftOut.UNREADABLE),
        ("posts/draft.md", LeftOut.DRAFT),
    ]
    assert progress == [(number, 4) for number in range(1, 5)]
    with pytest.raises(ConversionError, match="gone: There is no such file or folder"):
        read_paths([folder, tmp_path / "gone"])


@pytest.mark.skipif(not HAS_MODES or os.geteuid() == 0, reason="every file may be read")
def test_an_unreadable_file_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "It rains."}).joinpath("a.md").chmod(0)
    assert [each.kind for each in read_paths([tmp_path]).left_out] == [LeftOut.UNREADABLE]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_left_out_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (left_out,) = read_paths([tmp_path]).left_out
    assert (left_out.file, left_out.kind) == ("pipe.md", LeftOut.UNREADABLE)


def test_of_reviews_with_one_title_all_are_kept_and_none_is_stored_twice(tmp_path: Path) -> None:
    given_ = [
        candidate("Dune", year=1984),
        candidate("Dune", "It is long.", year=2021),
        candidate("Dune", "Again.", year=2021),
        candidate("Dune", year=1984),
        candidate("Dune", "No year."),
    ]
    first = [
        ("dune", Step.ADD),
        ("dune-2021", Step.ADD),
        ("dune-2", Step.ADD),
        ("dune", Step.KEEP),
        ("dune-3", Step.ADD),
    ]
    assert bring(tmp_path, given_) == first
    assert bring(tmp_path, given_) == [(slug, Step.KEEP) for slug, _ in first]
    # Another text of 2021 is the review of that year, edited.
    assert bring(tmp_path, [candidate("Dune", "Edited.", year=2021)]) == [("dune-2021", Step.REPLACE)]
    assert bring(tmp_path, [candidate("Dune", "Old.", year=1965)]) == [("dune-1965", Step.ADD)]


@pytest.mark.parametrize(
    ("title", "year", "slug"),
    [
        ("Robots", 2005, "robots-2005"),
        ("Robots", None, "robots-2"),
        ("Index", None, "index-2"),
        ("Template", None, "template-2"),
        ("2012-12-21", None, "review-2012-12-21"),
        ("Never " * 30, 2010, "-".join(["never"] * 13)),
    ],
)
def test_a_title_gives_a_name_under_which_the_file_is_a_review(
    title: str, year: int | None, slug: str, tmp_path: Path
) -> None:
    given_ = candidate(title, year=year)
    assert bring(tmp_path, [given_]) == [(slug, Step.ADD)]
    (file,) = list_folder(tmp_path / "reviews")
    assert file.left_out is None
    assert replace(read_review(file.path), slug="") == replace(given_.review, slug="")
    assert bring(tmp_path, [given_]) == [(slug, Step.KEEP)]


def test_a_review_that_is_stored_in_another_form_is_known_or_replaced(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "reviews", {"Copper Road.txt": "It rains.", "letterboxd.csv": "Name,Review\nLetterboxd,x\n"}
    )
    (same,) = read_candidates(b"It rains.", Path("copper-road.txt")).reviews
    assert bring(tmp_path, [same]) == [("copper-road", Step.KEEP)]
    assert bring(tmp_path, [candidate("Copper Road", "It pours."), candidate("Letterboxd")]) == [
        ("copper-road", Step.REPLACE),
        ("letterboxd-2", Step.ADD),
    ]
    assert sorted(file.name for file in folder.iterdir()) == ["copper-road.md", "letterboxd-2.md", "letterboxd.csv"]


def test_a_chosen_name_is_refused_if_another_title_has_it_or_no_review_may(tmp_path: Path) -> None:
    bring(tmp_path, [candidate("Whales")])
    with pytest.raises(ReviewStorageError, match="'whales' belongs to the review “Whales”, which “The Sea” does not"):
        plan_additions(tmp_path, [candidate("The Sea")], slug="whales")
    with pytest.raises(ReviewStorageError, match="A review can't have the name 'readme'"):
        plan_additions(tmp_path, [candidate("The Sea")], slug="README")
    assert steps(plan_additions(tmp_path, [candidate("The Sea")], slug="Sea!")) == [("sea", Step.ADD)]


def test_a_server_stores_all_reviews_or_none_that_it_has_no_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SERVER_REVIEWS", 2)
    three = [candidate(title) for title in ("One", "Two", "Three")]
    additions = plan_additions(tmp_path, three, collection="7")
    with pytest.raises(ReviewStorageError, match=r"There would be 3 reviews here\. The limit is 2\. Add fewer"):
        list(store_additions(tmp_path, additions, collection="7"))
    assert not (tmp_path / "collections").exists()
    assert bring(tmp_path, three[:2], "7") == [("one", Step.ADD), ("two", Step.ADD)]


def test_what_changed_since_the_plan_is_neither_replaced_nor_overwritten(tmp_path: Path) -> None:
    bring(tmp_path, [candidate("Whales")])
    additions = plan_additions(tmp_path, [candidate("Whales", "They sing."), candidate("Sea")])
    write(tmp_path / "reviews", {"whales.md": "# Whales\n\nMine."})
    with pytest.raises(ReviewStorageError, match="The review 'whales' was changed in the meantime"):
        list(store_additions(tmp_path, additions))
    write(tmp_path / "reviews", {"sea.md": "# Sea\n\nMine."})
    with pytest.raises(ReviewStorageError, match="The review 'sea' was added in the meantime"):
        list(store_additions(tmp_path, additions[1:]))
    assert {file.read_text(encoding="utf-8") for file in (tmp_path / "reviews").iterdir()} == {
        "# Whales\n\nMine.",
        "# Sea\n\nMine.",
    }


def test_a_disk_that_is_full_half_way_leaves_whole_files_and_the_rest_is_added_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_ = [candidate(f"Film {number}") for number in range(6)]
    additions = plan_additions(tmp_path, given_)
    flushes = iter(range(3))

    def full(_: int) -> None:
        if next(flushes, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ReviewStorageError, match="No space left on device"):
            list(store_additions(tmp_path, additions))
    assert sorted(file.name for file in (tmp_path / "reviews").iterdir()) == [f"film-{n}.md" for n in range(3)]
    assert [step for _, step in bring(tmp_path, given_)] == [Step.KEEP] * 3 + [Step.ADD] * 3


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Dune", "dune!", "Robots", "Index", "Tin Moon"]),
            st.sampled_from(["It rains.", "It shines."]),
            st.sampled_from([None, 1984, 2021]),
        ),
        max_size=6,
    )
)
@pytest.mark.slow
def test_whatever_is_added_every_review_is_stored_once_under_a_slug_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, reviews: list[tuple[str, str, int | None]]
) -> None:
    data = tmp_path_factory.mktemp("data")
    candidates = [candidate(*each) for each in reviews]
    bring(data, candidates)
    stored = [file.read_text(encoding="utf-8") for file in (data / "reviews").glob("*.md")]
    assert sorted(stored) == sorted({each.content for each in candidates})
    assert [step for _, step in bring(data, candidates)] == [Step.KEEP] * len(candidates)
