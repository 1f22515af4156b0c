"""Reviews, answers and questions: a small one, and any number at random, made of `tests.bot.texts.FRAGMENTS`."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from embeddings.records import Answer, Paragraph, Quote, Review, Section, State
from tests.bot.texts import FRAGMENTS

REVIEW = Review(
    slug="never-let-me-go",
    title="Never Let Me Go",
    text="Kathy drives.\nNobody rebels. That is the point.",
    sections=(
        Section("introduction", "Introduction", (Paragraph(1, 0, 13),)),
        Section("the-end", "The End", (Paragraph(1, 14, 47),), spoiler=True),
    ),
    source="https://reviews.example/never-let-me-go",
)
QUOTES = (
    Quote(1, "Kathy drives.", REVIEW.slug, REVIEW.title, "introduction", "Introduction", 1, 0, 13, 0.9),
    Quote(2, "Nobody rebels.", REVIEW.slug, REVIEW.title, "the-end", "The End", 1, 14, 28, 0.8),
)
ANSWER = Answer("Who drives?", State.ANSWERED, 0.9, QUOTES)
"""A small answer with a quote from an open section and one from a flagged one."""

LONG_WORD = "antidisestablishmentarianism" * 360


EXTREMES = (LONG_WORD, "", " ", "*" * 300, "\u202e" * 5, "|" * 400, "Never Let Me Go", "1. *a* ||b||")
PROSE = "Kathy drives. It is quiet, and *nobody* speaks || of it. "
ENORMOUS = (
    LONG_WORD,
    PROSE * 40,
    "||a ||b ||c|| d|| e|| " * 60,
    "```\n||a||\n``` " * 80,
    "||a|| `b` " * 300,
    "\u0301" * 5000,
    "。" * 3000,
    "**" * 2000,
)


def hostile(size: int) -> st.SearchStrategy[str]:
    """Up to `size` nasty fragments in a row, drawn as one number: whole reviews of `texts` take too long."""

    def made(seed: int) -> str:
        chosen = Random(seed)
        joint = chosen.choice(("", " "))
        return joint.join(chosen.choices(FRAGMENTS, k=chosen.randrange(size)))

    return st.integers(0, 2**32).map(made)


def names() -> st.SearchStrategy[str]:
    """A title, a heading, a question."""
    return st.sampled_from(EXTREMES) | hostile(12)


def paragraphs() -> st.SearchStrategy[str]:
    """A paragraph of a review: on one line, as the splitter leaves it, and one in eight very long."""
    kinds = st.one_of(*[hostile(30)] * 7, st.sampled_from(ENORMOUS))
    return kinds.map(lambda text: " ".join(text.split()) or "Nothing.")


@st.composite
def reviews(draw: st.DrawFn, most_sections: int = 4) -> Review:
    text = ""
    sections = []
    for number in range(draw(st.integers(1, most_sections))):
        places = []
        for position in range(draw(st.integers(0, 4))):
            paragraph = draw(paragraphs())
            start = len(text) + 1 if text else 0
            text = f"{text}\n{paragraph}" if text else paragraph
            places.append(Paragraph(position + 1, start, start + len(paragraph)))
        sections.append(Section(f"section-{number}", draw(names()), tuple(places), draw(st.booleans())))
    return Review(
        slug=draw(names()) or "review",
        title=draw(names()),
        text=text,
        sections=tuple(sections),
        work=draw(st.none() | names()),
        year=draw(st.none() | st.integers(1800, 2100)),
        author=draw(st.none() | names()),
        source=draw(st.none() | hostile(6) | hostile(6).map("https://reviews.example/".__add__)),
        collection=draw(st.sampled_from(("shared", "server-1"))),
    )


@st.composite
def quotes(draw: st.DrawFn, review: Review, label: int) -> Quote | None:
    """A slice of one of the review's paragraphs, or None where it has none."""
    places = [(section, paragraph) for section in review.sections for paragraph in section.paragraphs]
    if not places:
        return None
    section, paragraph = draw(st.sampled_from(places))
    start = draw(st.integers(paragraph.start, paragraph.end - 1))
    end = draw(st.integers(start + 1, paragraph.end))
    return Quote(
        label=label,
        text=review.text[start:end],
        review=review.slug,
        title=review.title,
        section=section.slug,
        heading=section.heading,
        paragraph=paragraph.number,
        start=start,
        end=end,
        score=0.5,
        collection=review.collection,
    )


@st.composite
def answers(draw: st.DrawFn) -> tuple[Answer, tuple[Review, ...]]:
    """An answer, and the reviews that its quotes are from."""
    known = draw(st.lists(reviews(), min_size=1, max_size=2, unique_by=lambda each: (each.collection, each.slug)))
    state = draw(st.sampled_from(State))
    found: list[Quote] = []
    if state is not State.UNANSWERED:
        for label in range(1, draw(st.integers(1, 3)) + 1):
            quote = draw(quotes(draw(st.sampled_from(known)), label))
            if quote:
                found.append(quote)
    return Answer(draw(names()), state, 0.5, tuple(found)), tuple(known)
