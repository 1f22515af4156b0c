"""Markdown, plain text, web pages and EPUB books become review files."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.converter import LeftOutFile, convert, display_name, needs_import_extra, read_candidates
from embeddings.documents.parser import parse_review
from embeddings.documents.sandbox.process import FileReader, convert_in_sandbox, read_candidates_in_sandbox
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError, LeftOut, ReviewFileError
from tests.embeddings.documents.parsing import outline
from tests.embeddings.fixtures.books import book
from tests.project import ROOT

PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}">
<title>The Lighthouse Keeper (1987), a Review | Film Notes</title>
<meta property="og:title" content="The Lighthouse Keeper"><meta name="author" content="Jo Doe">
<link rel="canonical" href="https://example.org/lighthouse"><script>alert("evil")</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/about">About us</a></li></ul></nav>
<article><h1>The Lighthouse Keeper</h1>
<p>A keeper counts the ships that pass without lights, and writes each of them down in a café. It is a <em>long</em>
film, with *stars* in it, and nobody has ever asked him why.</p>
<h2>The Lamp</h2><p onclick="evil()">The lamp is cleaned every evening before the fog comes in.<br>It is the only thing
that he has ever cared for, and the film says so in every shot.</p>
<ul><li>First, an item that has some words in it.</li><li>Second, another with some more of them.</li></ul>
<h2>The End</h2><p>In the end the keeper drowns on the night when he forgets to light the lamp.
<a href="javascript:evil()">Nobody</a> comes.</p><script>document.write("more evil")</script>
</article><aside>Related: ten films about lamps</aside><footer>Copyright. All rights reserved. Cookies.</footer>
</body></html>"""


def test_a_web_page_becomes_its_article_with_title_author_and_address() -> None:
    converted = convert(PAGE.format(charset="utf-8").encode(), "saved page.html", collection="7")
    review = converted.review
    assert (review.slug, review.title, review.author, review.source, review.collection) == (
        "the-lighthouse-keeper",
        "The Lighthouse Keeper",
        "Jo Doe",
        "https://example.org/lighthouse",
        "7",
    )
    assert outline(converted.review) == [
        (
            "Introduction",
            [
                "A keeper counts the ships that pass without lights, and writes each of them down in a café. It is a "
                "long film, with *stars* in it, and nobody has ever asked him why."
            ],
        ),
        (
            "The Lamp",
            [
                "The lamp is cleaned every evening before the fog comes in. It is the only thing that he has ever "
                "cared for, and the film says so in every shot.",
                "First, an item that has some words in it.",
                "Second, another with some more of them.",
            ],
        ),
        ("The End", ["In the end the keeper drowns on the night when he forgets to light the lamp. Nobody comes."]),
    ]
    assert "evil" not in converted.content


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_web_page_may_have_any_encoding(charset: str) -> None:
    converted = convert(PAGE.format(charset=charset).encode(charset), "page.html")
    assert "café" in converted.content


def test_a_book_becomes_its_chapters_in_their_reading_order() -> None:
    data = book(
        {
            "one.xhtml": "<h1>The Lighthouse Keeper</h1><p>A keeper counts&#160;ships.</p><!-- not this -->",
            "two.xhtml": "<section><h2>The <i>Lamp</i></h2><p>It is<br/>cleaned.</p><script>evil()</script></section>",
            "three.xhtml": "<h2>The End</h2><div>He drowns.<table><tr><td>Length</td><td>107</td></tr></table></div>",
        }
    )
    converted = convert(data, "book.epub")
    assert (converted.review.slug, converted.review.author) == ("the-lighthouse-keeper", "Jo Doe")
    assert outline(converted.review) == [
        ("Introduction", ["A keeper counts\u00a0ships."]),
        ("The Lamp", ["It is cleaned."]),
        ("The End", ["He drowns.", "Length 107"]),
    ]


def test_a_plain_text_becomes_markdown_under_its_own_title() -> None:
    converted = convert(b"A keeper counts.\n\nThe Lamp\n\nIt is # cleaned.", "Das Ende — ein Film.txt")
    assert (
        converted.content
        == "---\ntitle: Das Ende — ein Film\n---\n\nA keeper counts.\n\n## The Lamp\n\nIt is \\# cleaned.\n"
    )
    assert (converted.review.slug, converted.converted) == ("das-ende-ein-film", True)


def test_markdown_is_stored_unchanged_under_its_title_or_another_name() -> None:
    content = "---\ntitle: The Lighthouse Keeper\nspoilers: [the-end]\n---\nA lamp.\n\n## The End\n\nHe *drowns*.\n"
    converted = convert(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode(), "Light House.md")
    assert (converted.content, converted.review.slug, converted.converted) == (content, "the-lighthouse-keeper", False)
    assert [section.spoiler for section in converted.review.sections] == [False, True]
    assert convert(content.encode(), "x.md", slug="The Keeper!").review.slug == "the-keeper"


@pytest.mark.parametrize("name", ["index.txt", "README.txt"])
def test_a_file_without_a_title_is_not_named_after_a_generic_file_name(name: str) -> None:
    with pytest.raises(ConversionError, match="The file has no title, and its name is none"):
        convert(b"A keeper counts.", name)


@given(st.text(min_size=1, max_size=300))
def test_any_name_has_a_slug_that_a_file_can_have(name: str) -> None:
    slug = convert(b"---\ntitle: A\n---\nb", "x.md", slug=name).review.slug
    assert slugify(Path(f"{slug}.md").stem) == slug
    assert 0 < len(slug.encode()) <= 200
    assert "/" not in slug
    assert not slug.startswith(".")


@pytest.mark.parametrize("title", ["Con", "AUX", "Nul!", "prn", "COM¹", "lpt9"])
def test_no_file_has_the_name_of_a_windows_device(title: str) -> None:
    content = f"---\ntitle: {title}\n---\nIt is long.\n".encode()
    assert convert(content, "x.md").review.slug == f"{slugify(title)}-review"
    assert convert(content, "x.md", slug=f"{title}clave").review.slug == slugify(f"{title}clave")


def test_the_sandbox_gives_the_same_result() -> None:
    data = PAGE.format(charset="utf-8").encode()
    assert convert_in_sandbox(data, "../../page.html", slug="lamp", collection="7") == convert(
        data, "page.html", slug="lamp", collection="7"
    )
    with pytest.raises(ConversionError, match=r"x\.md, line 1: The line has the control character U\+0000"):
        convert_in_sandbox(b"no\0 text", "x.md")


def test_what_only_the_files_name_tells_is_written_into_its_header() -> None:
    dated, kept = "2021-05-03-don't-look.md", "# Don't look\n\n- It *rains*.\n"
    for text, content in (
        (kept, f"---\ndate: '2021-05-03'\n---\n\n{kept}"),
        ("It rains.", "---\ntitle: Don't Look\ndate: '2021-05-03'\n---\n\nIt rains."),
        ("---\nyear: 1973\n---\nIt rains.", "---\ntitle: Don't Look\ndate: '2021-05-03'\nyear: 1973\n---\nIt rains."),
        (
            "+++\nyear = 1973\n+++\nIt rains.",
            "---\ntitle: Don't Look\ndate: '2021-05-03'\nyear: '1973'\n---\n\nIt rains.\n",
        ),
    ):
        (candidate,) = read_candidates(text.encode(), Path(dated)).reviews
        assert (candidate.content, candidate.review.slug) == (content, "dont-look")
        stored = parse_review(candidate.content.encode(), Path("dont-look.md"))
        assert (stored, stored.facts["date"]) == (candidate.review, "2021-05-03")


def test_a_page_of_a_bundle_is_named_by_its_folder_and_a_generic_name_is_no_title() -> None:
    (candidate,) = read_candidates(b"It rains.", Path("posts/copper-road/index.md")).reviews
    assert (candidate.review.title, candidate.review.slug, candidate.file) == (
        "Copper Road",
        "copper-road",
        "posts/copper-road/index.md",
    )
    assert read_candidates(b"It rains.", Path("index.md")).left_out == (
        LeftOutFile(
            "index.md",
            LeftOut.UNREADABLE,
            "The file has no title, and its name is none. Rename it after what it reviews.",
        ),
    )


ARCHIVE = {
    "Export/Copper Road 0123456789abcdef0123456789abcdef.md": b"# Copper Road\n\nIt rains.",
    "Export/list.csv": b"Name,Year,Review\nTin Moon,1999,It shines.\nSalt,2001,\n",
    "Export/july.md": b"---\nsplit: true\ndate: 2024-07-31\n---\n"
    b"## One (2019)\n\nIt ||ends||.\n\n## Two (2020)\n\n> Good.",
    "Export/empty.md": b"",
    "Export/README.md": b"Read me.",
    "Export/.obsidian/x.md": b"Hidden.",
    "__MACOSX/Export/._list.csv": b"Mac.",
    "../../outside.md": b"It is out.",
}


def test_an_archive_gives_its_reviews_and_says_what_it_leaves_out() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, content in ARCHIVE.items():
            packed.writestr(name, content)
    found = read_candidates(stream.getvalue(), Path("export.zip"), collection="7")
    assert [(each.review.slug, each.review.title, each.review.year, each.file) for each in found.reviews] == [
        ("copper-road", "Copper Road", None, "Export/Copper Road 0123456789abcdef0123456789abcdef.md"),
        ("tin-moon", "Tin Moon", 1999, "Export/list.csv"),
        ("one-2019", "One (2019)", 2019, "Export/july.md"),
        ("two-2020", "Two (2020)", 2020, "Export/july.md"),
    ]
    assert found.reviews[2].content == "---\ntitle: One (2019)\ndate: '2024-07-31'\n---\n\nIt ||ends||.\n"
    assert found.reviews[3].content == "---\ntitle: Two (2020)\ndate: '2024-07-31'\n---\n\n> Good.\n"
    assert [(each.file, each.kind) for each in found.left_out] == [
        ("Export/list.csv", LeftOut.EMPTY),
        ("Export/empty.md", LeftOut.EMPTY),
        ("Export/README.md", LeftOut.NO_REVIEW),
        ("../../outside.md", LeftOut.OUTSIDE),
    ]
    assert read_candidates_in_sandbox(stream.getvalue(), "x/export.zip", collection="7") == found
    with FileReader() as reader:
        assert reader.read_candidates(stream.getvalue(), Path("export.zip"), collection="7") == found


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.zip", b"PK\x03\x04 and nothing else", LeftOut.UNREADABLE),
        ("x.pdf", b"%PDF", LeftOut.UNREADABLE),
        ("x.md", b"a" * 2_100_000, LeftOut.TOO_LARGE),
        ("x.md", b"---\ntitle: A\n---\n" + b"word " * 110_000, LeftOut.TOO_LARGE),
        ("x.csv", b"Name,Rating\na,5\n", LeftOut.NO_REVIEW),
    ],
)
@pytest.mark.slow
def test_what_can_become_no_review_is_left_out_with_one_line(name: str, data: bytes, kind: LeftOut) -> None:
    for found in (read_candidates(data, Path(name)), read_candidates_in_sandbox(data, name)):
        assert found.reviews == ()
        assert [(each.file, each.kind, "\n" in each.reason) for each in found.left_out] == [(name, kind, False)]


def test_a_wrong_line_is_an_error_with_its_number() -> None:
    with pytest.raises(ReviewFileError, match=r"^x\.md, line 3: The header says that this is a draft\."):
        convert(b"---\ntitle: A\ndraft: true\n---\nText.", "folder/x.md")


def test_without_the_extra_text_can_be_converted() -> None:
    code = (
        "import sys; sys.modules.update(lxml=None, trafilatura=None)\n"
        "from embeddings.documents.converter import convert\n"
        "print(convert(b'A keeper counts.', 'ships.txt').review.text)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("A keeper counts.\n", "")


@pytest.mark.parametrize("name", ["page.html", "book.epub", "picture.png"])
def test_without_the_extra_only_text_formats_are_suggested(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("trafilatura", "lxml"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConversionError) as refused:
        convert(b"<p>text", name)
    assert str(refused.value) == f"'{Path(name).suffix}' files can't be read. Use .md, .txt, .csv or .zip."
    assert needs_import_extra(name) == (name != "picture.png")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("z.txt", b"", "z.txt: The file has no text. Write the review, or remove the file."),
        ("z.html", b"", "z.html: This page has no article. Save its text as .txt and add that."),
        ("z.epub", b"PK", "z.epub: This is not a readable EPUB. It is damaged or another kind of file."),
    ],
)
def test_an_error_names_the_file_that_was_given(name: str, data: bytes, message: str) -> None:
    with pytest.raises((ConversionError, ReviewFileError)) as refused:
        convert(data, name)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.md", "passwd.md"),
        ("C:\\Users\\Ana\\review.md", "review.md"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("re\x00view\n.md", "review.md"),
    ],
)
def test_a_files_name_is_shown_without_folders_and_invisible_characters(name: str, shown: str) -> None:
    assert display_name(name) == shown
