"""A build that is killed, or that can't write, leaves an index that answers and one line that says what to do."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import IndexBusyError, IndexWriteError
from embeddings.index.build.builder import index_lock
from embeddings.library import Library
from tests.embeddings.fixtures.encoders import RecordingEncoder
from tests.embeddings.fixtures.processes import forked
from tests.embeddings.index.build.builds import NEW, OLD, TEXTS, answer, build, content, encoded, tree

# Windows has neither these limits nor a fork.
resource = pytest.importorskip("resource")

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")
"""What Python reports to an audit hook before it does it, besides opening a file for writing."""
KILLED = f"killed by signal {signal.SIGKILL:d}"
BUSY = "Another process is building this index. Try again when it has finished."


def outcome(directory: Path, encoder: OnnxEncoder) -> str:
    """Build the index of the new reviews, and return `built` or the error's message."""
    try:
        Library.of(NEW, directory, encoder)
    except (IndexBusyError, IndexWriteError) as error:
        return str(error)
    return "built"


# Killed


def test_a_killed_build_is_resumed_where_it_was(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.index.build.embed.ENCODE_CHUNK_TEXTS", 3)

    class Killed(RecordingEncoder):
        """Is killed at the third chunk."""

        calls = 0

        def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
            (tmp_path / "encoded").open("a").write("".join(f"{text}\n" for text in texts))
            self.calls += 1
            if self.calls == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().encode(texts, progress)

    def first() -> str:
        build(OLD, tmp_path / "index", Killed(encoder))
        return "built"

    assert forked(first) == KILLED
    begun = (tmp_path / "encoded").read_text().splitlines()
    # A vector that was being written when the process ended is cut off.
    (journal,) = (tmp_path / "index" / "encoding").iterdir()
    with (journal / "codes").open("ab") as stream:
        stream.write(b"half a vector")
    again = encoded(OLD, tmp_path / "index", encoder)
    lost = set(begun).intersection(again)
    assert 0 < len(lost) <= 6
    assert set(begun).union(again) == TEXTS
    assert len(begun) + len(again) == len(TEXTS) + len(lost)
    assert len(again) < len(TEXTS)
    assert not (tmp_path / "index" / "encoding").exists()
    build(OLD, tmp_path / "fresh", encoder)
    assert content(tmp_path / "index") == content(tmp_path / "fresh")


def killed_at(change: int, work: Callable[[], object]) -> str:
    """Do `work` in a process that is killed before its n-th change of the file system. Return how it ended."""

    def run() -> str:
        changes = 0

        def hook(name: str, given: tuple[object, ...]) -> None:
            nonlocal changes
            if name in CHANGES or (name == "open" and isinstance(given[2], int) and given[2] & os.O_ACCMODE):
                changes += 1
                if changes == change:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()
        return "finished"

    return forked(run)


@pytest.mark.slow
def test_killed_before_any_change_the_old_index_or_the_new_one_answers(encoder: OnnxEncoder, built: Path) -> None:
    old = answer(built, encoder)
    with tempfile.TemporaryDirectory() as folder:
        build(NEW, Path(folder), encoder)
        new_files = set(tree(Path(folder)))
        new = answer(Path(folder), encoder)
    assert old != new
    change = 0
    answers = []
    while True:
        change += 1
        ended = killed_at(change, lambda: Library.of(NEW, built, encoder))
        answers.append(answer(built, encoder))
        assert answers[-1] in (old, new)
        if ended == "finished":
            break
        assert ended == KILLED
        if answers[-1] == new:
            # From here on the new index is in place, and old files are removed.
            build(OLD, built, encoder)
            assert answer(built, encoder) == old
    assert len(answers) > 21
    assert (answers[0], answers[-1]) == (old, new)
    assert set(tree(built)) == new_files


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1])
def test_killed_at_any_moment_the_index_answers_and_can_be_built(
    encoder: OnnxEncoder, built: Path, after: float
) -> None:
    old = answer(built, encoder)

    def keep_building() -> str:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, max(after, 1e-6))
        while True:
            build(NEW, built, encoder)
            build(OLD, built, encoder)

    assert forked(keep_building) == KILLED
    assert answer(built, encoder).quotes
    build(OLD, built, encoder)
    assert answer(built, encoder) == old


# Another writer


def test_a_second_writer_is_refused(encoder: OnnxEncoder, built: Path) -> None:
    with index_lock(built):
        assert outcome(built, encoder) == f"{built}: {BUSY}"
        assert forked(lambda: outcome(built, encoder)) == f"{built}: {BUSY}"
    assert forked(lambda: outcome(built, encoder)) == "built"


def test_a_second_writer_may_wait(built: Path) -> None:
    wrote: list[str] = []

    def second() -> None:
        with index_lock(built, wait=60):
            wrote.append("second")

    waiting = Thread(target=second)
    with index_lock(built):
        waiting.start()
        wrote.append("first")
    waiting.join()
    assert wrote == ["first", "second"]


# A disk that refuses


@pytest.mark.slow
def test_on_a_full_disk_the_old_index_stays_with_an_error_of_one_line(encoder: OnnxEncoder, built: Path) -> None:
    before, old = tree(built / "collections"), answer(built, encoder)
    sizes = sorted({size for size, _, _ in before.values()})

    def limited(limit: int) -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        return outcome(built, encoder)

    messages = set()
    for limit in [0, *(size - 1 for size in sizes if size)]:
        ended = forked(lambda limit=limit: limited(limit))  # type: ignore[misc]
        if ended == "built":
            build(OLD, built, encoder)
            continue
        messages.add(ended)
        assert answer(built, encoder) == old
    full = f"{built}: The disk is full. Make room and try again. The old index, if there was one, is untouched."
    assert messages == {full}
    assert set(tree(built / "collections")) == set(before)


@pytest.mark.parametrize("place", ["", "lock", "collections", "collections/shared"])
def test_a_file_or_folder_in_the_way_is_an_error_of_one_line(encoder: OnnxEncoder, tmp_path: Path, place: str) -> None:
    index = tmp_path / "index"
    in_the_way = index / place
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    if place == "lock":
        in_the_way.mkdir()
    else:
        in_the_way.write_text("a file where a folder should be")
    (line,) = outcome(index, encoder).splitlines()
    assert line.startswith(f"{index}: The ")
    assert "can't be written" in line
    assert line.endswith("untouched.")


def test_a_manifest_that_cannot_be_replaced_is_an_error_of_one_line(encoder: OnnxEncoder, built: Path) -> None:
    (built / "manifest.json").unlink()
    (built / "manifest.json").mkdir()
    (line,) = outcome(built, encoder).splitlines()
    assert "can't be written" in line
    assert not (built / "manifest.json.partial").exists()


@pytest.fixture
def open_folder(encoder: OnnxEncoder) -> Iterator[Path]:
    """An index in a folder that any user may enter; `tmp_path` is for its owner alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        build(OLD, Path(folder) / "index", encoder)
        yield Path(folder) / "index"
        set_modes(Path(folder) / "index", folders=0o755, files=0o644)


def set_modes(directory: Path, *, folders: int, files: int) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


def without_rights(work: Callable[[], str]) -> str:
    """Do `work` in a process that gave up the superuser's rights."""

    def run() -> str:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        return work()

    return forked(run)


def test_a_read_only_index_answers_and_is_not_updated(encoder: OnnxEncoder, open_folder: Path) -> None:
    set_modes(open_folder, folders=0o555, files=0o444)
    before, old = tree(open_folder), answer(open_folder, encoder)

    def work() -> str:
        ended = outcome(open_folder, encoder)
        assert answer(open_folder, encoder) == old
        return ended

    assert without_rights(work) == (
        f"{open_folder}: The folder can't be written (Permission denied). Make it writable, or choose another folder "
        "with --data. The old index, if there was one, is untouched."
    )
    assert tree(open_folder) == before


def test_a_read_only_collection_is_not_updated(encoder: OnnxEncoder, open_folder: Path) -> None:
    (open_folder / "lock").chmod(0o666)
    set_modes(open_folder / "collections", folders=0o555, files=0o444)
    open_folder.chmod(0o777)
    old = answer(open_folder, encoder)
    assert "can't be written (Permission denied)" in without_rights(lambda: outcome(open_folder, encoder))
    assert answer(open_folder, encoder) == old
