"""The training of the reranker, on a real model of two layers and a few dozen windows."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from embeddings.answering.calibration import RerankerCalibration, Thresholds
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.reranking.reranker import OnnxReranker, pad, tokenise
from embeddings.training.batches import collate, featurise
from embeddings.training.datasets import TrainingDataError, read_set
from embeddings.training.decontaminate import find_overlap, judged, without_overlap
from embeddings.training.examples import Answer, Example, Paragraph, QuestionSet, detokenised, located
from embeddings.training.export import export
from embeddings.training.held_out import PARAGRAPHS, Taken, held_out_task, kind_of
from embeddings.training.model import RerankerModel, scores
from embeddings.training.model_card import model_card
from embeddings.training.trainer import Recipe, fit, has_bf16, window_loss
from embeddings.training.validate import SHOWN, evaluate_reranker, validate_windows
from embeddings.training.windows import MOST_SENTENCES, Share, Window, make_windows
from tests.embeddings.fixtures.tiny_rerankers import (
    ANSWERING,
    OTHERS,
    QUESTION,
    tiny_features,
    tiny_model,
    tiny_tokenizer,
    tiny_windows,
    trained,
)

RECIPE = Recipe(epochs=2, batch=8, rate=3e-3, head_rate=3e-3)


def _weights(model: RerankerModel) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def _read(model: RerankerModel, windows: list[tuple[str, ...]]) -> list[list[float]]:
    tokens = [tokenise(tiny_tokenizer(), QUESTION, window) for window in windows]
    inputs = [torch.from_numpy(value) for value in pad(tokens, max(map(len, windows))).values()]
    with torch.no_grad():
        sentences, null, spans = model(*inputs)
        read = scores(sentences, null, spans, inputs[3])
    return [row[: len(window)].tolist() for row, window in zip(read, windows, strict=True)]


@pytest.fixture(scope="module")
def model() -> RerankerModel:
    return trained()


def test_a_reader_learns_which_sentences_answer(model: RerankerModel) -> None:
    first, second = _read(model, [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS[1:]])
    assert first[1] > 0 > max(first[0], first[2], *second)


def test_training_lowers_the_loss_on_windows_it_has_not_seen(model: RerankerModel) -> None:
    unseen = collate(tiny_features(24, seed=9))
    with torch.no_grad():
        assert window_loss(model, unseen, RECIPE) < 0.2 * window_loss(tiny_model(), unseen, RECIPE)


def test_word_embeddings_stay_as_they_were(model: RerankerModel) -> None:
    before, after = (one.state_dict()["encoder.embeddings.word_embeddings.weight"] for one in (tiny_model(), model))
    assert torch.equal(before, after)


def test_a_seed_decides_everything() -> None:
    one, other = tiny_model(), tiny_model()
    fit(one, tiny_features(16), RECIPE)
    fit(other, tiny_features(16), RECIPE)
    assert torch.equal(_weights(one), _weights(other))
    fit(other, tiny_features(16), replace(RECIPE, seed=2))
    assert not torch.equal(_weights(one), _weights(other))


class _StoppedError(Exception):
    pass


def test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    whole = tiny_model()
    fit(whole, tiny_features(400), RECIPE)

    def stop(step: int, _steps: int, _loss: float) -> None:
        if step == 40:
            raise _StoppedError

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(_StoppedError):
        fit(tiny_model(), tiny_features(400), RECIPE, checkpoint=checkpoint, every=15, progress=stop)
    resumed = tiny_model(seed=5)
    fit(resumed, tiny_features(400), RECIPE, checkpoint=checkpoint, every=15)
    assert torch.equal(_weights(whole), _weights(resumed))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_checkpoint_of_another_recipe_is_not_gone_on_from(tmp_path: Path) -> None:
    fit(tiny_model(), tiny_features(16), replace(RECIPE, rate=1e-3), checkpoint=tmp_path / "checkpoint.pt")
    resumed, fresh = tiny_model(), tiny_model()
    fit(resumed, tiny_features(16), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    fit(fresh, tiny_features(16), RECIPE)
    assert torch.equal(_weights(resumed), _weights(fresh))


def test_a_reader_learns_in_bf16_as_well_and_keeps_its_weights_in_fp32() -> None:
    model = tiny_model()
    fit(model, tiny_features(48), replace(RECIPE, epochs=12, bf16=True))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    first, second = _read(model, [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS[1:]])
    assert first[1] > 0 > max(first[0], first[2], *second)


def test_a_checkpoint_in_fp32_is_not_gone_on_from_in_bf16(tmp_path: Path) -> None:
    fit(tiny_model(), tiny_features(16), RECIPE, checkpoint=tmp_path / "checkpoint.pt")
    steps: list[int] = []
    fit(
        tiny_model(),
        tiny_features(16),
        replace(RECIPE, bf16=True),
        checkpoint=tmp_path / "checkpoint.pt",
        progress=lambda step, _steps, _loss: steps.append(step),
    )
    assert steps == [4]


@pytest.mark.parametrize(("feature", "has"), [("avx512_bf16", True), ("amx_bf16", True), ("avx2", False)])
def test_bf16_is_chosen_where_the_processor_has_it(feature: str, has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {feature: True})
    assert has_bf16() is has


def test_the_exported_reader_scores_as_the_trained_one_does(model: RerankerModel, tmp_path: Path) -> None:
    windows = [(OTHERS[0], ANSWERING, OTHERS[1]), OTHERS, (ANSWERING,)]
    expected = _read(model, windows)
    for int8, tolerance in ((False, 1e-4), (True, 1.5)):
        file = tmp_path / "reader.onnx"
        export(model, tiny_tokenizer(), file, int8=int8)
        reranker = OnnxReranker.open(file)
        assert [path.name for path in tmp_path.iterdir()] == ["reader.onnx"]
        for row, wanted in zip(reranker.score(QUESTION, windows), expected, strict=True):
            assert row == pytest.approx(wanted, abs=tolerance)


def test_what_answers_is_marked_by_its_tokens() -> None:
    tokenizer = tiny_tokenizer()
    features = featurise(Window(QUESTION, (OTHERS[0], ANSWERING), (1,), Answer(1, 12, 17)), tokenizer)
    assert features.span is not None
    first, last = features.span
    assert first == last
    assert tokenizer.id_to_token(features.ids[first]) == "quiet"
    assert features.owners[first] == 1


SENTENCES = tuple(f"Sentence number {number} is about subject {number}." for number in range(8))
SMALL = QuestionSet(
    "small",
    (Paragraph(SENTENCES), Paragraph(("Nothing like it stands here.", "Nor here, about subject matters."))),
    ("one", "two"),
    (
        Example("What is sentence three about?", 0, (3,), Answer(3, 27, 36), ("subject 3",)),
        Example("What does Number Four say?", 0, (4, 5), None, ("subject 4",)),
        Example("What was never said?", 1, ()),
    ),
)


@given(seed=st.integers(0, 10_000))
def test_windows_are_consecutive_sentences_and_only_gold_ones_answer(seed: int) -> None:
    share = Share(answering=2.0, removed=1.0, close=1.0, renamed=0.0, impossible=1.0)
    for window in make_windows(SMALL, share, seed):
        assert 1 <= len(window.sentences) <= MOST_SENTENCES
        example = next(example for example in SMALL.examples if example.question == window.question)
        gold = {SMALL.paragraphs[example.paragraph].sentences[place] for place in example.gold}
        assert {window.sentences[place] for place in window.gold} == gold.intersection(window.sentences)
        if window.answer is not None:
            words = window.sentences[window.answer.sentence][window.answer.start : window.answer.end]
            assert words in example.answers


def test_the_same_seed_gives_the_same_windows() -> None:
    share = Share()
    assert make_windows(SMALL, share, 3) == make_windows(SMALL, share, 3)


def test_a_renamed_question_is_about_something_that_the_window_does_not_answer() -> None:
    given_set = QuestionSet(
        "names",
        (Paragraph(("Kathy drives the van.", "There Ruth waits for Tommy.")),),
        ("one",),
        (Example("What does Kathy drive?", 0, (0,), None, ("the van",)),),
    )
    (window,) = make_windows(given_set, Share(answering=0, removed=0, close=0, renamed=1), 1)
    assert window.question in ("What does Ruth drive?", "What does Tommy drive?")
    assert window.gold == ()


def test_texts_and_questions_that_are_judged_by_are_left_out_of_training() -> None:
    long = " ".join(f"word{number}" for number in range(20))
    training = QuestionSet(
        "training",
        (Paragraph((f"Before. {long} after.",)), Paragraph(("Something else.",))),
        ("one", "two"),
        (Example("Which words?", 0, (0,)), Example("What else?", 1, (0,)), Example("Asked of both?", 1, (0,))),
    )
    test = QuestionSet("test", (Paragraph((long,)),), ("t",), (Example("asked of BOTH", 0, (0,)),))
    seen, asked = judged([test])
    overlap = find_overlap(training, seen, asked)
    assert (overlap.paragraphs, overlap.questions, overlap.dropped) == ((0,), 1, 2)
    assert [example.question for example in without_overlap(training, overlap, asked).examples] == ["What else?"]


@pytest.mark.parametrize("taken", Taken)
def test_half_of_the_left_out_questions_have_no_answer_in_their_review(taken: Taken) -> None:
    paragraphs = tuple(Paragraph((f"Paragraph {number} begins.", f"It tells of {number}.")) for number in range(45))
    examples = tuple(Example(f"What does paragraph {number} tell of?", number, (1,)) for number in range(45))
    given = QuestionSet("left out", paragraphs, tuple(map(str, range(45))), examples)
    task = held_out_task(given, 100, 1, taken=taken)
    assert [len(review.sections[0].paragraphs) for review in task.reviews] == [PARAGRAPHS] * len(task.reviews)
    assert len(task.questions) == 40
    assert sum(question.answerable for question in task.questions) == 20
    texts = {review.slug: review.text for review in task.reviews}
    for question in task.questions:
        number = question.text.split()[3]
        told = f"It tells of {number}."
        text = texts[str(question.review)]
        assert [texts[span.review][span.start : span.end] for span in question.spans] == [told] * question.answerable
        assert (told in text) is question.answerable
        assert (f"Paragraph {number} begins." in text) is (question.answerable or taken is Taken.ANSWERS)


def test_a_question_whose_answer_stands_elsewhere_in_its_paragraph_is_not_asked_without() -> None:
    paragraphs = tuple(Paragraph(("It was red.", f"Number {number} was red.")) for number in range(20))
    examples = tuple(
        Example(f"What colour was {number}?", number, (1,), Answer(1, 0, 3), ("Red",)) for number in range(20)
    )
    given = QuestionSet("left out", paragraphs, tuple(map(str, range(20))), examples)
    task = held_out_task(given, 100, 1, taken=Taken.ANSWERS)
    assert [question.answerable for question in task.questions] == [True] * 10


def test_the_model_card_has_each_figure_without_and_with_the_reader(
    model: RerankerModel, encoder: OnnxEncoder, tmp_path: Path
) -> None:
    export(model, tiny_tokenizer(), tmp_path / "reader.onnx")
    reranker = OnnxReranker.open(tmp_path / "reader.onnx")
    paragraphs = tuple(Paragraph((f"she is film {number} .", f"film {number} is quiet .")) for number in range(20))
    examples = tuple(Example(f"what is film {number} ?", number, (1,)) for number in range(20))
    given = QuestionSet("QED", paragraphs, tuple(map(str, range(20))), examples)
    task = held_out_task(given, 100, 1, taken=Taken.ANSWERS)

    found = evaluate_reranker(task, encoder, reranker, RerankerCalibration(Thresholds(0.0, 0.0), 0.0, 4.0))

    assert (found.all.without.questions, found.all.without.answerable) == (20, 10)
    card = model_card(
        digest="ab" * 32,
        size=1_500_000,
        recipe=RECIPE,
        windows={"QED": 5},
        overlaps=[find_overlap(given, *judged([given]))],
        figures={"int8": validate_windows(reranker, tiny_windows(20))},
        judged=[found],
    ).splitlines()
    assert f"- SHA-256: `{'ab' * 32}`" in card
    row = next(line for line in card[card.index("### QED, answers taken away") :] if line.startswith("| all (20) |"))
    for measure, cell in zip(SHOWN, row.strip("| ").split(" | ")[1:], strict=True):
        without, reading = (found.all.without.estimates[measure], found.all.reading.estimates[measure])
        assert cell.startswith(f"{without.value:.3f} → {reading.value:.3f}")
    assert "| what (20) |" in "\n".join(card)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Would you recommend it?", "opinion"),
        ("How good is the picture?", "opinion"),
        ("To whom was it given?", "who"),
        ("Which year was it?", "which"),
        ("Is there a hole?", "yes or no"),
    ],
)
def test_questions_are_of_a_kind_by_their_words(question: str, kind: str) -> None:
    assert kind_of(question) == kind


def test_tokens_are_joined_as_a_person_writes() -> None:
    tokens = "He said `` I do n't know '' -LRB- in 1901 -RRB- , did n't he ?"
    assert detokenised(tokens) == "He said “I don't know” (in 1901), didn't he?"


def test_an_answer_that_runs_over_two_sentences_has_no_marked_words() -> None:
    assert located([(0, 10), (11, 20)], 5, 15) == ((0, 1), None)
    assert located([(0, 10), (11, 20)], 12, 15) == ((1,), Answer(1, 1, 4))


def test_a_squad_file_is_read_with_its_answers(tmp_path: Path) -> None:
    context = "It rains. The tide is high."
    content = {
        "data": [
            {
                "title": "Weather",
                "paragraphs": [
                    {
                        "context": context,
                        "qas": [
                            {
                                "question": "What is high?",
                                "answers": [{"text": "The tide", "answer_start": 10}],
                                "is_impossible": False,
                            },
                            {"question": "Who is low?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ]
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "squad2-dev-half.json").write_text(json.dumps(content), encoding="utf-8")
    read = read_set("SQuAD 2.0", tmp_path)
    assert read.paragraphs == (Paragraph(("It rains.", "The tide is high.")),)
    assert read.examples == (
        Example("What is high?", 0, (1,), Answer(1, 0, 8), ("The tide",)),
        Example("Who is low?", 0, ()),
    )


def test_a_story_is_read_from_its_archive(tmp_path: Path) -> None:
    folder = tmp_path / "reader-data" / "fairytaleqa"
    folder.mkdir(parents=True)
    (tmp_path / "crow-story.csv").write_text(
        'section,text\n1,"A crow sat down. It was\nvery hungry."\n', encoding="utf-8"
    )
    head = "question_id,local-or-sum,cor_section,attribute1,attribute2,question,ex-or-im1,answer1,answer4"
    rows = "1,local,1,state,,How was the crow?,explicit,very hungry,\n2,local,1,state,,Why?,implicit,unknown,"
    (tmp_path / "crow-questions.csv").write_text(f"{head}\n{rows}\n", encoding="utf-8")
    with tarfile.open(folder / "split_for_training.tar.gz", "w:gz") as archive:
        for name in ("crow-story.csv", "crow-questions.csv"):
            archive.add(tmp_path / name, arcname=f"data/{name}")
    read = read_set("FairytaleQA", tmp_path)
    assert read.paragraphs == (Paragraph(("A crow sat down.", "It was very hungry.")),)
    assert read.examples == (Example("How was the crow?", 0, (1,), Answer(1, 7, 18), ("very hungry",)),)


@pytest.mark.parametrize("name", ["SQuAD 2.0", "FairytaleQA", "SelQA", "QAMR", "QED"])
def test_a_set_that_is_missing_is_told_by_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingDataError, match=r"can't be read \(No such file or directory\)"):
        read_set(name, tmp_path)


def test_a_set_in_another_format_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "squad2-dev-half.json").write_text("[]", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"squad2-dev-half\.json: not in the format of SQuAD 2\.0"):
        read_set("SQuAD 2.0", tmp_path)
