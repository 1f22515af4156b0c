"""The stages of the reader's training: windows as the library cuts them, and learning from two readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from embeddings.encoding import RuntimeEncoder
from embeddings.reader import RuntimeReader
from embeddings.rereading import WINDOW_CHARACTERS
from embeddings.training.batches import collate, featurise
from embeddings.training.closest import closest_windows
from embeddings.training.distilling import score_loss, with_scores
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet
from embeddings.training.exporting import export
from embeddings.training.fitting import Recipe, fit
from embeddings.training.mixture import kept_back
from embeddings.training.stages import Lessons, lessons, train
from embeddings.training.windows import MOST_SENTENCES, Window
from tests.embeddings.tiny_readers import tiny_model, tiny_tokenizer, tiny_windows, trained

PLACES = ("harbour", "orchard", "library", "station", "bakery", "garden", "chapel", "market", "bridge", "tower")
NAME = "SelQA"


def _set(paragraphs: int = 60) -> QuestionSet:
    """Paragraphs about a place each, whose second sentence says who keeps it; some documents have many, some one."""
    made, groups, examples = [], [], []
    for number in range(paragraphs):
        place, keeper = PLACES[number % len(PLACES)], f"Keeper{number}"
        made.append(
            Paragraph(
                (
                    f"The {place} of village {number} is old.",
                    f"{keeper} looks after the {place} there.",
                    "It was painted twice, and both times in the rain, as the people who live beside it still tell "
                    "whoever asks them for the way, and many who do not ask for anything at all.",
                    "It is blue.",
                )
            )
        )
        groups.append(f"document {number if number >= 30 else number // 10}")
        question = f"Who looks after the {place} of village {number}?"
        examples.append(Example(question, number, (1,), Answer(1, 0, len(keeper)), (keeper,)))
    return QuestionSet(NAME, tuple(made), tuple(groups), tuple(examples))


@pytest.fixture(scope="module")
def windows(encoder: RuntimeEncoder) -> list[Window]:
    return [window for _, window in closest_windows([_set()], encoder, 1, asked={NAME: 60})]


def test_windows_are_cut_as_the_library_cuts_them(windows: list[Window]) -> None:
    texts = [paragraph.text for paragraph in _set().paragraphs]
    for window in windows:
        read = " ".join(window.sentences)
        assert any(read in text for text in texts)
        assert 1 <= len(window.sentences) <= MOST_SENTENCES
        assert len(read) <= WINDOW_CHARACTERS or len(window.sentences) == 1


def test_only_the_sentences_that_answer_are_gold_and_others_lack_the_answer(windows: list[Window]) -> None:
    keepers = {example.question: example.answers[0] for example in _set().examples}
    answering = [window for window in windows if window.gold]
    assert 0 < len(answering) < len(windows)
    for window in windows:
        keeper = keepers[window.question]
        assert window.gold == tuple(
            place for place, sentence in enumerate(window.sentences) if sentence.startswith(f"{keeper} ")
        )
        if window.gold:
            assert window.answer == Answer(window.gold[0], 0, len(keeper))


def test_documents_that_are_kept_back_give_no_window(windows: list[Window]) -> None:
    back = [number for number, group in enumerate(_set().groups) if kept_back(group)]
    assert back
    read = {word for window in windows for sentence in window.sentences for word in sentence.split()}
    assert read.isdisjoint(f"Keeper{number}" for number in back)


def test_a_reader_learns_the_mean_of_two(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    teachers = []
    for seed in (1, 2):
        export(trained(seed), tokenizer, tmp_path / f"{seed}.onnx")
        teachers.append(RuntimeReader.open(tmp_path / f"{seed}.onnx"))
    given = tiny_windows(64)
    features = with_scores([featurise(window, tokenizer) for window in given], given, teachers)
    for window, each in zip(given, features, strict=True):
        scores = [teacher.read(window.question, [window.sentences])[0] for teacher in teachers]
        assert each.wanted == pytest.approx(np.mean(scores, axis=0))
    student, whole = tiny_model(3), collate(features)
    recipe = Recipe(epochs=4, batch=8, rate=3e-3, head_rate=3e-3)
    before = float(score_loss(student, whole, recipe).detach())
    fit(student, features, recipe, loss=score_loss)
    assert float(score_loss(student, whole, recipe).detach()) < before / 4


def test_a_sentence_beyond_what_is_read_has_no_score_to_learn(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    export(tiny_model(), tokenizer, tmp_path / "reader.onnx")
    window = Window("what is the film ?", ("the film is quiet . " * 30, "is she the film ?"), ())
    (features,) = with_scores([featurise(window, tokenizer)], [window], [RuntimeReader.open(tmp_path / "reader.onnx")])
    assert features.wanted[1] == 0.0
    assert collate([features]).present.tolist()[0][:2] == [1.0, 0.0]


def test_training_makes_two_readers_and_one_of_both_and_goes_on_where_it_was_stopped(
    encoder: RuntimeEncoder, tmp_path: Path
) -> None:
    learned = lessons([_set(40)], encoder, 1)
    assert learned == lessons([_set(40)], encoder, 1)
    few = Lessons(learned.first[:40], learned.second[:40], learned.both[:40], learned.back)
    told: list[tuple[str, int, int]] = []
    model, _ = train(few, Recipe(), tmp_path, lambda stage, done, steps, _: told.append((stage, done, steps)))
    assert told == [("first", 2, 2), ("second", 2, 2), ("last", 2, 2)]
    told.clear()
    again, _ = train(few, Recipe(), tmp_path, lambda stage, done, steps, _: told.append((stage, done, steps)))
    assert not told
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
