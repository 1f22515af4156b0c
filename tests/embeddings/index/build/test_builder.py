"""Building: only what changed is encoded, the same gives the same bytes, and nothing that goes wrong is lost upon."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.answering.models import Models
from embeddings.encoders.base import Encoder, EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import IndexBusyError, IndexWriteError
from embeddings.index.build import embed as bulk
from embeddings.index.build.builder import index_lock
from embeddings.index.manifest import Manifest
from embeddings.library import Library
from embeddings.records import Answer, Review
from tests.embeddings.fixtures.encoders import Watched
from tests.embeddings.fixtures.processes import forked
from tests.embeddings.fixtures.reviews import review

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")
"""Besides opening a file to write: what Python reports to an audit hook before it does it."""

QUESTION = "Who explains the gallery?"
OLD = (
    review("first", {"One": ["Miss Emily explains the gallery. Nobody asks why."], "Two": ["Grey skies hang low."]}),
    review("second", {"One": ["Ruth lies to Tommy. He screams in a field."]}),
    review("third", {"One": ["The score swells where the actors would do."]}),
)
TEXTS = {
    "Miss Emily explains the gallery.",
    "Nobody asks why.",
    "Miss Emily explains the gallery. Nobody asks why.",
    "Grey skies hang low.",
    "Ruth lies to Tommy.",
    "He screams in a field.",
    "Ruth lies to Tommy. He screams in a field.",
    "The score swells where the actors would do.",
}
"""What is encoded of the old reviews: sentences, pairs and passages, each text once."""
NEW = (
    OLD[0],
    review("second", {"One": ["Ruth lies to Tommy. He draws an elephant."]}),
    review("fourth", {"One": ["The gallery is explained by Madame. It is a boat."]}),
)


def _opened(directory: Path, encoder: OnnxEncoder) -> Library:
    return Library(directory, Manifest.open(directory), Models(encoder))


def _answer(directory: Path, encoder: OnnxEncoder) -> Answer:
    library = _opened(directory, encoder)
    try:
        return library.ask(QUESTION)
    finally:
        library.close()


def _tree(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Every path with its size, its time of change and its inode."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(directory))] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def _encoded(reviews: tuple[Review, ...], directory: Path, encoder: Encoder) -> list[str]:
    """The texts that an update asks the encoder for."""
    watched = Watched(encoder)
    Library.of(reviews, directory, watched).close()
    return sorted(watched.texts)


def _content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


class _Other(Watched):
    """The same encoder by another identity."""

    @property
    def identity(self) -> EncoderIdentity:
        return replace(super().identity, weights="0" * 64)


@pytest.fixture
def built(encoder: OnnxEncoder, tmp_path: Path) -> Path:
    Library.of(OLD, tmp_path / "index", encoder).close()
    return tmp_path / "index"


def test_each_text_is_encoded_once(encoder: OnnxEncoder, tmp_path: Path) -> None:
    watched = Watched(encoder)
    Library.of(OLD, tmp_path, watched)
    assert len(watched.texts) == len(set(watched.texts))
    assert set(watched.texts) == TEXTS


def test_the_same_reviews_again_encode_nothing_and_write_no_new_generation(encoder: OnnxEncoder, built: Path) -> None:
    before = _tree(built / "collections")
    assert _encoded(OLD, built, encoder) == []
    assert _encoded(tuple(reversed(OLD)), built, encoder) == []
    assert _tree(built / "collections") == before


def test_one_sentence_edited_encodes_what_it_stands_in(encoder: OnnxEncoder, built: Path) -> None:
    edited = review("second", {"One": ["Ruth lies to Tommy. He draws an elephant."]})
    assert _encoded((OLD[0], edited, OLD[2]), built, encoder) == [
        "He draws an elephant.",
        "Ruth lies to Tommy. He draws an elephant.",
    ]


def test_a_review_removed_renamed_or_retitled_encodes_nothing(encoder: OnnxEncoder, built: Path) -> None:
    assert _encoded(OLD[1:], built, encoder) == []
    assert _encoded((replace(OLD[1], slug="renamed"), OLD[2]), built, encoder) == []
    assert _encoded((replace(OLD[1], slug="renamed", title="Another", aliases=("A",)), OLD[2]), built, encoder) == []
    library = _opened(built, encoder)
    assert [(found.slug, found.title) for found in library.reviews()] == [("renamed", "Another"), ("third", "Third")]


def test_a_review_added_encodes_itself_alone(encoder: OnnxEncoder, built: Path) -> None:
    added = review("fourth", {"One": ["A boat lies on the beach."]})
    assert _encoded((*OLD, added), built, encoder) == ["A boat lies on the beach."]


def test_an_update_gives_the_index_that_a_fresh_build_gives(encoder: OnnxEncoder, built: Path, tmp_path: Path) -> None:
    updated = Library.of(NEW, built, encoder)
    fresh = Library.of(NEW, tmp_path / "fresh", encoder)
    assert updated.reviews() == fresh.reviews()
    for question in (QUESTION, "what does tommy draw"):
        assert updated.run(question).answer.confidence == pytest.approx(fresh.run(question).answer.confidence, abs=1e-3)
        assert [(hit.review, hit.start) for hit in updated.search(question)] == [
            (hit.review, hit.start) for hit in fresh.search(question)
        ]


def test_the_same_reviews_give_the_same_bytes(encoder: OnnxEncoder, built: Path, tmp_path: Path) -> None:
    Library.of(tuple(reversed(OLD)), tmp_path / "again", encoder).close()

    assert _content(tmp_path / "again") == _content(built)


def test_another_encoder_takes_nothing_over(encoder: OnnxEncoder, built: Path) -> None:
    other = _Other(encoder)
    Library.of(OLD, built, other)
    assert len(other.texts) == 8


@pytest.mark.parametrize(("setting", "longest"), [(None, 256), (16, 16), (100_000, 256)])
def test_passages_have_at_most_the_tokens_of_the_setting_and_of_the_encoder(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: int | None, longest: int
) -> None:
    monkeypatch.setattr("embeddings.index.build.planner.PASSAGE_TOKENS", setting)
    paragraph = " ".join(f"Kathy drives to house {number} by the sea." for number in range(40))
    library = Library.of([review("long", {"One": [paragraph]})], tmp_path, encoder)
    passages = [paragraph[hit.start : hit.end] for hit in library.search("Where does Kathy drive?", 100)]
    assert longest / 2 < max(encoder.count_tokens(passages)) <= longest
    assert library.manifest.splitter.endswith(f"at most {longest} tokens")


def test_progress_counts_up_to_all_that_has_to_be_encoded(encoder: OnnxEncoder, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    Library.of(OLD, tmp_path, encoder, progress=lambda done, total: told.append((done, total)))
    characters = sum(map(len, TEXTS))
    assert told[-1] == (characters, characters)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_a_build_that_was_killed_is_taken_up_where_it_was(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK_TEXTS", 3)

    class Killed(Watched):
        """Is killed at the third chunk."""

        def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
            (tmp_path / "encoded").open("a").write("".join(f"{text}\n" for text in texts))
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().encode(texts, progress)

    def first() -> str:
        Library.of(OLD, tmp_path / "index", Killed(encoder))
        return "built"

    assert forked(first) == f"killed by signal {signal.SIGKILL:d}"
    begun = (tmp_path / "encoded").read_text().splitlines()
    # What was on its way into the journal when the process ended is cut off.
    (journal,) = (tmp_path / "index" / "encoding").iterdir()
    with (journal / "codes").open("ab") as stream:
        stream.write(b"half a vector")
    again = _encoded(OLD, tmp_path / "index", encoder)
    lost = set(begun).intersection(again)
    assert 0 < len(lost) <= 6
    assert set(begun).union(again) == TEXTS
    assert len(begun) + len(again) == len(TEXTS) + len(lost)
    assert len(again) < len(TEXTS)
    assert not (tmp_path / "index" / "encoding").exists()
    Library.of(OLD, tmp_path / "fresh", encoder).close()
    assert _content(tmp_path / "index") == _content(tmp_path / "fresh")


def test_what_another_encoder_had_encoded_is_not_taken_up(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "CHUNK_TEXTS", 1)

    def interrupt(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.of(OLD, tmp_path, encoder, progress=interrupt)
    assert (tmp_path / "encoding").is_dir()
    assert len(_encoded(OLD, tmp_path, _Other(encoder))) == len(TEXTS)


def test_what_an_earlier_build_left_is_swept_away(encoder: OnnxEncoder, built: Path) -> None:
    expected = set(_tree(built))
    for left in ("collections/shared/.partial", "collections/shared/0123", "collections/gone/4567", "encoders/old"):
        (built / left).mkdir(parents=True)
        (built / left / "file").write_text("left over")
    (built / "manifest.json.partial").write_text("{")
    Library.of(OLD, built, encoder).close()
    assert set(_tree(built)) - expected <= {"encoders"}


def test_a_collection_without_reviews_leaves_the_index(encoder: OnnxEncoder, built: Path) -> None:
    own = replace(OLD[0], collection="42")
    Library.of((*OLD, own), built, encoder).close()
    assert (built / "collections" / "42").is_dir()
    Library.of(OLD, built, encoder).close()
    assert not (built / "collections" / "42").exists()


def test_a_damaged_generation_is_written_anew(encoder: OnnxEncoder, built: Path) -> None:
    expected = _answer(built, encoder)
    files = [file for file in sorted((built / "collections").rglob("*")) if file.is_file()]
    assert len(files) == 10
    for number, file in enumerate(files):
        content = file.read_bytes()
        if number % 2:
            file.unlink()
        else:
            file.write_bytes(content[: len(content) // 2])
        Library.of(OLD, built, encoder).close()
        assert _answer(built, encoder) == expected
        assert file.read_bytes() == content


def test_a_reader_keeps_the_index_that_it_opened(encoder: OnnxEncoder, built: Path) -> None:
    reranker = _opened(built, encoder)
    Library.of(NEW, built, encoder).close()
    assert [found.slug for found in reranker.reviews()] == ["first", "second", "third"]
    assert reranker.ask("What does Ruth do to Tommy?").quotes
    assert "screams" in reranker.review("second").text
    assert [found.slug for found in _opened(built, encoder).reviews()] == ["first", "fourth", "second"]


def test_a_second_writer_is_told_that_there_is_one(encoder: OnnxEncoder, built: Path) -> None:
    with index_lock(built), pytest.raises(IndexBusyError, match="another process is building this index; try again"):
        Library.of(NEW, built, encoder)

    def second() -> str:
        try:
            Library.of(NEW, built, encoder)
        except IndexBusyError as error:
            return str(error)
        return "built"

    with index_lock(built):
        assert "another process is building this index" in forked(second)
    assert forked(second) == "built"


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


def _killed_at(event: int, work: Callable[[], object]) -> str:
    """Do `work` in a process that is killed before it changes the file system for the n-th time; say how that went."""

    def run() -> str:
        steps = 0

        def hook(name: str, given: tuple[object, ...]) -> None:
            nonlocal steps
            if name in CHANGES or (name == "open" and isinstance(given[2], int) and given[2] & os.O_ACCMODE):
                steps += 1
                if steps == event:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()
        return "finished"

    return forked(run)


def test_killed_before_any_change_the_old_index_or_the_new_one_answers(encoder: OnnxEncoder, built: Path) -> None:
    old = _answer(built, encoder)
    with tempfile.TemporaryDirectory() as folder:
        Library.of(NEW, Path(folder), encoder).close()
        new_files = set(_tree(Path(folder)))
        new = _answer(Path(folder), encoder)
    assert old != new
    event = killed = 0
    answers = []
    while True:
        event += 1
        outcome = _killed_at(event, lambda: Library.of(NEW, built, encoder))
        answers.append(_answer(built, encoder))
        assert answers[-1] in (old, new)
        if outcome == "finished":
            break
        assert outcome == f"killed by signal {signal.SIGKILL:d}"
        killed += 1
        if answers[-1] == new:
            # From here on the new index is in place: what follows sweeps.
            Library.of(OLD, built, encoder).close()
            assert _answer(built, encoder) == old
    assert killed > 20
    assert answers[0] == old
    assert answers[-1] == new
    assert set(_tree(built)) == new_files


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1])
def test_killed_at_any_moment_the_index_answers_and_can_be_built(
    encoder: OnnxEncoder, built: Path, after: float
) -> None:
    old = _answer(built, encoder)

    def build() -> str:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, max(after, 1e-6))
        while True:
            Library.of(NEW, built, encoder).close()
            Library.of(OLD, built, encoder).close()

    assert forked(build) == f"killed by signal {signal.SIGKILL:d}"
    assert _answer(built, encoder).quotes
    Library.of(OLD, built, encoder).close()
    assert _answer(built, encoder) == old


def test_on_a_full_disk_the_old_index_stays_and_one_line_says_so(encoder: OnnxEncoder, built: Path) -> None:
    before, old = _tree(built / "collections"), _answer(built, encoder)
    sizes = sorted({size for size, _, _ in before.values()})

    def build(limit: int) -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            Library.of(NEW, built, encoder)
        except IndexWriteError as error:
            return str(error)
        return "built"

    said = set()
    for limit in [0, *(size - 1 for size in sizes if size)]:
        outcome = forked(lambda limit=limit: build(limit))  # type: ignore[misc]
        if outcome == "built":
            Library.of(OLD, built, encoder).close()
            continue
        said.add(outcome)
        assert "\n" not in outcome
        assert "untouched" in outcome
        assert _answer(built, encoder) == old
    assert said
    assert all("the disk is full; make room and try again" in line for line in said)
    assert set(_tree(built / "collections")) == set(before)


@pytest.mark.parametrize("place", ["", "lock", "collections", "collections/shared"])
def test_what_stands_in_the_way_is_one_line(encoder: OnnxEncoder, tmp_path: Path, place: str) -> None:
    index = tmp_path / "index"
    in_the_way = index / place
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    if place == "lock":
        in_the_way.mkdir()
    else:
        in_the_way.write_text("a file where a folder should be")
    with pytest.raises(IndexWriteError) as caught:
        Library.of(OLD, index, encoder)
    (line,) = str(caught.value).splitlines()
    assert str(index) in line
    assert "can't be written" in line
    assert line.endswith("untouched")


def test_a_manifest_that_can_not_be_replaced_is_one_line(encoder: OnnxEncoder, built: Path) -> None:
    (built / "manifest.json").unlink()
    (built / "manifest.json").mkdir()
    with pytest.raises(IndexWriteError) as caught:
        Library.of(NEW, built, encoder)
    assert len(str(caught.value).splitlines()) == 1
    assert not (built / "manifest.json.partial").exists()


@pytest.fixture
def others(encoder: OnnxEncoder) -> Iterator[Path]:
    """An index in a folder that any user may enter; `tmp_path` is for its owner alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Library.of(OLD, Path(folder) / "index", encoder).close()
        yield Path(folder) / "index"


def _powerless() -> None:
    """Give up the rights that let the superuser write anywhere."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def _read_only(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def _writable(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_index_answers_and_is_not_built_upon(encoder: OnnxEncoder, others: Path) -> None:
    _read_only(others)

    def work() -> str:
        _powerless()
        old = _answer(others, encoder)
        try:
            Library.of(NEW, others, encoder)
        except IndexWriteError as error:
            assert _answer(others, encoder) == old
            return str(error)
        return "built"

    before = _tree(others)
    said = forked(work)
    assert "this folder can't be written (Permission denied); make it writable" in said
    assert "\n" not in said
    assert _tree(others) == before
    _writable(others)


def test_a_read_only_collection_is_not_built_upon(encoder: OnnxEncoder, others: Path) -> None:
    (others / "lock").chmod(0o666)
    _read_only(others / "collections")
    others.chmod(0o777)

    def work() -> str:
        _powerless()
        try:
            Library.of(NEW, others, encoder)
        except IndexWriteError as error:
            return str(error)
        return "built"

    old = _answer(others, encoder)
    said = forked(work)
    assert "can't be written (Permission denied)" in said
    assert _answer(others, encoder) == old
    _writable(others)


def test_opening_and_asking_write_nothing(encoder: OnnxEncoder, built: Path) -> None:
    before = _tree(built)
    library = _opened(built, encoder)
    library.ask(QUESTION)
    library.search("who", 50)
    library.sections("first")
    library.outdated()
    library.close()
    assert _tree(built) == before
