"""Word files: mammoth makes a page of them, by the names of their styles."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import Path

from embeddings.config import MAX_EPUB_BYTES
from embeddings.documents.formats.article import Article, clean_line
from embeddings.documents.formats.pages.html import html_blocks, parse_page
from embeddings.errors import ConversionError

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name='Caption'] => !
p[style-name='caption'] => !
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Spoiler'] => div.spoiler > p:fresh
r[style-name='Spoiler'] => span.spoiler
highlight[color='black'] => span.spoiler
"""
_MADE_TITLE = re.compile(r"(?:microsoft )?word\b.* - .*|document ?\d*|untitled\b.*|.*\.docx?", re.IGNORECASE)
"""A title that a program gave."""
_DOCUMENT = "word/document.xml"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_UNREADABLE = frozenset({("color", "ffffff"), ("shd", "000000")})
_PROPERTIES = "docProps/core.xml"
_FIELDS = {"title": "{http://purl.org/dc/elements/1.1/}title", "author": "{http://purl.org/dc/elements/1.1/}creator"}


def read_docx(data: bytes, path: Path) -> Article:
    """Return the review of a Word file: its headings by style, without comments, captions and what was deleted.

    Raises:
        ConversionError: the file is no Word file, or unpacks to too much.
    """
    import mammoth
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Python reads no more of an entry than its directory says.
            if (
                sum(entry.file_size for entry in archive.infolist() if entry.filename.endswith((".xml", ".rels")))
                > MAX_EPUB_BYTES
            ):
                raise ConversionError(f"This file unpacks to more than {MAX_EPUB_BYTES // 1024**2} MB, the limit.")
            names = archive.namelist()
            properties = archive.read(_PROPERTIES) if _PROPERTIES in names else b"<x/>"
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(properties, parser)
        known = {name: clean_line(root.findtext(tag) or "") for name, tag in _FIELDS.items()}
        page = mammoth.convert_to_html(
            io.BytesIO(_with_hidden(data)),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        ).value
    except ConversionError:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, RuntimeError, etree.LxmlError) as error:
        raise ConversionError("This is not a readable Word file. It is damaged or another kind of file.") from error
    tree = parse_page(f"<body>{page}</body>".encode(), path)
    blocks = tuple(html_blocks(tree)) if tree is not None else ()
    title = "" if _MADE_TITLE.fullmatch(known["title"]) else known["title"]
    return Article(title, blocks, known["author"] or None)


def _with_hidden(data: bytes) -> bytes:
    """Return a Word file without the text that Word hides, and with what can't be seen marked as highlighted in black.

    mammoth shows both as any other text.
    """
    from lxml import etree

    source = zipfile.ZipFile(io.BytesIO(data))
    names = source.namelist()
    document = source.read(_DOCUMENT) if _DOCUMENT in names else b""
    if not re.search(rb"<w:(?:vanish\b|color [^>]*w:val=.[fF]{6}|shd [^>]*w:fill=.0{6})", document):
        return data
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(document, parser)
    for properties in [*root.iter(f"{_WORD}rPr")]:
        run = properties.getparent()
        if run is None or run.tag != f"{_WORD}r":
            continue
        vanish = properties.find(f"{_WORD}vanish")
        if vanish is not None and vanish.get(f"{_WORD}val", "true") not in ("false", "0", "off"):
            run.getparent().remove(run)
            continue
        said = {
            (each.tag.removeprefix(_WORD), (each.get(f"{_WORD}{key}") or "").lower())
            for each in properties
            for key in ("val", "fill")
        }
        if said & _UNREADABLE and not said >= _UNREADABLE:
            etree.SubElement(properties, f"{_WORD}highlight").set(f"{_WORD}val", "black")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
        for name in names:
            if name.endswith((".xml", ".rels")):
                target.writestr(name, etree.tostring(root) if name == _DOCUMENT else source.read(name))
    return packed.getvalue()
