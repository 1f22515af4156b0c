"""Read the public data sets that the reranker is trained and tested on."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from embeddings.errors import LibraryError
from embeddings.training.examples import (
    Answer,
    Example,
    Paragraph,
    QuestionSet,
    detokenise,
    locate_answer,
    normalise,
    sentence_spans,
    single_spaced,
)

Contents = tuple[tuple[Paragraph, ...], tuple[str, ...], tuple[Example, ...]]
"""The paragraphs, the document of each, and the questions: what `QuestionSet` holds besides the name."""

_WORD = re.compile(r"\w+")
# An answer that is not verbatim in the story needs this share of its words in one sentence.
_SHARED_WORDS = 0.75


class TrainingDataError(LibraryError):
    """A set can't be read: download it, or check its format."""


def read_set(name: str, shared: Path) -> QuestionSet:
    """Read a set, one of `SETS`, from the folder with `data/` and `reader-data/`.

    Raises:
        TrainingDataError: its files are missing or in another format.
    """
    read, place = SETS[name]
    path = shared / place
    try:
        return QuestionSet(name, *read(path))
    except OSError as error:
        raise TrainingDataError(
            f"{error.filename or path}: The file can't be read ({error.strerror or error})."
        ) from error
    except (ValueError, KeyError, TypeError, IndexError, tarfile.TarError) as error:
        raise TrainingDataError(f"{path}: The data is not in the format of {name} ({error!r}).") from error


def _squad(path: Path) -> Contents:
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs: list[Paragraph] = []
    groups: list[str] = []
    examples: list[Example | None] = []
    for number, article in enumerate(articles):
        for place, paragraph in enumerate(article["paragraphs"]):
            context = paragraph["context"]
            spans = sentence_spans(context)
            examples.extend(_squad_example(qa, context, len(paragraphs), spans) for qa in paragraph["qas"])
            paragraphs.append(Paragraph(tuple(single_spaced(context[start:end]) for start, end in spans)))
            groups.append(f"{number} {article.get('title', '') if len(articles) > 1 else place}")
    return tuple(paragraphs), tuple(groups), tuple(example for example in examples if example is not None)


def _squad_example(
    qa: Mapping[str, Any], context: str, place: int, spans: tuple[tuple[int, int], ...]
) -> Example | None:
    question = single_spaced(qa["question"])
    if qa.get("is_impossible"):
        return Example(question, place, ())
    gold: list[int] = []
    marked: Answer | None = None
    for found in qa["answers"]:
        start = int(found["answer_start"])
        end = start + len(found["text"])
        touched, answer = locate_answer(spans, start, end)
        gold.extend(touched)
        if answer is not None and marked is None:
            left, right = spans[answer.sentence]
            # After single-spacing, an answer may not be found; then it stays unmarked.
            marked = _found(single_spaced(context[left:right]), single_spaced(found["text"]), answer.sentence)
    if not gold:
        return None
    texts = tuple(dict.fromkeys(single_spaced(found["text"]) for found in qa["answers"]))
    return Example(question, place, tuple(sorted(set(gold))), marked, texts)


def _found(sentence: str, words: str, place: int) -> Answer | None:
    start = sentence.find(words)
    return Answer(place, start, start + len(words)) if start >= 0 else None


def _fairytaleqa(path: Path) -> Contents:
    with tarfile.open(path) as archive:
        files = {
            member.name: _csv_rows(archive.extractfile(member))
            for member in archive.getmembers()
            if member.name.endswith(".csv") and not Path(member.name).name.startswith("._")
        }
    paragraphs: list[Paragraph] = []
    groups: list[str] = []
    examples: list[Example] = []
    for name, rows in sorted(files.items()):
        if not name.endswith("-story.csv"):
            continue
        story = Path(name).name.removesuffix("-story.csv")
        places: dict[str, int] = {}
        for row in rows:
            text = single_spaced(row["text"])
            places[row["section"]] = len(paragraphs)
            paragraphs.append(Paragraph(tuple(text[start:end] for start, end in sentence_spans(text))))
            groups.append(story)
        for row in files[name.replace("-story.csv", "-questions.csv")]:
            if row["cor_section"] in places:
                examples.extend(_fairytale_example(row, places[row["cor_section"]], paragraphs))
    return tuple(paragraphs), tuple(groups), tuple(examples)


def _csv_rows(stream: Any) -> list[dict[str, str]]:  # noqa: ANN401 - tarfile gives no narrower type
    return list(csv.DictReader(io.StringIO(stream.read().decode("utf-8-sig"))))


def _fairytale_example(row: Mapping[str, str], place: int, paragraphs: list[Paragraph]) -> Iterator[Example]:
    if row["ex-or-im1"] != "explicit":
        return
    answers = [single_spaced(row[key] or "").rstrip(".") for key in ("answer1", "answer4")]
    answers = list(dict.fromkeys(answer for answer in answers if answer))
    sentences = paragraphs[place].sentences
    gold: set[int] = set()
    marked: Answer | None = None
    for answer in answers:
        for number, sentence in enumerate(sentences):
            start = sentence.lower().find(answer.lower())
            if start >= 0 and len(answer) > 2:
                gold.add(number)
                marked = marked or Answer(number, start, start + len(answer))
                break
        else:
            words = set(_WORD.findall(answer.lower()))
            shares = [len(words & set(_WORD.findall(sentence.lower()))) / max(1, len(words)) for sentence in sentences]
            if shares and max(shares) >= _SHARED_WORDS and len(words) > 2:
                gold.add(shares.index(max(shares)))
    if gold:
        yield Example(single_spaced(row["question"]), place, tuple(sorted(gold)), marked, tuple(answers))


def _selqa(path: Path) -> Contents:
    paragraphs: dict[tuple[str, ...], int] = {}
    groups: list[str] = []
    examples: list[Example] = []
    for file in ("selqa-ass-dev.json", "selqa-ass-test.json"):
        for row in json.loads((path / file).read_text(encoding="utf-8")):
            sentences = tuple(single_spaced(sentence) for sentence in row["candidates"])
            if sentences not in paragraphs:
                paragraphs[sentences] = len(paragraphs)
                groups.append(row["article"])
            examples.append(
                Example(single_spaced(row["question"]), paragraphs[sentences], tuple(sorted(row["answers"])))
            )
    return tuple(map(Paragraph, paragraphs)), tuple(groups), tuple(examples)


def _qamr(path: Path) -> Contents:
    with (path / "wiki-sentences.tsv").open(encoding="utf-8", newline="") as stream:
        tokens = dict(line.rstrip("\n").split("\t")[:2] for line in stream)
    places: dict[str, int] = {}
    examples: dict[tuple[str, str], Example] = {}
    for file in ("dev.tsv", "test.tsv"):
        with (path / file).open(encoding="utf-8", newline="") as stream:
            for line in stream:
                columns = line.rstrip("\n").split("\t")
                sentence, question, chosen = columns[0], single_spaced(columns[5]), columns[6].split()
                if sentence not in tokens or any(rest.endswith("Invalid") for rest in columns[7:]):
                    continue
                place = places.setdefault(sentence, len(places))
                words = tokens[sentence].split()
                answer = detokenise(" ".join(words[int(number)] for number in chosen))
                marked = _found(detokenise(tokens[sentence]), answer, 0)
                examples.setdefault((sentence, question), Example(question, place, (0,), marked, (answer,)))
    return (
        tuple(Paragraph((detokenise(tokens[sentence]),)) for sentence in places),
        tuple(":".join(sentence.split(":")[:3]) for sentence in places),
        tuple(examples.values()),
    )


def _qed(path: Path) -> Contents:
    paragraphs: list[Paragraph] = []
    groups: list[str] = []
    examples: list[Example] = []
    with path.open(encoding="utf-8") as stream:
        for row in map(json.loads, stream):
            if row["annotation"]["explanation_type"] != "single_sentence":
                continue
            text, starts = row["paragraph_text"], row["sentence_starts"]
            selected = row["annotation"]["selected_sentence"]["start"]
            spans = list(zip(starts, [*starts[1:], len(text)], strict=True))
            gold = tuple(place for place, (left, right) in enumerate(spans) if left <= selected < right)
            answers = tuple(
                dict.fromkeys(detokenise(part["string"]) for found in row["original_nq_answers"] for part in found)
            )
            examples.append(Example(single_spaced(row["question_text"]), len(paragraphs), gold, None, answers))
            paragraphs.append(Paragraph(tuple(detokenise(text[left:right]) for left, right in spans)))
            groups.append(row["title_text"])
    return tuple(paragraphs), tuple(groups), tuple(examples)


def _clapnq(path: Path) -> Contents:
    paragraphs: list[Paragraph] = []
    groups: list[str] = []
    examples: list[Example] = []
    for file in ("clapnq_dev_answerable.jsonl", "clapnq_dev_unanswerable.jsonl"):
        with (path / file).open(encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                (passage,) = row["passages"]
                # A question has one or two annotators; what either selected answers.
                selected = {sentence for found in row["output"] for sentence in found["selected_sentences"]}
                gold = tuple(place for place, sentence in enumerate(passage["sentences"]) if sentence in selected)
                examples.append(Example(single_spaced(row["input"]), len(paragraphs), gold))
                paragraphs.append(Paragraph(tuple(map(detokenise, passage["sentences"]))))
                groups.append(passage["title"])
    return tuple(paragraphs), tuple(groups), tuple(examples)


def _disfl_qa(path: Path) -> Contents:
    """Read the disfluent questions about the paragraphs of SQuAD 2.0, whose file has other ids than theirs."""
    disfluent: dict[str, str] = {}
    for file in ("train.json", "dev.json", "test.json"):
        rows = json.loads((path / file).read_text(encoding="utf-8")).values()
        disfluent |= {normalise(row["original"]): row["disfluent"] for row in rows}
    paragraphs, groups, examples = _squad(path.parents[1] / SETS["SQuAD 2.0"][1])
    found = (
        replace(example, question=single_spaced(disfluent[asked]))
        for example in examples
        if (asked := normalise(example.question)) in disfluent
    )
    return paragraphs, groups, tuple(found)


SETS: Mapping[str, tuple[Callable[[Path], Contents], str]] = {
    "SQuAD 2.0": (_squad, "data/squad2-dev-half.json"),
    "XQuAD English": (_squad, "reader-data/xquad_en/xquad.en.json"),
    "SQuADShifts reddit": (_squad, "reader-data/squadshifts/reddit_v1.0.json"),
    "SQuADShifts new_wiki": (_squad, "reader-data/squadshifts/new_wiki_v1.0.json"),
    "SQuADShifts amazon_reviews": (_squad, "reader-data/squadshifts/amazon_reviews_v1.0.json"),
    "FairytaleQA": (_fairytaleqa, "reader-data/fairytaleqa/split_for_training.tar.gz"),
    "SelQA": (_selqa, "reader-data/selqa"),
    "QAMR": (_qamr, "reader-data/qamr"),
    "QED": (_qed, "reader-data/qed/qed-dev.jsonlines"),
    "CLAPNQ": (_clapnq, "reader-data/clapnq"),
    "Disfl-QA": (_disfl_qa, "reader-data/disfl-qa"),
}
"""The reader and the path, in the shared folder, of each set."""

HELD_OUT = ("SQuADShifts amazon_reviews", "QED")
"""The sets that the reranker is evaluated on, never trained on."""

TRAINED_ON = tuple(name for name in SETS if name not in HELD_OUT)
"""The sets that the reranker is trained on."""
