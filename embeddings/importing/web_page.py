"""A web page saved as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embeddings.errors import ImportedFileError

if TYPE_CHECKING:
    from embeddings.importing.imported import Imported

_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""UTF-16's marks at a file's beginning: there every other byte of English is 0."""


def is_text(data: bytes) -> bool:
    """Whether bytes may be a page at all, in any encoding."""
    return b"\x00" not in data or data.startswith(_WIDE)


def read_web_page(data: bytes, title: str) -> Imported:
    """The article of a page, without what surrounds it on its site.

    Args:
        data: the page, in whatever encoding it says that it is in.
        title: what to call the review where the page has no title.

    Raises:
        ImportedFileError: there is no article in it.
        ImportError: the libraries for it are not installed.
    """
    from trafilatura import bare_extraction

    from embeddings.importing.elements import blocks_of
    from embeddings.importing.imported import Imported, tidied

    if not is_text(data):
        raise ImportedFileError("this is not a web page: it has bytes that no text has")
    page = bare_extraction(data, include_comments=False, include_formatting=True, with_metadata=True)
    blocks = blocks_of(page.body) if page is not None and not isinstance(page, dict) else ()
    if page is None or isinstance(page, dict) or not blocks:
        raise ImportedFileError("there is no article in this page; save its text as .txt and add that")
    return Imported(tidied(page.title or "") or title, blocks, page.author, page.url)
