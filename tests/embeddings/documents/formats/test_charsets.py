"""Bytes become text as in a browser, and what can't be decoded is an error that names the place."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.converter import convert
from embeddings.documents.formats.charsets import decode_page, decode_text, decode_utf
from embeddings.errors import ConversionError, ReviewFileError
from tests.embeddings.documents.parsing import outline, plain
from tests.embeddings.fixtures.books import CONTAINER, archive, chapter, package

PAGE = Path("page.html")
META = '<meta charset="%s"><p>'
HTTP = "<META content='text/html; charset=%s' http-equiv=Content-Type><p>"
XML = "<?xml version='1.0' encoding='%s'?><p>"


@pytest.mark.parametrize("declaration", [META, HTTP, XML])
@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "The film’s “naïve” end – €5…"),
        ("latin1", "cp1252", "The film’s"),
        ("US-ASCII", "cp1252", "The film’s"),
        ("windows-1252", "cp1252", "The film’s"),
        ("x-cp1250", "cp1250", "Dvořák’s"),
        ("iso-8859-9", "cp1254", "Türk’ün “İstanbul”"),
        ("iso-8859-15", "iso-8859-15", "cœur, €"),
        ("iso-8859-2", "iso-8859-2", "Dvořák"),
        ("koi8-r", "koi8-r", "Война и мир"),
        ("windows-1251", "cp1251", "Война и мир"),
        ("gb2312", "gb18030", "千与千寻 镕"),
        ("Shift_JIS", "cp932", "千と千尋の神隠し①"),
        ("x-sjis", "cp932", "千と千尋の神隠し①"),
        ("euc-kr", "cp949", "영화 똠"),
        ("Big5", "big5hkscs", "花樣年華"),
        ("utf-8", "utf-8", "film’s naïve"),
        ("utf-16", "utf-8", "film’s naïve"),
        ("utf-7", "utf-8", "film’s +AGE- naïve"),
        ("rot13", "utf-8", "film’s naïve"),
        ("nonsense", "cp1252", "film’s naïve"),
    ],
)
def test_a_page_is_decoded_by_the_encoding_that_browsers_take_for_its_label(
    declaration: str, label: str, encoding: str, text: str
) -> None:
    assert decode_page((declaration % label).encode() + text.encode(encoding), PAGE) == declaration % label + text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("naïve film’s".encode(), "naïve film’s"),
        ("naïve film’s".encode("cp1252"), "naïve film’s"),
        (b"\xef\xbb\xbf" + (META % "windows-1252").encode() + "naïve".encode(), META % "windows-1252" + "naïve"),
        ((META % "koi8-r" + "naïve").encode("utf-16"), META % "koi8-r" + "naïve"),
        (b"<!-- <meta charset=koi8-r> -->" + "naïve".encode("cp1252"), "<!-- <meta charset=koi8-r> -->naïve"),
        (b" " * 5000 + (META % "koi8-r").encode() + "Война".encode("koi8-r"), " " * 5000 + META % "koi8-r" + "Война"),
        ("the film\u0092s \u0085".encode(), "the film’s …"),
    ],
    ids=["UTF-8", "Windows-1252", "a mark before the label", "UTF-16", "a comment", "a late label", "C1"],
)
def test_a_page_without_a_label_or_with_a_mark_is_decoded_as_in_a_browser(data: bytes, text: str) -> None:
    assert decode_page(data, PAGE) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((META % "utf-8").encode() + b"one\r\nna\xefve", "page.html, line 2: Byte 3 of the line (0xEF) is not UTF-8. "),
        (b"one\ntwo\nfilm\x81s", "page.html, line 3: Byte 5 of the line (0x81) is not Windows-1252. "),
        (
            (META % "shift_jis").encode() + b"one\n\x82\x20",
            "page.html, line 2: Byte 1 of the line (0x82) is not Shift-JIS. ",
        ),
        ("one\ntwo\x00".encode("utf-16"), "page.html, line 2: The line has the control character U+0000. "),
    ],
)
def test_what_can_not_be_decoded_is_an_error_that_names_the_place(data: bytes, message: str) -> None:
    with pytest.raises(ReviewFileError) as caught:
        decode_page(data, PAGE)
    assert str(caught.value).startswith(message)


@given(st.binary())
def test_any_bytes_are_decoded_or_refused_with_their_place(data: bytes) -> None:
    for decode in (decode_page, decode_utf):
        with suppress(ReviewFileError):
            decode(data, PAGE)


def test_a_text_may_be_utf_16_with_a_mark() -> None:
    text = "The film’s end.\n\nThe Sea\n\nIt is grey."
    for encoding in ("utf-16", "utf-8-sig"):
        content = convert(text.encode(encoding), "whales.txt").content
        assert content == convert(text.encode(), "whales.txt").content
    assert outline(plain(text)) == [("Introduction", ["The film’s end."]), ("The Sea", ["It is grey."])]


def test_a_deeply_nested_text_is_not_dropped() -> None:
    deep = f"<p>One.</p>{'<div>' * 300}<p>The end is near, and nobody knows.</p>{'</div>' * 300}<p>After it.</p>"
    content = convert(archive_of(chapter(deep).encode()), "book.epub").content
    assert content.endswith("One.\n\nThe end is near, and nobody knows.\n\nAfter it.\n")


def archive_of(page: bytes) -> bytes:
    files: dict[str, str | bytes] = {"META-INF/container.xml": CONTAINER, "OEBPS/a.xhtml": page}
    return archive(files | {"OEBPS/content.opf": package({"a.xhtml": ""})})


def test_a_chapter_is_decoded_by_its_declaration() -> None:
    page = chapter("<p>The film’s end, naïve.</p>").replace('encoding="utf-8"', 'encoding="ISO-8859-1"')
    assert convert(archive_of(page.encode("cp1252")), "book.epub").content.endswith("The film’s end, naïve.\n")
    with pytest.raises(
        ConversionError, match=r"book\.epub: The chapter a\.xhtml, line 3: Byte 28 .*0xEF.* is not UTF-8"
    ):
        convert(archive_of(chapter("<p>The film's end, na\xefve.</p>").encode("cp1252")), "book.epub")


RUSSIAN = "Фильм начинается на пароме, который так и не покидает гавань."
POLISH = "Film zaczyna się na promie, który nigdy nie opuszcza portu, i nikt nie mówi ani słowa. Żal."


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", RUSSIAN),
        ("cp1251", RUSSIAN),
        ("cp866", RUSSIAN),
        ("iso8859-2", POLISH + " Ślą źle."),
        ("cp1250", POLISH + " Ślą źle."),
        ("cp1253", "Η ταινία αρχίζει σε ένα πλοίο που δεν φεύγει ποτέ."),
        ("cp1254", "Kimse konuşmuyor, ama çok güzel bir şey bu: insanlar bekliyor, kapı açılmıyor."),
        ("cp1255", "הסרט נפתח על מעבורת שלעולם אינה עוזבת את הנמל."),
        ("cp1257", "Filmas prasideda kelte, kuris niekada neišplaukia iš uosto. Žiūrėjau ilgai."),
        ("cp932", "この映画は、港を離れないフェリーから始まる。"),
        ("gb18030", "这部电影从一艘渡轮开始，它从未真正离开港口，十分钟内没有人说一句话。"),
        ("cp949", "이 영화는 항구를 떠나지 않는 배에서 시작한다."),
        ("cp1252", "A café – “the best of it” – costs €5. Die Straße ist groß."),
        ("cp1252", "Þetta er góð mynd og ég hló. O filme não sai do porto: não há ação."),
    ],
)
def test_a_text_that_names_no_encoding_is_read_in_the_one_that_its_letters_are_of(encoding: str, text: str) -> None:
    found, notes = decode_text(text.encode(encoding), Path("x.txt"))
    assert (found, len(notes)) == (text, 1)
