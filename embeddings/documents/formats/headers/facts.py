"""Header fields to what a review is about: its title, its names, and its facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.config import MAX_FACT_CHARACTERS, MAX_TITLE_CHARACTERS
from embeddings.documents.formats.blocks import collapse_spaces
from embeddings.documents.formats.headers.fields import Header, Value
from embeddings.documents.formats.headers.titles import FileName, plain_title, read_title
from embeddings.documents.formats.headers.values import is_link, read_date, read_rating, read_year
from embeddings.documents.notes import Mended, Note
from embeddings.documents.slugs import slugify
from embeddings.errors import LeftOut, ReviewFileError
from embeddings.lexicon import CREATOR_ROLES, FIELD_NAMES, REVIEWER_FIELDS, WORK_CONTAINERS, WORK_FIELDS
from embeddings.records import Fact, Facts

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef]")
_WIKILINK = re.compile(r"!?\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_TRUE = frozenset("true yes on 1".split())
_FALSE = frozenset("false no off 0".split())
_LISTED = frozenset("aliases tags".split())
_PAGE_ADDRESSES = frozenset("permalink url".split())
"""Fields that hold a page's path within its site wherever a generator wrote them."""
_SPLIT = re.compile(r"\s*[,;]\s*")
_READ = frozenset("title aliases author source spoilers split draft".split())
"""Fields that are no facts, but parts of the review itself."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a header, a title and a file's name say of a review.

    Attributes:
        title: for show, as written.
        work: the work's name; None if nothing names it but the title.
        year: the work's year.
        author: who wrote the review.
        source: where it was published, a link.
        aliases: other names of the work and the review.
        spoilers: whether all of it is spoilers, or the slugs of the sections that are.
        facts: everything that is known.
        is_split: whether the header wants several reviews made of one file.
        notes: what could not be read as written.
    """

    title: str
    work: str | None
    year: int | None
    author: str | None
    source: str | None
    aliases: tuple[str, ...]
    spoilers: bool | tuple[str, ...]
    facts: Facts
    is_split: bool
    notes: tuple[Note, ...]


def describe(header: Header, name: FileName, heading: str | None, path: Path, inner: Mapping[str, str]) -> Description:
    """Return what is known of a review.

    Args:
        header: its header.
        name: its file's name.
        heading: the heading that is its title if the header has none, or None.
        path: the file, for errors.
        inner: facts within the text. The header's take precedence.

    Raises:
        ReviewFileError: the header says that the review is a draft.
    """
    fields = _Fields(replace(header, fields=apart_from_reviewer(header.fields)))
    if fields.flag("draft") or fields.flag("published") is False or fields.text("status").lower() == "draft":
        raise ReviewFileError(path, fields.line("draft"), "The header says that this is a draft.", LeftOut.DRAFT)
    known = {key for key in inner if fields.has(key) or fields.has(FIELD_NAMES.get(key, key))}
    fields.add({key: value for key, value in inner.items() if key not in known})
    title = plain_title(fields.text("title") or heading or fields.text("work") or name.title)[:MAX_TITLE_CHARACTERS]
    parts = read_title(title)
    work = fields.text("work") or parts.work
    year = fields.year() or parts.year
    is_book = any(fields.has(field) for field in WORK_FIELDS) and not fields.has("author_of_work")
    is_by_creator = is_book and bool(fields.texts("author"))
    author = ", ".join(fields.texts("author")) if not is_by_creator else None
    source = fields.link()
    facts: dict[str, Fact] = {"work": work} if work else {}
    facts |= {"year": year} if year else {}
    if is_by_creator:
        facts["author"] = fields.texts("author")
    elif parts.creator and not any(fields.has(role) for role in CREATOR_ROLES):
        facts["creator"] = (parts.creator,)
    facts |= {"date": date} if (date := read_date(fields.text("date") or name.date or "")) else {}
    facts |= {"link": source} if source else {}
    facts |= {"language": name.language} if name.language else {}
    facts |= fields.facts(facts)
    names = (*fields.aliases(), work or "", parts.work or "")
    return Description(
        title=title,
        work=work,
        year=year,
        author=author or None,
        source=source,
        aliases=tuple(_other_names(names, title)),
        spoilers=fields.spoilers(),
        facts=Facts(facts),
        is_split=fields.flag("split") is True,
        notes=(*header.notes, *fields.notes),
    )


def apart_from_reviewer(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return a header's fields with the author named as the work's where another field names who wrote the review."""
    has_reviewer = any(fields.get(name) for name in REVIEWER_FIELDS)
    return {
        "author_of_work"
        if has_reviewer and FIELD_NAMES.get(key, key) == "author" and key not in REVIEWER_FIELDS
        else key: value
        for key, value in fields.items()
    }


class _Fields:
    """A header's fields by the names that they have here, flat. An empty value counts as absent."""

    def __init__(self, header: Header) -> None:
        self._places = header.places
        self._values: dict[str, Value] = {}
        self._names: dict[str, str] = {}
        self.notes: list[Note] = []
        self.add(header.fields)

    def add(self, fields: Mapping[str, Value]) -> None:
        """Add fields, those of the header itself before those within others."""
        nested = []
        for key, value in fields.items():
            if isinstance(value, dict):
                nested.append((key, value))
            else:
                self._put(FIELD_NAMES.get(key, CREATOR_ROLES.get(key, key)), key, value)
        while nested:
            outer, within = nested.pop(0)
            is_work = outer in WORK_CONTAINERS
            for key, value in within.items():
                if isinstance(value, dict):
                    nested.append((outer if is_work else key, value))
                    continue
                name = FIELD_NAMES.get(key, CREATOR_ROLES.get(key, key))
                if is_work:
                    name = {"title": "work", "author": "author_of_work", "date": "year", "source": "work_link"}.get(
                        name, name
                    )
                self._put(name, key if name != key or key not in self._values else f"{outer}_{key}", value)

    def has(self, name: str) -> bool:
        return name in self._values

    def line(self, name: str) -> int | None:
        return self._places.get(self._names.get(name, name))

    def text(self, name: str) -> str:
        """Return a field as one line of text, "" if it is absent."""
        return ", ".join(self.texts(name, is_list=False))

    def texts(self, name: str, *, is_list: bool = True) -> tuple[str, ...]:
        """Return the texts of a field, which may be a list, or text with commas where it usually is a list."""
        value = self._values.get(name, "")
        items = value if isinstance(value, list) else [value]
        if is_list and isinstance(value, str):
            items = list(_SPLIT.split(value)) if name in _LISTED or name in CREATOR_ROLES else items
        return tuple(text for item in items if (text := _line(item)))

    def flag(self, name: str) -> bool | None:
        """Return whether a field says yes or no, None if it says neither."""
        text = self.text(name).lower()
        return True if text in _TRUE else False if text in _FALSE else None

    def year(self) -> int | None:
        year = read_year(self.text("year"))
        if year is None and self.text("year"):
            self._note("year", f"'{self.text('year')[:40]}' is no year. Write a number, such as 2010.")
        return year

    def link(self) -> str | None:
        """Return where the review was published. The path of a page within a site says nothing outside of it."""
        for text in self.texts("source"):
            if is_link(text):
                return text
        if (text := self.text("source")) and self._names["source"] not in _PAGE_ADDRESSES:
            self._note("source", f"'{text[:40]}' is no complete link, so it was dropped.", Mended.LINK)
        return None

    def aliases(self) -> tuple[str, ...]:
        # To Hugo and Jekyll, `aliases` are the former addresses of a page.
        return tuple(text for text in self.texts("aliases") if "/" not in text)

    def spoilers(self) -> bool | tuple[str, ...]:
        flag = self.flag("spoilers")
        return flag if flag is not None else self.texts("spoilers")

    def facts(self, known: Mapping[str, Fact]) -> Iterator[tuple[str, Fact]]:
        """Yield the facts that are not `known`: those that have a type, and all others as text."""
        for name in self._values:
            text = self.text(name)[:MAX_FACT_CHARACTERS]
            if name in known or name in _READ or not text or (name == "published" and self.flag(name) is not None):
                continue
            if name == "rating":
                yield name, read_rating(text)
            elif name == "author_of_work":
                yield "author", self.texts(name)
            elif name == "tags" or name in CREATOR_ROLES:
                yield name, self.texts(name)
            elif name not in ("work", "date", "source"):
                yield name, text

    def _put(self, name: str, key: str, value: Value) -> None:
        if isinstance(value, list):
            # To YAML a wikilink is a list in a list.
            value = [inner for item in value for inner in (item if isinstance(item, list) else [item])]
            value = [item for item in value if not isinstance(item, dict | list)] or [
                text for item in value if isinstance(item, dict) for text in item.values() if isinstance(text, str)
            ]
        # `permalink` beside `canonical_url`, `tags` beside `categories`: all of them count.
        if name in self._values and name in ("tags", "source"):
            value = [*self._list(self._values[name]), *self._list(value)]
        elif name in self._values:
            name = key
        if (value and name not in self._values) or name in ("tags", "source"):
            self._values[name] = value
            self._names.setdefault(name, key)

    @staticmethod
    def _list(value: Value) -> list[Value]:
        if isinstance(value, list):
            return value
        return [part for part in _SPLIT.split(value) if part] if isinstance(value, str) else []

    def _note(self, name: str, reason: str, kind: Mended = Mended.FIELD) -> None:
        self.notes.append(Note(kind, reason, self.line(name)))


def _line(value: Value) -> str:
    if not isinstance(value, str):
        return ""
    text = collapse_spaces(_UNPRINTABLE.sub(" ", _WIKILINK.sub(r"\1", value)))
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text


def _other_names(names: Iterable[str], title: str) -> Iterator[str]:
    seen = {slugify(title)}
    for name in names:
        if name and slugify(name) not in seen:
            seen.add(slugify(name))
            yield name
