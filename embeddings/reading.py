"""Review files to reviews: Markdown with YAML front matter, or plain text.

Both formats become blocks (headings and paragraphs of plain text), and one function makes sections of blocks,
so that the same words give the same sections, paragraphs and offsets whichever format they came in.
"""

from __future__ import annotations

import difflib
import html
import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from embeddings.errors import ReviewFileError
from embeddings.records import INTRODUCTION, SHARED, Paragraph, Review, Section

SUFFIXES = (".md", ".txt")
"""The endings of review files, in lower case."""

SLUG_LENGTH = 80
"""The most characters of a slug; Discord's autocomplete takes values of at most 100."""

_FRONT_MATTER_EXAMPLE = "begin the file with a line '---', a line 'title: The Title' and a line '---'"
_FRONT_MATTER_LENGTH = 65_536
_FRONT_MATTER_DEPTH = 2
_FIELDS = ("title", "work", "year", "author", "source", "aliases", "spoilers")

_HEADING_LENGTH = 200
_INFERRED_HEADING_LENGTH = 80
_INFERRED_HEADING_WORDS = 14
_WRAPPED_WIDTH = 120

_NESTING = 100

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WHITE_SPACE = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")
_BREAK = re.compile(r"[\s*_=~#•·⁂†❦❧–—-]+")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
_CLOSED = re.compile(r"[.!?…:;,。！？：；，、؟؛،۔।॥][\"'”’»›)\]}」』）]*$")
_LIST_MARK = re.compile(r"[-–—*•·+>]|\(?\d+[.)]\s|\(?\w[.)]\s")

_HIDDEN_HTML = re.compile(r"<!--.*?(?:-->|$)|<(script|style|template)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)?[^<>]*(?:>|$)")
_INLINE_TAGS = frozenset(
    "a abbr b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike strong "
    "sub sup time tt u var wbr".split()
)


@dataclass(frozen=True, slots=True)
class ReadReviews:
    """What a folder held: the reviews in the order of their files, and the files that are no reviews."""

    reviews: tuple[Review, ...]
    errors: tuple[ReviewFileError, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph (`level` 0) or a heading (`level` 1 and up) of plain text, and its line in the file."""

    text: str
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class _FrontMatter:
    """What stands before a Markdown review. `spoilers` pairs each slug with its line."""

    title: str
    work: str | None = None
    year: int | None = None
    author: str | None = None
    source: str | None = None
    aliases: tuple[str, ...] = ()
    spoilers: bool | tuple[tuple[str, int], ...] = False


def slugify(text: str) -> str:
    """A name for use in commands and links: `Mark Romanek’s Film` becomes `mark-romaneks-film`.

    Letters, digits and their combining marks of every script are kept, in the form of Unicode's caseless
    matching; accents go from Latin letters alone, where people leave them out in typing. Whatever else stands
    between words becomes one hyphen. Text without a letter or digit is named by its characters (`🎬` becomes
    `clapper-board`), so that a slug is empty only for empty text. At most `SLUG_LENGTH` characters, cut between
    words where that can be.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    slug = _cut_slug(_hyphenated(folded.translate(_APOSTROPHES)))
    if slug or not text:
        return slug
    names = (unicodedata.name(character, f"u{ord(character):x}") for character in text[:SLUG_LENGTH])
    return _cut_slug(_hyphenated(" ".join(names).casefold()))


def _hyphenated(folded: str) -> str:
    kept: list[str] = []
    latin = False
    for character in folded:
        if character.isalnum():
            latin = character.isascii() or unicodedata.name(character, "").startswith("LATIN ")
            kept.append(character)
        elif unicodedata.category(character).startswith("M") and kept and kept[-1] != "-":
            if not latin:
                kept.append(character)
        elif kept and kept[-1] != "-":
            kept.append("-")
    return unicodedata.normalize("NFC", "".join(kept)).strip("-")


def _cut_slug(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    cut = slug[: SLUG_LENGTH + 1].rpartition("-")[0]
    return cut or slug[:SLUG_LENGTH]


def review_files(directory: Path) -> tuple[Path, ...]:
    """The review files that stand in a folder itself, sorted by name; hidden files are none.

    A missing folder has no files. Every other `.md` or `.txt` counts, `README.md` too: notes about the reviews
    belong beside the folder, not in it.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    try:
        entries = sorted(directory.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ReviewFileError(directory, None, f"the folder can't be listed: {_reason(error)}") from error
    return tuple(path for path in entries if not path.name.startswith(".") and path.suffix.lower() in SUFFIXES)


def read_reviews(directory: Path, *, collection: str = SHARED) -> ReadReviews:
    """Reads every review file of a folder; what can't be read is listed, not raised.

    Files that give one slug are all left out, since none of them has the better claim to it.
    """
    try:
        paths = review_files(directory)
    except ReviewFileError as error:
        return ReadReviews((), (error,))
    by_slug: dict[str, list[Path]] = {}
    for path in paths:
        by_slug.setdefault(slugify(path.stem), []).append(path)
    reviews: list[Review] = []
    errors: list[ReviewFileError] = []
    for path in paths:
        slug = slugify(path.stem)
        first = by_slug[slug][0]
        if path != first:
            reason = f"gives the slug '{slug}', and so does {first}; rename or remove one of them"
            errors.append(ReviewFileError(path, None, reason))
        try:
            review = read_review(path, collection=collection)
        except ReviewFileError as error:
            errors.append(error)
        else:
            if len(by_slug[slug]) == 1:
                reviews.append(review)
    return ReadReviews(tuple(reviews), tuple(errors))


def read_review(path: Path, *, collection: str = SHARED) -> Review:
    """Reads one review file.

    Raises:
        ReviewFileError: the file can't be read, or isn't a review.
    """
    try:
        # A pipe or a device would be waited for without end.
        if path.exists() and not path.is_file():
            raise ReviewFileError(path, None, "is not a file; move it out of the reviews' folder")
        data = path.read_bytes()
    except OSError as error:
        raise ReviewFileError(path, None, f"can't be read: {_reason(error)}") from error
    return parse_review(data, path, collection=collection)


def parse_review(data: bytes, path: Path, *, collection: str = SHARED) -> Review:
    """The review that a file's bytes are; `path` gives the format and the slug, and is not opened.

    Raises:
        ReviewFileError: the bytes are not a review; names the line where there is one.
    """
    text = _decoded(data, path)
    suffix = path.suffix.lower()
    if suffix == ".md":
        front_matter, body, line = _split_front_matter(text, path)
        blocks = _markdown_blocks(body, line, path)
    elif suffix == ".txt":
        front_matter = _FrontMatter(title=_title_of(path))
        blocks = _plain_blocks(text, front_matter.title)
    else:
        raise ReviewFileError(path, None, "is neither .md nor .txt; rename it")
    body_text, sections = _sections(blocks, front_matter.title)
    if not sections:
        raise ReviewFileError(path, None, "has no text; write the review, or remove the file")
    return Review(
        slug=slugify(path.stem),
        title=front_matter.title,
        text=body_text,
        sections=_with_spoilers(sections, front_matter.spoilers, path),
        work=front_matter.work,
        year=front_matter.year,
        author=front_matter.author,
        source=front_matter.source,
        aliases=front_matter.aliases,
        collection=collection,
    )


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _decoded(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = _LINE_END.sub("\n", data[: error.start].decode("utf-8"))
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode("utf-8")) + 1
        reason = f"byte {column} of the line (0x{data[error.start]:02X}) is not UTF-8; save the file as UTF-8"
        raise ReviewFileError(path, line, reason) from error
    text = _LINE_END.sub("\n", text.removeprefix("\ufeff"))
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        reason = f"has the control character U+{ord(control.group()):04X}; remove it, and save the file as UTF-8"
        raise ReviewFileError(path, line, reason)
    return text


def _collapsed(text: str) -> str:
    """White space as a browser shows it: a run is one space; no-break and typographic spaces stay."""
    return _WHITE_SPACE.sub(" ", text).strip()


def _is_break(text: str) -> bool:
    """Whether this is an ornament between paragraphs (`* * *`, `⁂`) rather than one of them."""
    return _BREAK.fullmatch(text) is not None


def _sections(blocks: Iterable[_Block], title: str) -> tuple[str, tuple[Section, ...]]:
    """The review's text and its sections.

    Headings of every level make sections alike. A first-level heading before all others that says the title is
    the title. A heading without text under it makes no section: there would be nothing in it to cite.
    """
    pieces: list[str] = []
    sections: list[Section] = []
    slugs = _Slugs()
    heading = INTRODUCTION
    paragraphs: list[Paragraph] = []
    offset = 0
    title_slug = slugify(title)
    title_may_come = True

    def close() -> None:
        if paragraphs:
            sections.append(Section(slugs.unused(heading), heading, tuple(paragraphs)))
            paragraphs.clear()

    for block in blocks:
        if block.level:
            if block.level == 1 and title_may_come and slugify(block.text) == title_slug:
                continue
            title_may_come = False
            close()
            heading = block.text
        else:
            end = offset + len(block.text)
            paragraphs.append(Paragraph(len(paragraphs) + 1, offset, end))
            pieces.append(block.text)
            offset = end + 1
    close()
    return "\n".join(pieces), tuple(sections)


class _Slugs:
    """Gives each heading of a review a slug of its own: `ending`, `ending-2`, `ending-3`."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}

    def unused(self, heading: str) -> str:
        base = slugify(heading)
        slug = base
        while slug in self._uses:
            self._uses[base] += 1
            slug = f"{base}-{self._uses[base]}"
        self._uses[slug] = 1
        return slug


def _with_spoilers(
    sections: tuple[Section, ...], spoilers: bool | tuple[tuple[str, int], ...], path: Path
) -> tuple[Section, ...]:
    if isinstance(spoilers, bool):
        return tuple(replace(section, spoiler=spoilers) for section in sections)
    slugs = [section.slug for section in sections]
    for slug, line in spoilers:
        if slug not in slugs:
            known = _suggestion(slug, slugs) or f"; its sections are {', '.join(slugs[:20])}"
            raise ReviewFileError(path, line, f"'{slug}' is not a section of this review{known}")
    hidden = {slug for slug, _ in spoilers}
    return tuple(replace(section, spoiler=section.slug in hidden) for section in sections)


def _suggestion(word: str, known: Sequence[str]) -> str:
    # Only the start is compared: the comparison's time grows with the square of the length.
    near = difflib.get_close_matches(word.casefold()[:SLUG_LENGTH], known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _split_front_matter(text: str, path: Path) -> tuple[_FrontMatter, str, int]:
    """The front matter, the body, and the number of lines before the body."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise ReviewFileError(path, 1, f"no front matter; {_FRONT_MATTER_EXAMPLE}")
    close = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), None)
    if close is None:
        raise ReviewFileError(path, 1, "the front matter has no end; add a line '---' after its last field")
    front_matter = _front_matter("\n".join(lines[1:close]), path)
    return front_matter, "\n".join(lines[close + 1 :]), close + 1


def _front_matter(text: str, path: Path) -> _FrontMatter:
    if len(text) > _FRONT_MATTER_LENGTH:
        raise ReviewFileError(path, 1, f"the front matter is longer than {_FRONT_MATTER_LENGTH} characters; shorten it")
    try:
        _refuse_nesting(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 2
        raise ReviewFileError(path, line, f"the front matter can't hold U+{ord(error.character):04X}") from error
    except (ValueError, OverflowError) as error:
        # An escape such as "\Uffffffff" names no character.
        raise ReviewFileError(path, 1, f"broken front matter: {error}; mend or remove it") from error
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 2
        problem = _collapsed(error.problem or error.context or "it is not YAML")
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
            shown = _printable(name)[:60]
            known = _suggestion(name, _FIELDS) or f"; the fields are {', '.join(_FIELDS)}"
            raise ReviewFileError(path, _line(key), f"'{shown}' is not a known field{known}")
        if name in nodes:
            raise ReviewFileError(path, _line(key), f"'{name}' is given twice; remove one of them")
        nodes[name] = value
    fields = _Fields(path, nodes)
    title = fields.text("title")
    if title is None:
        raise ReviewFileError(path, 1, "the front matter has no title; add a line 'title: The Title'")
    return _FrontMatter(
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


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


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
        try:
            parts = urlsplit(link)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in link
        except ValueError:
            usable = False
        if not usable:
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
        text = _collapsed(node.value)
        if not text:
            raise ReviewFileError(self.path, _line(node), f"{reason}, and it is empty")
        if _UNPRINTABLE.search(text):
            raise ReviewFileError(self.path, _line(node), f"{reason}, and it has a control character")
        return text


def _markdown_blocks(body: str, lines_before: int, path: Path) -> tuple[_Block, ...]:
    """Headings and paragraphs as a reader of the rendered page sees them.

    A list item, a block quote's paragraph, a footnote, a row of a table, and a stretch of code are paragraphs.
    Pictures, comments, rules and links' addresses are not text. Headings inside lists and quotes belong to what
    is listed or quoted: they are paragraphs.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["strikethrough", "table"])
    # Footnotes stay where they are written; gathered at the end they would fall to the last section.
    parser.use(footnote_plugin).disable(["footnote_inline", "footnote_tail"])
    blocks: list[_Block] = []
    level = 0
    line = lines_before + 1
    row: list[str] | None = None

    def add(text: str, level: int = 0) -> None:
        collapsed = _collapsed(text)
        if collapsed and (level or not _is_break(collapsed)):
            blocks.append(_Block(collapsed, level, line))

    for token in parser.parse(body):
        if token.map is not None:
            line = token.map[0] + lines_before + 1
        if token.level >= _NESTING - 1:
            raise ReviewFileError(path, line, "lists or quotes are nested too deeply; nest them less")
        if token.type == "heading_open":
            level = int(token.tag[1:]) if token.level == 0 else 0
        elif token.type == "heading_close":
            level = 0
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            add(" ".join(filter(None, row)))
            row = None
        elif token.type == "inline":
            text = _inline_text(token.children or [])
            if row is not None:
                row.append(_collapsed(text))
            else:
                if level and len(text) > _HEADING_LENGTH:
                    reason = f"a heading of {len(text)} characters; put an empty line before a line of '-' or '='"
                    raise ReviewFileError(path, line, reason)
                add(text, level)
        elif token.type in {"fence", "code_block"}:
            for stretch in re.split(r"\n[ \t]*\n", token.content):
                add(stretch)
        elif token.type == "html_block":
            for stretch in _html_text(token.content):
                add(stretch)
    return tuple(blocks)


def _inline_text(tokens: Sequence[Token]) -> str:
    pieces: list[str] = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            pieces.append(token.content)
        elif token.type in {"softbreak", "hardbreak"} or (
            token.type == "html_inline" and token.content.lower().startswith("<br")
        ):
            pieces.append(" ")
    return "".join(pieces)


def _html_text(content: str) -> list[str]:
    """The text between tags, a stretch for each block element."""

    def boundary(match: re.Match[str]) -> str:
        name = (match.group(1) or "").lower()
        if name in _INLINE_TAGS:
            return ""
        return " " if name == "br" else "\0"

    return [html.unescape(stretch) for stretch in _TAG.sub(boundary, _HIDDEN_HTML.sub("", content)).split("\0")]


def _title_of(path: Path) -> str:
    words = re.sub(r"[\s_-]+", " ", _printable(path.stem)).split()
    return " ".join(word[:1].upper() + word[1:] for word in words) or _printable(path.stem)


def _plain_blocks(text: str, title: str) -> tuple[_Block, ...]:
    """Paragraphs and the headings between them.

    A line is a paragraph, except in a text that was wrapped by hand or by an editor: there a paragraph is
    several lines. A heading is a short line that doesn't close a sentence and stands alone between paragraphs: of
    several such lines in a row none is, since they read as a list or as verse.
    """
    paragraphs = [block for block in _unwrapped(text.split("\n")) if not _is_break(block.text)]
    if paragraphs and slugify(paragraphs[0].text) == slugify(title):
        paragraphs[0] = replace(paragraphs[0], level=1)
    candidates = [not block.level and _may_be_heading(block.text) for block in paragraphs]
    last = len(paragraphs) - 1
    return tuple(
        replace(block, level=2)
        if candidates[i] and i < last and not candidates[i + 1] and (i == 0 or not candidates[i - 1])
        else block
        for i, block in enumerate(paragraphs)
    )


def _may_be_heading(text: str) -> bool:
    return (
        len(text) <= _INFERRED_HEADING_LENGTH
        and len(text.split()) <= _INFERRED_HEADING_WORDS
        and any(character.isalnum() for character in text)
        and not _CLOSED.search(text)
        and not _LIST_MARK.match(text)
    )


def _unwrapped(raw_lines: Sequence[str]) -> list[_Block]:
    """The paragraphs, each with its first line's number."""
    lines = [_collapsed(line) for line in raw_lines]
    width = max(map(len, lines))
    wrapped = width <= _WRAPPED_WIDTH and any(
        line and after[:1].islower() and not _CLOSED.search(line) for line, after in itertools.pairwise(lines)
    )
    groups: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        before = lines[number - 2] if number > 1 else ""
        if wrapped and before and groups and _goes_on(before, line, len(groups[-1][1]) == 1, width):
            groups[-1][1].append(line)
        else:
            groups.append((number, [line]))
    return [_Block(" ".join(group), 0, number) for number, group in groups]


def _goes_on(line: str, following: str, is_first: bool, width: int) -> bool:
    """Whether a wrapped paragraph goes on from one line to the next.

    It does where the next word would not have fitted, or is in lower case. Where it would have fitted, the line
    was ended on purpose if it closes a sentence, or is a heading right above its paragraph.
    """
    fits = len(line) + 1 + len(following.split(" ", 1)[0]) <= width
    if not fits or following[0].islower():
        return True
    return not (_CLOSED.search(line) or is_first)
