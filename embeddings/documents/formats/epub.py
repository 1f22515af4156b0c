"""An EPUB book: a zip archive whose package file lists its chapters (https://www.w3.org/TR/epub-33/).

Nothing is unpacked to the disk, and only the chapters are read. ebooklib would read everything into memory, and its
licence (AGPL) would be the whole project's.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING
from urllib.parse import unquote

from embeddings.documents.formats.html import is_text
from embeddings.errors import ConversionError

if TYPE_CHECKING:
    from lxml import etree

    from embeddings.documents.formats.article import Article
    from embeddings.documents.formats.blocks import Block

MOST_UNPACKED = 16 * 1024 * 1024
"""Bytes of all that is read of an archive: many times what its text may be in the end."""
MOST_CHAPTERS = 500
"""Files of a book, in their reading order."""

_CONTAINER = "META-INF/container.xml"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The only two that the format allows; others take memory as the archive pleases."""
_ENCRYPTED = 0x1
_READ_AT_ONCE = 65_536


def read_epub(data: bytes, title: str) -> Article:
    """The chapters of a book in their reading order.

    Args:
        data: the archive.
        title: what to call the review where the book has no title.

    Raises:
        ConversionError: it is not a book, or unpacks to more than is read.
        ImportError: the libraries for it are not installed.
    """
    from lxml import etree, html

    from embeddings.documents.formats.article import Article, tidied
    from embeddings.documents.formats.html import blocks_of

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _Book(archive)
            place, package = book.package()
            blocks: list[Block] = []
            for chapter in _chapters(package, posixpath.dirname(place)):
                page = book.read(chapter)
                if not is_text(page):
                    raise ConversionError(f"{posixpath.basename(chapter)} of this book is not text")
                # As HTML, which has no entities to expand and forgives what browsers forgive.
                parser = html.HTMLParser(encoding="utf-8" if _is_utf8(page) else None)
                tree = html.document_fromstring(page, parser=parser) if page.strip() else None
                blocks.extend(blocks_of(tree) if tree is not None else ())
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, etree.LxmlError) as error:
        raise ConversionError("this is not an EPUB that can be read: damaged, or another sort of file") from error
    if not blocks:
        raise ConversionError("there is no text in this book")
    return Article(tidied(_named(package, "title") or "") or title, tuple(blocks), _named(package, "creator"), None)


class _Book:
    """An archive that gives out its files, up to a sum."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._room = MOST_UNPACKED

    def package(self) -> tuple[str, etree._Element]:
        """The package file: where it stands, and its content."""
        container = _xml(self.read(_CONTAINER))
        roots = container.iterfind(".//{*}rootfile")
        place = next((path for root in roots if (path := root.get("full-path"))), None)
        if place is None:
            raise ConversionError("this is not an EPUB: it names no package file")
        place = _inside("", place)
        return place, _xml(self.read(place))

    def read(self, name: str) -> bytes:
        """A file of the archive. What its directory says of sizes is not believed."""
        try:
            entry = self._archive.getinfo(name)
        except KeyError:
            raise ConversionError(f"this is not a whole EPUB: {posixpath.basename(name)} is missing") from None
        if entry.flag_bits & _ENCRYPTED:
            raise ConversionError("this book is encrypted, so that it can't be read")
        if entry.compress_type not in _METHODS:
            raise ConversionError("this archive is packed in a way that EPUB does not allow")
        parts = []
        with self._archive.open(entry) as packed:
            while part := packed.read(_READ_AT_ONCE):
                self._room -= len(part)
                if self._room < 0:
                    raise ConversionError(
                        f"this book unpacks to more than {MOST_UNPACKED // 1024**2} MB; a review is an essay"
                    )
                parts.append(part)
        return b"".join(parts)


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """The files of the reading order, by their names in the archive."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    chapters = []
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or reference.get("linear") == "no" or "nav" in (item.get("properties") or "").split():
            continue
        if "html" in (item.get("media-type") or "") and (href := item.get("href")):
            chapters.append(_inside(folder, unquote(href)))
    chapters = list(dict.fromkeys(chapters))
    if len(chapters) > MOST_CHAPTERS:
        raise ConversionError(f"this book has {len(chapters)} files of text; at most {MOST_CHAPTERS} are read")
    return chapters


def _inside(folder: str, path: str) -> str:
    """A path of the archive, as its directory names it.

    Raises:
        ConversionError: it leads out of the archive.
    """
    name = posixpath.normpath(posixpath.join(folder, path))
    if name.startswith(("/", "../")) or name == ".." or "\\" in name:
        raise ConversionError("this book names a file outside of itself")
    return name


def _xml(content: bytes) -> etree._Element:
    from lxml import etree

    # Entities are how XML bombs grow; a package file needs none.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(content, parser)


def _named(package: etree._Element, field: str) -> str | None:
    found = package.find(f".//{{http://purl.org/dc/elements/1.1/}}{field}")
    return None if found is None else found.text


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
