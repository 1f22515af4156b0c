"""A review file gets other fields, and keeps its text and everything else that it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.editor import edit_review, fields_of
from embeddings.documents.parser import parse_review
from embeddings.documents.sandbox.process import edit_in_sandbox
from embeddings.errors import ConversionError
from embeddings.records import Review, ReviewFields

FILES = {
    "yaml": "---\ntitle: The Ferry\nyear: 2001\nrating: 4/5\ntags: [boat]\n---\nHe *rows*.\n\n## End\n\n> Ha.\n",
    "no header": "# The Ferry\n\nHe ||rows|| home.\n\n## End\n\nHe swims.\n",
    "underlined title": "The Ferry\n=========\n\nHe rows.\n\nEnd\n---\n\nHe swims.\n",
    "toml": "+++\ntitle = 'The Ferry'\nspoilers = true\n+++\nHe rows.\n\n## End\n\nHe swims.\n",
    "lines": "Title: The Ferry\nYear: 2001\n\nHe rows.\n\n## End\n\nHe swims.\n",
    "book": "---\nname: Boats\nauthors: [Ann, Ben]\nisbn: 12\naliases: [/old, Boat]\n---\nHe.\n\n## End\n\nHe swims.\n",
    "inline facts": "# The Ferry\n\nrating:: 4/5\n\nHe rows.\n\n## End\n\nHe swims.\n",
}  # fmt: skip
PATH = Path("ferry.md")
NAMES = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=20)
WANTED = st.builds(
    ReviewFields,
    NAMES,
    st.none() | st.integers(1, 9999),
    st.none() | NAMES,
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.sets(st.integers(1, 2)).map(lambda numbers: tuple(sorted(numbers))),
)


def kept(review: Review) -> tuple[object, ...]:
    sections = [(each.slug, each.heading, each.paragraphs) for each in review.sections]
    others = {name: fact for name, fact in review.facts.items() if name not in ("year", "work", "author")}
    return review.text, sections, review.spoilers, review.quoted, others


@given(st.sampled_from(sorted(FILES)), WANTED)
def test_a_file_says_what_was_set_and_all_else_as_before(name: str, wanted: ReviewFields) -> None:
    file = FILES[name].encode()
    before = parse_review(file, PATH)
    edited = edit_review(file, "ferry.md", wanted, slug="boat")
    found = fields_of(edited.review)
    assert (found.title, found.year, found.author, found.spoilers) == (
        wanted.title, wanted.year, wanted.author, wanted.spoilers,
    )  # fmt: skip
    # One that is the title, or another as people write it, is no other name.
    assert set(found.aliases) <= set(wanted.aliases)
    assert kept(edited.review) == kept(before)
    again = edited.content.encode()
    assert replace(parse_review(again, PATH), slug="boat") == edited.review
    assert edit_review(again, "ferry.md", found, slug="boat").review == edited.review


def test_the_author_of_a_book_stays_beside_its_reviewer() -> None:
    wanted = ReviewFields("Boats", None, "Cleo", ("Boat",))
    edited = edit_review(FILES["book"].encode(), "ferry.md", wanted, slug="ferry")
    assert edited.content == (
        "---\nauthor: Cleo\nname: Boats\nauthor_of_work:\n- Ann\n- Ben\nisbn: '12'\naliases:\n- /old\n- Boat\n"
        "---\n\nHe.\n\n## End\n\nHe swims.\n"
    )
    assert (edited.review.author, edited.review.facts["author"]) == ("Cleo", ("Ann", "Ben"))


@pytest.mark.parametrize("name", ["yaml", "no header"])
def test_a_file_is_edited_in_the_sandbox(name: str) -> None:
    wanted = ReviewFields("Boatman", 1999, "Jo", ("B, C", "D"), (1, 2))
    file = FILES[name].encode()
    assert edit_in_sandbox(file, "x.md", wanted, slug="a") == edit_review(file, "x.md", wanted, slug="a")
    with pytest.raises(ConversionError, match=r"^x\.md: The file has no text\."):
        edit_in_sandbox(b"---\ntitle: A\n---\n", "x.md", wanted, slug="a")


def test_a_file_of_several_reviews_is_not_edited() -> None:
    several = b"---\nsplit: true\n---\n## One (2019)\n\nIt ends.\n\n## Two (2020)\n\nGood.\n"
    with pytest.raises(ConversionError, match=r"^x\.md: The file holds 2 reviews, .* `review-bot add`"):
        edit_review(several, "x.md", ReviewFields("One"), slug="one")


def test_the_body_of_a_file_stays_as_it_is_written() -> None:
    edited = edit_review(FILES["yaml"].encode(), "x.md", ReviewFields("The Ferry", 2002), slug="x")
    assert edited.content.endswith("---\n\nHe *rows*.\n\n## End\n\n> Ha.\n")
