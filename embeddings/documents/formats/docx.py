"""Word files: mammoth makes a page of them, by the names of their styles."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

from embeddings.config import MAX_EPUB_BYTES
from embeddings.documents.formats.article import Article, clean_line
from embeddings.documents.formats.html import html_blocks, parse_page
from embeddings.errors import ConversionError

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name='Caption'] => !
p[style-name='caption'] => !
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
"""
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
            io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {"src": ""})
        ).value
    except ConversionError:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, RuntimeError, etree.LxmlError) as error:
        raise ConversionError("This is not a readable Word file. It is damaged or another kind of file.") from error
    tree = parse_page(f"<body>{page}</body>".encode(), path)
    blocks = tuple(html_blocks(tree)) if tree is not None else ()
    return Article(known["title"], blocks, known["author"] or None)
