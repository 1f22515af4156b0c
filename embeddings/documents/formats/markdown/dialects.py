"""Other light markup in text files, as Markdown: AsciiDoc, Textile, MediaWiki's and Gemini's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from embeddings.documents.formats.headers.fields import Value, field_name
from embeddings.lexicon import HEADER_FIELDS

_Rules = Sequence[tuple[str, str]]

_ASCIIDOC = re.compile(r"\A\s*(?:(?://|:[\w-]+:).*\n)*= \S.*[^=\s]\s*$|^={2,6} \S.*[^=\s]\s*$", re.MULTILINE)
_TEXTILE = re.compile(r"^(?:h[1-6]|bq)\. \S", re.MULTILINE)
_WIKI = re.compile(r"^(={1,6})[^=\n]+\1[ \t]*$|'''\S|\[\[(?:Category|File|Image):", re.MULTILINE)
_GEMINI = re.compile(r"^=>[ \t]*\S+", re.MULTILINE)
_ATTRIBUTE = re.compile(r":(!?[\w-]+!?):[ \t]*(.*)")
_AUTHOR = re.compile(r"[^\W\d_][\w.'’ -]*?(?:\s*<[^<>\s]+>)(?:;.*)?")
_REVISION = re.compile(r"v?\d+(?:\.\d+)*(?:,.*)?|(?:v[\d.]+,\s*)?\d{4}-\d\d-\d\d.*")

_ASCIIDOC_RULES: _Rules = (
    (r"^////+\n.*?\n////+$", ""),
    (r"^//[^\n]*$", ""),
    (r"^(?:-{4,}|\.{4,}|\+{4,})\n.*?\n(?:-{4,}|\.{4,}|\+{4,})$", ""),
    (
        r"^(?:\[[^\]\n]*\b(?:quote|verse)\b[^\]\n]*\]\n)?_{4,}\n(?P<quote>.*?)\n_{4,}$",
        "<blockquote>\n\n\\g<quote>\n\n</blockquote>",
    ),
    (
        r"^(?:\[%collapsible[^\]\n]*\]|\[\.spoiler[^\]\n]*\])\n(?:\.[^\n]*\n)?={4,}\n(?P<hidden>.*?)\n={4,}$",
        "[spoiler]\\g<hidden>[/spoiler]",
    ),
    (r"^[ \t]*(?:image|video|audio|include|toc)::?\S*\[[^\]\n]*\][ \t]*$", ""),
    (r"^\.[^\s.][^\n]*$", ""),
    (r"^:!?[\w-]+!?:[^\n]*$", ""),
    (r"^(?:={4,}|\*{4,}|--|'''|<<<)$", ""),
    (r"^\[[^\]\n]*\]$", ""),
    (r"^(={1,6}) ", "#"),
    (r"image:[^\s\[]+\[[^\]\n]*\]", ""),
    (r"\[\.?(?:spoiler)\]#([^#\n]+)#", "[spoiler]\\1[/spoiler]"),
    (r"(?:link:|xref:|https?:)[^\s\[]+\[([^\]\n]+?)\^?\]|<<[^<>,\n]+,([^<>\n]+)>>", "\\1\\2"),
    (r"footnote:\w*\[([^\]\n]*)\]", ""),
    (r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", "**\\1**"),
    (r" \+$", "\\\\"),
)  # fmt: skip
_TEXTILE_RULES: _Rules = (
    (r"^h([1-6])(?:\([^)\n]*\))?\. ", "#"),
    (r"^(?:p|fn\d+)(?:\([^)\n]*\)|[<>=]+)?\. ", ""),
    (r"^bq(?:\([^)\n]*\))?\. ", "> "),
    (r"^(?:bc|pre|notextile|###)\. [^\n]*$", ""),
    (r"!(?:[<>=])?[^\s!]+\.(?:png|jpe?g|gif|webp)(?:\([^)\n]*\))?!(?::\S+)?", ""),
    (r"\"([^\"\n]+)\":(?:https?://|/|\.)\S*", "\\1"),
    (r"%\(spoiler\)([^%\n]+)%", "[spoiler]\\1[/spoiler]"),
    (r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", "**\\1**"),
    (r"\[\d+\]", ""),
)
_WIKI_RULES: _Rules = (
    (r"<ref\b[^<>]*/>|<ref\b[^<>]*>.*?</ref>|<!--.*?-->|<gallery.*?</gallery>|__[A-Z]+__", ""),
    (r"\[\[(?:File|Image|Category|Datei|Kategorie|Fichier|Catégorie):(?:[^\[\]]|\[\[[^\[\]]*\]\])*\]\]", ""),
    (r"\{\{\s*(?:spoiler|hidden|collapse)[^{}|]*\|(?:[^{}|=]*=)?([^{}]*)\}\}", "[spoiler]\\1[/spoiler]"),
    (r"\{\{\s*(?:quote|blockquote|cquote)\s*\|(?:(?:text|1|quote)=)?([^{}|]*)[^{}]*\}\}", "\n\n> \\1\n\n"),
    (r"\{\{[^{}]*\}\}", ""),
    (r"^\{\|.*?^\|\}", ""),
    (r"^(={1,6})[ \t]*([^=\n]+?)[ \t]*={1,6}[ \t]*$", "#"),
    (r"'''''|'''", "**"),
    (r"''", "*"),
    (r"\[https?://[^\s\]]+\s+([^\]\n]+)\]", "\\1"),
    (r"\[https?://[^\s\]]+\]", ""),
    (r"^:+[ \t]*", ""),
)
_GEMINI_RULES: _Rules = ((r"^=>[^\n]*$", ""),)


def to_markdown_text(text: str) -> tuple[str, dict[str, Value]] | None:
    """Return a text in another light markup as Markdown, and the fields of its header; None if it is in none."""
    if _ASCIIDOC.search(text) and not _WIKI.search(text):
        return _asciidoc(text)
    for sign, rules in ((_TEXTILE, _TEXTILE_RULES), (_WIKI, _WIKI_RULES), (_GEMINI, _GEMINI_RULES)):
        if sign.search(text):
            return _rewritten(text, rules), {}
    return None


def _asciidoc(text: str) -> tuple[str, dict[str, Value]]:
    """Return an AsciiDoc text as Markdown. Below its title are the author, the revision and attributes."""
    lines = text.split("\n")
    fields: dict[str, Value] = {}
    title = next((number for number, line in enumerate(lines) if line.startswith("= ")), -1)
    for number, line in enumerate(lines[title + 1 :], title + 1):
        if found := _ATTRIBUTE.match(line):
            name = field_name(found[1])
            if name in HEADER_FIELDS and found[2]:
                fields.setdefault(name, found[2])
        elif number == title + 1 > 0 and _AUTHOR.fullmatch(line):
            fields["author"] = line.partition("<")[0].strip()
        elif title >= 0 and number in (title + 1, title + 2) and _REVISION.fullmatch(line):
            if found := re.search(r"\d{4}-\d\d-\d\d", line):
                fields["date"] = found[0]
        elif not line.startswith("//"):
            break
        lines[number] = ""
    return _rewritten("\n".join(lines), _ASCIIDOC_RULES), fields


def _rewritten(text: str, rules: _Rules) -> str:
    for pattern, replacement in rules:
        put: str | Callable[[re.Match[str]], str] = _heading if replacement == "#" else _filled(replacement)
        text = re.sub(pattern, put, text, flags=re.MULTILINE | re.DOTALL | re.IGNORECASE)
    return text


def _heading(found: re.Match[str]) -> str:
    """Return a heading's marks in Markdown, with its words where the pattern holds them."""
    level = int(found[1]) if found[1].isdigit() else len(found[1])
    return f"{'#' * level} {found[2] if found.re.groups > 1 else ''}"


def _filled(replacement: str) -> Callable[[re.Match[str]], str]:
    def put(found: re.Match[str]) -> str:
        # As many lines as before, for errors.
        shown = found.expand(replacement)
        return shown + "\n" * (found[0].count("\n") - shown.count("\n"))

    return put
