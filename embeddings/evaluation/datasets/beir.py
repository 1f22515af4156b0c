"""BEIR folders (Thakur et al., 2021): `corpus.jsonl`, `queries.jsonl` and `qrels/<split>.tsv`.

A corpus is read as one review with a section for each document. A task is written with the paragraphs as documents
and their headings as titles. An unanswerable question is in the queries but not in the qrels. `metadata` holds what
BEIR has no key for (earlier turns, kind, review); other programs ignore it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from functools import partial
from operator import attrgetter
from pathlib import Path

from embeddings.documents.outputs import check_output, write_output
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import read_lines, read_records, register_id
from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    Judgement,
    SectionText,
    Task,
    build_review,
    one_line,
    paragraph_id,
    paragraphs_of,
)
from embeddings.evaluation.datasets.trec import Qrels

_HEADER = "query-id\tcorpus-id\tscore"


def read_beir(folder: Path, split: str = "test") -> Task:
    """Read the task of a BEIR folder, with the judgements of one split.

    Its questions are those with a document above grade 0 in the split, and those whose metadata has
    `"answerable": false`, as `write_beir` writes it.

    Raises:
        QuestionFileError: a file is missing, a line is not in the format, or two judgements contradict each other.
    """
    corpus = folder / "corpus.jsonl"
    if not corpus.exists():
        reason = f"This is not a BEIR folder, because it has no {corpus.name}. Name a file or another folder."
        raise QuestionFileError(folder, None, reason)
    sections = _read_corpus(corpus)
    qrels_file, queries = folder / "qrels" / f"{split}.tsv", folder / "queries.jsonl"
    qrels = _read_qrels(qrels_file, sections.keys())
    known = _read_queries(queries, qrels.judgements)
    for query, line in qrels.line_of.items():
        if query not in known:
            raise QuestionFileError(qrels_file, line, f"There is no query {query!r} in {queries.name}.")
    questions = tuple(
        question for question, is_unanswerable in known.values() if question.judgements or is_unanswerable
    )
    if not questions:
        raise QuestionFileError(queries, None, f"The split {split!r} judges no question. Use another split.")
    review = build_review(folder.name, folder.name, sections.values())
    return Task(folder.name, (review,), questions, attrgetter("section"), _own_documents(questions, sections))


def write_beir(task: Task, folder: Path, split: str = "test", *, force: bool = False) -> None:
    """Write a task of reviews as a BEIR folder.

    Raises:
        OutputError: the folder has a file of the same name with other content, and not `force`. Nothing was written.
    """
    corpus = (
        {
            "_id": paragraph_id(review.slug, section.slug, paragraph.number),
            "title": section.heading,
            "text": review.text[paragraph.start : paragraph.end],
        }
        for review in task.reviews
        for section, paragraph in paragraphs_of(review)
    )
    queries = (
        {"_id": question.id, "text": question.text, "metadata": _metadata(question)} for question in task.questions
    )
    rows = (
        f"{question.id}\t{judgement.document}\t{judgement.grade}"
        for question in task.questions
        for judgement in question.judgements
    )
    contents = {
        folder / "corpus.jsonl": _json_lines(corpus),
        folder / "queries.jsonl": _json_lines(queries),
        folder / "qrels" / f"{split}.tsv": "".join(f"{line}\n" for line in (_HEADER, *rows)),
    }
    for file, content in contents.items():
        check_output(file, partial(_holds, content), force=force)
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for file, content in contents.items():
        write_output(file, content, force=force)


def _read_corpus(file: Path) -> dict[str, SectionText]:
    sections: dict[str, SectionText] = {}
    line_of: dict[str, int] = {}
    for line, record in read_records(file):
        identity, title, text = record.get("_id"), record.get("title", ""), record.get("text")
        if not (isinstance(identity, str) and isinstance(title, str) and isinstance(text, str)):
            raise QuestionFileError(file, line, 'A document needs the strings "_id" and "text", and may have "title".')
        body = one_line(text).strip() or one_line(title).strip()
        if not (identity and body):
            raise QuestionFileError(file, line, "A document needs an id, and a text or a title.")
        register_id(identity, line_of, file, line)
        sections[identity] = SectionText(identity, title or identity, (body,))
    if not sections:
        raise QuestionFileError(file, None, "The corpus has no documents. Use another folder.")
    return sections


def _read_qrels(file: Path, documents: Container[str]) -> Qrels:
    qrels = Qrels(file)
    for number, line in enumerate(read_lines(file), start=1):
        if not line.strip() or (number == 1 and line.split("\t")[0] == "query-id"):
            continue
        fields = line.split("\t")
        if len(fields) != 3:
            reason = "A judgement is a query-id, a corpus-id and a whole number, separated by tabs."
            raise QuestionFileError(file, number, reason)
        query, document, grade = fields
        if document not in documents:
            raise QuestionFileError(file, number, f"There is no document {document!r} in corpus.jsonl.")
        qrels.add(number, query, document, grade.strip())
    return qrels


def _read_queries(
    file: Path, judgements: Mapping[str, tuple[Judgement, ...]]
) -> dict[str, tuple[JudgedQuestion, bool]]:
    """Return each query, and whether its metadata calls it unanswerable."""
    queries: dict[str, tuple[JudgedQuestion, bool]] = {}
    line_of: dict[str, int] = {}
    for line, record in read_records(file):
        identity, text, metadata = record.get("_id"), record.get("text"), record.get("metadata", {})
        if not (isinstance(identity, str) and isinstance(text, str) and text.strip()):
            raise QuestionFileError(file, line, 'A query needs the strings "_id" and "text".')
        register_id(identity, line_of, file, line)
        if not isinstance(metadata, dict):
            raise QuestionFileError(file, line, '"metadata" must be an object.')
        context, kind = metadata.get("context", []), metadata.get("kind")
        question = JudgedQuestion(
            id=identity,
            text=text,
            spans=(),
            judgements=judgements.get(identity, ()),
            context=tuple(str(turn) for turn in context) if isinstance(context, list) else (),
            kind=kind if isinstance(kind, str) else None,
        )
        queries[identity] = question, metadata.get("answerable") is False
    return queries


def _own_documents(questions: Iterable[JudgedQuestion], sections: Mapping[str, SectionText]) -> frozenset[str]:
    """Return the ids of the questions that are documents themselves, in a set of such questions.

    Such a set (ArguAna, Quora) has a query with the id and the text of a document. In other sets, ids that are the same
    are a coincidence.
    """
    shared = [(question, sections[question.id]) for question in questions if question.id in sections]
    if any(
        _folded(question.text)
        in (_folded(" ".join(section.paragraphs)), _folded(f"{section.heading} {section.paragraphs[0]}"))
        for question, section in shared
    ):
        return frozenset(question.id for question, _ in shared)
    return frozenset()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _metadata(question: JudgedQuestion) -> dict[str, object]:
    return {
        "answerable": question.answerable,
        "context": list(question.context),
        "kind": question.kind,
        "review": question.review,
    }


def _holds(content: str, file: Path) -> bool:
    return file.read_bytes() == content.encode()


def _json_lines(records: Iterable[Mapping[str, object]]) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
