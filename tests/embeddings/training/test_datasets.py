"""Reading the public data sets."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from embeddings.training.datasets import TrainingDataError, read_set
from embeddings.training.examples import Answer, Example, Paragraph, detokenise, locate_answer


def test_tokens_are_joined_as_a_person_writes() -> None:
    tokens = "He said `` I do n't know '' -LRB- in 1901 -RRB- , did n't he ?"
    assert detokenise(tokens) == "He said “I don't know” (in 1901), didn't he?"


def test_an_answer_over_two_sentences_has_no_position() -> None:
    assert locate_answer([(0, 10), (11, 20)], 5, 15) == ((0, 1), None)
    assert locate_answer([(0, 10), (11, 20)], 12, 15) == ((1,), Answer(1, 1, 4))


def test_a_squad_file_is_read_with_its_answers(tmp_path: Path) -> None:
    questions = [
        {"question": "What is high?", "answers": [{"text": "The tide", "answer_start": 10}], "is_impossible": False},
        {"question": "Who is low?", "answers": [], "is_impossible": True},
    ]
    paragraph = {"context": "It rains. The tide is high.", "qas": questions}
    content = {"data": [{"title": "Weather", "paragraphs": [paragraph]}]}
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


def _passage(title: str, *sentences: str) -> dict[str, object]:
    return {"title": title, "text": " ".join(sentences), "sentences": list(sentences)}


def test_clapnq_has_the_sentences_that_either_annotator_selected(tmp_path: Path) -> None:
    folder = tmp_path / "reader-data" / "clapnq"
    folder.mkdir(parents=True)
    first, second, third = "The sea -- it 's deep .", "It is cold .", "Fish live in it ."
    answered = {
        "input": "what is the sea like",
        "passages": [_passage("Sea", first, second, third)],
        "output": [{"selected_sentences": [first]}, {"selected_sentences": [second]}],
    }
    unanswered = {
        "input": "who owns the sea",
        "passages": [_passage("Law of the sea", third)],
        "output": [{"selected_sentences": []}],
    }
    for name, row in (("answerable", answered), ("unanswerable", unanswered)):
        (folder / f"clapnq_dev_{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    read = read_set("CLAPNQ", tmp_path)
    assert read.paragraphs[0].sentences[1:] == ("It is cold.", "Fish live in it.")
    assert read.groups == ("Sea", "Law of the sea")
    assert read.examples == (Example("what is the sea like", 0, (0, 1)), Example("who owns the sea", 1, ()))


def test_a_disfluent_question_is_about_the_paragraph_of_its_original(tmp_path: Path) -> None:
    questions = [
        {"question": "What is high?", "answers": [{"text": "The tide", "answer_start": 10}]},
        {"question": "Who is low?", "answers": [], "is_impossible": True},
        {"question": "Is it known?", "answers": [], "is_impossible": True},
    ]
    articles = [
        {"title": name, "paragraphs": [{"context": "It rains. The tide is high.", "qas": questions[:number]}]}
        for name, number in (("Weather", 0), ("Tides", 3))
    ]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "squad2-dev-half.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    folder = tmp_path / "reader-data" / "disfl-qa"
    folder.mkdir(parents=True)
    pairs = {
        "train": {"other id": {"original": "What is high ?", "disfluent": "What is low, no sorry,  high?"}},
        "dev": {"another": {"original": "Who is low?", "disfluent": "What er who is low?"}},
        "test": {"about no paragraph": {"original": "Why?", "disfluent": "How, I mean why?"}},
    }
    for name, rows in pairs.items():
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    read = read_set("Disfl-QA", tmp_path)
    # The same documents as in the other set, so that both leave the same ones aside for validation.
    assert read.groups == read_set("SQuAD 2.0", tmp_path).groups
    assert read.examples == (
        Example("What is low, no sorry, high?", 1, (1,), Answer(1, 0, 8), ("The tide",)),
        Example("What er who is low?", 1, ()),
    )


@pytest.mark.parametrize("name", ["SQuAD 2.0", "FairytaleQA", "SelQA", "QAMR", "QED", "CLAPNQ", "Disfl-QA"])
def test_a_missing_set_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingDataError, match=r"can't be read \(No such file or directory\)"):
        read_set(name, tmp_path)


def test_a_set_in_another_format_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "squad2-dev-half.json").write_text("[]", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"squad2-dev-half\.json: The data is not in the format of SQuAD 2\.0"):
        read_set("SQuAD 2.0", tmp_path)
