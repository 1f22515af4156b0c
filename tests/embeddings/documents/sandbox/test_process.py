"""Malicious files are refused in one line or read without harm, with little memory and nothing written."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from embeddings.config import MAX_PAGE_FILE_BYTES
from embeddings.documents.converter import convert
from embeddings.documents.parser import ParsedFile, parse_file
from embeddings.documents.sandbox import process
from embeddings.documents.sandbox.process import FileReader, convert_in_sandbox
from embeddings.documents.sources.additions import read_paths
from embeddings.errors import ConversionError, LeftOut, ReviewFileError
from tests.embeddings.fixtures.books import CONTAINER, archive, book, chapter, package
from tests.project import ROOT

FRONT = b"---\ntitle: A\n---\n"
UNPACKED = 60_000_000


@cache
def bomb() -> bytes:
    """Return a book of sixty million bytes, packed into sixty thousand."""
    return book({"one.xhtml": "<p>" + "a" * UNPACKED + "</p>"})


def lying_bomb() -> bytes:
    """Return the same book, but its directory says that it is small."""
    data = bomb()
    size = struct.pack("<L", UNPACKED + len(chapter("<p></p>")))
    assert size in data
    return data.replace(size, struct.pack("<L", 100))


def nested_bomb() -> bytes:
    """Return a book whose chapter is an archive."""
    inner = archive({"x": "0" * 1_000_000})
    opf = package({"one.xhtml": ""})
    return archive({"META-INF/container.xml": CONTAINER, "OEBPS/content.opf": opf, "OEBPS/one.xhtml": inner})


def entity_bomb() -> bytes:
    """Return a book whose package file would grow to a gigabyte: a billion laughs."""
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE package [{entities}]><package><title>&l9;</title></package>'
    return archive({"META-INF/container.xml": CONTAINER, "OEBPS/content.opf": text})


def local_file_reader() -> bytes:
    """Return a book whose package file refers to a file of the machine."""
    text = (
        '<?xml version="1.0"?><!DOCTYPE package [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&x;</dc:title>'
        '<manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    return archive(
        {"META-INF/container.xml": CONTAINER, "OEBPS/content.opf": text, "OEBPS/a.xhtml": chapter("<p>Text.</p>")}
    )


def outside_chapter(href: str) -> bytes:
    """Return a book that refers to a chapter outside of itself."""
    return archive(
        {
            "META-INF/container.xml": CONTAINER,
            "OEBPS/content.opf": package({href: ""}),
            "OEBPS/nav.xhtml": chapter(""),
            "../../../etc/passwd": "root",
        }
    )


def lzma_packed() -> bytes:
    """Return a book packed with a method that lets the file choose the memory that unpacking takes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("META-INF/container.xml", CONTAINER)
    return stream.getvalue()


def encrypted() -> bytes:
    """Return a book whose container is marked as encrypted."""
    data = bytearray(archive({"META-INF/container.xml": CONTAINER}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(mark, place + 1)) >= 0:
            data[place + offset] |= 1
    return bytes(data)


def many_files() -> bytes:
    """Return a book of a thousand chapters."""
    return book({f"{number}.xhtml": "<p>x</p>" for number in range(1000)})


def aliases() -> bytes:
    """Return front matter that would grow to a billion values."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return ("---\ntitle: A\n" + "\n".join(lines) + "\n---\nText.").encode()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a zip bomb": ("book.epub", bomb, "unpacks to more than 16 MB"),
    "a zip bomb that lies": ("book.epub", lying_bomb, "not a readable EPUB|unpacks to more"),
    "a billion laughs": ("book.epub", entity_bomb, "not a readable EPUB|no text"),
    "a path out of the archive": (
        "book.epub",
        lambda: outside_chapter("../../../etc/passwd"),
        "a file outside of itself",
    ),
    "an absolute path": ("book.epub", lambda: outside_chapter("/etc/passwd"), "a file outside of itself"),
    "an escaped path": ("book.epub", lambda: outside_chapter("%2e%2e/%2e%2e/x"), "a file outside of itself"),
    "a path of another system": ("book.epub", lambda: outside_chapter("..\\..\\x"), "a file outside of itself"),
    "LZMA": ("book.epub", lzma_packed, "compressed in a way that EPUB does not allow"),
    "an encrypted book": ("book.epub", encrypted, "encrypted"),
    "a thousand chapters": ("book.epub", many_files, "1000 text files. The limit is 500"),
    "half a book": ("book.epub", lambda: book({"a.xhtml": "<p>x</p>"})[:500], "not a readable EPUB"),
    "an archive that is not a book": ("book.epub", lambda: archive({"x": "y"}), "container.xml is missing"),
    "noise for a book": ("book.epub", lambda: bytes(range(256)) * 100, "not a readable EPUB"),
    "an empty book": ("book.epub", lambda: book({}), "book has no text"),
    "50 MB of text": ("long.txt", lambda: b"All work and no play. " * 2_400_000, "larger than 2 MB"),
    "50 MB of Markdown": ("long.md", lambda: FRONT + b"All work and no play. " * 2_400_000, "larger than 2 MB"),
    "a novel": ("long.txt", lambda: b"All work and no play. " * 40_000, "characters. The limit is 500,000"),
    "a million headings": ("many.md", lambda: FRONT + b"## a\nb\n" * 250_000, "250,002 headings"),
    "six hundred sections": ("many.md", lambda: FRONT + b"## a\nb\n" * 600, "600 sections"),
    "a million headings in HTML": (
        "many.html",
        lambda: b"<html><body>" + b"<h2>a</h2><p>b" * 300_000,
        "article|sections|characters",
    ),
    "a header of 50 MB": ("x.md", lambda: b"---\ntitle: " + b"a" * 50 * 1024**2 + b"\n---\nText.", "larger than 2 MB"),
    "a header of 1 MB": ("x.md", lambda: b"---\ntitle: " + b"a" * 1024**2 + b"\n---\nText.", "header has more than"),
    "underlined headings": ("x.md", lambda: b"---\ntitle: A\n" * 100_000, "100,000 headings"),
    "front matter without end": (
        "x.md",
        lambda: b"---\n" + b"title: A\n" * 100_000,
        "x.md, line 1: The header has more than",
    ),
    "binary for text": ("x.txt", lambda: bytes(range(256)) * 10, "control character|not UTF-8"),
    "binary for HTML": ("x.html", lambda: b"\x7fELF\x00\x01" * 1000, "bytes that no text has"),
    "half of UTF-16 for text": (
        "x.txt",
        lambda: "A keeper\ncounts ships.".encode("utf-16")[:-1],
        "x.txt, line 2: Byte 25 .* is not UTF-16",
    ),
    "nothing": ("x.txt", lambda: b"", "has no text"),
    "nothing in HTML": ("x.html", lambda: b"", "no article"),
    "scripts alone": ("x.html", lambda: b"<script>" + b"evil();" * 100_000, "no article"),
    "a program": (
        "x.exe",
        lambda: b"MZ",
        r"'\.exe' files can't be read\. Use \.md, \.txt, \.html, \.epub, \.docx, \.csv or \.zip\.",
    ),
    "a program that is called a text": ("review\u202etxt.exe", lambda: b"MZ", r"'\.exe' files can't be read"),
    "no name": ("", lambda: b"text", "files can't be read"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.slow
def test_a_malicious_file_is_refused_in_one_line(case: str) -> None:
    name, made, reason = REFUSED[case]
    with pytest.raises((ConversionError, ReviewFileError), match=reason) as refused:
        convert(made(), name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.md", aliases),
        ("x.md", lambda: b"---\ntitle: A\nx: " + b"[" * 30_000 + b"\n---\nText."),
        ("x.md", lambda: b"---\ntitle: A\nx: !!python/object/apply:os.system [ls]\n---\nText."),
        ("x.md", lambda: FRONT + b">" * 20_000 + b" a\n\nText."),
        ("x.md", lambda: FRONT + b"\n".join(b"  " * n + b"- a" for n in range(400)) + b"\n\nText."),
        ("x.md", lambda: FRONT + b"- " * 20_000 + b"a\n\nText."),
        ("x.md", lambda: FRONT + b"[[" * 20_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b">! " * 20_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b"<%" * 20_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b'<Aa x="' * 20_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b"{{< a " * 20_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b"<div>\n" * 10_000 + b"\n\nText."),
        ("x.md", lambda: FRONT + b"%%" * 20_001 + b"\n\nText."),
        ("x.md", lambda: FRONT + b"|| " * 20_001 + b"\n\nText."),
    ],
)
@pytest.mark.slow
def test_a_file_made_to_cost_much_is_read_without_a_hang(name: str, made: Callable[[], bytes]) -> None:
    started = process_time()
    with suppress(ConversionError, ReviewFileError):
        convert(made(), name)
    # Some seconds with coverage. What grows with the square of the length takes minutes.
    assert process_time() - started < 60


def test_the_sandbox_writes_nothing_to_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with pytest.raises(ConversionError, match="unpacks to more than 16 MB"):
        convert_in_sandbox(bomb(), "../../book.epub")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_deeply_nested_html_is_refused() -> None:
    with pytest.raises(ConversionError, match=r"no article|takes too much|can't be read"):
        convert_in_sandbox(b"<div>" * 100_000 + b"<p>text", "deep.html")


def test_a_book_cannot_read_files_of_the_machine() -> None:
    converted = convert_in_sandbox(local_file_reader(), "book.epub")
    assert converted.review.text == "Text."
    assert "root:" not in converted.content


def test_a_chapter_that_is_an_archive_is_not_unpacked() -> None:
    with pytest.raises(ConversionError, match=r"one\.xhtml of this book is not text"):
        convert(nested_bomb(), "book.epub")


def test_a_file_that_takes_too_long_ends_only_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.documents.sandbox.process.SANDBOX_TIMEOUT_SECONDS", 0.01)
    with pytest.raises(ConversionError, match=r"^x\.md: Reading the file takes too much memory or time"):
        convert_in_sandbox(FRONT + b"text", "x.md")


def test_memory_is_bounded_while_a_book_unpacks() -> None:
    data = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(ConversionError, match="unpacks to more"):
            convert(data, "book.epub")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(data) < MAX_PAGE_FILE_BYTES
    assert peak < 64 * 1024**2


# Files of a folder


def read(reader: FileReader, name: str, data: bytes) -> ParsedFile:
    return reader.read(data, Path(name), Path(name), collection="shared")


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_left_out_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SANDBOX_TIMEOUT_SECONDS", 8.0)
    with FileReader() as reader:
        with pytest.raises(ReviewFileError) as caught:
            read(reader, "x.md", FRONT + b"[" * 2_000_000)
        assert (caught.value.kind, str(caught.value)) == (
            LeftOut.TOO_LARGE,
            "x.md: Reading the file takes too much memory or time. Save its text as .txt, or split it.",
        )
        long = FRONT + b"It rains. " * 10_000
        assert read(reader, "x.md", long) == parse_file(long, Path("x.md"), Path("x.md"))


def test_an_archive_gives_the_reviews_in_it_and_says_what_it_leaves_out() -> None:
    files = {
        "Export/Copper Road 0123456789abcdef0123456789abcdef.md": b"# Copper Road\n\nIt rains.",
        "Export/list.csv": b"Name,Review\nTin Moon,It shines.\n",
        "Export/empty.md": b"",
        "Export/README.md": b"Read me.",
        "../../outside.md": b"It is out.",
        "Export/road.png": b"PNG",
    }
    with FileReader() as reader:
        parsed = read(reader, "export.zip", zipped(files))
    assert [(review.slug, review.title, review.text) for review in parsed.reviews] == [
        ("copper-road", "Copper Road", "It rains."),
        ("tin-moon", "Tin Moon", "It shines."),
    ]
    assert [(note.kind, note.reason.split(":")[0]) for note in parsed.notes] == [
        (LeftOut.EMPTY, "Export/empty.md"),
        (LeftOut.NO_REVIEW, "Export/README.md"),
        (LeftOut.OUTSIDE, "../../outside.md"),
    ]


@pytest.mark.parametrize(
    ("name", "made", "reason"),
    [
        ("x.zip", lambda: zipped({f"{n}.md": b"a" * 7_000_000 for n in range(20)}), "unpacks to more than 128 MB"),
        ("x.zip", lambda: zipped({"x.md": b"a" * 60_000_000}), "unpacks to more than 128 MB"),
        ("x.zip", lambda: b"PK\x03\x04 and nothing else", "not a readable zip archive"),
        ("x.docx", lambda: b"PK\x03\x04 and nothing else", "not a readable Word file"),
        ("x.docx", lambda: zipped({"word/document.xml": b"<a>" + b" " * 60_000_000}), "unpacks to more than 16 MB"),
        ("x.csv", lambda: b"Name,Review\n" + b"a,b\n" * 1_000_000, "more than 10,000 reviews"),
        ("x.csv", lambda: b"Name,Review\n" + b"a,\n" * 1_000_000, "has no review"),
        ("x.csv", lambda: b"Name,Rating\na,5\n", "no column for the title and one for the review"),
        ("x.csv", lambda: b'Name,Review\na,"' + b"b" * 200_000, "can't be read"),
    ],
)
@pytest.mark.slow
def test_a_hostile_archive_or_table_is_refused_in_one_line(name: str, made: Callable[[], bytes], reason: str) -> None:
    with FileReader() as reader, pytest.raises(ReviewFileError, match=reason) as refused:
        read(reader, name, made())
    assert "\n" not in str(refused.value)


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a header of 50 MB": ("a.md", lambda: b"---\ntitle: " + b"a" * 50 * 1024**2 + b"\n---\nText."),
    "a header of 2 MB": ("b.md", lambda: b"---\ntitle: " + b"a" * 2_000_000 + b"\n---\nText."),
    "YAML that grows": ("c.md", aliases),
    "a list 100,000 deep on a line": ("d.md", lambda: FRONT + b"- " * 100_000 + b"a\n\nText."),
    "lists 100,000 deep in HTML": ("e.html", lambda: b"<ul><li>" * 100_000 + b"Text."),
    "a table of a million rows": ("f.csv", lambda: b"Name,Review\n" + b"a,b\n" * 1_000_000),
    "a zip bomb": ("g.zip", lambda: zipped({f"{n}.md": b"a" * 7_000_000 for n in range(20)})),
    "a zip in a zip": ("h.zip", lambda: zipped({"x.zip": zipped({"x.md": b"a" * 60_000_000})})),
    "a book that is a bomb": ("i.epub", bomb),
    "a billion laughs": ("j.epub", entity_bomb),
    "a Word file that is a bomb": ("k.docx", lambda: zipped({"word/document.xml": b"<a>" + b" " * 60_000_000})),
    "names that lead out": (
        "l.zip",
        lambda: zipped({"../../x.md": b"It.", "/etc/x.md": b"It.", "a/../../x.md": b"It."}),
    ),
}


@pytest.mark.slow
def test_of_a_folder_of_hostile_files_each_is_left_out_or_read_in_bounds_and_the_others_are_brought_in(
    tmp_path: Path,
) -> None:
    for name, made in HOSTILE.values():
        (tmp_path / name).write_bytes(made())
    (tmp_path / "z.md").write_bytes(b"# Copper Road\n\nIt rains.")
    (tmp_path / "m.md").symlink_to("/etc/hostname")
    tracemalloc.start()
    try:
        found = read_paths([tmp_path])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "Copper Road" in [each.review.title for each in found.reviews]
    # A list so deep on one line is a paragraph, once its marks are gone.
    assert {each.file for each in found.reviews} <= {"c.md", "d.md", "e.html", "z.md"}
    left_out = {each.file: each.reason for each in found.left_out}
    assert {"a.md", "b.md", "f.csv", "g.zip", "h.zip", "i.epub", "j.epub", "k.docx", "m.md"} <= left_out.keys()
    assert {"../../x.md", "/etc/x.md", "a/../../x.md"} <= left_out.keys()
    assert not any("\n" in reason for reason in left_out.values())
    assert peak < 64 * 1024**2
