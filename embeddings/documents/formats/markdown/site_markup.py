"""The marks that site generators and note programs add to Markdown: removed, or replaced by what a reader sees.

Hugo and Jekyll shortcodes, Liquid, MDX, Obsidian. Every replacement keeps the number of lines, for errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import dedent

from embeddings.documents.formats.headers.fields import field_name
from embeddings.documents.formats.marked_text import SPOILER, SPOILER_END
from embeddings.documents.formats.spoilers import mark_spoilers
from embeddings.documents.notes import Mended, Note
from embeddings.lexicon import COLLAPSED_BLOCKS, DROPPED_BLOCKS, HEADER_FIELDS, QUOTE_NAMES, SPOILER_FREE, SPOILER_NAMES

_HUGO = re.compile(r"\{\{[<%]-?\s*(?P<end>/?)\s*(?P<name>[\w./-]*)(?P<rest>[^{}]*?)(?P<alone>/?)\s*-?[>%]\}\}")
_LIQUID = re.compile(r"\{%-?\s*(?P<end>end)?(?P<name>[\w-]*)(?P<rest>[^{}]*?)(?P<alone>)-?%\}")
_OUTPUT = re.compile(r"\{\{(?:[^{}]|\{[^{}\n]{0,200}\}){0,500}\}\}")
_FENCED_DIV = re.compile(r"^:{3,}[ \t]*(?P<name>[\w-]*)(?P<rest>[^\n]*)$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"[ \t]*\{(?::[^{}\n]*|[#.][\w-]+[^{}\n]*)\}")
_HIDDEN_SPAN = re.compile(r"\[(?P<text>[^\[\]]{1,2000})\]\{[^{}\n]*(?<![\w-])spoilers?\b[^{}\n]*\}", re.IGNORECASE)
_SPAN = re.compile(r"\[(?P<text>[^\[\]\n]{1,2000})\]\{[.#:][^{}\n]*\}")
_HIDDEN_MARKED = re.compile(
    r"(?P<mark>\*{1,3}|_{1,3}|==)(?=\S)(?P<text>[^\n]{1,2000}?\S)(?P=mark)\{[^{}\n]*(?<![\w-])spoilers?\b[^{}\n]*\}",
    re.IGNORECASE,
)
_HIDING_LINE = re.compile(r"[ \t]*\{:?[^{}\n]*(?<![\w-])spoilers?\b[^{}\n]*\}[ \t]*", re.IGNORECASE)
"""Attributes that hide the paragraph above them."""
_ADMONITION = re.compile(
    r"^(?P<kind>!!!|\?{3}\+?)[ \t]+(?P<name>[^\n]+)\n(?P<text>(?:(?: {4}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+)", re.MULTILINE
)
_TEMPLATE_COMMENT = re.compile(r"\{#(?!\w).{0,1000}?#\}", re.DOTALL)
_FORUM_PICTURE = re.compile(r"\[img(?:=[^\[\]\n]{0,100})?\][^\[\]\n]{0,1000}\[/img\]", re.IGNORECASE)
_FORUM_QUOTE = re.compile(r"\[(?P<end>/?)quote(?:=[^\[\]\n]{0,100})?\]", re.IGNORECASE)
_FORUM_TAG = re.compile(
    r"\[(/?)(?:([bi])|u|s|url|size|color|font|center|left|right|list|indent)(?:=[^\[\]\n]{0,1000})?\]|^\[\*\]",
    re.IGNORECASE | re.MULTILINE,
)
_WORDPRESS = re.compile(
    r"\[(?P<name>caption|embed|audio|video|playlist|code|sourcecode)\b[^\[\]\n]{0,500}\].{0,2000}?\[/(?P=name)\]"
    r"|\[/?(?:gallery|youtube|vimeo|embed|audio|video|playlist|caption|tweet|instagram|spotify|soundcloud|googlemaps"
    r"|more|nextpage|contact-form(?:-7)?)(?:[ =][^\[\]\n]{0,500})?\](?![(\[])",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK_REFERENCE = re.compile(r"\(\([0-9a-f][0-9a-f-]{5,40}\)\)")
_ORG_QUOTE = re.compile(r"^([ \t]*(?:[-*+][ \t]+)?)#\+(?P<kind>BEGIN|END)_QUOTE[ \t]*$", re.MULTILINE | re.IGNORECASE)
_SMALL_PRINT = re.compile(r"(?<!\\)\^\(([^()\n]{1,1000})\)")
_MATH = re.compile(r"^[ \t]*\$\$(?!\$).{1,2000}?\$\$[ \t]*$", re.DOTALL | re.MULTILINE)
_FALLBACK = re.compile(
    r"<(audio|canvas|iframe|noscript|object|video)\b[^<>]*>.{0,2000}?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_CONTENTS = re.compile(
    r"^[ \t]*(?:(?:[*+-]|\d+\.)[ \t]+\S.*\n[ \t]*\{:[ \t]*toc.*|\[\[_?toc_?\]\]|\[toc\]|\$\{toc\})[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_INLINE_NOTE = re.compile(r"\^\[([^\[\]\n]{1,2000})\]")
_ABBREVIATION = re.compile(r"^\*\[[^\[\]\n]+\]:.*$", re.MULTILINE)

_PRIVATE = re.compile(r"%%.*?%%", re.DOTALL)
_ENDLESS_PRIVATE = re.compile(r"^[ \t]*%%(?!%)", re.MULTILINE)
_TEMPLATER = re.compile(r"<%.{0,2000}?%>", re.DOTALL)
_EMBED = re.compile(r"!\[\[[^\[\]\n]*\]\]")
_WIKILINK = re.compile(r"\[\[(?P<target>[^\[\]|\n]*)(?:\|(?P<shown>[^\[\]\n]*))?\]\]")
_BLOCK_ID = re.compile(r"(?:^|[ \t]+)\^[\w-]+[ \t]*$", re.MULTILINE)
_TAG_LINE = re.compile(r"^[ \t]*(?:#[^\W\d][\w/-]*#?(?:[ \t,]+|$))+$", re.MULTILINE)
_LAST_TAGS = re.compile(r"(?<=[^\s#\\])(?:[ \t]+#[^\W\d][\w/-]*){1,20}[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"#([\w/-]+)")
_PROPERTIES = re.compile(
    r"\A\s*(?:#{1,2} [^\n]+\n\s*)?(?P<lines>(?:[^\W\d_][\w /()&'’?-]{0,40}:[ \t]+\S[^\n]*\n){2,}|)(?=\s*$|\s*\n)"
)
_FACT_LINE = re.compile(
    r"^[ \t]*(?:[-*+][ \t]+)?[*_]{0,2}(?P<key>[^\W\d][\w -]{0,40}?)[*_]{0,2}::[ \t]*(?P<value>.*)$", re.MULTILINE
)
_INLINE_FACT = re.compile(r"(?:\[(?P<key>[^\W\d][\w -]{0,40})::[ \t]*(?P<value>[^\[\]\n]*)\]"
                          r"|\((?P<other>[^\W\d][\w -]{0,40})::[ \t]*(?P<given>[^()\n]*)\))")  # fmt: skip
_CODE = re.compile(r"(?<!`)(`{1,3})(?P<code>[^`\n]{1,2000})\1(?!`)")
_HIGHLIGHT = re.compile(r"==(?=\S)([^=\n]+?)(?<=\S)==")

_IMPORT = re.compile(
    r"^(?:import\s[^\n]*?(?:from\s+)?[\"'][^\"'\n]+[\"'];?"
    r"|export\s+(?:const|default|let|function)\b(?:[^\n]+\n)*[^\n]*)$",
    re.MULTILINE,
)
_MULTILINE_IMPORT = re.compile(r"^import\s*\{[^{}]*\}\s*from\s*[\"'][^\"'\n]+[\"'];?[ \t]*$", re.MULTILINE)
_JSX_COMMENT = re.compile(r"\{/\*.{0,5000}?\*/\}", re.DOTALL)
_JSX = re.compile(
    r"(?<!\\)<(?P<end>/?)(?P<name>[A-Z][\w.]{0,60})"
    r"(?P<rest>(?:[^<>{}\"'/]|\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|\{(?:[^{}]|\{[^{}]{0,200}\}){0,500}\}|/(?!>)){0,500})(?P<alone>/?)>"
)
_JSX_VALUE = re.compile(r"\{[^{}\n]*\}")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without the marks, the facts that stood in it, and what had to be mended."""

    text: str
    facts: dict[str, str]
    notes: tuple[Note, ...]


def remove_site_markup(text: str, *, first_line: int = 1, is_mdx: bool = False) -> CleanText:
    """Return a Markdown text as its readers see it, but still Markdown.

    Args:
        text: the text.
        first_line: the line of the file where it begins.
        is_mdx: whether it has components and expressions of JavaScript.
    """
    facts: dict[str, str] = {}
    notes: list[Note] = []
    if "`" in text and ("{" in text or "<%" in text or "%%" in text):
        text = _CODE.sub(_without_code_of_marks, text)
    if "%%" in text:
        text = _PRIVATE.sub(_lines_of, text)
        if endless := _ENDLESS_PRIVATE.search(text):
            line = first_line + text.count("\n", 0, endless.start())
            notes.append(Note(Mended.ENDLESS, "The comment '%%' has no end, so the text after it was left out.", line))
            text = text[: endless.start()]
    if is_mdx:
        for pattern in (_MULTILINE_IMPORT, _IMPORT, _JSX_COMMENT):
            text = pattern.sub(_lines_of, text)
    if is_mdx or "</" in text or "/>" in text:
        text = _replace_tags(_JSX, text)
    if is_mdx:
        text = _JSX_VALUE.sub(lambda found: " " if found[0] in ("{' '}", '{" "}') else "", text)
    text = _without_properties(text, facts)
    if "</" in text:
        text = _FALLBACK.sub(_lines_of, text)
    if "$$" in text:
        text = _MATH.sub(_lines_of, text)
    if ":::" in text:
        text = _fenced_divs(text)
    if "{" in text:
        text = _CONTENTS.sub(_lines_of, text)
        if "spoiler" in text.lower():
            text = _HIDDEN_SPAN.sub(rf"{SPOILER}\g<text>{SPOILER_END}", text)
            text = _HIDDEN_MARKED.sub(rf"\g<mark>{SPOILER}\g<text>{SPOILER_END}\g<mark>", text)
            text = _hide_paragraphs(text)
        text = _SPAN.sub(r"\g<text>", text)
        for pattern in (_HUGO, _LIQUID):
            text = _replace_tags(pattern, text)
        text = _ATTRIBUTES.sub("", _OUTPUT.sub(_lines_of, _TEMPLATE_COMMENT.sub(_lines_of, text)))
    if "[/" in text:
        text = _FORUM_PICTURE.sub("", text)
        # The marks of Markdown need spaces around them, and tags need none.
        text = _FORUM_TAG.sub(lambda found: f"<{found[1]}{found[2]}>" if found[2] else "", text)
        text = _FORUM_QUOTE.sub(lambda found: "\n\n</blockquote>\n\n" if found["end"] else "<blockquote>\n\n", text)
    if "[" in text:
        text = _WORDPRESS.sub(_lines_of, text)
        text = _CONTENTS.sub(_lines_of, text)
        text = _WIKILINK.sub(_shown, _EMBED.sub("", text))
        text = _ABBREVIATION.sub("", _INLINE_NOTE.sub(r" (\1)", text))
    if "!!!" in text or "???" in text:
        text = _ADMONITION.sub(_admonition, text)
    if "::" in text:
        text = _FACT_LINE.sub(lambda found: _take(found["key"], found["value"], facts), text)
        text = _INLINE_FACT.sub(
            lambda found: _take(found["key"] or found["other"], found["value"] or found["given"], facts), text
        )
    if "((" in text:
        text = _BLOCK_REFERENCE.sub("", text)
    if "#" in text:
        text = _ORG_QUOTE.sub(
            lambda found: (
                f"{found[1]}<blockquote>" if found["kind"].lower() == "begin" else f"\n{found[1]}</blockquote>"
            ),
            text,
        )
        text = _TAG_LINE.sub(lambda found: _take("tags", ", ".join(_TAG.findall(found[0])), facts), text)
        text = _LAST_TAGS.sub("", text)
    if "<%" in text:
        text = _TEMPLATER.sub(_lines_of, text)
    if "^" in text:
        text = _BLOCK_ID.sub("", _SMALL_PRINT.sub(r"\1", text))
    return CleanText(mark_spoilers(_HIGHLIGHT.sub(r"\1", text)), facts, tuple(notes))


def _without_properties(text: str, facts: dict[str, str]) -> str:
    """Return the text without the lines `Director: Ann Lee` below its title, as Notion writes properties."""
    found = _PROPERTIES.match(text)
    pairs = [line.split(":", 1) for line in found["lines"].splitlines()] if found else []
    if not found or not any(field_name(key) in HEADER_FIELDS for key, _ in pairs):
        return text
    for key, value in pairs:
        _take(key, value, facts)
    start, end = found.span("lines")
    return text[:start] + "\n" * len(pairs) + text[end:]


def _admonition(found: re.Match[str]) -> str:
    """Return the text of an admonition of MkDocs. One that is closed at first is hidden."""
    shown = dedent(found["text"])
    if found["kind"] == "!!!" and not SPOILER_NAMES.search(found["name"]):
        return f"\n{shown}"
    words = shown.rstrip()
    return f"\n{SPOILER}{words}{SPOILER_END}{shown[len(words) :]}"


def _hide_paragraphs(text: str) -> str:
    """Return the text with marks around each paragraph that a line of attributes below it hides."""
    lines = text.split("\n")
    start = 0
    for number, line in enumerate(lines):
        if not line.strip():
            start = number + 1
        elif _HIDING_LINE.fullmatch(line) and number > start:
            lines[start] = SPOILER + lines[start]
            lines[number - 1] = lines[number - 1].rstrip() + SPOILER_END
            lines[number] = ""
            start = number + 1
    return "\n".join(lines)


def _lines_of(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _without_code_of_marks(found: re.Match[str]) -> str:
    """Return a stretch of code, or nothing if it is marks alone, of which only the backticks would be left."""
    code = found["code"]
    for pattern in (_HUGO, _LIQUID, _OUTPUT, _TEMPLATER, _PRIVATE):
        code = pattern.sub("", code)
    return found[0] if code.strip() else ""


def _shown(found: re.Match[str]) -> str:
    if found["shown"]:
        return found["shown"]
    target, _, heading = found["target"].partition("#")
    return target.rpartition("/")[2] or heading.lstrip("^")


def _take(key: str, value: str, facts: dict[str, str]) -> str:
    name = field_name(key)
    if value.strip():
        facts[name] = (
            f"{facts[name]}, {value.strip()}" if name == "tags" and name in facts else facts.get(name, value.strip())
        )
    return ""


def _replace_tags(pattern: re.Pattern[str], text: str) -> str:
    """Return the text without the tags of a template language, and without what stands in those that hold no text."""
    pieces: list[str] = []
    at = 0
    dropped: str | None = None
    hiding: dict[str, list[bool]] = {}
    ends = {found["name"].lower(): found.start() for found in pattern.finditer(text) if found["end"]}
    for found in pattern.finditer(text):
        name = found["name"].lower()
        if dropped is not None:
            if found["end"] and name == dropped:
                pieces.append("\n" * text.count("\n", at, found.end()))
                at, dropped = found.end(), None
            continue
        pieces.append(text[at : found.start()])
        at = found.start()
        if name in DROPPED_BLOCKS and not (found["end"] or found["alone"]) and ends.get(name, 0) > at:
            dropped = name
            continue
        is_end = bool(found["end"])
        has_end = ends.get(name, 0) > at
        hides = (
            bool(hiding.get(name) and hiding[name].pop()) if is_end else _hides(name, found["rest"] if has_end else "")
        )
        if not (is_end or found["alone"]):
            hiding.setdefault(name, []).append(hides)
        pieces.append(_replaced(name, is_end, bool(found["alone"]), hides=hides) + _lines_of(found))
        at = found.end()
    pieces.append(text[at:])
    return "".join(pieces)


def _hides(name: str, rest: str) -> bool:
    """Return True if a shortcode hides its content until somebody asks for it."""
    return name in COLLAPSED_BLOCKS or any(
        SPOILER_NAMES.search(text) is not None and SPOILER_FREE.search(text) is None for text in (name, rest)
    )


def _replaced(name: str, is_end: bool, is_alone: bool, *, hides: bool) -> str:
    if hides and not is_alone:
        return SPOILER_END if is_end else SPOILER
    if name in QUOTE_NAMES and not is_alone:
        return "</blockquote>" if is_end else "<blockquote>"
    return ""


def _fenced_divs(text: str) -> str:
    """Return the text without the lines that open and close blocks such as `::: spoiler`."""
    is_open: list[bool] = []

    def replaced(found: re.Match[str]) -> str:
        if found["name"] or found["rest"].strip():
            names = found["name"], found["rest"].strip(" \t[]")
            words = re.findall(r"[\w-]+", " ".join(names))
            is_open.append(any(SPOILER_NAMES.fullmatch(word) or word in COLLAPSED_BLOCKS for word in words))
            return SPOILER if is_open[-1] else ""
        return SPOILER_END if is_open and is_open.pop() else ""

    return _FENCED_DIV.sub(replaced, text)
