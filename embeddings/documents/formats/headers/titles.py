"""What titles and file names say of a work: its name, its creator, its year."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents.slugs import slugify
from embeddings.errors import LeftOut
from embeddings.lexicon import (
    DRAFT_FOLDERS,
    GENERIC_FILE_NAMES,
    NAMELESS_WORDS,
    NO_REVIEW_NAMES,
    STOP_WORDS,
    TEMPLATE_FOLDERS,
)

_KIND = r"(?:(?:my|our|a|an|the|mini|short|quick|capsule|full|spoiler-free|[a-z]+)\s+){0,2}"
_BEFORE = re.compile(rf"(?:\[review\]|{_KIND}review(?:\s+of|\s*[:|]|\s+[–—-])|thoughts\s+on)\s*(?=\S)", re.IGNORECASE)
_AFTER = re.compile(
    rf"\s*(?:[:|]\s*{_KIND}review|\s[–—-]\s*{_KIND}review|[(\[]{_KIND}review[)\]]|(?<!\bin)(?<!\bthe)(?<!\bunder)"
    r"\s(?:(?:book|film|movie|album|tv|game|play|concert)\s+)?review)\s*$",
    re.IGNORECASE,
)  # fmt: skip
_YEAR = re.compile(
    r"\s*(?:[(\[]\s*(?P<one>1[89]\d\d|20\d\d)\s*[)\]]|,\s(?P<two>1[89]\d\d|20\d\d)(?=\s*(?:$|[-–—]\s*[★½])))"
)
_STARS = re.compile(r"\s*[-–—:,(]?\s*[★☆⭐½]{1,10}\)?\s*$")
_CREATOR = re.compile(r"(?P<work>.*[^\s,]),?\sby\s+(?P<name>\S+(?:\s+\S+){1,5})\s*$")
_DIRECTOR = re.compile(
    r"(?P<work>.*[^\s,(])[,(]?\s+\(?(?:dir\.|directed by)\s+(?P<name>[^()]{2,60}?)\)?\s*$", re.IGNORECASE
)
_PARTICLES = frozenset("de da di du des van von der den la le el al bin ibn y e and & of".split())
_QUOTES = re.compile(r"[\"“”„‟«»]|(?<!\w)['‘’](?=\w)|(?<=\w)['’](?!\w)")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")

_NOTION = re.compile(r"\s*[ _-]?[0-9a-f]{32}$")
_DATE = re.compile(r"(?P<date>(?:19|20)\d\d-\d\d?-\d\d?)(?:[-_ T]+|$)")
_LANGUAGE = re.compile(r"\.(?P<language>[a-z]{2}(?:-[A-Za-z]{2})?)$")


@dataclass(frozen=True, slots=True)
class TitleParts:
    """The work that a title names. `work` is None if the title says nothing but itself."""

    work: str | None = None
    creator: str | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file's name and folder say.

    Attributes:
        slug: the review's slug, unless another file has it too.
        title: the name as words.
        date: the date at its beginning, or None.
        language: the language at its end, or None.
        is_date: whether the name is the date and nothing else.
        is_generic: whether neither the file nor its folder has a name of its own.
    """

    slug: str
    title: str
    date: str | None = None
    language: str | None = None
    is_generic: bool = False
    is_date: bool = False


def read_file_name(place: Path) -> FileName:
    """Return what the name of a file says. A page's bundle, `copper-road/index.md`, is named by its folder.

    Args:
        place: the file, relative to the folder that is read.
    """
    stem = place.stem
    language = None
    if (found := _LANGUAGE.search(stem)) and found.start():
        stem, language = stem[: found.start()], found["language"]
    is_generic = slugify(stem) in GENERIC_FILE_NAMES
    if is_generic and place.parent.name not in ("", ".", ".."):
        stem, is_generic = place.parent.name, False
    stem = _NOTION.sub("", stem) or stem
    date, is_date = None, False
    if found := _DATE.match(stem):
        date, is_date = found["date"], found.end() == len(stem)
        stem = stem if is_date else stem[found.end() :]
    words = re.sub(r"[\s_-]+", " ", stem).split()
    # Who writes capitals and spaces has written a title: *The Sound of Music*.
    is_written = " " in stem.strip() and stem[:1].isupper()
    title = " ".join(word if is_written else word[:1].upper() + word[1:] for word in words) or stem
    return FileName(slugify(stem), title, date, language, is_generic, is_date)


def left_out_place(place: Path) -> LeftOut | None:
    """Return why a file is no review by its name and its folders alone, or None."""
    for folder in (part.lower() for part in place.parent.parts):
        if folder in DRAFT_FOLDERS:
            return LeftOut.DRAFT
        if folder in TEMPLATE_FOLDERS:
            return LeftOut.TEMPLATE
    name = slugify(place.stem)
    # Word keeps its owner's name in `~$notes.docx` while `notes.docx` is open.
    if place.name.startswith((".", "~$")) or place.stem == "_index" or name in NO_REVIEW_NAMES:
        return LeftOut.NO_REVIEW
    return LeftOut.TEMPLATE if name in ("template", "review-template") else None


def shares_name(title: str, place: Path) -> bool:
    """Return True if a title has at least half of the words of its file's name, or the name says nothing.

    A name says nothing if it has no words but such as "review" and "notes", or is a number.
    """
    words = set(re.sub(r"\d+", " ", slugify(_NOTION.sub("", place.stem)).replace("-", " ")).split())
    words -= STOP_WORDS | NAMELESS_WORDS
    return 2 * len(words & set(slugify(title).split("-"))) >= len(words)


def plain_title(text: str) -> str:
    """Return a title without marks of emphasis and with the characters that entities stand for."""
    return _EMPHASIS.sub(r"\2", html.unescape(text))


def read_title(title: str) -> TitleParts:
    """Return the work that a title such as `Review: Copper Road (2019)` or `Copper Road by Ann Miller` names."""
    rest = _STARS.sub("", title)
    year = None
    if found := _YEAR.search(rest):
        year = int(found["one"] or found["two"])
        rest = rest[: found.start()] + (" " if rest[found.end() :].strip() else "") + rest[found.end() :].lstrip()
    if found := _BEFORE.match(rest):
        rest = rest[found.end() :]
    rest = _AFTER.sub("", rest)
    creator = None
    if found := _DIRECTOR.match(rest):
        creator, rest = found["name"].strip(" .,;:"), found["work"]
    elif (found := _CREATOR.match(rest)) and _is_name(name := found["name"].strip(" .,;:")):
        creator, rest = name, found["work"]
    if creator or year or rest != title:
        rest = _QUOTES.sub("", rest)
    work = rest.strip(" -–—:|,")
    return TitleParts(work if work and work != title else None, creator, year)


def _is_name(text: str) -> bool:
    words = text.split()
    if words[0].lower() in STOP_WORDS:
        return False
    return all(word.lower() in _PARTICLES or (word[0].isupper() and not word.isdigit()) for word in words)
