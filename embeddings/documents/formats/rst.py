"""reStructuredText: docutils makes a tree of it, which reads nothing else and runs nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.documents.formats.article import Article
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.fields import Header, Value, field_name
from embeddings.documents.formats.marked_text import (
    BOLD,
    BOLD_END,
    PICTURE,
    SPOILER,
    SPOILER_END,
    BlockMaker,
    demote_last_headings,
    without_marks,
)
from embeddings.documents.formats.spoilers import mark_spoilers
from embeddings.lexicon import COLLAPSED_BLOCKS, SPOILER_NAMES

if TYPE_CHECKING:
    from docutils import nodes

_NOTE = "\ufdef"
"""Stands for a footnote's mark, which goes with the space before it."""

_DIRECTIVE = re.compile(
    rf"^([ \t]*)\.\. (?:(?:{SPOILER_NAMES.pattern}|{'|'.join(sorted(COLLAPSED_BLOCKS))})::.*|container::.*spoiler.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""A directive that hides its content. docutils knows none."""
_ROLE = re.compile(r":spoiler:`([^`\n]{1,2000})`", re.IGNORECASE)

_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "_disable_config": True,
    "warning_stream": False,
    "docinfo_xform": False,
    "doctitle_xform": False,
    "line_length_limit": 1_000_000,
}


def read_rst(data: bytes, path: Path) -> Article:
    """Return the review of a reStructuredText file. Directives that a site adds are left out.

    Raises:
        ReviewFileError: the bytes are not text.
    """
    from docutils import nodes
    from docutils.core import publish_doctree

    text, notes = decode_text(data, path)
    source = _ROLE.sub(rf"{SPOILER}\1{SPOILER_END}", _DIRECTIVE.sub(r"\1.. container:: spoiler", without_marks(text)))
    tree = publish_doctree(mark_spoilers(source), settings_overrides=_SETTINGS)
    maker = BlockMaker([])
    fields: dict[str, Value] = {}
    for node in tree.findall(nodes.TextElement):
        if _is_within(node, nodes.TextElement, nodes.system_message, nodes.comment, nodes.caption):
            continue
        if isinstance(
            node,
            nodes.field_name
            | nodes.label
            | nodes.comment
            | nodes.literal_block
            | nodes.target
            | nodes.raw
            | nodes.caption,
        ):
            continue
        if any(isinstance(each, nodes.topic) and "contents" in each["classes"] for each in _parents(node)):
            # The headings once more.
            continue
        field = _parent(node, nodes.field)
        if field is not None:
            name = field_name(field[0].astext())
            fields.setdefault(name, field[1].astext().replace("\n", " "))
            continue
        level = 0
        if isinstance(node, nodes.title):
            level = sum(isinstance(each, nodes.section) for each in _parents(node)) or 1
        quoted = any(isinstance(each, nodes.block_quote) for each in _parents(node))
        shown = _shown(node).replace(f" {_NOTE}", "").replace(_NOTE, "")
        classes = [
            name for each in (node, *_parents(node)) if isinstance(each, nodes.Element) for name in each["classes"]
        ]
        if any(map(SPOILER_NAMES.search, classes)):
            shown = f"{SPOILER}{shown}{SPOILER_END}"
        maker.add(shown, node.line or 0, level=level, quoted=quoted, may_be_heading=not quoted)
    return Article("", tuple(demote_last_headings(maker.blocks)), header=Header(fields), notes=notes)


def _shown(node: nodes.Node) -> str:
    from docutils import nodes

    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.image):
        return PICTURE
    if isinstance(node, nodes.footnote_reference | nodes.citation_reference | nodes.system_message | nodes.problematic):
        return _NOTE
    text = "".join(_shown(child) for child in node.children)
    return f"{BOLD}{text}{BOLD_END}" if isinstance(node, nodes.strong) else text


def _parents(node: nodes.Node) -> list[nodes.Node]:
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _parent(node: nodes.Node, kind: type[nodes.Element]) -> nodes.Element | None:
    return next((each for each in _parents(node) if isinstance(each, kind)), None)


def _is_within(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    return any(isinstance(each, kinds) for each in _parents(node))
