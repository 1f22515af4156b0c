"""Feeds: what becomes a review, what is known about it, and what is no full text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.config import MAX_FEED_CATEGORIES, MAX_FEED_ENTRIES, MAX_TITLE_CHARACTERS
from embeddings.documents.converter import ConvertedFeed, convert_feed
from embeddings.documents.parser import parse_review
from embeddings.documents.sandbox.process import convert_feed_in_sandbox
from embeddings.errors import ConversionError
from embeddings.records import Rating, Review
from tests.embeddings.fixtures.feeds import FULL, FULL_MARKDOWN, NAMESPACES, item, rss

ADDRESS = "https://films.example.org/feed.xml"
PAGE = b'<html><head><link rel="alternate" type="application/atom+xml" href="/atom.xml"></head><p>Hi</p></html>'
NO_FEED = "This is not a feed. Give the address of an RSS or Atom feed, often …/feed or …/feed.xml."
LOLS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(2, 10))
LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol1 "lol">{LOLS}]>'
    f"<rss version='2.0' {NAMESPACES}><channel><title>x</title><item><title>Laughs</title>"
    "<content:encoded>&lt;p&gt;&lol9;&lt;/p&gt;</content:encoded></item></channel></rss>"
).encode()
FILES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>
<title>x</title><item><title>Secrets</title><description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;&secret;&lt;/p&gt;</description>
</item></channel></rss>"""


def read(data: bytes, content_type: str = "") -> ConvertedFeed:
    return convert_feed(data, ADDRESS, content_type)


def reviews(data: bytes, content_type: str = "") -> list[Review]:
    """Return the reviews of a feed as the index reads them from their files."""
    found = read(data, content_type)
    assert found.left_out == ()
    return [parse_review(entry.content.encode(), Path(f"{entry.slug}.md")) for entry in found.entries]


def test_an_entry_of_rss_becomes_a_review_with_what_the_feed_says_about_it() -> None:
    more = (
        "<author>ann@example.org (Ann Miller)</author><pubDate>Fri, 01 Mar 2024 23:30:00 -0500</pubDate>"
        "<category>Film</category><category>1990s, late</category><description>He rows…</description>"
    )
    data = rss(item("The Ferryman & I", key="7", link="/ferryman", more=more))
    (entry,) = read(data).entries
    assert entry.slug == "the-ferryman-i"
    assert entry.content == (
        "---\ntitle: The Ferryman & I\nauthor: Ann Miller\nsource: https://films.example.org/ferryman\n"
        f"date: '2024-03-01'\ntags:\n- Film\n- 1990s, late\n---\n\n{FULL_MARKDOWN}"
    )
    (review,) = reviews(data)
    assert (review.title, review.author, review.source) == (
        "The Ferryman & I",
        "Ann Miller",
        "https://films.example.org/ferryman",
    )
    assert dict(review.facts) == {
        "date": "2024-03-01",
        "link": "https://films.example.org/ferryman",
        "tags": ("Film", "1990s, late"),
    }
    assert [section.heading for section in review.sections] == ["Introduction", "The Boat"]


def test_an_entry_of_atom_becomes_a_review_by_the_author_of_the_feed() -> None:
    data = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">&lt;b&gt;Ann&lt;/b&gt;</title>
    <author><name>Ann</name><email>ann@example.org</email></author>
    <entry><title type="html">On &lt;em&gt;The Ferryman&lt;/em&gt;</title><id>urn:1</id><link href="/one"/>
    <updated>2021-05-03T23:00:00-02:00</updated><category term="film" label="Films"/>
    <category term="http://schemas.google.com/blogger/2008/kind#post"/>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>He <i>rows</i>.</p>
    <blockquote>Row!</blockquote></div>
    </content></entry>
    <entry><title>Plain</title><id>urn:2</id><updated>2021-05-04T00:00:00Z</updated>
    <content type="text">A &lt;b&gt; is a tag.

    It stays.</content></entry></feed>"""
    assert read(data).title == "Ann"
    first, second = reviews(data)
    assert (first.title, first.author, first.text) == ("On The Ferryman", "Ann", "He rows.\nRow!")
    assert first.facts["date"] == "2021-05-03"
    assert first.facts["tags"] == ("Films",)
    assert first.is_quoted(9, 13)
    assert (second.title, second.author, second.text) == ("Plain", "Ann", "A <b> is a tag.\nIt stays.")


@pytest.mark.parametrize(
    ("full", "description", "is_read"),
    [
        (FULL, "", True),
        (FULL, "He rows…", True),
        ("<p>Short.</p>", "", True),
        ("", "<p>He rows.</p><p>He swims.</p>", True),
        ("", "He rows. " * 60, True),
        ("", "He rows people over.", False),
        ("", f"{'He rows. ' * 60}And then…", False),
        ("", "<p>He rows.</p><p>He swims. […]</p>", False),
        ("", "", False),
        ("<p>He rows. [&#8230;]</p>", "", False),
        ('<p>He rows…</p><p><a href="/x">Continue reading <b>The Ferryman</b> →</a></p>', "", False),
        ('<p>He rows… <a href="/x">Read more »</a></p>', "", False),
        ("<p>He rows.</p><p>Weiterlesen</p>", "", False),
        ("<p>He rows, and the ellipsis is his…</p>", "", True),
        ("<p>Whoever wants to row should read more.</p>", "", True),
        ("<h2>Heading</h2>", "", False),
        ('<p><img src="x.png" alt="A boat"></p>', "", False),
    ],
)
def test_only_a_full_text_is_a_review(full: str, description: str, is_read: bool) -> None:
    more = f"<description><![CDATA[{description}]]></description>" if description else ""
    found = read(rss(item("The Ferryman", full, key="1", more=more)))
    assert (len(found.entries), found.excerpts) == ((1, 0) if is_read else (0, 1))


def test_the_summary_of_atom_is_no_full_text() -> None:
    data = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>One</title><id>1</id>
    <summary type="html">&lt;p&gt;{"He rows. " * 100}&lt;/p&gt;&lt;p&gt;He swims.&lt;/p&gt;</summary></entry></feed>"""
    assert (read(data.encode()).entries, read(data.encode()).excerpts) == ((), 1)


def test_content_that_is_no_text_is_no_review() -> None:
    data = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>
    <entry><title>A picture</title><id>1</id><content type="image/png">aGUgcm93cw==</content></entry>
    <entry><title>Elsewhere</title><id>2</id><content type="text/html" src="https://example.org/x"/></entry></feed>"""
    assert (read(data).entries, read(data).excerpts) == ((), 2)


def test_what_a_feed_calls_itself_and_its_entries_is_shown_in_short() -> None:
    found = read(rss(item("x" * 100_000, "<h2>a</h2><p>b</p>" * 10_000), title="y" * 100_000))
    assert len(found.title) == MAX_TITLE_CHARACTERS
    (line,) = found.left_out
    assert len(line) < 200
    page = PAGE.replace(b"/atom.xml", b"/" + b"x" * 100_000)
    with pytest.raises(ConversionError) as refused:
        read(page)
    assert str(refused.value) == NO_FEED


def test_the_line_that_a_blog_adds_below_an_entry_is_no_part_of_it() -> None:
    footer = '<p>The post <a href="/x">The Ferryman</a> appeared first on <a href="/">Ann’s Films</a>.</p>'
    (review,) = reviews(rss(item("The Ferryman", f"<p>He rows.</p>{footer}")))
    assert review.text == "He rows."


def test_what_a_review_site_says_about_the_work_becomes_facts() -> None:
    more = (
        "<letterboxd:filmTitle>The Ferryman</letterboxd:filmTitle><letterboxd:filmYear>2010</letterboxd:filmYear>"
        "<letterboxd:memberRating>3.5</letterboxd:memberRating>"
        '<description><![CDATA[<p><img src="poster.jpg"/></p> <p>He rows.</p>]]></description>'
    )
    watched = more.replace("He rows.", "Watched on Saturday January 5, 2024.")
    data = rss(item("The Ferryman, 2010 - ★★★½", "", key="1", more=more), item("x", "", key="2", more=watched))
    (review,) = reviews(data)
    assert read(data).excerpts == 1
    assert (review.work, review.year, review.text) == ("The Ferryman", 2010, "He rows.")
    assert review.facts["rating"] == Rating("3.5", 3.5, 5.0)


def test_a_review_of_goodreads_is_the_members_and_not_the_books_description() -> None:
    more = (
        "<author_name>Jane Roe</author_name><user_rating>4</user_rating><user_review>He rows.</user_review>"
        "<description>A ferryman rows. author: Jane Roe</description>"
    )
    (review,) = reviews(rss(item("The Ferryman", "", key="1", more=more)))
    assert (review.text, review.author, review.facts["author"]) == ("He rows.", None, ("Jane Roe",))


def test_entries_of_one_title_and_entries_without_an_id_are_told_apart() -> None:
    data = rss(
        item("The Ferryman", "<p>One.</p>", key="1"),
        item("The Ferryman", "<p>Two.</p>", key="2"),
        item("The Ferryman", "<p>Three.</p>", link="https://example.org/3"),
        item("The Ferryman", "<p>Four.</p>"),
        item("The Ferryman", "<p>Five.</p>"),
        item("Whales", "<p>Six.</p>"),
    )
    entries = read(data).entries
    assert [entry.slug for entry in entries] == ["the-ferryman"] * 5 + ["whales"]
    assert len({entry.key for entry in entries}) == 6
    changed = read(data.replace(b"One.", b"Another.").replace(b"Six.", b"Seven.")).entries
    assert [entry.key for entry in changed] == [entry.key for entry in entries]


def test_an_entry_without_a_title_is_named_by_its_link() -> None:
    data = rss(item("", key="1", link="https://example.org/2024/the-ferryman.html"), item("", key="2"))
    found = read(data)
    assert [entry.slug for entry in found.entries] == ["the-ferryman"]
    assert found.left_out == ("An entry: It has no title.",)


@pytest.mark.parametrize("title", ["Index", "README", "Template", "Licence"])
def test_no_title_makes_an_entry_a_page_about_the_folder(title: str) -> None:
    (entry,) = read(rss(item(title))).entries
    assert entry.slug == f"{title.lower()}-entry"


@pytest.mark.parametrize(
    ("title", "name"), [("Ann’s Films", "anns-films"), ("Templates", "templates-feed"), ("", ""), ("x" * 99, "x" * 60)]
)
def test_a_feed_suggests_a_name_for_its_folder(title: str, name: str) -> None:
    assert read(rss(title=title)).name == name


@pytest.mark.parametrize(
    ("declared", "content_type", "encoding"),
    [
        ("UTF-8", "text/xml; charset=iso-8859-1", "utf-8"),
        ("UTF-8", "application/rss+xml", "windows-1252"),
        ("ISO-8859-1", "text/xml", "windows-1252"),
        ("windows-1252", "application/xml; charset=utf-8", "windows-1252"),
        ("UTF-16", "", "utf-16"),
        ("nonsense", "text/html; charset=nonsense", "utf-8"),
    ],
)
def test_a_wrong_charset_costs_no_letter(declared: str, content_type: str, encoding: str) -> None:
    text = rss(item("Café", "<p>It’s “grey” – mostly naïve.</p>")).decode()
    data = text.replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)
    if (declared, content_type) == ("UTF-8", "text/xml; charset=iso-8859-1"):
        # The server's word counts, by which these bytes are other letters.
        assert len(reviews(data, content_type)) == 1
        return
    (review,) = reviews(data, content_type)
    assert (review.title, review.text) == ("Café", "It’s “grey” – mostly naïve.")


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    data = rss(item("The Ferryman"), item("A & B", "<p>Two.</p>")).replace(b"A &amp; B", b"A & B &nbsp; <br>")
    assert [review.text for review in reviews(data)] == ["He rows people over.\nIt is made of planks.", "Two."]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NO_FEED),
        (b"\x00\x01\x02", NO_FEED),
        (
            b"<html><p>Hi</p></html>",
            NO_FEED,
        ),
        (PAGE, "This is a page and not a feed. It names its feed: https://films.example.org/atom.xml"),
        (rss(*["<item/>"] * 100_000), f"The feed has 100,000 entries. The limit is {MAX_FEED_ENTRIES:,}."),
    ],
)
def test_what_is_no_feed_or_too_long_is_refused_in_a_line(data: bytes, reason: str) -> None:
    with pytest.raises(ConversionError) as refused:
        read(data)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        FILES,
        rss("<x>" * 1_000_000),
        rss(item("Deep", "<ul><li>" * 100_000 + "He rows.")),
        rss(item("Long", f"<p>{'He rows. ' * 200_000}</p>")),
        rss(item("Headings", "<h2>a</h2><p>b</p>" * 10_000)),
        rss(item("x" * 100_000)),
    ],
    ids=["laughs", "files", "deep elements", "deep lists", "a long text", "headings", "a long title"],
)
@pytest.mark.slow
def test_a_hostile_feed_ends_in_its_sandbox(data: bytes) -> None:
    try:
        found = convert_feed_in_sandbox(data, ADDRESS, "application/rss+xml")
    except ConversionError:
        return
    text = "".join(entry.content for entry in found.entries)
    assert "lollol" not in text
    assert "root:" not in text
    assert len(text) < 1_000_000


def test_the_sandbox_returns_what_the_conversion_does() -> None:
    data = rss(item("The Ferryman", more="<category>x</category>" * 99), item("", key="2"), item("Whales", ""))
    found = convert_feed_in_sandbox(data, ADDRESS, "text/xml")
    assert found == read(data, "text/xml")
    (entry,) = found.entries
    assert entry.content.count("\n- ") == 1 <= MAX_FEED_CATEGORIES
    with pytest.raises(ConversionError, match=r"^This is not a feed\."):
        convert_feed_in_sandbox(b"no", "x" * 100_000, "y" * 100_000)


WORDS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\x85"), min_size=1, max_size=60
)


@given(st.lists(WORDS.map(lambda text: " ".join(text.split())).filter(bool), min_size=2, max_size=5))
@pytest.mark.slow
def test_every_word_of_an_entry_is_read_back(paragraphs: list[str]) -> None:
    from html import escape

    ending = "Here it ends for good."
    html = "".join(f"<p>x {escape(text)} x</p>" for text in paragraphs) + f"<p>{ending}</p>"
    full = f"<content:encoded>{escape(html)}</content:encoded>"
    (review,) = reviews(rss(item("The Ferryman", "", more=full)))
    assert (
        review.text.replace("||", "").split()
        == " ".join([*(f"x {text} x" for text in paragraphs), ending]).replace("||", "").split()
    )
