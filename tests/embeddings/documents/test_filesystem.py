"""File systems without modes, with folders that can't be opened, and with open files that can't be replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from embeddings.documents import filesystem
from embeddings.documents.files import data_folder_problem
from embeddings.documents.filesystem import (
    LONGEST_PATH,
    OWN_PATH_CHARACTERS,
    allows_others,
    copy_mode,
    flush_folder,
    is_too_long,
    remove_unused_folder,
    replace_file,
)
from embeddings.documents.parser import read_bytes
from embeddings.errors import ReviewFileError
from tests.project import needs_modes


@pytest.fixture
def without_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what is done where modes say nothing."""
    monkeypatch.setattr(filesystem, "HAS_MODES", False)


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@needs_modes
def test_a_mode_counts_where_there_are_modes(tmp_path: Path) -> None:
    file, other = tmp_path / "file", tmp_path / "other"
    file.touch(0o640)
    other.touch(0o600)
    assert [allows_others(each, stat.S_IRWXG) for each in (file, other)] == [True, False]
    with other.open() as opened:
        copy_mode(file, opened.fileno())
    assert other.stat().st_mode == file.stat().st_mode


@pytest.mark.usefixtures("without_modes")
def test_no_file_is_open_to_others_where_there_are_no_modes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(0o666)
    assert not allows_others(file, stat.S_IRWXO)
    with pytest.raises(FileNotFoundError):
        allows_others(tmp_path / "missing", stat.S_IRWXO)


@pytest.mark.usefixtures("without_modes")
def test_a_folder_that_can_not_be_opened_is_not_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        flush_folder(tmp_path)
        patched.setattr(filesystem, "HAS_MODES", True)
        with pytest.raises(PermissionError):
            flush_folder(tmp_path)


@pytest.mark.usefixtures("without_modes")
def test_a_file_that_is_open_for_a_moment_is_replaced_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new", encoding="utf-8")
    target.write_text("old", encoding="utf-8")
    real, refusals = os.replace, [refuse, refuse]

    def replace(*paths: Path) -> None:
        (refusals.pop() if refusals else real)(*paths)

    monkeypatch.setattr(os, "replace", replace)
    replace_file(source, target)
    assert target.read_text(encoding="utf-8") == "new"


@pytest.mark.parametrize("has_modes", [True, False])
def test_a_file_that_can_not_be_replaced_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_modes: bool
) -> None:
    monkeypatch.setattr(filesystem, "HAS_MODES", has_modes)
    monkeypatch.setattr(filesystem, "REPLACE_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "source", tmp_path / "target")


def test_an_unused_folder_is_removed_and_one_that_can_not_be_renamed_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("free", "open"):
        (tmp_path / name / "inner").mkdir(parents=True)
    remove_unused_folder(tmp_path / "free")
    monkeypatch.setattr(os, "rename", refuse)
    remove_unused_folder(tmp_path / "open")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner", "open"]


def test_what_a_killed_removal_left_is_removed_the_next_time(tmp_path: Path) -> None:
    (tmp_path / ".free.old" / "inner").mkdir(parents=True)
    remove_unused_folder(tmp_path / ".free.old")
    assert list(tmp_path.iterdir()) == []


def _of_length(characters: int) -> Path:
    return Path("/" + "a" * (characters - 1))


def test_no_path_is_too_long_where_there_are_modes() -> None:
    if filesystem.HAS_MODES:
        assert not is_too_long(_of_length(4000))


@pytest.mark.usefixtures("without_modes")
def test_a_path_that_windows_does_not_open_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = _of_length(LONGEST_PATH - OWN_PATH_CHARACTERS)
    longer = _of_length(LONGEST_PATH - OWN_PATH_CHARACTERS + 1)
    assert "no such folder" in str(data_folder_problem(fits))
    assert data_folder_problem(longer) == (
        f"{longer}: The path is too long. Windows opens paths of 259 characters, and this program needs 135 of them in "
        "its folder. Use a folder with a shorter path, or turn on long paths in Windows (LongPathsEnabled)."
    )
    with pytest.raises(ReviewFileError, match="more than 259 characters, which Windows doesn't open"):
        read_bytes(_of_length(LONGEST_PATH + 1) / "review.md")
    monkeypatch.setattr(filesystem, "_opens_long_paths", lambda: True)
    assert "no such folder" in str(data_folder_problem(longer))
