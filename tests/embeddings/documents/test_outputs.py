"""Files that a user names: written in one step, and nothing but an earlier output or an empty file is replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from embeddings.documents.outputs import check_output, output_file, write_output
from embeddings.errors import OutputError
from tests.project import needs_modes


def is_ours(file: Path) -> bool:
    return file.read_bytes().startswith(b"ours")


@pytest.mark.parametrize("old", [None, b"", b"ours, from yesterday", b"ours"], ids=["none", "empty", "ours", "same"])
def test_a_new_an_empty_and_an_earlier_output_are_written(tmp_path: Path, old: bytes | None) -> None:
    file = tmp_path / "out"
    if old is not None:
        file.write_bytes(old)
    write_output(file, "ours", is_ours)
    assert file.read_bytes() == b"ours"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_with_the_same_content_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"notes")
    write_output(tmp_path / "out", "notes")


def test_somebody_elses_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"notes")
    with pytest.raises(OutputError, match=r"notes\.txt: There is a file of this name already.* with --force\."):
        write_output(file, "ours", is_ours)
    assert file.read_bytes() == b"notes"
    write_output(file, "ours", is_ours, force=True)
    assert file.read_bytes() == b"ours"
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_beside_the_output_is_not_touched(tmp_path: Path) -> None:
    for name in ("out.partial", ".out", "out~"):
        (tmp_path / name).write_bytes(b"notes")
    write_output(tmp_path / "out", "ours")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "out.partial": b"notes",
        ".out": b"notes",
        "out~": b"notes",
        "out": b"ours",
    }


@needs_modes
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_and_a_device_are_never_replaced(tmp_path: Path, force: bool) -> None:
    with pytest.raises(OutputError, match="This is a folder"):
        check_output(tmp_path, is_ours, force=force)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="This is not a file that can be replaced"):
        write_output(tmp_path / "pipe", "ours", is_ours, force=force)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_bytes(b"ours, from yesterday")

    def fail() -> None:
        with output_file(file, is_ours) as stream:
            stream.write(b"ours")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"ours, from yesterday"}


@needs_modes
def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "out", tmp_path / "link"
    file.write_bytes(b"ours, from yesterday")
    file.chmod(0o640)
    link.symlink_to("out")
    write_output(link, "ours", is_ours)
    assert (link.readlink(), file.read_bytes()) == (Path("out"), b"ours")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    write_output(file, "ours", is_ours, mode=0o600)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
