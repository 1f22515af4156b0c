from __future__ import annotations

import pytest

from tests.embeddings.documents.parsing import fault, markdown

LINK = "The field 'source' must be a link that begins with http:// or https://."
LIST = "The field 'aliases' must be a list, such as [one, another]."
NO_TITLE = "x.md, line 1: The front matter has no title. Add a line 'title: The Title'."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Text.", "x.md, line 1: The file has no front matter. Begin it with the lines '---', 'title: The Title' and "
         "'---'."),
        ("---\ntitle: A\n", "x.md, line 1: The front matter has no end. Add a line of three hyphens after its last "
         "field."),
        ("---\n---\nText.", NO_TITLE),
        ("---\ntitle:\n---\nText.", NO_TITLE),
        ("---\nyear: 2010\n---\nText.", NO_TITLE),
        ("---\n- a\n---\nText.", "x.md, line 2: The front matter must consist of fields, such as 'title: The Title'."),
        ("---\ntitle: A: B\n---\nText.", "x.md, line 2: The front matter is broken: mapping values are not allowed "
         "here. Put values that contain ':' or '#' in quotes."),
        ("---\ntitle: A\nyeer: 1\n---\nText.", "x.md, line 3: 'yeer' is not a known field. Did you mean 'year'?"),
        ("---\ntitle: A\nzzz: 1\n---\nText.", "x.md, line 3: 'zzz' is not a known field. The fields are title, work, "
         "year, author, source, aliases, spoilers."),
        ("---\ntitle: A\ntitle: B\n---\nText.", "x.md, line 3: The field 'title' appears twice. Remove one of them."),
    ],
)  # fmt: skip
def test_broken_front_matter_is_an_error_with_its_line(text: str, message: str) -> None:
    assert fault(text) == message


@pytest.mark.parametrize(
    ("fields", "line", "message"),
    [
        ("work: [a]", 3, "The field 'work' must be text."),
        ("author: ''", 3, "The field 'author' must be text. It is empty."),
        ('author: "\\e[31m"', 3, "The field 'author' must be text. It has a control character."),
        ("work: W\nyear: soon", 4, "The field 'year' must be a year, such as 2010."),
        ("year: 20100", 3, "The field 'year' must be a year, such as 2010."),
        ("source: example.org", 3, LINK),
        ("source: javascript://x", 3, LINK),
        ("source: 'http://[x'", 3, LINK),
        ("aliases: NLMG", 3, LIST),
        ("aliases:\n- a\n- [b]", 5, LIST),
        ("spoilers: 5", 3, "The field 'spoilers' must be true or a list of section slugs."),
        ("spoilers:\n- its-end\n- its-ende", 5, "'its-ende' is not a section of this review. Did you mean 'its-end'?"),
        ("spoilers: [zzz]", 3, "'zzz' is not a section of this review. Its sections are introduction, its-end."),
        ("aliases: &a [x]\nwork: *a", 4, "The front matter refers to another value with '*'. Put values that begin "
         "with '*' in quotes."),
        ("aliases: [[[a]]]", 3, "The front matter is nested too deeply. A field is text or a list."),
        ("work: " + "w" * 70_000, 1, "The front matter has more than 65,536 characters. Shorten it."),
        ('work: "\\Uffffffff"', 3, "The front matter is broken: an escape '\\U' names no character. Remove it."),
        ("work: \ufffe", 3, "The front matter has the character U+FFFE, which YAML forbids. Remove it."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_an_error_with_its_line(fields: str, line: int, message: str) -> None:
    text = f"---\ntitle: A Film\n{fields}\n---\nText.\n\n## Its End\n\nMore."
    assert fault(text) == f"x.md, line {line}: {message}"


def test_a_title_is_text_whatever_type_yaml_gives_it() -> None:
    titles = [markdown("Text.", f"title: {title}").title for title in ("1984", "Yes", "2001-01-01", "'It: Two'", "1_0")]
    assert titles == ["1984", "Yes", "2001-01-01", "It: Two", "1_0"]


def test_empty_fields_count_as_absent() -> None:
    review = markdown("Text.", "title: A\nwork:\nyear: ~\nauthor: null\nsource:\naliases:\nspoilers:")
    assert review == markdown("Text.", "title: A")
