"""EPUB books: zip archives whose package file lists the chapters (https://www.w3.org/TR/epub-33/).

Nothing is unpacked to the disk, and only the chapters are read. ebooklib reads everything into memory, and its licence
(AGPL) would apply to the whole project.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from embeddings.config import MAX_EPUB_BYTES, MAX_EPUB_CHAPTERS
from embeddings.documents.formats.article import Article, clean_line
from embeddings.documents.formats.blocks import Block
from embeddings.documents.formats.pages.html import html_blocks, is_text, parse_page
from embeddings.errors import ConversionError, ReviewFileError

if TYPE_CHECKING:
    from lxml import etree

_CONTAINER = "META-INF/container.xml"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The only two that the format allows. With others the archive decides how much memory unpacking takes."""
_ENCRYPTED = 0x1
_CHUNK_BYTES = 65_536


def read_epub(data: bytes, _: Path) -> Article:
    """Return the chapters of a book in their reading order.

    Raises:
        ConversionError: the file is not a book, or unpacks to too much.
    """
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _Book(archive)
            folder, package = book.package()
            blocks: list[Block] = []
            for chapter in _chapters(package, folder):
                page = book.read(chapter)
                if not is_text(page):
                    raise ConversionError(f"The chapter {posixpath.basename(chapter)} of this book is not text.")
                tree = parse_page(page, Path(posixpath.basename(chapter)))
                blocks.extend(html_blocks(tree) if tree is not None else ())
    except ReviewFileError as error:
        raise ConversionError(f"The chapter {error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, etree.LxmlError) as error:
        raise ConversionError("This is not a readable EPUB. It is damaged or another kind of file.") from error
    if not blocks:
        raise ConversionError("This book has no text.")
    title = clean_line(_metadata(package, "title") or "")
    return Article(title, tuple(blocks), _metadata(package, "creator"))


class _Book:
    """The files of an archive, up to a total size."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._bytes_left = MAX_EPUB_BYTES

    def package(self) -> tuple[str, etree._Element]:
        """Return the folder of the package file, and its content."""
        container = _xml(self.read(_CONTAINER))
        roots = container.iterfind(".//{*}rootfile")
        path = next((path for root in roots if (path := root.get("full-path"))), None)
        if path is None:
            raise ConversionError("This is not an EPUB: it names no package file.")
        path = _inside("", path)
        return posixpath.dirname(path), _xml(self.read(path))

    def read(self, name: str) -> bytes:
        """Return the content of a file of the archive, whatever size the archive's directory names."""
        try:
            entry = self._archive.getinfo(name)
        except KeyError:
            raise ConversionError(f"This EPUB is incomplete: {posixpath.basename(name)} is missing.") from None
        if entry.flag_bits & _ENCRYPTED:
            raise ConversionError("This book is encrypted and can't be read.")
        if entry.compress_type not in _METHODS:
            raise ConversionError("This archive is compressed in a way that EPUB does not allow.")
        parts = []
        with self._archive.open(entry) as packed:
            while part := packed.read(_CHUNK_BYTES):
                self._bytes_left -= len(part)
                if self._bytes_left < 0:
                    raise ConversionError(f"This book unpacks to more than {MAX_EPUB_BYTES // 1024**2} MB, the limit.")
                parts.append(part)
        return b"".join(parts)


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """Return the names in the archive of the files of the reading order."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    chapters = []
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or reference.get("linear") == "no" or "nav" in (item.get("properties") or "").split():
            continue
        if "html" in (item.get("media-type") or "") and (href := item.get("href")):
            chapters.append(_inside(folder, unquote(href)))
    chapters = list(dict.fromkeys(chapters))
    if len(chapters) > MAX_EPUB_CHAPTERS:
        raise ConversionError(f"This book has {len(chapters)} text files. The limit is {MAX_EPUB_CHAPTERS}.")
    return chapters


def _inside(folder: str, path: str) -> str:
    """Return a path of the archive as its directory names it. A path that leads out of the archive is refused."""
    name = posixpath.normpath(posixpath.join(folder, path))
    if name.startswith(("/", "../")) or name == ".." or "\\" in name:
        raise ConversionError("This book refers to a file outside of itself.")
    return name


def _xml(content: bytes) -> etree._Element:
    from lxml import etree

    # XML bombs grow by entities, and a package file needs none.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(content, parser)


def _metadata(package: etree._Element, field: str) -> str | None:
    found = package.find(f".//{{http://purl.org/dc/elements/1.1/}}{field}")
    return None if found is None else found.text
