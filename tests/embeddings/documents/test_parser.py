"""Review files become reviews: what is read, what is refused, and where the fault is said to be."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.documents.parser import parse_review, read_review, read_reviews, review_files
from embeddings.documents.slugs import SLUG_LENGTH, slugify
from embeddings.documents.splitter import split_sentences
from embeddings.errors import ReviewFileError
from embeddings.records import Paragraph, Review, Section
from tests.project import ROOT

OWNERS = ROOT / "data" / "reviews" / "never-let-me-go.md"
SEED = ROOT.parent / "shared" / "seed" / "never-let-me-go.txt"

needs_seed = pytest.mark.skipif(not SEED.exists(), reason="the owner's raw text is not beside this project")


def markdown(body: str, fields: str = "title: A Film") -> Review:
    return parse_review(f"---\n{fields}\n---\n{body}".encode(), Path("a-film.md"))


def plain(text: str, name: str = "a-film.txt") -> Review:
    return parse_review(text.encode(), Path(name))


def outline(review: Review) -> list[tuple[str, list[str]]]:
    """Each section's heading with its paragraphs' text."""
    return [
        (section.heading, [review.text[paragraph.start : paragraph.end] for paragraph in section.paragraphs])
        for section in review.sections
    ]


def fault(data: bytes | str, name: str = "x.md") -> str:
    with pytest.raises(ReviewFileError) as caught:
        parse_review(data.encode() if isinstance(data, str) else data, Path(name))
    return str(caught.value)


def field_fault(fields: str) -> str:
    return fault(f"---\ntitle: A Film\n{fields}\n---\nText.\n\n## Its End\n\nMore.")


# The owner's review


def test_the_owners_review_has_eight_sections_and_eighteen_paragraphs() -> None:
    review = read_review(OWNERS)
    assert (review.slug, review.title, review.work, review.year) == (
        "never-let-me-go",
        "Never Let Me Go",
        "Never Let Me Go",
        2010,
    )
    assert [(section.slug, len(section.paragraphs)) for section in review.sections] == [
        ("introduction", 1),
        ("a-world-almost-like-our-own", 2),
        ("hailsham-the-illusion-of-normalcy", 3),
        ("love-and-jealousy-amid-hopelessness", 3),
        ("a-life-measured-in-donations", 3),
        ("memory-mortality-and-meaning", 2),
        ("the-ethical-mirror", 1),
        ("a-gentle-elegy-for-lost-innocence", 3),
    ]


@needs_seed
def test_the_owners_words_are_untouched() -> None:
    body = OWNERS.read_text(encoding="utf-8").split("---\n", 2)[2]
    assert re.sub(r"^#+ ", "", body, flags=re.MULTILINE).split() == SEED.read_text(encoding="utf-8").split()


@needs_seed
def test_the_raw_text_gives_the_same_sections_paragraphs_and_sentences_as_the_markdown() -> None:
    ours, raw = read_review(OWNERS), read_review(SEED)
    assert (raw.slug, raw.title, raw.text, raw.sections) == (ours.slug, ours.title, ours.text, ours.sections)
    sentences = [
        sentence
        for section in raw.sections
        for paragraph in section.paragraphs
        for sentence in split_sentences(raw.text, paragraph.start, paragraph.end)
    ]
    assert len(sentences) == 75


# Sections and offsets


def test_a_review_is_read_whole() -> None:
    data = """---
title: "Yi Yi: A One and a Two"
work: Yi Yi
year: 2000
author: A. Reviewer
source: https://example.org/yi-yi?page=1
aliases: [A One and a Two, Yi-Yi]
spoilers: [the-end]
---
Before *any* heading.

## The End

One.
Still one.

Two.
"""
    assert parse_review(data.encode(), Path("reviews/Yi Yi.md"), collection="guild-1") == Review(
        slug="yi-yi",
        title="Yi Yi: A One and a Two",
        text="Before any heading.\nOne. Still one.\nTwo.",
        sections=(
            Section("introduction", "Introduction", (Paragraph(1, 0, 19),)),
            Section("the-end", "The End", (Paragraph(1, 20, 35), Paragraph(2, 36, 40)), spoiler=True),
        ),
        work="Yi Yi",
        year=2000,
        author="A. Reviewer",
        source="https://example.org/yi-yi?page=1",
        aliases=("A One and a Two", "Yi-Yi"),
        collection="guild-1",
    )


def test_a_first_level_heading_that_says_the_title_is_no_section() -> None:
    assert outline(markdown("# A film!\n\nText.\n\n# Part\n\nMore.")) == [
        ("Introduction", ["Text."]),
        ("Part", ["More."]),
    ]


def test_headings_of_every_level_make_sections() -> None:
    body = "## One\n\na\n\n### Two\n\nb\n\n###### Three\n\nc\n\nFour\n----\n\nd"
    assert outline(markdown(body)) == [("One", ["a"]), ("Two", ["b"]), ("Three", ["c"]), ("Four", ["d"])]


def test_a_heading_without_text_makes_no_section() -> None:
    assert outline(markdown("## Part One\n\n### Chapter One\n\nText.\n\n## Unwritten\n")) == [
        ("Chapter One", ["Text."])
    ]


def test_equal_headings_get_numbered_slugs() -> None:
    body = "intro\n\n## Ending\n\na\n\n## ENDING!\n\nb\n\n## Ending 2\n\nc\n\n## Introduction\n\nd\n\n## Ending\n\ne"
    slugs = [section.slug for section in markdown(body).sections]
    assert slugs == ["introduction", "ending", "ending-2", "ending-2-2", "introduction-2", "ending-3"]


def test_true_flags_every_section_as_a_spoiler() -> None:
    review = markdown("a\n\n## B\n\nb", "title: A Film\nspoilers: true")
    assert [section.spoiler for section in review.sections] == [True, True]


# What Markdown's text is


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("*a* **b** ***c*** _d_ __e__ ~~f~~ `g`", "a b c d e f g"),
        ("[a *b*](http://x.org 'title'), [c][1], <http://y.org>\n\n[1]: http://z.org", "a b, c, http://y.org"),
        ("soft\nwrapped, hard  \nbroken, also\\\nso, and<br>so", "soft wrapped, hard broken, also so, and so"),
        ("a\tb  c d", "a b c d"),
        ("AT&amp;T &lt;3 &#39;n&#39;&nbsp;x\\*", "AT&T <3 'n'\u00a0x*"),
        ("a&#10;b", "a b"),
        ("<b>bold</b> <!-- aside --> <span class='x'>said</span>", "bold said"),
        ("seen ![a *poster*](p.png) here", "seen here"),
        ("![a poster](p.png)\n\ntext", "text"),
        ("He left.[^1] She stayed.\n\n[^1]: In the *book*.\n", "He left. She stayed.\nIn the book."),
        ("- one\n- two *x*\n  1. three\n", "one\ntwo x\nthree"),
        ("> quoted\n> on\n>\n> ## said", "quoted on\nsaid"),
        ("a\n\n***\n\nb\n\n* * *\n\n⁂\n\nc", "a\nb\nc"),
        ("```python\ncode = 1\n\nmore\n```\n\n    verse one\n    verse two", "code = 1\nmore\nverse one verse two"),
        ("| Actor | Part |\n|---|---|\n| *Carey* | Kathy |", "Actor Part\nCarey Kathy"),
        (
            "<div>\n<p>One <i>two</i></p><p>three &amp; four</p>\n</div>\n\n<script>\nx\n</script>",
            "One two\nthree & four",
        ),
        ("“Curly” ‘quotes’ -- and ... 'straight' (c)", "“Curly” ‘quotes’ -- and ... 'straight' (c)"),
        ("千と千尋の神隠し。\n\nВойна и мир. 😀", "千と千尋の神隠し。\nВойна и мир. 😀"),
        ("2 * 3 * 4 and snake_case_name and 5 < 6 > 4", "2 * 3 * 4 and snake_case_name and 5 < 6 > 4"),
    ],
)
def test_a_review_is_what_the_rendered_page_says(body: str, text: str) -> None:
    assert markdown(body).text == text


words = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=5).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["*%s*", "**%s**", "~~%s~~", "`%s`", "[%s](http://x.org)", "%s"]), words)))
def test_inline_marks_never_appear_in_the_text(pieces: list[tuple[str, str]]) -> None:
    review = markdown("Start " + " ".join(mark % text for mark, text in pieces))
    assert review.text == " ".join(["Start", *(text for _, text in pieces)])


# Plain text


def test_a_short_line_without_closing_punctuation_between_paragraphs_is_a_heading() -> None:
    text = "It begins here.\nA Fine Middle\nIt goes on.\nAnd on.\nIs This The End?\nIt ends."
    assert outline(plain(text)) == [
        ("Introduction", ["It begins here."]),
        ("A Fine Middle", ["It goes on.", "And on.", "Is This The End?", "It ends."]),
    ]


def test_blank_lines_change_nothing_where_a_line_is_a_paragraph() -> None:
    text = "It begins here.\n\nA Fine Middle\nIt goes on.\n\nAnd on.\n\n\nThe End\n\nIt ends.\n"
    assert (
        outline(plain(text))
        == outline(plain(re.sub(r"\n+", "\n", text)))
        == [
            ("Introduction", ["It begins here."]),
            ("A Fine Middle", ["It goes on.", "And on."]),
            ("The End", ["It ends."]),
        ]
    )


def test_the_lines_of_a_wrapped_paragraph_are_joined() -> None:
    text = """\
The story unfolds in another England, where a
breakthrough has cured most diseases. The cost is
horrifying, and nobody asks who pays for it.
The Ethical Mirror
It is a mirror held up to our own world by Mark
Romanek. He does not look away.

A Gentle Elegy

It ends in a field.
"""
    assert outline(plain(text)) == [
        (
            "Introduction",
            [
                "The story unfolds in another England, where a breakthrough has cured most diseases. "
                "The cost is horrifying, and nobody asks who pays for it."
            ],
        ),
        ("The Ethical Mirror", ["It is a mirror held up to our own world by Mark Romanek. He does not look away."]),
        ("A Gentle Elegy", ["It ends in a field."]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The cast is this.\nCarey Mulligan\nAndrew Garfield\nKeira Knightley\nThey are good.",
        "It was good.\n- a short point\nIt was long.",
        "It was good.\n" + "a line without an end " * 6 + "\nIt was long.",
        "It was good.\nSigned by its author",
    ],
)
def test_lists_long_lines_and_last_lines_are_no_headings(text: str) -> None:
    assert outline(plain(text)) == [("Introduction", [line.strip() for line in text.split("\n")])]


def test_a_plain_texts_title_is_its_files_name_and_may_be_repeated_on_top() -> None:
    review = plain("Blade Runner: 2049\nIt rains.", "blade_runner-2049.txt")
    assert (review.slug, review.title, review.text) == ("blade-runner-2049", "Blade Runner 2049", "It rains.")


def test_marks_in_a_plain_text_are_its_own() -> None:
    assert plain("It is *not* &amp; never was <b>.\n* * *\nYes.").text == "It is *not* &amp; never was <b>.\nYes."


sentence = st.tuples(st.text("ABCDE", min_size=1, max_size=1), words).map(lambda pair: f"{pair[0]}{pair[1]}.")
heading = st.tuples(st.text("ABCDE", min_size=1, max_size=1), words).map("".join)


@given(st.lists(sentence), st.lists(st.tuples(heading, st.lists(sentence, min_size=1, max_size=3))))
@example(["Aa."], [])
def test_both_formats_give_the_same_sections_for_the_same_words(
    introduction: list[str], sections: list[tuple[str, list[str]]]
) -> None:
    paragraphs = introduction or ["It begins."]
    lines = [*paragraphs, *(line for head, body in sections for line in (head, *body))]
    body = "\n\n".join([*paragraphs, *(line for head, body in sections for line in (f"## {head}", *body))])
    from_plain, from_markdown = plain("\n".join(lines)), markdown(body)
    assert (from_plain.text, from_plain.sections) == (from_markdown.text, from_markdown.sections)


# Bytes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end: str, mark: bytes) -> None:
    text = "---\ntitle: A Film\n---\n\nOne\nmore.\n\n## B\n\n“Two.”\n"
    expected = parse_review(text.encode(), Path("a.md"))
    assert parse_review(mark + text.replace("\n", end).encode(), Path("a.md")) == expected


@pytest.mark.parametrize("separator", ["\v", "\f", "\x85", "\u2028", "\u2029", "\t"])
def test_no_paragraph_holds_a_line_separator(separator: str) -> None:
    assert plain(f"One{separator}two.").text == markdown(f"One{separator}two.").text == "One two."


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_bad_bytes_are_named_with_their_line(end: str) -> None:
    data = f"Fine “line”.{end}Zo".encode() + b"\xeb is caf\xe9."
    assert fault(data, "x.txt") == "x.txt:2: byte 3 of the line (0xEB) is not UTF-8; save the file as UTF-8"


def test_control_characters_are_named_with_their_line() -> None:
    message = "x.txt:2: has the control character U+0000; remove it, and save the file as UTF-8"
    assert fault("One.\nTw\0o.", "x.txt") == message


@pytest.mark.parametrize("text", ["", "\n \n", "* * *", "\ufeff"])
def test_an_empty_review_is_an_error(text: str) -> None:
    message = "has no text; write the review, or remove the file"
    assert fault(text, "x.txt") == f"x.txt: {message}"
    assert fault(f"---\ntitle: A\n---\n## Only a heading\n{text.removeprefix(chr(0xFEFF))}") == f"x.md: {message}"


def test_another_kind_of_file_is_an_error() -> None:
    assert fault("Text.", "x.docx") == "x.docx: is neither .md nor .txt; rename it"


def test_a_name_that_cannot_be_shown_is_an_error() -> None:
    assert "rename it" in fault("Text.", "a\udcff.txt")


fields = st.sampled_from(
    ["title: A", "title:", "year: 2010", "year: [", "spoilers: true", "spoilers: [introduction]", "aliases: &a [x]",
     "aliases: *a", "source: http://[", "? [a]",
     '"\\ud800": 1', 'title: "\\Uffffffff"', "{", "[[[[", "!!x y", "%Y", "\t"]
)  # fmt: skip
files = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.tuples(st.lists(fields, max_size=4), st.text()).map(
        lambda parts: "\n".join(["---", *parts[0], "---", parts[1]]).encode()
    ),
    st.text("#*_~`[]()<>!&;|-=+>^:\\ \n\tab1.“”", min_size=1).map(lambda body: f"---\ntitle: A\n---\n{body}".encode()),
)


@given(files, st.sampled_from(["x.md", "x.txt"]))
@example(b"---\ntitle: A\n---\n<div>\n<![x[ y", "x.md")
@example(b"---\ntitle: A\n---\n&#0;&#xD800;&#27;", "x.md")
def test_any_bytes_give_a_sound_review_or_an_error_of_one_line(data: bytes, name: str) -> None:
    outcome = parsed_or_refused(data, name)
    if isinstance(outcome, ReviewFileError):
        assert str(outcome).startswith(name)
        assert len(str(outcome).splitlines()) == 1
    else:
        assert_is_sound(outcome)


def parsed_or_refused(data: bytes, name: str) -> Review | ReviewFileError:
    try:
        return parse_review(data, Path(name))
    except ReviewFileError as error:
        return error


def assert_is_sound(review: Review) -> None:
    paragraphs = [paragraph for section in review.sections for paragraph in section.paragraphs]
    texts = [review.text[paragraph.start : paragraph.end] for paragraph in paragraphs]
    assert review.text == "\n".join(texts)
    assert all(text and text == text.strip() and "\n" not in text for text in texts)
    assert all(
        [paragraph.number for paragraph in section.paragraphs] == list(range(1, len(section.paragraphs) + 1))
        for section in review.sections
    )
    assert len({section.slug for section in review.sections}) == len(review.sections) > 0
    assert all(section.slug and section.heading for section in review.sections)
    assert review.text.encode().decode() == review.text


# Front matter


def test_markdown_without_front_matter_says_what_to_add() -> None:
    assert fault("Text.") == (
        "x.md:1: no front matter; begin the file with a line '---', a line 'title: The Title' and a line '---'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitle: A\n", "x.md:1: the front matter has no end; add a line '---' after its last field"),
        ("---\n---\nText.", "x.md:1: the front matter has no title; add a line 'title: The Title'"),
        ("---\ntitle:\n---\nText.", "x.md:1: the front matter has no title; add a line 'title: The Title'"),
        ("---\nyear: 2010\n---\nText.", "x.md:1: the front matter has no title; add a line 'title: The Title'"),
        ("---\n- a\n---\nText.", "x.md:2: the front matter must be fields, such as 'title: The Title'"),
        (
            "---\ntitle: A: B\n---\nText.",
            "x.md:2: broken front matter: mapping values are not allowed here; "
            "put values that hold ':' or '#' in quotes",
        ),
        ("---\ntitle: A\nyeer: 1\n---\nText.", "x.md:3: 'yeer' is not a known field; did you mean 'year'?"),
        (
            "---\ntitle: A\nzzz: 1\n---\nText.",
            "x.md:3: 'zzz' is not a known field; the fields are title, work, year, author, source, aliases, spoilers",
        ),
        ("---\ntitle: A\ntitle: B\n---\nText.", "x.md:3: 'title' is given twice; remove one of them"),
    ],
)
def test_broken_front_matter_is_named_with_its_line(text: str, message: str) -> None:
    assert fault(text) == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("work: [a]", "x.md:3: 'work' must be text"),
        ("author: ''", "x.md:3: 'author' must be text, and it is empty"),
        ('author: "\\e[31m"', "x.md:3: 'author' must be text, and it has a control character"),
        ("work: W\nyear: soon", "x.md:4: 'year' must be a year, such as 2010"),
        ("year: 20100", "x.md:3: 'year' must be a year, such as 2010"),
        ("source: example.org", "x.md:3: 'source' must be a link that begins with http:// or https://"),
        ("source: javascript://x", "x.md:3: 'source' must be a link that begins with http:// or https://"),
        ("source: 'http://[x'", "x.md:3: 'source' must be a link that begins with http:// or https://"),
        ("aliases: NLMG", "x.md:3: 'aliases' must be a list, such as [one, another]"),
        ("aliases:\n- a\n- [b]", "x.md:5: 'aliases' must be a list, such as [one, another]"),
        ("spoilers: 5", "x.md:3: 'spoilers' must be true, or a list of sections' slugs"),
        ("spoilers:\n- its-end\n- its-ende", "x.md:5: 'its-ende' is not a section of this review; "
         "did you mean 'its-end'?"),
        ("spoilers: [zzz]", "x.md:3: 'zzz' is not a section of this review; its sections are introduction, its-end"),
        ("aliases: &a [x]\nwork: *a", "x.md:4: the front matter refers to another value with '*'; "
         "put values that begin with '*' in quotes"),
        ("aliases: [[[a]]]", "x.md:3: the front matter is nested too deeply; a field is text or a list"),
        ("work: " + "w" * 70_000, "x.md:1: the front matter is longer than 65536 characters; shorten it"),
        ('work: "\\Uffffffff"', "x.md:3: broken front matter: '\\U' names no character here; remove it"),
        ("work: \ufffe", "x.md:3: the front matter can't hold U+FFFE; remove it"),
    ],
)  # fmt: skip
def test_a_fields_fault_is_named_with_its_line(fields: str, message: str) -> None:
    assert field_fault(fields) == message


def test_a_title_is_what_is_written_whatever_yaml_takes_it_for() -> None:
    titles = [markdown("Text.", f"title: {title}").title for title in ("1984", "Yes", "2001-01-01", "'It: Two'", "1_0")]
    assert titles == ["1984", "Yes", "2001-01-01", "It: Two", "1_0"]


def test_empty_fields_are_absent_ones() -> None:
    review = markdown("Text.", "title: A\nwork:\nyear: ~\nauthor: null\nsource:\naliases:\nspoilers:")
    assert review == markdown("Text.", "title: A")


def test_a_paragraph_right_above_a_rule_is_not_lost_as_a_heading() -> None:
    body = f"---\ntitle: A\n---\nStart.\n\n{'long ' * 50}\n---\nEnd."
    message = "x.md:6: a heading of 249 characters; put an empty line before a line of '-' or '='"
    assert fault(body) == message


def test_quotes_nested_beyond_reading_are_an_error_not_a_loss() -> None:
    assert fault(f"---\ntitle: A\n---\n{'>' * 500} deep") == (
        "x.md:4: lists or quotes are nested too deeply; nest them less"
    )


# Folders


def test_a_folders_review_files_are_its_markdown_and_plain_texts_in_order(tmp_path: Path) -> None:
    for name in ("b.md", "a.txt", ".hidden.md", "notes.docx", "C.MD", "~"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.md").write_text("x")
    assert review_files(tmp_path) == (tmp_path / "C.MD", tmp_path / "a.txt", tmp_path / "b.md")


def test_a_missing_folder_has_no_reviews(tmp_path: Path) -> None:
    assert review_files(tmp_path / "none") == ()


def test_a_file_for_a_folder_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "reviews"
    file.write_text("x")
    (error,) = read_reviews(file).errors
    assert str(error) == f"{file}: the folder can't be listed: Not a directory"


def test_every_broken_file_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("no front matter")
    (tmp_path / "b.txt").write_bytes(b"\xff")
    (tmp_path / "c.txt").write_text("Fine.")
    (tmp_path / "d.md").mkdir()
    (tmp_path / "e.txt").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "f.txt")
    found = read_reviews(tmp_path, collection="guild-1")
    assert found.reviews == (read_review(tmp_path / "c.txt", collection="guild-1"),)
    assert [(error.file.name, error.line) for error in found.errors] == [
        ("a.md", 1),
        ("b.txt", 1),
        ("d.md", None),
        ("e.txt", None),
        ("f.txt", None),
    ]
    assert str(found.errors[3]) == f"{tmp_path / 'e.txt'}: can't be read: No such file or directory"


def test_files_of_one_slug_are_an_error_that_names_both_and_none_is_read(tmp_path: Path) -> None:
    for name in ("A Film.txt", "a-film.txt", "other.txt"):
        (tmp_path / name).write_text("Fine.")
    found = read_reviews(tmp_path)
    assert [review.slug for review in found.reviews] == ["other"]
    assert [str(error) for error in found.errors] == [
        f"{tmp_path / 'a-film.txt'}: gives the slug 'a-film', and so does {tmp_path / 'A Film.txt'}; "
        "rename or remove one of them"
    ]


# Slugs


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("A World Almost Like Our Own", "a-world-almost-like-our-own"),
        ("Mark Romanek’s Film -- (2010)", "mark-romaneks-film-2010"),
        ("Amélie & Æon: ﬁne Straße", "amelie-æon-fine-strasse"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("Сияние: Йод", "сияние-йод"),
        ("हिन्दी फ़िल्म", unicodedata.normalize("NFC", "हिन्दी-फ़िल्म")),
        ("기생충", "기생충"),
        ("🎬", "clapper-board"),
        ("?!", "question-mark-exclamation-mark"),
        ("", ""),
    ],
)
def test_a_slug_keeps_the_letters_and_digits_of_every_script(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(min_size=1))
def test_a_slug_is_usable_stable_and_the_same_however_the_text_is_composed(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= SLUG_LENGTH
    assert not re.search(r"[\s/\\.:]|--|^-|-$", slug)
    assert slugify(slug) == slug
    if any(character.isalnum() for character in text):
        assert slugify(unicodedata.normalize("NFD", text)) == slugify(unicodedata.normalize("NFC", text)) == slug


def test_a_long_slug_is_cut_between_words() -> None:
    assert slugify("word " * 100) == "-".join(["word"] * 16)
    assert slugify("w" * 100) == "w" * SLUG_LENGTH
