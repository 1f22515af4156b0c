"""The forms in which people name the work that a question is about, made for every question that doesn't name it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

from embeddings.config import UNANSWERABLE_KINDS
from embeddings.documents.analyzer import words
from embeddings.evaluation.datasets.task import JudgedQuestion, Task
from embeddings.lexicon import STOP_WORDS
from embeddings.records import Review

_MARKS = "?.!… "


class TitleForm(StrEnum):
    """Where a question names its work, and how."""

    IN_END = "in-end"  # What is a deferral in Never Let Me Go?
    IN_FRONT = "in-front"  # In Never Let Me Go, what is a deferral?
    COLON = "colon"  # Never Let Me Go: What is a deferral?
    LOWER_CASE = "lower-case"  # what is a deferral in never let me go
    NOUN = "in-the-work"  # What is a deferral in the film?


def with_title_forms(task: Task) -> Task:
    """Return the task with each question about one review also in every form, right after the question itself.

    A question keeps its answer in every form. Left out are questions that have the title already, and those about no
    review of the task: off-topic ones, and unanswerable ones where the task has several reviews and none is set.
    """
    reviews = {review.slug: review for review in task.reviews}
    return replace(task, questions=tuple(each for question in task.questions for each in _forms(question, reviews)))


def _forms(question: JudgedQuestion, reviews: Mapping[str, Review]) -> Iterator[JudgedQuestion]:
    yield question
    slugs = {question.review or span.review for span in question.spans} or {question.review} - {None}
    if not slugs and len(reviews) == 1 and question.kind not in UNANSWERABLE_KINDS:
        slugs = set(reviews)
    if len(slugs) != 1:
        return
    review = reviews[next(slug for slug in slugs if slug is not None)]
    title = review.work or review.title
    if f" {' '.join(words(title))} " in f" {' '.join(words(question.text))} ":
        return
    for form in TitleForm:
        text = name_work(question.text, title, "book" if "author" in review.facts else "film", form)
        yield replace(question, id=f"{question.id}.{form}", text=text, form=form.value)


def name_work(question: str, title: str, noun: str, form: TitleForm) -> str:
    """Return a question that names its work in a form; `noun` is what the work is, such as `film`."""
    bare = question.rstrip(_MARKS) or question
    first, *rest = question.split(" ")
    match form:
        case TitleForm.IN_END:
            return f"{bare} in {title}?"
        case TitleForm.IN_FRONT:
            # A name keeps its capital.
            opening = first.lower() if first.lower() in STOP_WORDS - {"i"} else first
            return f"In {title}, {' '.join((opening, *rest))}"
        case TitleForm.COLON:
            return f"{title}: {question}"
        case TitleForm.LOWER_CASE:
            return f"{bare} in {title}".lower()
        case TitleForm.NOUN:
            return f"{bare} in the {noun}?"
