"""Feeds, RSS and Atom: each entry that has its full text becomes an article."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from embeddings.config import FULL_DESCRIPTION_WORDS, MAX_FEED_CATEGORIES, MAX_FEED_ENTRIES, MAX_TITLE_CHARACTERS
from embeddings.documents.formats.article import Article, clean_line
from embeddings.documents.formats.blocks import Block
from embeddings.documents.formats.headers.fields import Header, Value
from embeddings.documents.formats.headers.values import is_link, read_date
from embeddings.documents.formats.pages.html import html_blocks, parse_page
from embeddings.documents.formats.plain_text import plain_text_blocks
from embeddings.errors import ConversionError
from embeddings.lexicon import FEED_EXCERPTS, FEED_FIELDS, FEED_FOOTERS

_ENTRY = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml"})
_REVIEW = "user_review"
"""Goodreads' field for the review. Its description is the book's."""
_CUT = ("…", "...")
_TEXT_TYPES = frozenset({"text/plain", "text/html", "application/xhtml+xml"})
_MAIL = re.compile(r"\S+@\S+")


@dataclass(frozen=True, slots=True)
class FeedArticle:
    """An entry of a feed with its full text.

    Attributes:
        key: the SHA-256 (hex) of what identifies it within the feed.
        name: a name for it if it has no title: the last part of its link, or "".
        article: its text, with what the feed says about it as the header.
    """

    key: str
    name: str
    article: Article


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds: its title, the entries with their full text, and how many have none."""

    title: str
    articles: tuple[FeedArticle, ...]
    excerpts: int


def read_feed(data: bytes, address: str, content_type: str) -> Feed:
    """Return the entries of a feed in its own order, read as leniently as feedparser does.

    Args:
        data: the feed.
        address: where it is from, for links that are relative.
        content_type: the header with which it came, which may name its encoding, or "".

    Raises:
        ConversionError: it is not a feed, or has too many entries.
    """
    import feedparser

    # Before anything is parsed.
    _check_entries(len(_ENTRY.findall(data)))
    headers = {"content-location": address} | ({"content-type": content_type} if content_type else {})
    # Everything is read by the HTML parser of this package, so feedparser needn't make it safe, which takes long.
    found = feedparser.parse(BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not found.get("version"):
        raise ConversionError(_no_feed(found.feed.get("links", ())))
    _check_entries(len(found.entries))
    author = _author(found.feed)
    is_atom = found.version.startswith("atom")
    read = [(entry, blocks) for entry in found.entries if (blocks := _blocks(entry, is_atom=is_atom))]
    keys = [_identity(entry) for entry, _ in read]
    counts = Counter(keys)
    articles = tuple(
        _article(entry, blocks, key if counts[key] == 1 else f"{key}\n{_text(blocks)}", author)
        for (entry, blocks), key in zip(read, keys, strict=True)
    )
    return Feed(
        clean_line(_plain(found.feed, "title"))[:MAX_TITLE_CHARACTERS], articles, len(found.entries) - len(articles)
    )


def _check_entries(count: int) -> None:
    if count > MAX_FEED_ENTRIES:
        raise ConversionError(f"The feed has {count:,} entries. The limit is {MAX_FEED_ENTRIES:,}.")


def _no_feed(links: Iterable[dict[str, str]]) -> str:
    """Return what to say about a page, which may name its feed."""
    for link in links:
        address = link.get("href", "")
        is_feed = link.get("rel") == "alternate" and link.get("type") in _FEED_TYPES and is_link(address)
        if is_feed and address.isprintable() and len(address) <= MAX_TITLE_CHARACTERS:
            return f"This is a page and not a feed. It names its feed: {address}"
    return "This is not a feed. Give the address of an RSS or Atom feed, often …/feed or …/feed.xml."


def _identity(entry: dict[str, Any]) -> str:
    """Return what identifies an entry: its id, its link, or its title and date."""
    return str(entry.get("id") or entry.get("link") or f"{entry.get('title', '')}\n{_date(entry)}")


def _article(entry: dict[str, Any], blocks: tuple[Block, ...], key: str, feed_author: str) -> FeedArticle:
    fields: dict[str, Value] = {
        name: value for own, name in FEED_FIELDS.items() if (value := clean_line(str(entry.get(own, ""))))
    }
    fields |= {"date": published} if (published := _date(entry)) else {}
    fields |= {"tags": list(tags)} if (tags := _categories(entry)) else {}
    link = str(entry.get("link", ""))
    article = Article(
        clean_line(_plain(entry, "title")),
        blocks,
        author=_author(entry) or feed_author,
        source=link if is_link(link) else None,
        header=Header(fields),
    )
    name = PurePosixPath(unquote(urlsplit(link).path)).stem if is_link(link) else ""
    return FeedArticle(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest(), name, article)


def _blocks(entry: dict[str, Any], *, is_atom: bool) -> tuple[Block, ...]:
    """Return the headings and paragraphs of an entry's full text. Empty if it has none, or only a part of it.

    The content is the full text unless it ends by asking the reader to go on elsewhere. An RSS description may be the
    full text as well, and is if it has several paragraphs or many words, and is not cut off.
    """
    if _REVIEW in entry:
        return _markup_blocks(str(entry[_REVIEW]), "text/html")
    contents = [each for each in entry.get("content", ()) if each.get("type") in _TEXT_TYPES]
    content = max(contents, key=lambda each: len(each.get("value", "")), default=None)
    if content is not None and content.get("value", "").strip():
        blocks = _without_footer(_markup_blocks(content["value"], content.get("type", "")))
        return () if _is_excerpt(blocks) else blocks
    summary = entry.get("summary", "")
    if is_atom or not summary.strip():
        return ()
    blocks = _without_footer(_markup_blocks(summary, entry.get("summary_detail", {}).get("type", "")))
    paragraphs = [block.text for block in blocks if not block.level]
    is_full = len(paragraphs) > 1 or len(" ".join(paragraphs).split()) >= FULL_DESCRIPTION_WORDS
    is_cut = _is_excerpt(blocks) or blocks[-1].text.endswith(_CUT)
    return blocks if (is_full or any(name in entry for name in FEED_FIELDS)) and not is_cut else ()


def _markup_blocks(text: str, content_type: str) -> tuple[Block, ...]:
    """Return the headings and paragraphs of an entry's text, which is HTML unless the feed says that it is plain."""
    if content_type == "text/plain":
        return plain_text_blocks(text, "")
    # With its mark it is UTF-8, whatever it says within.
    tree = parse_page(codecs.BOM_UTF8 + text.replace("\x00", "").encode("utf-8", "replace"), Path("entry.html"))
    return html_blocks(tree) if tree is not None else ()


def _without_footer(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks without the line that blogs add below each entry for other sites."""
    return blocks[:-1] if blocks and FEED_FOOTERS.fullmatch(blocks[-1].text) else blocks


def _is_excerpt(blocks: tuple[Block, ...]) -> bool:
    """Return True if there is no paragraph, or the last one asks the reader to go on elsewhere."""
    return all(block.level for block in blocks) or FEED_EXCERPTS.search(blocks[-1].text) is not None


def _text(blocks: Iterable[Block]) -> str:
    return "\n".join(block.text for block in blocks)


def _plain(fields: dict[str, Any], name: str) -> str:
    """Return a title without the markup that it may have."""
    text = str(fields.get(name, ""))
    is_markup = fields.get(f"{name}_detail", {}).get("type", "text/plain") != "text/plain" and "<" in text
    return " ".join(block.text for block in _markup_blocks(text, "text/html")) if is_markup else text


def _author(fields: dict[str, Any]) -> str:
    """Return the name of an author, without the mail address that RSS asks for."""
    name = fields.get("author_detail", {}).get("name") or fields.get("author", "")
    return clean_line(_MAIL.sub("", str(name)).strip(" ()<>"))


def _date(entry: dict[str, Any]) -> str:
    """Return the day when an entry was published, as its author's clock said it, or "" if it says none."""
    for name in ("published", "updated", "created"):
        if text := entry.get(name, ""):
            day = read_date(text)
            parsed = entry.get(f"{name}_parsed")
            if len(day) != len("2021-05-03") and parsed:
                return date(*parsed[:3]).isoformat()
            return day
    return ""


def _categories(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the categories. A link is the kind of an entry, and not one."""
    terms = (clean_line(str(tag.get("label") or tag.get("term") or "")) for tag in entry.get("tags", ()))
    return tuple(dict.fromkeys(term for term in terms if term and not is_link(term)))[:MAX_FEED_CATEGORIES]
