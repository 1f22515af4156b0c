"""The benchmarks' reviews: the same for the same seed, read as written, with the planted facts in their places."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from embeddings.documents.analyzer import terms
from embeddings.documents.parser import read_review
from embeddings.documents.splitter import split_review
from tests.benchmarks.corpus.facts import FACTS, Fact
from tests.benchmarks.corpus.reviews import Corpus

CORPUS = Corpus(120)
REVIEWS = tuple(CORPUS.reviews())


def test_the_same_seed_gives_the_same_reviews() -> None:
    assert tuple(Corpus(120).reviews()) == REVIEWS


def test_another_seed_gives_others() -> None:
    assert set(Corpus(120, seed=1).reviews()).isdisjoint(REVIEWS)


def test_each_review_can_be_written_alone_and_again() -> None:
    outline = list(CORPUS.outlines())[3]
    assert (outline.draft().review(), outline.draft().review()) == (REVIEWS[3], REVIEWS[3])


def test_the_engine_splits_them_into_the_requested_number_of_passages() -> None:
    split = [split_review(review, limit=256, count_tokens=lambda texts: [60 for _ in texts]) for review in REVIEWS]
    assert sum(map(len, split)) == 120


def test_a_review_written_to_a_file_reads_the_same(tmp_path: Path) -> None:
    for draft in CORPUS.drafts():
        file = tmp_path / f"{draft.slug}.md"
        file.write_text(draft.markdown(), encoding="utf-8")
        read = read_review(file)
        assert (read.text, read.title, read.sections) == (
            draft.review().text,
            draft.title,
            draft.review().sections,
        )


def test_every_planted_sentence_is_in_its_review_and_no_other() -> None:
    sentences: dict[str, list[str]] = {}
    for review in REVIEWS:
        for passage in split_review(review, limit=256, count_tokens=lambda texts: [60 for _ in texts]):
            for sentence in passage.sentences:
                sentences.setdefault(review.text[sentence.start : sentence.end], []).append(review.slug)
    assert {each.sentence: sentences[each.sentence] for each in CORPUS.planted()} == {
        each.sentence: [each.review] for each in CORPUS.planted()
    }


def test_every_fact_has_each_kind_of_question_at_every_size() -> None:
    for passages in (60, 120, 5_000):
        planted = Corpus(passages).planted()
        assert [each.question for each in planted if each.kind == "lexical"] == [fact.lexical for fact in FACTS]
        assert [each.question for each in planted if each.kind == "paraphrase"] == [fact.paraphrase for fact in FACTS]
        assert sum(each.kind == "titled" for each in planted) == len(FACTS)


@pytest.mark.parametrize("fact", FACTS, ids=[fact.heading for fact in FACTS])
def test_a_paraphrase_shares_no_telling_word_with_its_answer(fact: Fact) -> None:
    assert set(terms(fact.paraphrase)).isdisjoint(terms(fact.sentence))
    assert len(set(terms(fact.lexical)).intersection(terms(fact.sentence))) >= 2


def test_a_few_words_are_frequent_and_most_are_rare() -> None:
    counts: dict[str, int] = {}
    for term in chain.from_iterable(terms(review.text) for review in Corpus(2_000).reviews()):
        counts[term] = counts.get(term, 0) + 1
    ranked = sorted(counts.values(), reverse=True)
    # One percent of the vocabulary is a quarter of the text or more, and half of it is used twice at most.
    assert sum(ranked[: len(ranked) // 100]) > sum(ranked) / 4
    assert ranked[len(ranked) // 2] <= 2
