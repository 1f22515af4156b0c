"""The title of a web page's article, among the names that a page has for itself and its site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.documents.formats.article import clean_line
from embeddings.documents.formats.blocks import Block
from embeddings.documents.slugs import slugify
from embeddings.lexicon import SITE_NAMES, TITLE_CLASSES

if TYPE_CHECKING:
    from lxml import etree

_SEPARATOR = re.compile(r"\s+[|–—·•⁄*⋆~‹«<›»>:-]+\s+|\s*[|«»]\s*|:\s+")
_ROOT = re.compile(r"(?:\.{0,2}/)*(?:index\.\w+)?|https?://[^/]+/?")
_FURNITURE = frozenset("nav aside footer".split())
_HEADINGS = ("h1", "h2", "h3")
_TITLE_LIKE = 3
"""How many of an article's first blocks may repeat its title."""


class PageTitle:
    """What a page says of its title: its headings, its metadata, and the names of its site.

    It is read before the article is extracted from the page, which changes it.

    Args:
        tree: the page.
    """

    def __init__(self, tree: etree._Element) -> None:
        head = {
            name: clean_line(element.get("content") or "")
            for element in tree.iter("meta")
            for name in (element.get("property"), element.get("name"))
            if name
        }
        self._sites = {slug for name in _site_names(tree, head) if (slug := slugify(name))}
        title = tree.find(".//title")
        self._title = clean_line(title.text_content() if title is not None and hasattr(title, "text_content") else "")
        self._shared = head.get("og:title") or head.get("twitter:title") or ""
        self._first_level = [
            text for element in tree.iter("h1") if (text := _words(element)) and slugify(text) not in self._sites
        ]
        self._headings = [
            text for text in _headings(tree) if text and slugify(text) not in self._sites and len(text) < 300
        ]

    def choose(self, extracted: str, blocks: Sequence[Block], path: Path) -> str:
        """Return the title of the article.

        Args:
            extracted: what the extraction takes for it.
            blocks: the article.
            path: the file, whose name may say which part of the title is the site's.
        """
        own = slugify(self._title)
        first = [block.text for block in blocks[:_TITLE_LIKE]]
        if self._shared and slugify(self._shared) not in self._sites:
            return self._without_site(self._shared, [*self._headings, *first], path)
        contained = [text for text in self._headings if own and slugify(text) in own]
        if contained:
            return max(contained, key=len)
        if len(self._first_level) == 1:
            return self._first_level[0]
        if self._title and slugify(self._title) not in self._sites:
            return self._without_site(self._title, [*self._headings, *first], path)
        return self._headings[0] if self._headings else clean_line(extracted)

    def _without_site(self, title: str, known: Sequence[str], path: Path) -> str:
        """Return a title without the name of the site on either side of it."""
        at = [*_SEPARATOR.finditer(title)]
        if not at:
            return title
        slugs = {slugify(text) for text in known}
        if slugify(title) in slugs:
            return title
        cuts = [(title[: found.start()].strip(), title[found.end() :].strip(), found[0]) for found in at]
        for before, after, _ in cuts:
            if slugify(after) in self._sites or (before and slugify(before) in slugs):
                return before
            if slugify(before) in self._sites or (after and slugify(after) in slugs):
                return after
        # A colon and a hyphen are parts of titles. What else separates is followed by the site's name.
        words = {*slugify(path.stem).split("-")} - {"index"}
        before, after, mark = cuts[-1]
        if len(words & {*slugify(after).split("-")}) > len(words & {*slugify(before).split("-")}):
            return after
        return title if mark.strip() == ":" or not (before and after) else before


def _site_names(tree: etree._Element, head: dict[str, str]) -> Iterator[str]:
    yield head.get("og:site_name", "")
    yield head.get("application-name", "")
    yield head.get("apple-mobile-web-app-title", "")
    for element in tree.iter("link"):
        if element.get("rel") == "alternate" and "xml" in (element.get("type") or ""):
            yield re.sub(r"\W+(?:feed|rss|atom)\W*$", "", element.get("title") or "", flags=re.IGNORECASE)
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("body", "html", "main", "article"):
            continue
        names = f"{element.get('class', '')} {element.get('id', '')}".split()
        if any(map(SITE_NAMES.search, names)) or (element.tag == "a" and _leads_home(element)):
            text = clean_line("".join(map(str, element.itertext())))
            if 0 < len(text) < 80:
                yield text


def _leads_home(element: etree._Element) -> bool:
    return element.get("rel") == "home" or bool(element.get("href") and _ROOT.fullmatch(element.get("href", "")))


def _headings(tree: etree._Element) -> Iterator[str]:
    """Yield the headings that may be a title, those first that say so."""
    found: list[tuple[int, str]] = []
    for element in tree.iter(*_HEADINGS):
        if any(parent.tag in _FURNITURE for parent in element.iterancestors()):
            continue
        if any(_leads_home(link) for link in element.iter("a")):
            continue
        says = element.get("itemprop") in ("name", "headline") or any(
            map(TITLE_CLASSES.search, element.get("class", "").split())
        )
        text = _words(element)
        found.append((0 if says else _HEADINGS.index(str(element.tag)) + 1, text))
    yield from (text for _, text in sorted(found, key=lambda each: each[0]))


def _words(element: etree._Element) -> str:
    """Return a heading's text, without the way to the page that stands before its title on some sites."""
    return clean_line("".join(map(str, element.itertext()))).rpartition(" > ")[2]
