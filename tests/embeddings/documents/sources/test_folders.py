"""Folders that are read where they are: remembered, forgotten, and never both inside and outside of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.documents.sources.folders import link_folder, linked_folders, unlink_folder
from embeddings.errors import FoldersError


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    folder = tmp_path / "blog" / "content"
    folder.mkdir(parents=True)
    (folder / "film.md").write_text("It rains.")
    return folder


def test_a_linked_folder_is_remembered_by_its_whole_path_until_it_is_forgotten(
    tmp_path: Path, blog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.chdir(blog.parent)
    assert linked_folders(data) == ()
    assert link_folder(data, Path("../blog/./content"))
    assert not link_folder(data, blog)
    assert linked_folders(data) == (blog,)
    (blog / "film.md").unlink()
    blog.rmdir()
    unlink_folder(data, Path("content"))
    assert linked_folders(data) == ()


def test_a_folder_that_cannot_be_read_twice_or_at_all_is_refused_and_nothing_is_written(
    tmp_path: Path, blog: Path
) -> None:
    data = tmp_path / "data"
    (data / "reviews").mkdir(parents=True)
    (data / "reviews" / "film.md").write_text("It rains.")
    (tmp_path / "empty").mkdir()
    (tmp_path / "again").symlink_to(data / "reviews", target_is_directory=True)
    for folder, reason in (
        (tmp_path / "gone", "There is no such folder."),
        (blog / "film.md", "This is a file. Name its folder, or use `review-bot add`."),
        (tmp_path / "empty", "There are no files that can be reviews. Name another folder."),
        (tmp_path, f"The folder overlaps with {data / 'reviews'}, so that reviews would be read twice."),
        (tmp_path / "again", f"The folder overlaps with {data / 'reviews'}, so that reviews would be read twice."),
    ):
        with pytest.raises(FoldersError) as refused:
            link_folder(data, folder)
        assert str(refused.value) == f"{folder}: {reason}"
    with pytest.raises(FoldersError, match=r"This folder is not read where it is\. No folder is\."):
        unlink_folder(data, blog)
    assert [file.name for file in data.iterdir()] == ["reviews"]
    link_folder(data, blog)
    with pytest.raises(FoldersError, match="overlaps with"):
        link_folder(data, blog.parent)
    with pytest.raises(FoldersError, match=f"These are: {blog}"):
        unlink_folder(data, tmp_path)
    assert linked_folders(data) == (blog,)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"folders": "x"}', '{"folders": ["relative"]}', '{"folders": [1]}']
)
def test_a_list_of_folders_that_is_none_is_one_line_that_says_what_to_do(content: str, tmp_path: Path) -> None:
    (tmp_path / "folders.json").write_text(content)
    with pytest.raises(FoldersError) as refused:
        linked_folders(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'folders.json'}: The file is no list of folders (")
    assert "\n" not in str(refused.value)
