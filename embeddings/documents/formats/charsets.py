"""Bytes to text as browsers decode them (https://encoding.spec.whatwg.org), but nothing is replaced or dropped."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from embeddings.documents.formats.code_pages import guess_encoding
from embeddings.documents.notes import Mended, Note
from embeddings.errors import ReviewFileError

_HEAD_BYTES = 65_536
"""Where a page names its encoding."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_LABELS = (
    re.compile(rb"\A\s*<\?xml\b[^<>]*\bencoding\s*=\s*[\"']\s*([\w.:-]+)"),
    re.compile(rb"<meta\b[^<>]*\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE),
)
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
"""What browsers decode a page with that names one of these. A label that can be read is not UTF-16."""
_WEB = re.compile(
    r"utf-8|cp(?:866|874|932|949|125\d)|iso8859-\d+|koi8-[ru]|mac-(?:roman|cyrillic)|gb18030|big5hkscs|euc_jp|iso2022_jp"
)
"""The encodings of the standard. Python knows others, such as UTF-7, that no browser reads."""
_SHOWN = (
    {"cp932": "Shift-JIS", "cp949": "EUC-KR"}
    | {f"cp{number}": f"Windows-{number}" for number in range(1250, 1259)}
    | {"utf-8": "UTF-8", "utf-16": "UTF-16"}
)

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}


def decode_text(data: bytes, path: Path) -> tuple[str, tuple[Note, ...]]:
    """Return a file's text, each line ended by one newline, and what had to be guessed.

    It is UTF-8, or UTF-16 with its mark or with the zero bytes of Latin letters. Everything else is Windows-1252, as
    browsers take it, unless its letters or its language say otherwise. Characters that control devices are left out.

    Raises:
        ReviewFileError: the bytes are not text; names the line.
    """
    notes: list[Note] = []
    if (wide := _unmarked_utf16(data)) is not None:
        text = data.decode(wide, "replace")
    else:
        try:
            text = decode_utf(data, path)
        except ReviewFileError as error:
            if data.startswith(_UTF16_MARKS):
                raise
            encoding = guess_encoding(data)
            text = without_c1(data.decode("latin-1")) if encoding == "cp1252" else data.decode(encoding, "replace")
            name = _SHOWN.get(encoding, encoding.upper())
            notes.append(Note(Mended.ENCODING, f"The file is not UTF-8, so it was read as {name}.", error.line))
    text = _LINE_END.sub("\n", text)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ReviewFileError(path, line, "The line has the control character U+0000, so this is not text.")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        reason = f"The control character U+{ord(control.group()):04X} was left out."
        notes.append(Note(Mended.ENCODING, reason, line))
        text = _CONTROL.sub("", without_c1(text))
    return text, tuple(notes)


def _unmarked_utf16(data: bytes) -> str | None:
    """Return the encoding of a text in UTF-16 without its mark: every other byte of Latin letters is zero."""
    head = b"" if data.startswith(_UTF16_MARKS) else data[:_HEAD_BYTES]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 1 and head[first::2].count(0) > len(head) // 4 and not head[1 - first :: 2].count(0):
            return encoding
    return None


def decode_utf(data: bytes, path: Path) -> str:
    """Return the text in UTF-8, or in UTF-16 with a byte order mark.

    Raises:
        ReviewFileError: the bytes are something else; names the line and the byte.
    """
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return _decode(data, "utf-16" if is_utf16 else "utf-8", path, "file").removeprefix("\ufeff")


def decode_page(data: bytes, path: Path) -> str:
    """Return the text of a web page: by its byte order mark, by the encoding that it names, as UTF-8, or Windows-1252.

    Raises:
        ReviewFileError: a byte has no character in the page's encoding, or is 0; names the line and the byte.
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = decode_utf(data, path)
    elif (encoding := _named_encoding(data)) is not None:
        text = _decode(data, encoding, path, "page")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = _decode(data, "cp1252", path, "page")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ReviewFileError(path, line, "The line has the control character U+0000. Remove it.")
    return without_c1(text)


def without_c1(text: str) -> str:
    """Return the text with the characters of Windows-1252 instead of the control characters that have their numbers.

    These come from text in Windows-1252 that somebody took for ISO-8859-1: U+0092 is an apostrophe.
    """
    return text.translate(_C1)


def _named_encoding(data: bytes) -> str | None:
    """Return the encoding that a page names, as Python calls it. None if it names none that browsers know."""
    head = _COMMENT.sub(b"", data[:_HEAD_BYTES])
    for label in _LABELS:
        if found := label.search(head):
            try:
                name = codecs.lookup(found[1].decode().lower().removeprefix("x-")).name
            except (LookupError, UnicodeDecodeError):
                continue
            encoding = _WIDER.get(name, name)
            if _WEB.fullmatch(encoding):
                return encoding
    return None


def _decode(data: bytes, encoding: str, path: Path, what: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "ignore").replace("\r\n", "\n").replace("\r", "\n")
        line = before.count("\n") + 1
        last = before.rpartition("\n")[2].removeprefix("\ufeff")
        column = len(last.encode("utf-16-le" if encoding == "utf-16" else encoding, "ignore")) + 1
        name = _SHOWN.get(encoding, encoding)
        reason = f"Byte {column} of the line (0x{data[error.start]:02X}) is not {name}. Save the {what} as UTF-8."
        raise ReviewFileError(path, line, reason) from error
