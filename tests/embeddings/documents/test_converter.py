"""What people bring becomes a review file: Markdown, plain text, web pages, EPUB."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.converter import ConvertedFile, convert, display_name, needs_import_extra
from embeddings.documents.formats.article import Article, markdown_of, tidied
from embeddings.documents.formats.blocks import Block, is_break, sectioned
from embeddings.documents.formats.markdown import HEADING_LENGTH
from embeddings.documents.parser import parse_review
from embeddings.documents.sandbox import convert_in_sandbox
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError, ReviewFileError
from tests.embeddings.fixtures.books import book

PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}">
<title>The Lighthouse Keeper (1987), a Review | Film Notes</title>
<meta property="og:title" content="The Lighthouse Keeper"><meta name="author" content="Jo Doe">
<link rel="canonical" href="https://example.org/lighthouse"><script>alert("evil")</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav>
<article><h1>The Lighthouse Keeper</h1>
<p>A keeper counts the ships that pass without lights, and writes each of them down in a café. It is a <em>long</em>
film, with *stars* in it, and nobody has ever asked him why.</p>
<h2>The Lamp</h2><p onclick="evil()">The lamp is cleaned every evening before the fog comes in.<br>It is the only thing
that he has ever cared for, and the film says so in every shot.</p>
<ul><li>First, an item that has some words in it.</li><li>Second, another with some more of them.</li></ul>
<h2>The End</h2><p>In the end the keeper drowns on the night when he forgets to light the lamp.
<a href="javascript:evil()">Nobody</a> comes.</p><script>document.write("more evil")</script>
</article><aside>Related: ten films about lamps</aside><footer>Copyright. All rights reserved. Cookies.</footer>
</body></html>"""

BLOCKS = st.builds(
    Block,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.text("# *_-+=>.)(1[]<&~|`!\\:a\n\t ", max_size=12)
    | st.sampled_from(["1. one", "- two", "===", "<b>x</b>", "&amp;", "[a](b)", "[^1]: x", "***", "# h #", "~~x~~"]),
    st.integers(0, 3),
    st.just(0),
)


def outline(candidate: ConvertedFile) -> list[tuple[str, list[str]]]:
    """The review's sections: each heading with its paragraphs."""
    review = candidate.review
    return [
        (section.heading, [review.text[each.start : each.end] for each in section.paragraphs])
        for section in review.sections
    ]


@given(st.lists(BLOCKS, max_size=8), st.text(min_size=1, max_size=20))
def test_what_is_written_is_read_back_as_the_same_sections(blocks: list[Block], title: str) -> None:
    title = tidied(title) or "Untitled"
    tidy = [Block(text, each.level, 0) for each in blocks if (text := tidied(each.text))]
    kept = [each for each in tidy if each.level or not is_break(each.text)]
    expected = sectioned([*kept, Block("The end of it.", 0, 0)], title)
    content = markdown_of(Article(title, (*blocks, Block("The end of it.", 0, 0))))
    review = parse_review(content.encode(), Path("review.md"))
    assert (review.title, review.text, review.sections) == (title, *expected)


def test_a_heading_as_long_as_a_paragraph_becomes_one() -> None:
    long = "word " * HEADING_LENGTH
    content = markdown_of(Article("Title", (Block(long, 2, 0),)))
    assert parse_review(content.encode(), Path("review.md")).text == long.strip()


def test_of_a_web_page_the_article_is_kept_with_its_title_author_and_address() -> None:
    candidate = convert(PAGE.format(charset="utf-8").encode(), "saved page.html", collection="7")
    review = candidate.review
    assert (review.slug, review.title, review.author, review.source, review.collection) == (
        "the-lighthouse-keeper",
        "The Lighthouse Keeper",
        "Jo Doe",
        "https://example.org/lighthouse",
        "7",
    )
    assert outline(candidate) == [
        (
            "Introduction",
            [
                "A keeper counts the ships that pass without lights, and writes each of them down in a café. It is a "
                "long film, with *stars* in it, and nobody has ever asked him why."
            ],
        ),
        (
            "The Lamp",
            [
                "The lamp is cleaned every evening before the fog comes in. It is the only thing that he has ever "
                "cared for, and the film says so in every shot.",
                "First, an item that has some words in it.",
                "Second, another with some more of them.",
            ],
        ),
        ("The End", ["In the end the keeper drowns on the night when he forgets to light the lamp. Nobody comes."]),
    ]
    assert "evil" not in candidate.content


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_web_page_is_read_in_its_own_encoding(charset: str) -> None:
    candidate = convert(PAGE.format(charset=charset).encode(charset), "page.html")
    assert "café" in candidate.content


def test_of_a_book_the_chapters_are_kept_in_their_reading_order() -> None:
    data = book(
        {
            "one.xhtml": "<h1>The Lighthouse Keeper</h1><p>A keeper counts&#160;ships.</p><!-- not this -->",
            "two.xhtml": "<section><h2>The <i>Lamp</i></h2><p>It is<br/>cleaned.</p><script>evil()</script></section>",
            "three.xhtml": "<h2>The End</h2><div>He drowns.<table><tr><td>Length</td><td>107</td></tr></table></div>",
        }
    )
    candidate = convert(data, "book.epub")
    assert (candidate.review.slug, candidate.review.author) == ("the-lighthouse-keeper", "Jo Doe")
    assert outline(candidate) == [
        ("Introduction", ["A keeper counts\u00a0ships."]),
        ("The Lamp", ["It is cleaned."]),
        ("The End", ["He drowns.", "Length 107"]),
    ]


def test_a_plain_text_becomes_markdown_under_its_own_title() -> None:
    candidate = convert(b"A keeper counts.\n\nThe Lamp\n\nIt is # cleaned.", "Das Ende — ein Film.txt")
    assert (
        candidate.content
        == "---\ntitle: Das Ende — Ein Film\n---\n\nA keeper counts.\n\n## The Lamp\n\nIt is \\# cleaned.\n"
    )
    assert (candidate.review.slug, candidate.converted) == ("das-ende-ein-film", True)


def test_markdown_is_kept_as_it_came_under_its_files_name_or_another() -> None:
    content = "---\ntitle: The Lighthouse Keeper\nspoilers: [the-end]\n---\nA lamp.\n\n## The End\n\nHe *drowns*.\n"
    candidate = convert(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode(), "Light House.md")
    assert (candidate.content, candidate.review.slug, candidate.converted) == (content, "light-house", False)
    assert [section.spoiler for section in candidate.review.sections] == [False, True]
    assert convert(content.encode(), "x.md", slug="The Keeper!").review.slug == "the-keeper"


@given(st.text(min_size=1, max_size=300))
def test_any_name_gives_a_slug_that_a_file_can_have(name: str) -> None:
    slug = convert(b"---\ntitle: A\n---\nb", "x.md", slug=name).review.slug
    assert slugify(Path(f"{slug}.md").stem) == slug
    assert 0 < len(slug.encode()) <= 200
    assert "/" not in slug
    assert not slug.startswith(".")


def test_the_process_apart_says_the_same() -> None:
    data = PAGE.format(charset="utf-8").encode()
    assert convert_in_sandbox(data, "../../page.html", slug="lamp", collection="7") == convert(
        data, "page.html", slug="lamp", collection="7"
    )
    with pytest.raises(ConversionError, match=r"x\.md:1: no front matter"):
        convert_in_sandbox(b"no front matter", "x.md")


def test_a_line_that_has_to_be_mended_is_named() -> None:
    with pytest.raises(ReviewFileError, match=r"^x\.md:3: 'yaer' is not a known field; did you mean 'year'\?"):
        convert(b"---\ntitle: A\nyaer: 2010\n---\nText.", "folder/x.md")


@pytest.mark.parametrize("name", ["page.html", "book.epub", "picture.png"])
def test_without_the_extra_only_what_can_be_read_is_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("trafilatura", "lxml"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConversionError) as refused:
        convert(b"<p>text", name)
    assert str(refused.value) == f"'{Path(name).suffix}' files can't be read; bring .md or .txt"
    assert needs_import_extra(name) == (name != "picture.png")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("z.txt", b"", "z.txt: has no text; write the review, or remove the file"),
        ("z.html", b"", "z.html: there is no article in this page; save its text as .txt and add that"),
        ("z.epub", b"PK", "z.epub: this is not an EPUB that can be read: damaged, or another sort of file"),
    ],
)
def test_what_is_refused_is_named_as_it_was_brought(name: str, data: bytes, said: str) -> None:
    with pytest.raises((ConversionError, ReviewFileError)) as refused:
        convert(data, name)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\Users\\Ana\\review.md", "review.md"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("re\x00view\n.md", "review.md"),
    ],
)
def test_of_a_files_name_only_what_can_be_seen_counts(name: str, shown: str) -> None:
    assert display_name(name) == shown
