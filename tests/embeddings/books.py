"""EPUB books made by hand, well or badly."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>"""


def package(chapters: Mapping[str, str], title: str = "The Lighthouse Keeper") -> str:
    """A package file that lists chapters, by their `href`s."""
    items = "".join(
        f'<item id="c{number}" href="{href}" media-type="application/xhtml+xml"/>'
        for number, href in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    return f"""<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title>
<dc:creator>Jo Doe</dc:creator></metadata>
<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>{items}</manifest>
<spine><itemref idref="nav"/>{spine}</spine></package>"""


def chapter(body: str) -> str:
    """A page of a book."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Page</title><style>p {{ }}</style></head>
<body>{body}</body></html>"""


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in files.items():
            opened.writestr(name, content)
    return stream.getvalue()


def book(chapters: Mapping[str, str], *, title: str = "The Lighthouse Keeper") -> bytes:
    """An EPUB of these bodies, by their files' names within it."""
    files: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": package(chapters, title),
        "OEBPS/nav.xhtml": chapter("<nav><ol><li>The way through</li></ol></nav>"),
    }
    return archive(files | {f"OEBPS/{name}": chapter(body) for name, body in chapters.items()})
