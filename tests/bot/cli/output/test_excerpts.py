"""Quotes marked in their passages, whole or cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.cli.output.rich import Excerpt, excerpts_of_answer, excerpts_of_hits
from bot.config import EXCERPT_MARGIN, MAX_WHOLE_PARAGRAPH
from embeddings.records import Answer, Hit, Paragraph, Quote, Review, ScoredSentence, Section, State

WORDS = st.lists(st.text("abc,.é—’", min_size=1, max_size=12), min_size=1, max_size=400).map(" ".join)


def review_of(*paragraphs: str) -> Review:
    """A review of one section."""
    places = []
    start = 0
    for number, paragraph in enumerate(paragraphs, start=1):
        places.append(Paragraph(number, start, start + len(paragraph)))
        start += len(paragraph) + 1
    return Review("film", "A Film", "\n".join(paragraphs), (Section("all", "All of It", tuple(places)),))


def quote_of(review: Review, label: int, paragraph: int, start: int, end: int) -> Quote:
    """A quote of that review's one section."""
    return Quote(label, review.text[start:end], "film", "A Film", "all", "All of It", paragraph, start, end, 1.0)


@given(st.data(), WORDS)
def test_every_mark_is_its_quote_and_every_excerpt_is_part_of_its_paragraph(data: st.DataObject, text: str) -> None:
    review = review_of("before it", text)
    paragraph = review.sections[0].paragraphs[1]
    cuts = data.draw(
        st.lists(st.integers(paragraph.start, paragraph.end), min_size=2, max_size=6, unique=True).map(sorted)
    )
    ranges = list(zip(cuts[::2], cuts[1::2], strict=False))
    quotes = tuple(quote_of(review, label, 2, *place) for label, place in enumerate(reversed(ranges), start=1))
    (excerpt,) = excerpts_of_answer(Answer("?", State.ANSWERED, 0.5, quotes), {"film": review}.__getitem__)
    assert [excerpt.text[first:last] for first, last in excerpt.marks] == [review.text[a:b] for a, b in ranges]
    begin = ranges[0][0] - excerpt.marks[0][0] - paragraph.start
    end = begin + len(excerpt.text)
    assert excerpt.text == text[begin:end]
    assert (excerpt.cut_before, excerpt.cut_after) == (begin > 0, end < len(text))
    first, last = excerpt.marks[0][0], len(excerpt.text) - excerpt.marks[-1][1]
    if len(text) <= MAX_WHOLE_PARAGRAPH:
        assert excerpt.text == text
    else:
        assert first <= EXCERPT_MARGIN
        assert last <= EXCERPT_MARGIN


def test_quotes_of_one_paragraph_share_an_excerpt() -> None:
    review = review_of("One two three.", "Four five.")
    quotes = (quote_of(review, 1, 1, 8, 13), quote_of(review, 2, 2, 15, 19), quote_of(review, 3, 1, 0, 3))
    answer = Answer("?", State.ANSWERED, 0.5, quotes)
    assert excerpts_of_answer(answer, {"film": review}.__getitem__) == (
        Excerpt((1, 3), "A Film", "All of It", 1, "One two three.", ((0, 3), (8, 13))),
        Excerpt((2,), "A Film", "All of It", 2, "Four five.", ((0, 4),)),
    )


def test_a_long_paragraph_is_cut_between_words_around_its_quotes() -> None:
    words = " ".join(f"word{number}" for number in range(300))
    review = review_of(words)
    start = words.index("word150")
    quote = quote_of(review, 1, 1, start, start + len("word150"))
    (excerpt,) = excerpts_of_answer(Answer("?", State.NEAREST, 0.4, (quote,)), {"film": review}.__getitem__)
    assert excerpt.text == " ".join(f"word{number}" for number in range(113, 188))
    assert (excerpt.cut_before, excerpt.cut_after) == (True, True)


def test_a_hit_is_its_passage_with_the_best_sentence_marked() -> None:
    review = review_of("One two. Three four. Five six.")
    sentences = (ScoredSentence(9, 20, 0.9), ScoredSentence(0, 8, 0.1))
    hit = Hit("shared", "film", "all", 1, 0, 20, 0.8, sentences)
    assert excerpts_of_hits([hit], {"film": review}.__getitem__) == (
        Excerpt((1,), "A Film", "All of It", 1, "One two. Three four.", ((9, 20),)),
    )
