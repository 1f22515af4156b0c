"""Escape text of members and reviews, so that Discord shows it and nothing in it is active.

There are two steps, so that the second can be undone. `clean` drops invisible and disruptive characters (control
characters, direction overrides, zero-width characters, stacks of accents). `escape_syntax` disables Discord's syntax
with backslashes and zero-width spaces alone. `escape` does both. `unescape` undoes `escape_syntax` exactly: so a
question is read back from a message that shows it.

`clean` keeps these invisible characters, because a reader would miss them:

- zero-width joiners between emoji, and joiners and non-joiners inside Arabic, Indic and other joining scripts, where
  they change the letters (Persian می‌روم);
- one variation selector after a visible character (the emoji form of a heart);
- the tag characters of a subdivision's flag.

Discord's syntax is that of its message formatting reference
(https://discord.com/developers/docs/reference#message-formatting) and of its published SimpleAST rules.
"""

from __future__ import annotations

import re
import unicodedata

from bot.config import MAX_ACCENTS, MAX_WORD

BREAK = "\u200b"
"""The zero-width space, the only invisible character that `escape_syntax` adds. `clean` removes all others."""


_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]{2,}|\t")
_NEWLINES = re.compile(r"[^\S\n]*\n\s*\n[^\S\n]*|[^\S\n]*\n[^\S\n]*")

_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f")
_JOINERS = "\u200c\u200d"
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd")
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u2065")
_JOINING_SCRIPTS = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0x1A00, 0x1CFF),  # Tai Tham, Balinese, Sundanese, Batak, Lepcha, Vedic
    (0xA800, 0xABFF),  # Syloti Nagri to Meetei Mayek
    (0xFB50, 0xFEFC),  # Arabic presentation forms
    (0x10A00, 0x11FFF),  # the historic and minority Indic scripts
)
_VIRAMA = 9  # the canonical combining class that Unicode gives to viramas

_ALL_VISIBLE = re.compile(r"[\n\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]*")

_LONG_WORD = re.compile(rf"\S{{{MAX_WORD + 1},}}")
_SYNTAX = re.compile(
    r"^(?P<indent>[^\S\n]?)(?P<bullet>[-+])(?=[\s#]|$)"
    r"|^(?P<number>[^\S\n]?\d+)\.(?=\s|$)"
    r"|(?P<mass>@)(?=everyone|here)"
    r"|[\\*_~|`<>\[\]@#]"
    r"|:(?=\S)"  # a link's scheme, an emoji's name
    r"|\.(?=[0-9A-Za-z])",  # a host's name, and so an invite
    re.MULTILINE | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])|" + BREAK)


def clean(text: str) -> str:
    """Remove what a reader can't see.

    White space becomes one character in a row, at most one blank line, and none around the end of a line. White space
    at the start and end of the text stays, so that parts of a text can be cleaned separately.
    """
    text = _without_invisible(_LINE_ENDS.sub("\n", text))
    text = _SPACES.sub(" ", text)
    return _NEWLINES.sub(lambda found: "\n" * min(found[0].count("\n"), 2), text)


def one_line(text: str) -> str:
    """Return the cleaned text on one line, without white space at either end."""
    return " ".join(clean(text).split())


def escape_syntax(cleaned: str) -> str:
    """Disable all of Discord's syntax in cleaned text.

    The result is safe at the start of a line, inside one, after `> `, and between the marks of `bold` and `spoiler`.
    It is for places where Discord reads Markdown. Labels of buttons and choices take `clean` text.
    """
    return _SYNTAX.sub(_disabled, _LONG_WORD.sub(lambda found: _with_breaks(found[0]), cleaned))


def escape(text: str) -> str:
    """Clean and escape any text."""
    return escape_syntax(clean(text))


def unescape(escaped: str) -> str:
    """Return the text that `escape_syntax` was given."""
    return _ESCAPED.sub(lambda found: found[1] or "", escaped)


def spoiler(escaped: str) -> str:
    """Put escaped text behind spoiler marks, each line by itself, so that no block can separate a pair of marks."""
    return _wrapped(escaped, "||")


def bold(escaped: str) -> str:
    """Put escaped text in bold, each line by itself."""
    return _wrapped(escaped, "**")


def block_quote(escaped: str) -> str:
    """Return escaped text as a block quote, without blank lines, which would end it."""
    return "\n".join(f"> {line}" for line in escaped.split("\n") if line.strip())


def is_boundary(text: str, position: int) -> bool:
    """Return True if the text can be split before a position without splitting a visible character."""
    if position <= 0 or position >= len(text):
        return True
    before, after = text[position - 1], text[position]
    return not (before in _JOINERS or _extends(after) or (_is_region(before) and _is_region(after)))


def _wrapped(escaped: str, mark: str) -> str:
    lines = []
    for line in escaped.split("\n"):
        words = line.strip()
        if not words:
            lines.append(line)
            continue
        before, _, after = line.partition(words)
        # An escaped mark at the end would join the closing pair.
        guard = BREAK if words.endswith(mark[0]) else ""
        lines.append(f"{before}{mark}{words}{guard}{mark}{after}")
    return "\n".join(lines)


def _disabled(found: re.Match[str]) -> str:
    if found["bullet"]:
        return f"{found['indent']}\\{found['bullet']}"
    if found["number"]:
        return f"{found['number']}\\."
    # Discord's servers find these two mentions even after a backslash, so a character has to come between.
    return f"\\@{BREAK}" if found["mass"] else f"\\{found[0]}"


def _with_breaks(word: str) -> str:
    parts = []
    start = 0
    for position in range(1, len(word)):
        if position - start >= MAX_WORD and is_boundary(word, position):
            parts.append(word[start:position])
            start = position
    return BREAK.join((*parts, word[start:]))


def _without_invisible(text: str) -> str:
    if _ALL_VISIBLE.fullmatch(text):
        return text
    kept: list[str] = []
    visible = [character for character in _characters(text) if not _is_invisible(character)]
    marks = 0
    for position, character in enumerate(visible):
        before = kept[-1] if kept else ""
        if character in _JOINERS:
            if not _joins(character, before, visible[position + 1] if position + 1 < len(visible) else ""):
                continue
        elif _is_selector(character):
            if not before or before.isspace() or before in _JOINERS or _is_selector(before):
                continue
        elif unicodedata.category(character[0]) in {"Mn", "Me"}:
            marks += 1
            if marks > MAX_ACCENTS:
                continue
        else:
            marks = 0
        kept.append(character)
    return "".join(kept)


def _characters(text: str) -> list[str]:
    """Return the text's characters, where a subdivision's flag counts as one."""
    parts: list[str] = []
    end = 0
    for flag in _FLAG.finditer(text):
        parts.extend(text[end : flag.start()])
        parts.append(flag[0])
        end = flag.end()
    parts.extend(text[end:])
    return parts


def _is_invisible(character: str) -> bool:
    if len(character) > 1 or character in "\n\t" or character in _JOINERS:
        return False
    category = unicodedata.category(character)
    return (
        category in {"Cc", "Cs"}
        or (category == "Cf" and character not in _VISIBLE_FORMATS)
        or (category == "Cn" and (ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"))
        or character in _BLANK_LETTERS
    )


def _joins(joiner: str, before: str, after: str) -> bool:
    if joiner == "\u200d" and _is_pictograph(after) and (_is_pictograph(before) or before == "\ufe0f"):
        return True
    if not before or not _is_joining_script(before):
        return False
    return unicodedata.combining(before) == _VIRAMA or (
        _is_joining_script(after) and unicodedata.category(after).startswith("L")
    )


def _is_joining_script(character: str) -> bool:
    return (
        len(character) == 1
        and unicodedata.category(character)[0] in "LM"
        and any(first <= ord(character) <= last for first, last in _JOINING_SCRIPTS)
    )


def _is_pictograph(character: str) -> bool:
    if not character:
        return False
    # The block test is for emoji that are younger than this Python's Unicode tables.
    return len(character) > 1 or unicodedata.category(character) == "So" or "\U0001f000" <= character <= "\U0001faff"


def _is_selector(character: str) -> bool:
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\u180b" <= character <= "\u180d"
        or character == "\u180f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in _JOINERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_region(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
