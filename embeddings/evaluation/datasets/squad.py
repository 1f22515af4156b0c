"""SQuAD v2 files (Rajpurkar, Jia and Liang, 2018), read as one review of all paragraphs.

An article is a section. The relevant document of a question is its own paragraph, with spans at the answers' offsets;
an impossible question is unanswerable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import parse_json, read_text
from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    Judgement,
    SectionText,
    Span,
    Task,
    build_review,
    one_line,
    paragraph_id,
    paragraph_of_hit,
)
from embeddings.records import Paragraph, Review

_REVIEW = "squad"


def read_squad(file: Path) -> Task:
    """Read the task of a SQuAD v2 JSON file; its paragraphs are the documents.

    Raises:
        QuestionFileError: the file can't be read, is not SQuAD's JSON, has two questions with the same id, or an
            answer that is not at its offset.
    """
    content: Any = parse_json(read_text(file), file)
    try:
        review = build_review(_REVIEW, file.stem, _sections(content["data"], file))
        questions = tuple(_questions(content["data"], review, file))
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        reason = f"The file is not in the format of SQuAD v2 ({error!r}). Use another file."
        raise QuestionFileError(file, None, reason) from error
    if not questions:
        raise QuestionFileError(file, None, "The file has no questions. Use another file.")
    return Task(file.stem, (review,), questions, paragraph_of_hit)


def _sections(articles: Any, file: Path) -> Iterator[SectionText]:  # noqa: ANN401 - JSON is of any type
    for number, article in enumerate(articles, start=1):
        title = _text(article, "title")
        contexts = tuple(one_line(_text(paragraph, "context")) for paragraph in article["paragraphs"])
        for position, context in enumerate(contexts, start=1):
            if not context.strip():
                reason = f"Paragraph {position} of the article {title!r} is blank. Remove it."
                raise QuestionFileError(file, None, reason)
        yield SectionText(slug=f"{number}-{title}", heading=title, paragraphs=contexts)


def _questions(articles: Any, review: Review, file: Path) -> Iterator[JudgedQuestion]:  # noqa: ANN401 - as above
    ids: set[str] = set()
    for article, section in zip(articles, review.sections, strict=True):
        for paragraph, place in zip(article["paragraphs"], section.paragraphs, strict=True):
            for qa in paragraph["qas"]:
                question = _question(qa, section.slug, place, review.text[place.start : place.end], file)
                if question.id in ids:
                    reason = f"Two questions have the id {question.id!r}. Use another id for one of them."
                    raise QuestionFileError(file, None, reason)
                ids.add(question.id)
                yield question


def _question(qa: Mapping[str, Any], section: str, place: Paragraph, context: str, file: Path) -> JudgedQuestion:
    identity, text = str(qa["id"]), _text(qa, "question").strip()
    if not text:
        raise QuestionFileError(file, None, f"The question {identity!r} is empty. Remove it.")
    spans: list[Span] = []
    for answer in () if qa.get("is_impossible") else qa["answers"]:
        start, words = answer["answer_start"], one_line(_text(answer, "text"))
        if not isinstance(start, int) or start < 0 or not words or context[start : start + len(words)] != words:
            raise QuestionFileError(
                file,
                None,
                f"An answer to the question {identity!r} is not in its paragraph at {start!r}. "
                f'Set "answer_start" to the offset of {words!r}.',
            )
        spans.append(Span(_REVIEW, place.start + start, place.start + start + len(words)))
    document = paragraph_id(_REVIEW, section, place.number)
    return JudgedQuestion(
        id=identity, text=text, spans=tuple(dict.fromkeys(spans)), judgements=(Judgement(document),) if spans else ()
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record[key]
    if not isinstance(value, str):
        raise TypeError(f'"{key}" is not a string')
    return value
