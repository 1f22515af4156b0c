"""What stands before a Markdown review: YAML fields between two lines `---`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from embeddings.documents.formats.blocks import collapsed
from embeddings.errors import ReviewFileError

_FRONT_MATTER_EXAMPLE = "begin the file with a line '---', a line 'title: The Title' and a line '---'"
_FRONT_MATTER_LENGTH = 65_536
_FRONT_MATTER_DEPTH = 3
_FIELDS = ("title", "work", "year", "author", "source", "aliases", "spoilers")
_COMPARED_LENGTH = 80
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands before a Markdown review. `spoilers` pairs each slug with its line."""

    title: str
    work: str | None = None
    year: int | None = None
    author: str | None = None
    source: str | None = None
    aliases: tuple[str, ...] = ()
    spoilers: bool | tuple[tuple[str, int], ...] = False


def split_front_matter(text: str, path: Path) -> tuple[FrontMatter, str, int]:
    """The front matter, the body, and the number of lines before the body.

    Raises:
        ReviewFileError: there is no front matter, or it is broken; names the line.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise ReviewFileError(path, 1, f"no front matter; {_FRONT_MATTER_EXAMPLE}")
    close = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), None)
    if close is None:
        raise ReviewFileError(path, 1, "the front matter has no end; add a line '---' after its last field")
    front_matter = _front_matter("\n".join(lines[1:close]), path)
    return front_matter, "\n".join(lines[close + 1 :]), close + 1


def suggestion(word: str, known: Sequence[str]) -> str:
    """The end of an error's line that names the nearest of the known words; empty where none is near."""
    # Only the start is compared: the comparison's time grows with the square of the length.
    near = difflib.get_close_matches(word.casefold()[:_COMPARED_LENGTH], known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def is_link(text: str) -> bool:
    """Whether a text is a link that begins with http:// or https://, as `source` has to be."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _front_matter(text: str, path: Path) -> FrontMatter:
    if len(text) > _FRONT_MATTER_LENGTH:
        raise ReviewFileError(path, 1, f"the front matter is longer than {_FRONT_MATTER_LENGTH} characters; shorten it")
    try:
        _refuse_nesting(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 2
        raise ReviewFileError(path, line, f"the front matter can't hold U+{error.character:04X}; remove it") from error
    except (ValueError, OverflowError) as error:
        # PyYAML hands an escape such as "\Uffffffff" to chr as it stands.
        line = text.count("\n", 0, text.find("\\U")) + 2
        raise ReviewFileError(path, line, "broken front matter: '\\U' names no character here; remove it") from error
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 2
        problem = collapsed(error.problem or error.context or "it is not YAML")
        reason = f"broken front matter: {problem}; put values that hold ':' or '#' in quotes"
        raise ReviewFileError(path, line, reason) from error
    if root is None:
        raise ReviewFileError(path, 1, "the front matter has no title; add a line 'title: The Title'")
    if not isinstance(root, yaml.MappingNode):
        raise ReviewFileError(path, _line(root), "the front matter must be fields, such as 'title: The Title'")
    nodes: dict[str, yaml.Node] = {}
    for key, value in root.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name not in _FIELDS:
            shown = collapsed(_UNPRINTABLE.sub("\ufffd", name))[:60]
            known = suggestion(name, _FIELDS) or f"; the fields are {', '.join(_FIELDS)}"
            raise ReviewFileError(path, _line(key), f"'{shown}' is not a known field{known}")
        if name in nodes:
            raise ReviewFileError(path, _line(key), f"'{name}' is given twice; remove one of them")
        nodes[name] = value
    fields = _Fields(path, nodes)
    title = fields.text("title")
    if title is None:
        raise ReviewFileError(path, 1, "the front matter has no title; add a line 'title: The Title'")
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
    """Refuses what a handful of fields never needs, before anything is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            reason = "the front matter refers to another value with '*'; put values that begin with '*' in quotes"
            raise ReviewFileError(path, _line(event), reason)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _FRONT_MATTER_DEPTH:
            raise ReviewFileError(
                path, _line(event), "the front matter is nested too deeply; a field is text or a list"
            )


def _line(marked: yaml.Node | yaml.Event) -> int:
    """The line in the file: marks count from 0 and start at the file's second line."""
    mark = marked.start_mark
    return 1 if mark is None else mark.line + 2


@dataclass(frozen=True, slots=True)
class _Fields:
    """The front matter's values, checked on the way out; an empty value is an absent one."""

    path: Path
    nodes: dict[str, yaml.Node]

    def text(self, name: str) -> str | None:
        node = self._node(name)
        return None if node is None else self._text(node, f"'{name}' must be text")

    def year(self) -> int | None:
        node = self._node("year")
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"0*[1-9][0-9]{0,3}", node.value, re.ASCII):
            raise ReviewFileError(self.path, _line(node), "'year' must be a year, such as 2010")
        return int(node.value)

    def source(self) -> str | None:
        node = self._node("source")
        if node is None:
            return None
        reason = "'source' must be a link that begins with http:// or https://"
        link = self._text(node, reason)
        if not is_link(link):
            raise ReviewFileError(self.path, _line(node), reason)
        return link

    def texts(self, name: str) -> tuple[tuple[str, int], ...]:
        """The texts of a list, each with its line."""
        node = self._node(name)
        if node is None:
            return ()
        reason = f"'{name}' must be a list, such as [one, another]"
        if not isinstance(node, yaml.SequenceNode):
            raise ReviewFileError(self.path, _line(node), reason)
        return tuple((self._text(item, reason), _line(item)) for item in node.value)

    def spoilers(self) -> bool | tuple[tuple[str, int], ...]:
        node = self._node("spoilers")
        if isinstance(node, yaml.ScalarNode):
            if node.tag == "tag:yaml.org,2002:bool":
                return node.value.lower() in {"true", "yes", "on"}
            raise ReviewFileError(self.path, _line(node), "'spoilers' must be true, or a list of sections' slugs")
        return self.texts("spoilers")

    def _node(self, name: str) -> yaml.Node | None:
        node = self.nodes.get(name)
        return None if node is None or node.tag == "tag:yaml.org,2002:null" else node

    def _text(self, node: yaml.Node, reason: str) -> str:
        # A film may be called 1984 or Yes: what is written counts, whatever YAML takes it for.
        if not isinstance(node, yaml.ScalarNode):
            raise ReviewFileError(self.path, _line(node), reason)
        text = collapsed(node.value)
        if not text:
            raise ReviewFileError(self.path, _line(node), f"{reason}, and it is empty")
        if _UNPRINTABLE.search(text):
            raise ReviewFileError(self.path, _line(node), f"{reason}, and it has a control character")
        return text
