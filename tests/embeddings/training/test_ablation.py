"""Switching off the hand-written word lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings import lexicon
from embeddings.answering import abstention
from embeddings.answering.models import Models
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    SectionText,
    Span,
    Task,
    build_review,
    paragraph_judgements,
    paragraph_of_hit,
)
from embeddings.retrieval.question import is_follow_up
from embeddings.training import ablation
from embeddings.training.ablation import ABLATIONS, compare_ablations, table

READ_FILES = set(
    """
    CREATOR_ROLES DRAFT_FOLDERS DROPPED_BLOCKS FACT_LINES FEED_EXCERPTS FEED_FIELDS FEED_FOOTERS FIELD_NAMES
    GENRE_FIELDS HEADER_FIELDS LICENCE_LINES NO_REVIEW_NAMES PICTURE_CREDITS PRIVATE_COLUMNS QUOTE_NAMES
    COLLAPSED_BLOCKS END_HEADINGS LINE_FIELDS MONTHS NAMELESS_WORDS RATING_LABELS SITE_LINES SITE_LINKS
    PAGE_FURNITURE REVIEWER_FIELDS REVIEW_COLUMNS SITE_NAMES SPOILER_CLASSES SPOILER_FREE
    SPOILER_LABELS SPOILER_NAMES TEMPLATE_FOLDERS TITLE_CLASSES WORK_CONTAINERS WORK_FIELDS
    """.split()
)
"""Lists about the headers, the markup and the places of review files, and about the entries of feeds."""

CHOOSE_NO_ANSWER = {
    "GENERAL_WORDS",
    "GENERIC_FILE_NAMES",
    "MADE_TITLES",
    "NEGATIONS",
    "NUMBER_WORDS",
    "PERSON_TITLES",
    "SEVERAL_WORKS",
    "VOLUME_WORDS",
}
"""Lists about the names of files, repeated sentences, the writing of titles, and which review is meant."""

ASK_THE_COLLECTION = set(
    """
    ARTICLES AVAILABLE CLOSERS CREATOR_VERBS DECADE_WORDS KIND_ROLES LISTING_OPENERS MENTION_VERBS NAMED_ROLES OPENERS
    RATING_NOUNS REVIEW_NOUNS SUPERLATIVES TYPED_AS VERDICT_QUESTION WORK_KINDS
    """.split()
)
"""Lists about questions that facts answer, and no search: tests/embeddings/metadata/ measures them."""

TRAINING = {
    "CHATTY_OPENERS",
    "CONDITIONS",
    "CORRECTIONS",
    "FOLLOW_UP_PRONOUNS",
    "REVIEWER_OPENERS",
    "REVIEWER_VERBS",
}
"""Lists that make and judge training questions, and answer none."""

BY_NAME = {each.name: each for each in ABLATIONS}


def test_every_list_of_the_lexicon_has_an_ablation() -> None:
    lists = {name for name in vars(lexicon) if name.isupper() and not name.startswith("_")}
    assert {
        name for each in ABLATIONS for name in each.lists
    } == lists - CHOOSE_NO_ANSWER - READ_FILES - ASK_THE_COLLECTION - TRAINING


@pytest.mark.parametrize("each", ABLATIONS, ids=lambda each: each.name)
def test_an_ablation_ends_with_its_block(each: ablation.Ablation) -> None:
    before = {name: getattr(abstention, name) for name in ("_FACTS", "_PART_TERMS", "NAMED_WORK")}
    with each.applied():
        pass
    assert {name: getattr(abstention, name) for name in before} == before


def test_a_list_is_empty_wherever_it_is_used() -> None:
    assert is_follow_up("what do they think about it?")
    with BY_NAME["pointing words"].applied():
        assert not is_follow_up("what do they think about it?")


def test_the_table_shows_which_measures_a_list_changes(encoder: OnnxEncoder, tmp_path: Path) -> None:
    review = build_review("a", "A Film", [SectionText("s", "S", ("The lighthouse keeper cleans the lamp at night.",))])
    span = Span("a", 0, len(review.text))
    questions = (
        JudgedQuestion("q1", "Who cleans the lihgthouse lamp?", (span,), paragraph_judgements([span], {"a": review})),
        JudgedQuestion("q2", "What was the lamp's budget?", (), ()),
    )
    task = Task("club", (review,), questions, paragraph_of_hit)

    rows = table({"club": compare_ablations(task, Models(encoder), tmp_path)}).splitlines()

    assert rows[0] == "|  | club |"
    assert len(rows) == 3 + len(ABLATIONS)
    assert "| cast rule | same |" in rows
    assert next(row for row in rows if row.startswith("| fact groups |")) != "| fact groups | same |"
