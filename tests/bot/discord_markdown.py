"""A reranker of Discord's markdown: what of a message is active, and what a member sees.

Written from Discord's formatting reference and the behaviour of its clients, without a look at the code that
it judges. Where clients differ, it takes the reading that activates more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

QUOTE = "quote"
SPOILER = "spoiler"
BOLD = "bold"
LINK = "masked link"
HEADING = "heading"
SUBTEXT = "subtext"


@dataclass(frozen=True)
class Construct:
    """An active piece of markdown: its kind, what a member sees of it, and where a masked link leads."""

    kind: str
    visible: str
    target: str = ""


@dataclass(frozen=True)
class Reading:
    """What a member sees, and every active construct in the order in which they begin."""

    visible: str
    constructs: tuple[Construct, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(construct.kind for construct in self.constructs)

    def of(self, kind: str) -> tuple[str, ...]:
        return tuple(construct.visible for construct in self.constructs if construct.kind == kind)


_INVITE = re.compile(
    r"(?:discord(?:app)?\.com/(?:invite|template|gifts?|channels|events)|discord\.(?:gg|gift|new)|dis\.gd)/[\w-]+",
    re.IGNORECASE,
)
_SHOWN_RAW: tuple[tuple[str, re.Pattern[str]], ...] = (
    # The server looks for these in the raw text, where a backslash is a character like any other.
    ("user mention", re.compile(r"<@!?\d+>")),
    ("role mention", re.compile(r"<@&\d+>")),
    ("channel mention", re.compile(r"<#\d+>")),
    ("command mention", re.compile(r"</[^:>\n]+:\d+>")),
    ("custom emoji", re.compile(r"<a?:\w+:\d+>")),
    ("timestamp", re.compile(r"<t:-?\d+(?::[a-zA-Z])?>")),
    ("navigation", re.compile(r"<id:\w+(?::\d+)?>")),
    ("mass mention", re.compile(r"@(?:everyone|here)", re.IGNORECASE)),
    ("invite", _INVITE),
)
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_INLINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("user mention", re.compile(r"<@!?\d+>")),
    ("role mention", re.compile(r"<@&\d+>")),
    ("channel mention", re.compile(r"<#\d+>")),
    ("command mention", re.compile(r"</[^:>\n]+:\d+>")),
    ("custom emoji", re.compile(r"<a?:\w+:\d+>")),
    ("timestamp", re.compile(r"<t:-?\d+(?::[a-zA-Z])?>")),
    ("navigation", re.compile(r"<id:\w+(?::\d+)?>")),
    (
        "bracketed link",
        re.compile(r"<(?:[a-z][a-z0-9+.-]*:[^\s>]+|\+?\d[\d -]+|[^\s@>]+@[^\s>]+\.[^\s>]+)>", re.IGNORECASE),
    ),
    ("link", re.compile(r"(?:https?|steam|discord)://[^\s<]+", re.IGNORECASE)),
    ("mass mention", re.compile(r"@(?:everyone|here)", re.IGNORECASE)),
    ("emoji name", re.compile(r":[\w+~-]+:")),
)
_CODE_BLOCK = re.compile(r"```([\s\S]+?)```")
_CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
_MASKED_LINK = re.compile(r"\[((?:\\.|[^\[\]\\])+)\]\(\s*<?((?:\\.|[^\s()<>\\])+)>?(?:\s+\"[^\"]*\")?\s*\)")
_PAIRS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # A spoiler's content ends at the first pair of bars, escaped or not.
    (SPOILER, re.compile(r"\|\|([\s\S]+?)\|\|")),
    (BOLD, re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("underline", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
    ("strikethrough", re.compile(r"~~((?:\\[\s\S]|[^\\])+?)~~")),
    ("emphasis", re.compile(r"\*(?!\s)((?:\\[\s\S]|[^\\*])+?)\*(?!\*)")),
    ("emphasis", re.compile(r"_((?:\\[\s\S]|[^\\_])+?)_(?!\w)")),
)
_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_BLOCKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (QUOTE, re.compile(r" *>>> ?([\s\S]+)")),
    (QUOTE, re.compile(r"( *> [^\n]*(?:\n *> [^\n]*)*\n?)")),
    (HEADING, re.compile(r" *#{1,3}\s+([^\n]+)(?:\n|$)")),
    (SUBTEXT, re.compile(r" *-#\s+([^\n]+)(?:\n|$)")),
    ("list", re.compile(r" *(?:[*+-]|\d+\.)\s+([^\n]+)(?:\n|$)")),
)
_LITTER = re.compile(r"\|\||\*\*|```|~~|__")


def read(text: str) -> Reading:
    """What Discord makes of a text where markdown works."""
    constructs: list[Construct] = []
    for kind, pattern in _SHOWN_RAW:
        constructs.extend(Construct(kind, found[0]) for found in pattern.finditer(text))
    constructs.extend(Construct("hidden character", repr(found[0])) for found in _HIDDEN.finditer(text))
    visible = _read(text, constructs, line_start=True, quoted=False)
    return Reading(visible.replace("\u200b", ""), tuple(constructs))


def _read(text: str, constructs: list[Construct], *, line_start: bool, quoted: bool) -> str:
    shown: list[str] = []
    position = 0

    def inner(content: str, *, starts: bool = False, in_quote: bool = quoted) -> str:
        return _read(content, constructs, line_start=starts, quoted=in_quote)

    def record(kind: str, content: str, parse: Callable[[str], str] | None = None, target: str = "") -> None:
        place = len(constructs)
        visible = content if parse is None else parse(content)
        constructs.insert(place, Construct(kind, visible.replace("\u200b", ""), target))
        shown.append(visible)

    while position < len(text):
        if line_start and (end := _block(text, position, quoted, record, inner)):
            position = end
            continue
        end = _inline(text, position, record, inner)
        if end:
            line_start = False
            position = end
            continue
        if escaped := _ESCAPE.match(text, position):
            shown.append(escaped[1])
            position = escaped.end()
            line_start = False
            continue
        if litter := _LITTER.match(text, position):
            # A pair without its partner: a member sees the marks themselves.
            constructs.append(Construct("unbalanced mark", litter[0]))
        shown.append(text[position])
        line_start = text[position] == "\n" or (line_start and text[position].isspace())
        position += 1
    return "".join(shown)


def _block(
    text: str, position: int, quoted: bool, record: Callable[..., None], inner: Callable[..., str]
) -> int | None:
    for kind, pattern in _BLOCKS:
        found = pattern.match(text, position)
        if not found or (kind == QUOTE and quoted):
            continue
        if kind == QUOTE:
            content = re.sub(r"(?m)^ *> ", "", found[1])
            record(kind, content, lambda words: inner(words, starts=True, in_quote=True))
        else:
            record(kind, found[1] + "\n", inner)
        return found.end()
    return None


def _inline(text: str, position: int, record: Callable[..., None], inner: Callable[..., str]) -> int | None:
    if found := _CODE_BLOCK.match(text, position):
        record("code block", found[1])
        return found.end()
    if found := _CODE.match(text, position):
        record("code", found[2])
        return found.end()
    for kind, pattern in _INLINE:
        if found := pattern.match(text, position):
            record(kind, found[0])
            return found.end()
    if found := _MASKED_LINK.match(text, position):
        record(LINK, found[1], inner, found[2])
        return found.end()
    for kind, pattern in _PAIRS:
        if found := pattern.match(text, position):
            record(kind, found[1], inner)
            return found.end()
    return None
