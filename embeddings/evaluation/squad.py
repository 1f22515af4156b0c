"""SQuAD v2 files (Rajpurkar, Jia and Liang, 2018): all paragraphs pooled as one review.

An article is a section. A question is answered by its own paragraph, at its answers' offsets; an impossible
question by nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from embeddings.errors import QuestionFileError
from embeddings.evaluation.pooling import PooledSection, one_line, pooled
from embeddings.evaluation.tasks import JudgedQuestion, Judgement, Span, Task, paragraph_id, paragraph_of
from embeddings.records import Paragraph

_REVIEW = "squad"


def read_squad(file: Path) -> Task:
    """The task of a SQuAD v2 JSON file; its paragraphs are the documents.

    Raises:
        QuestionFileError: the file can't be read, or is not SQuAD's JSON.
    """
    try:
        articles = json.loads(file.read_text(encoding="utf-8-sig"))["data"]
        sections = tuple(
            PooledSection(
                slug=f"{number}-{article['title']}",
                heading=article["title"],
                paragraphs=tuple(one_line(paragraph["context"]) for paragraph in article["paragraphs"]),
            )
            for number, article in enumerate(articles, start=1)
        )
        review = pooled(_REVIEW, file.stem, sections)
        questions = tuple(
            _question(qa, section.slug, place)
            for article, section in zip(articles, review.sections, strict=True)
            for paragraph, place in zip(article["paragraphs"], section.paragraphs, strict=True)
            for qa in paragraph["qas"]
        )
    except OSError as error:
        raise QuestionFileError(file, None, f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise QuestionFileError(file, None, "not UTF-8") from error
    except json.JSONDecodeError as error:
        raise QuestionFileError(file, error.lineno, f"not JSON at column {error.colno}: {error.msg}") from error
    except (KeyError, TypeError, IndexError) as error:
        raise QuestionFileError(file, None, f"not in the format of SQuAD v2: {error!r}") from error
    if not questions:
        raise QuestionFileError(file, None, "no questions")
    return Task(file.stem, (review,), questions, paragraph_of)


def _question(qa: Mapping[str, object], section: str, place: Paragraph) -> JudgedQuestion:
    spans = () if qa.get("is_impossible") else tuple(dict.fromkeys(_spans(qa["answers"], place.start)))
    document = paragraph_id(_REVIEW, section, place.number)
    return JudgedQuestion(
        id=str(qa["id"]),
        text=str(qa["question"]).strip(),
        spans=spans,
        judgements=(Judgement(document),) if spans else (),
    )


def _spans(answers: object, offset: int) -> Iterator[Span]:
    if not isinstance(answers, list):
        raise TypeError('"answers" is not a list')
    for answer in answers:
        start = offset + int(answer["answer_start"])
        yield Span(_REVIEW, start, start + len(answer["text"]))
