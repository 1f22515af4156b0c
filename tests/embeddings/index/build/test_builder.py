"""Only what changed is encoded, and the same reviews give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoders.base import EncoderIdentity
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from embeddings.records import Review
from tests.embeddings.fixtures.encoders import RecordingEncoder
from tests.embeddings.fixtures.reviews import review
from tests.embeddings.index.build.builds import NEW, OLD, QUESTION, TEXTS, answer, build, content, encoded, opened, tree
from tests.project import removes_what_it_has_open


class OtherEncoder(RecordingEncoder):
    """The same encoder with another identity."""

    @property
    def identity(self) -> EncoderIdentity:
        return replace(super().identity, weights="0" * 64)


def test_each_text_is_encoded_once(encoder: OnnxEncoder, tmp_path: Path) -> None:
    assert encoded(OLD, tmp_path, encoder) == sorted(TEXTS)


def test_unchanged_reviews_encode_nothing_and_write_no_new_generation(encoder: OnnxEncoder, built: Path) -> None:
    before = tree(built / "collections")
    assert encoded(OLD, built, encoder) == []
    assert encoded(tuple(reversed(OLD)), built, encoder) == []
    assert tree(built / "collections") == before


@pytest.mark.parametrize(
    ("reviews", "texts"),
    [
        ((OLD[0], NEW[1], OLD[2]), ["He draws an elephant.", "Ruth lies to Tommy. He draws an elephant."]),
        ((*OLD, review("fourth", {"One": ["A boat lies on the beach."]})), ["A boat lies on the beach."]),
        (OLD[1:], []),
        ((replace(OLD[1], slug="renamed", title="Another", aliases=("A",)), OLD[2]), []),
    ],
    ids=["an edited sentence", "an added review", "a removed review", "a renamed review"],
)
def test_an_update_encodes_only_new_texts(
    encoder: OnnxEncoder, built: Path, reviews: tuple[Review, ...], texts: list[str]
) -> None:
    assert encoded(reviews, built, encoder) == texts
    found = opened(built, encoder).reviews()
    assert [(each.slug, each.title) for each in found] == sorted((each.slug, each.title) for each in reviews)


def test_an_update_gives_the_index_of_a_fresh_build(encoder: OnnxEncoder, built: Path, tmp_path: Path) -> None:
    updated = Library.of(NEW, built, encoder)
    fresh = Library.of(NEW, tmp_path / "fresh", encoder)
    assert updated.reviews() == fresh.reviews()
    for question in (QUESTION, "what does tommy draw"):
        confidence = pytest.approx(fresh.ask(question).confidence, abs=1e-3)
        assert updated.ask(question).confidence == confidence
        assert [(hit.review, hit.start) for hit in updated.search(question)] == [
            (hit.review, hit.start) for hit in fresh.search(question)
        ]


def test_the_same_reviews_give_the_same_bytes(encoder: OnnxEncoder, built: Path, tmp_path: Path) -> None:
    build(tuple(reversed(OLD)), tmp_path / "again", encoder)
    assert content(tmp_path / "again") == content(built)


def test_another_encoder_encodes_everything_again(encoder: OnnxEncoder, built: Path) -> None:
    assert encoded(OLD, built, OtherEncoder(encoder)) == sorted(TEXTS)


@pytest.mark.parametrize(("setting", "longest"), [(None, 256), (16, 16), (100_000, 256)])
@pytest.mark.slow
def test_passages_have_at_most_the_tokens_of_the_setting_and_of_the_encoder(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: int | None, longest: int
) -> None:
    monkeypatch.setattr("embeddings.documents.splitter.PASSAGE_TOKENS", setting)
    paragraph = " ".join(f"Kathy drives to house {number} by the sea." for number in range(40))
    library = Library.of([review("long", {"One": [paragraph]})], tmp_path, encoder)
    passages = [paragraph[hit.start : hit.end] for hit in library.search("Where does Kathy drive?", 100)]
    assert longest / 2 < max(encoder.count_tokens(passages)) <= longest
    assert library.manifest.splitter.endswith(f"at most {longest} tokens")


def test_progress_rises_to_the_number_of_characters(encoder: OnnxEncoder, tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    Library.of(OLD, tmp_path, encoder, progress=lambda done, total: progress.append((done, total)))
    characters = sum(map(len, TEXTS))
    assert progress[-1] == (characters, characters)
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})


def test_an_interrupted_build_of_another_encoder_is_not_resumed(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.index.build.embed.ENCODE_CHUNK_TEXTS", 1)

    def interrupt(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Library.of(OLD, tmp_path, encoder, progress=interrupt)
    assert (tmp_path / "encoding").is_dir()
    assert encoded(OLD, tmp_path, OtherEncoder(encoder)) == sorted(TEXTS)


def test_a_build_removes_what_earlier_builds_left_over(encoder: OnnxEncoder, built: Path) -> None:
    expected = set(tree(built))
    for left in ("collections/shared/.partial", "collections/shared/0123", "collections/gone/4567", "encoders/old"):
        (built / left).mkdir(parents=True)
        (built / left / "file").write_text("left over")
    (built / "manifest.json.partial").write_text("{")
    build(OLD, built, encoder)
    assert set(tree(built)) - expected <= {"encoders"}


@removes_what_it_has_open
def test_a_collection_without_reviews_is_removed(encoder: OnnxEncoder, built: Path) -> None:
    build((*OLD, replace(OLD[0], collection="42")), built, encoder)
    assert (built / "collections" / "42").is_dir()
    build(OLD, built, encoder)
    assert not (built / "collections" / "42").exists()


@removes_what_it_has_open
def test_a_damaged_generation_is_written_again(encoder: OnnxEncoder, built: Path) -> None:
    expected = answer(built, encoder)
    files = [file for file in sorted((built / "collections").rglob("*")) if file.is_file()]
    assert len(files) == 11
    for number, file in enumerate(files):
        original = file.read_bytes()
        if number % 2:
            file.unlink()
        else:
            file.write_bytes(original[: len(original) // 2])
        build(OLD, built, encoder)
        assert answer(built, encoder) == expected
        assert file.read_bytes() == original


def test_a_library_keeps_the_index_that_it_opened(encoder: OnnxEncoder, built: Path) -> None:
    library = opened(built, encoder)
    build(NEW, built, encoder)
    assert [found.slug for found in library.reviews()] == ["first", "second", "third"]
    assert library.ask("What does Ruth do to Tommy?").quotes
    assert "screams" in library.review("second").text
    assert [found.slug for found in opened(built, encoder).reviews()] == ["first", "fourth", "second"]


def test_opening_and_asking_write_nothing(encoder: OnnxEncoder, built: Path) -> None:
    before = tree(built)
    library = opened(built, encoder)
    library.ask(QUESTION)
    library.search("who", 50)
    library.sections("first")
    library.outdated()
    library.close()
    assert tree(built) == before
