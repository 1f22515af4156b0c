from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from embeddings.config import MAX_HEADING_CHARACTERS
from embeddings.documents.formats.article import Article, clean_line, to_markdown
from embeddings.documents.formats.blocks import Block, build_sections, is_ornament
from embeddings.documents.formats.headers.fields import Header
from embeddings.documents.formats.headers.titles import plain_title
from embeddings.documents.parser import clean_article, parse_review

# Surrogates, and what is no character: the marks of spoilers are, and each reader removes those of its file.
BLOCKS = st.builds(
    Block,
    # Without capitals: a line of capitals alone is a heading. A line with © at the end is no text.
    st.text(st.characters(exclude_categories=["Cs", "Cn", "Lu"], exclude_characters="©"), max_size=40)
    | st.text("# *_-+=>.)(1[]<&~|`!\\:a\n\t ", max_size=12)
    | st.sampled_from(["1. one", "- two", "===", "<b>x</b>", "&amp;", "[a](b)", "[^1]: x", "***", "# h #", "~~x~~"]),
    st.integers(0, 3),
    st.just(0),
)


@given(st.lists(BLOCKS, max_size=8), st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20))
def test_an_article_written_as_markdown_parses_to_the_same_sections(blocks: list[Block], title: str) -> None:
    title = clean_line(title) or "Untitled"
    # A heading of marks alone is none.
    blocks = [each if any(map(str.isalnum, each.text)) else replace(each, level=0) for each in blocks]
    # A paragraph that repeats the title where the text begins is no text.
    assume(all(each.level or clean_line(each.text) != title for each in blocks))
    clean = [Block(text, each.level, 0) for each in blocks if (text := clean_line(each.text))]
    expected = [each for each in clean if each.level or not is_ornament(each.text)]
    end = Block("The end of it.", 0, 0)
    expected = [*clean_article(Article(title, (*expected, end), header=Header({"title": title}))).blocks]
    review = parse_review(to_markdown(Article(title, (*blocks, end))).encode(), Path("review.md"))
    # A heading "Spoilers" hides its section.
    shown = tuple(replace(section, spoiler=False) for section in review.sections)
    assert (review.text, shown) == build_sections(expected, title)[:2]
    assert review.title == plain_title(title)


def test_a_heading_as_long_as_a_paragraph_becomes_a_paragraph() -> None:
    long = "word " * MAX_HEADING_CHARACTERS
    content = to_markdown(Article("Title", (Block(long, 2, 0),)))
    assert parse_review(content.encode(), Path("review.md")).text == long.strip()
