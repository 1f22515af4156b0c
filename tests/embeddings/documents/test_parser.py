"""Review files become reviews, or errors that say what is wrong and where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.documents.files import SUFFIXES
from embeddings.documents.parser import FORMATS, SEVERAL, parse_review, read_review
from embeddings.documents.splitter import split_sentences
from embeddings.errors import ReviewFileError
from embeddings.records import Facts, Paragraph, Review, Section
from tests.embeddings.documents.parsing import fault, markdown, outline, plain
from tests.project import OWNERS, ROOT

SEED = ROOT.parent / "shared" / "seed" / "never-let-me-go.txt"

needs_seed = pytest.mark.skipif(not SEED.exists(), reason="the owner's raw text is not beside this project")

# The owner's review


def test_the_owners_review_has_eight_sections_and_eighteen_paragraphs() -> None:
    review = read_review(OWNERS)
    assert (review.slug, review.title, review.work, review.year) == (
        "never-let-me-go",
        "Never Let Me Go",
        "Never Let Me Go",
        2010,
    )
    assert [(section.slug, len(section.paragraphs)) for section in review.sections] == [
        ("introduction", 1),
        ("a-world-almost-like-our-own", 2),
        ("hailsham-the-illusion-of-normalcy", 3),
        ("love-and-jealousy-amid-hopelessness", 3),
        ("a-life-measured-in-donations", 3),
        ("memory-mortality-and-meaning", 2),
        ("the-ethical-mirror", 1),
        ("a-gentle-elegy-for-lost-innocence", 3),
    ]


@needs_seed
def test_the_markdown_has_exactly_the_words_of_the_raw_text() -> None:
    body = OWNERS.read_text(encoding="utf-8").split("---\n", 2)[2]
    assert re.sub(r"^#+ ", "", body, flags=re.MULTILINE).split() == SEED.read_text(encoding="utf-8").split()


@needs_seed
def test_the_raw_text_gives_the_same_sections_paragraphs_and_sentences_as_the_markdown() -> None:
    ours, raw = read_review(OWNERS), read_review(SEED)
    assert (raw.slug, raw.title, raw.text, raw.sections) == (ours.slug, ours.title, ours.text, ours.sections)
    sentences = [
        sentence
        for section in raw.sections
        for paragraph in section.paragraphs
        for sentence in split_sentences(raw.text, paragraph.start, paragraph.end)
    ]
    assert len(sentences) == 75


# Sections and offsets


def test_every_part_of_a_review_is_parsed() -> None:
    data = """---
title: "Yi Yi: A One and a Two"
work: Yi Yi
year: 2000
author: A. Reviewer
source: https://example.org/yi-yi?page=1
aliases: [A One and a Two, Yi-Yi]
spoilers: [the-end]
---
Before *any* heading.

## The End

One.
Still one.

Two.
"""
    assert parse_review(data.encode(), Path("reviews/Yi Yi.md"), collection="guild-1") == Review(
        slug="yi-yi",
        title="Yi Yi: A One and a Two",
        text="Before any heading.\nOne. Still one.\nTwo.",
        sections=(
            Section("introduction", "Introduction", (Paragraph(1, 0, 19),)),
            Section("the-end", "The End", (Paragraph(1, 20, 35), Paragraph(2, 36, 40)), spoiler=True),
        ),
        work="Yi Yi",
        year=2000,
        author="A. Reviewer",
        source="https://example.org/yi-yi?page=1",
        aliases=("A One and a Two", "Yi-Yi"),
        collection="guild-1",
        facts=Facts({"work": "Yi Yi", "year": 2000, "link": "https://example.org/yi-yi?page=1"}),
    )


@pytest.mark.parametrize(
    ("body", "sections"),
    [
        ("# A film!\n\nText.\n\n# Part\n\nMore.", [("Introduction", ["Text."]), ("Part", ["More."])]),
        (
            "## One\n\na\n\n### Two\n\nb\n\n###### Three\n\nc\n\nFour\n----\n\nd",
            [("One", ["a"]), ("Two", ["b"]), ("Three", ["c"]), ("Four", ["d"])],
        ),
        ("## Part One\n\n### Chapter One\n\nText.\n\n## Unwritten\n", [("Chapter One", ["Text."])]),
    ],
    ids=["the title is not a section", "headings of all levels are", "headings without text are not"],
)
def test_headings_make_sections(body: str, sections: list[tuple[str, list[str]]]) -> None:
    assert outline(markdown(body)) == sections


def test_equal_headings_get_numbered_slugs() -> None:
    body = "intro\n\n## Ending\n\na\n\n## ENDING!\n\nb\n\n## Ending 2\n\nc\n\n## Introduction\n\nd\n\n## Ending\n\ne"
    slugs = [section.slug for section in markdown(body).sections]
    assert slugs == ["introduction", "ending", "ending-2", "ending-2-2", "introduction-2", "ending-3"]


def test_spoilers_true_flags_every_section() -> None:
    review = markdown("a\n\n## B\n\nb", "title: A Film\nspoilers: true")
    assert [section.spoiler for section in review.sections] == [True, True]


words = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=5).map(" ".join)
sentence = st.tuples(st.text("ABCDE", min_size=1, max_size=1), words).map(lambda pair: f"{pair[0]}{pair[1]}.")
heading = st.tuples(st.text("ABCDE", min_size=1, max_size=1), words).map("".join)


@given(st.lists(sentence), st.lists(st.tuples(heading, st.lists(sentence, min_size=1, max_size=3))))
@example(["Aa."], [])
@pytest.mark.slow
def test_both_formats_give_the_same_sections_for_the_same_words(
    introduction: list[str], sections: list[tuple[str, list[str]]]
) -> None:
    paragraphs = introduction or ["It begins."]
    lines = [*paragraphs, *(line for head, body in sections for line in (head, *body))]
    body = "\n\n".join([*paragraphs, *(line for head, body in sections for line in (f"## {head}", *body))])
    from_plain, from_markdown = plain("\n".join(lines)), markdown(body)
    assert (from_plain.text, from_plain.sections) == (from_markdown.text, from_markdown.sections)


# Bytes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end: str, mark: bytes) -> None:
    text = "---\ntitle: A Film\n---\n\nOne\nmore.\n\n## B\n\n“Two.”\n"
    expected = parse_review(text.encode(), Path("a.md"))
    assert parse_review(mark + text.replace("\n", end).encode(), Path("a.md")) == expected


@pytest.mark.parametrize("separator", ["\v", "\f", "\x85", "\u2028", "\u2029", "\t"])
def test_no_paragraph_holds_a_line_separator(separator: str) -> None:
    assert plain(f"One{separator}two.").text == markdown(f"One{separator}two.").text == "One two."


@pytest.mark.parametrize("text", ["", "\n \n", "* * *", "\ufeff"])
def test_an_empty_review_is_an_error(text: str) -> None:
    message = "The file has no text. Write the review, or remove the file."
    assert fault(text, "x.txt") == f"x.txt: {message}"
    assert fault(f"---\ntitle: A\n---\n## Only a heading\n{text.removeprefix(chr(0xFEFF))}") == f"x.md: {message}"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.xls", "Files with this ending can't be read. Save it as .md or .txt."),
        ("a\udcff.txt", "The file's name has a character that can't be shown. Rename the file."),
    ],
)
def test_another_ending_or_an_unshowable_name_is_an_error(name: str, reason: str) -> None:
    assert fault("Text.", name) == f"{name}: {reason}"


fields = st.sampled_from(
    ["title: A", "title:", "year: 2010", "year: [", "spoilers: true", "spoilers: [introduction]", "aliases: &a [x]",
     "aliases: *a", "source: http://[", "? [a]",
     '"\\ud800": 1', 'title: "\\Uffffffff"', "{", "[[[[", "!!x y", "%Y", "\t"]
)  # fmt: skip
files = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.tuples(st.lists(fields, max_size=4), st.text()).map(
        lambda parts: "\n".join(["---", *parts[0], "---", parts[1]]).encode()
    ),
    st.text("#*_~`[]()<>!&;|-=+>^:\\ \n\tab1.“”", min_size=1).map(lambda body: f"---\ntitle: A\n---\n{body}".encode()),
)


@given(files, st.sampled_from(["x.md", "x.txt"]))
@example(b"---\ntitle: A\n---\n<div>\n<![x[ y", "x.md")
@example(b"---\ntitle: A\n---\n&#0;&#xD800;&#27;", "x.md")
def test_any_bytes_give_a_consistent_review_or_an_error_of_one_line(data: bytes, name: str) -> None:
    try:
        review = parse_review(data, Path(name))
    except ReviewFileError as error:
        message = str(error)
    else:
        assert_is_consistent(review)
        return
    assert message.startswith(name)
    assert len(message.splitlines()) == 1


def assert_is_consistent(review: Review) -> None:
    paragraphs = [paragraph for section in review.sections for paragraph in section.paragraphs]
    texts = [review.text[paragraph.start : paragraph.end] for paragraph in paragraphs]
    assert review.text == "\n".join(texts)
    assert all(text and text == text.strip() and "\n" not in text for text in texts)
    assert all(
        [paragraph.number for paragraph in section.paragraphs] == list(range(1, len(section.paragraphs) + 1))
        for section in review.sections
    )
    assert len({section.slug for section in review.sections}) == len(review.sections) > 0
    assert all(section.slug and section.heading for section in review.sections)
    assert review.text.encode().decode() == review.text


# Formats


def test_each_ending_of_a_review_file_has_a_reader() -> None:
    assert sorted([*FORMATS, *SEVERAL]) == sorted(SUFFIXES)
