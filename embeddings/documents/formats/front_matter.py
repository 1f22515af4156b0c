"""Front matter: the YAML fields before a Markdown review, between two lines of three hyphens."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from embeddings.config import FRONT_MATTER_CHARACTERS, FRONT_MATTER_DEPTH
from embeddings.documents.formats.blocks import collapse_spaces
from embeddings.errors import ReviewFileError

_KNOWN_FIELDS = ("title", "work", "year", "author", "source", "aliases", "spoilers")
_NO_TITLE = "The front matter has no title. Add a line 'title: The Title'."
_COMPARED_LENGTH = 80
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields of a review. `spoilers` pairs each slug with its line."""

    title: str
    work: str | None = None
    year: int | None = None
    author: str | None = None
    source: str | None = None
    aliases: tuple[str, ...] = ()
    spoilers: bool | tuple[tuple[str, int], ...] = False


def split_front_matter(text: str, path: Path) -> tuple[FrontMatter, str, int]:
    """Return the front matter, the body, and the number of lines before the body.

    Raises:
        ReviewFileError: the front matter is missing or broken; names the line.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        reason = "The file has no front matter. Begin it with the lines '---', 'title: The Title' and '---'."
        raise ReviewFileError(path, 1, reason)
    close = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), None)
    if close is None:
        raise ReviewFileError(path, 1, "The front matter has no end. Add a line of three hyphens after its last field.")
    return _parse("\n".join(lines[1:close]), path), "\n".join(lines[close + 1 :]), close + 1


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return a sentence that suggests the nearest known word, or "" if none is near."""
    # Only the start is compared, because the comparison's time grows with the square of the length.
    near = difflib.get_close_matches(word.casefold()[:_COMPARED_LENGTH], known, n=1)
    return f"Did you mean '{near[0]}'?" if near else ""


def is_link(text: str) -> bool:
    """Return True if a text is a link that begins with http:// or https://, as `source` must."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _parse(text: str, path: Path) -> FrontMatter:
    if len(text) > FRONT_MATTER_CHARACTERS:
        reason = f"The front matter has more than {FRONT_MATTER_CHARACTERS:,} characters. Shorten it."
        raise ReviewFileError(path, 1, reason)
    try:
        _refuse_nesting(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 2
        reason = f"The front matter has the character U+{error.character:04X}, which YAML forbids. Remove it."
        raise ReviewFileError(path, line, reason) from error
    except (ValueError, OverflowError) as error:
        # PyYAML passes an escape such as "\Uffffffff" to chr unchecked.
        line = text.count("\n", 0, text.find("\\U")) + 2
        reason = "The front matter is broken: an escape '\\U' names no character. Remove it."
        raise ReviewFileError(path, line, reason) from error
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 2
        problem = collapse_spaces(error.problem or error.context or "it is not YAML")
        reason = f"The front matter is broken: {problem}. Put values that contain ':' or '#' in quotes."
        raise ReviewFileError(path, line, reason) from error
    if root is None:
        raise ReviewFileError(path, 1, _NO_TITLE)
    if not isinstance(root, yaml.MappingNode):
        raise ReviewFileError(path, _line(root), "The front matter must consist of fields, such as 'title: The Title'.")
    nodes: dict[str, yaml.Node] = {}
    for key, value in root.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in _KNOWN_FIELDS:
            shown = collapse_spaces(_UNPRINTABLE.sub("\ufffd", name))[:60]
            known = suggestion(name, _KNOWN_FIELDS) or f"The fields are {', '.join(_KNOWN_FIELDS)}."
            raise ReviewFileError(path, _line(key), f"'{shown}' is not a known field. {known}")
        if name in nodes:
            raise ReviewFileError(path, _line(key), f"The field '{name}' appears twice. Remove one of them.")
        nodes[name] = value
    fields = _Fields(path, nodes)
    title = fields.text("title")
    if title is None:
        raise ReviewFileError(path, 1, _NO_TITLE)
    return FrontMatter(
        title=title,
        work=fields.text("work"),
        year=fields.year(),
        author=fields.text("author"),
        source=fields.source(),
        aliases=tuple(alias for alias, _ in fields.texts("aliases")),
        spoilers=fields.spoilers(),
    )


def _refuse_nesting(text: str, path: Path) -> None:
    """Refuse aliases and deep nesting, which no field needs, before YAML builds anything from them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            reason = "The front matter refers to another value with '*'. Put values that begin with '*' in quotes."
            raise ReviewFileError(path, _line(event), reason)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > FRONT_MATTER_DEPTH:
            reason = "The front matter is nested too deeply. A field is text or a list."
            raise ReviewFileError(path, _line(event), reason)


def _line(marked: yaml.Node | yaml.Event) -> int:
    """Return the line in the file. Marks count from 0 and start at the file's second line."""
    mark = marked.start_mark
    return 1 if mark is None else mark.line + 2


@dataclass(frozen=True, slots=True)
class _Fields:
    """The values of the fields, checked when they are read. An empty value counts as absent."""

    path: Path
    nodes: dict[str, yaml.Node]

    def text(self, name: str) -> str | None:
        node = self._node(name)
        return None if node is None else self._text(node, f"The field '{name}' must be text.")

    def year(self) -> int | None:
        node = self._node("year")
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"0*[1-9][0-9]{0,3}", node.value, re.ASCII):
            raise ReviewFileError(self.path, _line(node), "The field 'year' must be a year, such as 2010.")
        return int(node.value)

    def source(self) -> str | None:
        node = self._node("source")
        if node is None:
            return None
        reason = "The field 'source' must be a link that begins with http:// or https://."
        link = self._text(node, reason)
        if not is_link(link):
            raise ReviewFileError(self.path, _line(node), reason)
        return link

    def texts(self, name: str) -> tuple[tuple[str, int], ...]:
        """Return the texts of a list, each with its line."""
        node = self._node(name)
        if node is None:
            return ()
        reason = f"The field '{name}' must be a list, such as [one, another]."
        if not isinstance(node, yaml.SequenceNode):
            raise ReviewFileError(self.path, _line(node), reason)
        return tuple((self._text(item, reason), _line(item)) for item in node.value)

    def spoilers(self) -> bool | tuple[tuple[str, int], ...]:
        node = self._node("spoilers")
        if isinstance(node, yaml.ScalarNode):
            if node.tag == "tag:yaml.org,2002:bool":
                return node.value.lower() in {"true", "yes", "on"}
            reason = "The field 'spoilers' must be true or a list of section slugs."
            raise ReviewFileError(self.path, _line(node), reason)
        return self.texts("spoilers")

    def _node(self, name: str) -> yaml.Node | None:
        node = self.nodes.get(name)
        return None if node is None or node.tag == "tag:yaml.org,2002:null" else node

    def _text(self, node: yaml.Node, reason: str) -> str:
        # A film may be called 1984 or Yes: the text counts, not the type that YAML gives it.
        if not isinstance(node, yaml.ScalarNode):
            raise ReviewFileError(self.path, _line(node), reason)
        text = collapse_spaces(node.value)
        if not text:
            raise ReviewFileError(self.path, _line(node), f"{reason} It is empty.")
        if _UNPRINTABLE.search(text):
            raise ReviewFileError(self.path, _line(node), f"{reason} It has a control character.")
        return text
