"""Headers in every form that people write them become the same title, names and facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.documents.formats.headers.titles import TitleParts, read_title
from embeddings.documents.formats.headers.values import read_date, read_rating
from embeddings.documents.parser import ParsedFile, parse_file
from embeddings.errors import LeftOut, ReviewFileError
from embeddings.records import Rating
from tests.embeddings.documents.parsing import markdown

FACTS = {"director": ("Ann Miller",), "rating": Rating("4/5", 4.0, 5.0), "tags": ("sea", "slow")}
FIELDS = "title: Copper Road\ndirector: Ann Miller\nrating: 4/5\ntags: [sea, slow]"
FORMS = {
    "YAML": f"---\n{FIELDS}\n---\n",
    "YAML with dots": "---\ntitle: Copper Road\ndirector: Ann Miller\nrating: 4/5\ntags:\n- sea\n- slow\n...\n",
    "other cases": "---\nTitle: Copper Road\nDIRECTOR: Ann Miller\nRating: 4/5\nTags: sea, slow\n---\n",
    "a comment first": f"<!-- x -->\n\n---\n{FIELDS}\n---\n",
    "nested": "---\nfilm: {title: Copper Road, director: Ann Miller}\nreview:\n  rating: 4/5\n"
    "  tags: [sea, slow]\n---\n",
    "TOML": '+++\ntitle = "Copper Road"\nrating = "4/5"\n[extra]\ndirector = "Ann Miller"\n[taxonomies]\n'
    'tags = ["sea", "slow"]\n+++\n',
    "JSON": '{\n"title": "Copper Road", "director": "Ann Miller", "rating": "4/5",\n"tags": ["sea", "slow"]}\n',
    "Pelican": "Title: Copper Road\nDirector: Ann Miller\nRating: 4/5\nTags: sea, slow\n\n",
    "Hexo": "title: Copper Road\ndirector: Ann Miller\nrating: 4/5\ntags:\n- sea\n- slow\n---\n",
    "Org": "#+TITLE: Copper Road\n#+DIRECTOR: Ann Miller\n#+RATING: 4/5\n#+TAGS: sea, slow\n\n",
    "a broken value": f"---\n{FIELDS}\nnote: @x: *y\n---\n",
    "no end": f"---\n{FIELDS}\n\n",
}


def parsed(text: str, name: str = "x.md") -> ParsedFile:
    return parse_file(text.encode(), Path(name), Path(name))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_header_gives_the_same_title_and_facts(form: str) -> None:
    (review,) = parsed(f"{FORMS[form]}It rains.\n\n## The End\n\nIt stops.").reviews
    assert (review.title, review.text) == ("Copper Road", "It rains.\nIt stops.")
    assert {name: review.facts.get(name) for name in FACTS} == FACTS


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("title: Film: The Sequel", "Film: The Sequel"),
        ("title: 'It: Two'", "It: Two"),
        ("title: 1984", "1984"),
        ("title: Yes", "Yes"),
        ('title: "*Copper Road*"', "Copper Road"),
        ("title: [[Copper Road]]", "Copper Road"),
        ("title: A\ntitle: B", "A"),
        ("movie: Copper Road", "Copper Road"),
        ("year: 2010", "A Film"),
        ("title:", "A Film"),
    ],
)
def test_a_title_is_what_its_author_meant(header: str, title: str) -> None:
    assert markdown("Text.", header).title == title


@pytest.mark.parametrize(
    ("name", "text", "title", "body"),
    [
        ("x.md", "# Copper Road\n\nIt rains.\n\n# The End\n\nYes.", "Copper Road", "It rains.\nYes."),
        ("x.md", "Copper Road\n===\n\nIt rains.", "Copper Road", "It rains."),
        ("x.md", "Copper Road\n---\n\nIt rains.", "Copper Road", "It rains."),
        ("x.txt", "Copper Road\n===========\n\nIt rains.", "Copper Road", "It rains."),
        ("copper-road.md", "It rains.\n\n# The End\n\nYes.", "Copper Road", "It rains.\nYes."),
        ("copper-road/index.md", "It rains.", "Copper Road", "It rains."),
        ("2021-05-03-copper-road.md", "It rains.", "Copper Road", "It rains."),
        ("Copper Road 0123456789abcdef0123456789abcdef.md", "# Copper Road\n\nIt rains.", "Copper Road", "It rains."),
        ("Road of the Sea.md", "It rains.", "Road of the Sea", "It rains."),
        ("2021-05-03.md", "# Copper Road\n\nIt rains.", "Copper Road", "It rains."),
        ("2021-05-03.md", "rating:: 4\n\nIt rains.", "2021 05 03", "It rains."),
        ("Copper Road.md", "---\n\nIt rains.\n\n---\n\nYes.", "Copper Road", "It rains.\nYes."),
    ],
)
def test_without_a_header_the_first_heading_or_the_name_is_the_title(
    name: str, text: str, title: str, body: str
) -> None:
    (review,) = parsed(text, name).reviews
    assert (review.title, review.text) == (title, body)


def test_a_name_gives_slug_date_and_language() -> None:
    (review,) = parsed("It rains.", "_posts/2021-05-03-copper-road.de.md").reviews
    assert (review.slug, dict(review.facts)) == ("copper-road", {"date": "2021-05-03", "language": "de"})


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Copper Road", TitleParts()),
        ("Copper Road by Ann Miller", TitleParts("Copper Road", "Ann Miller")),
        ("Review: Copper Road (2019)", TitleParts("Copper Road", None, 2019)),
        ("Book Review – Copper Road", TitleParts("Copper Road")),
        ("Film review: “Copper Road” by A. N. Miller", TitleParts("Copper Road", "A. N. Miller")),
        ("Copper Road (2019) by Ann de la Cruz", TitleParts("Copper Road", "Ann de la Cruz", 2019)),
        ("Copper Road, 2019 - ★★★½", TitleParts("Copper Road", None, 2019)),
        ("Copper Road: A Review", TitleParts("Copper Road")),
        ("Copper Road Review", TitleParts("Copper Road")),
        ("Stand by Me", TitleParts()),
        ("Call Me by Your Name", TitleParts()),
        ("2001: A Space Odyssey", TitleParts()),
        ("A Year in Review", TitleParts()),
    ],
)
def test_a_title_names_the_work_its_creator_and_its_year(title: str, parts: TitleParts) -> None:
    assert read_title(title) == parts


def test_what_a_title_names_is_an_alias_and_a_fact_and_the_title_stays() -> None:
    review = markdown("Text.", "title: 'Review: Copper Road (2019)'\naliases: CR")
    assert (review.title, review.work, review.year, review.aliases) == (
        "Review: Copper Road (2019)",
        "Copper Road",
        2019,
        ("CR", "Copper Road"),
    )
    assert dict(review.facts) == {"work": "Copper Road", "year": 2019}


@pytest.mark.parametrize(
    ("text", "value", "scale"),
    [
        ("4/5", 4.0, 5.0),
        ("8.5 / 10", 8.5, 10.0),
        ("8,5/10", 8.5, 10.0),
        ("3½/5", 3.5, 5.0),
        ("4 out of 5 stars", 4.0, 5.0),
        ("★★★½", 3.5, 5.0),
        ("★★★☆", 3.0, 4.0),
        ("⭐⭐⭐⭐", 4.0, 5.0),
        ("8.5", 8.5, 10.0),
        ("4", 4.0, 5.0),
        ("80%", 80.0, 100.0),
        ("4 stars", 4.0, 5.0),
        ("B+", None, None),
        ("must see", None, None),
        ("9/5", None, None),
    ],
)
def test_a_rating_keeps_its_text_and_is_a_number_where_it_can_be_read(
    text: str, value: float | None, scale: float | None
) -> None:
    assert read_rating(text) == Rating(text, value, scale)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2021-05-03T10:00:00+02:00", "2021-05-03"),
        ("2021/5/3", "2021-05-03"),
        ("3.5.2021", "2021-05-03"),
        ("May 3rd, 2021", "2021-05-03"),
        ("3 May 2021", "2021-05-03"),
        ("25/12/2021", "2021-12-25"),
        ("12/25/2021", "2021-12-25"),
        ("03/05/2021", "03/05/2021"),
        ("soon", "soon"),
    ],
)
def test_a_date_is_written_in_one_way_if_it_means_one_day(text: str, date: str) -> None:
    assert read_date(text) == date


def test_unknown_fields_are_facts_as_text() -> None:
    review = markdown("Text.", "title: A\nbox_office: 4\nlayout: post\nlist: [a, b]\ndeep: {x: {y: z}}")
    assert dict(review.facts) == {"box_office": "4", "layout": "post", "list": "a, b", "y": "z"}


def test_a_books_author_is_no_reviewer_and_a_reviewer_is() -> None:
    book = markdown("Text.", "title: A\nauthor: Ann Miller\nisbn: 123")
    assert (book.author, book.facts["author"]) == (None, ("Ann Miller",))
    film = markdown("Text.", "title: A\nauthor: Jo Doe\nfilm:\n  author: Ann Miller")
    assert (film.author, film.facts["author"]) == ("Jo Doe", ("Ann Miller",))


def test_addresses_within_a_site_are_dropped_and_former_addresses_are_no_aliases() -> None:
    file = parsed("---\ntitle: A\nsource: /a/\naliases: [/old/, NLMG]\n---\nText.")
    assert (file.reviews[0].source, file.reviews[0].aliases) == (None, ("NLMG",))
    assert [(note.kind.name, note.line) for note in file.notes] == [("LINK", 3)]
    # Every page of a Jekyll site has one.
    assert parsed("---\ntitle: A\npermalink: /a/\n---\nText.").notes == ()
    linked = markdown("Text.", "title: A\npermalink: /a/\ncanonical_url: https://example.org/a")
    assert linked.source == linked.facts["link"] == "https://example.org/a"


def test_a_daily_note_is_no_review() -> None:
    with pytest.raises(ReviewFileError) as caught:
        parsed("- [ ] milk", "daily/2021-05-03.md")
    assert caught.value.kind == LeftOut.NO_REVIEW


@pytest.mark.parametrize("field", ["draft: true", "published: false", "status: Draft"])
def test_a_draft_is_left_out(field: str) -> None:
    with pytest.raises(ReviewFileError) as caught:
        parsed(f"---\ntitle: A\n{field}\n---\nText.")
    assert (caught.value.kind, caught.value.reason) == (LeftOut.DRAFT, "The header says that this is a draft.")


@pytest.mark.parametrize(
    ("fields", "line", "reason"),
    [
        ("year: soon", 3, "'soon' is no year. Write a number, such as 2010."),
        ("spoilers:\n- its-end\n- its-ende", 3, "'its-ende' is not a section of this review, so all of it counts as "
         "spoilers. Did you mean “its-end”, “introduction”?"),
        ("aliases: &a [x]\nwork: *a", 1, "The header is broken (it refers to another value), so it was read line by "
         "line."),
        ("a: [[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]", 1, "The header is broken (it is nested too deeply), so it was read line "
         "by line."),
        ("work: [", 4, "The header is broken (did not find expected node content), so it was read line by line."),
    ],
)  # fmt: skip
def test_what_can_not_be_read_as_written_is_mended_and_said(fields: str, line: int, reason: str) -> None:
    file = parsed(f"---\ntitle: A Film\n{fields}\n---\nText.\n\n## Its End\n\nMore.")
    assert [(note.line, note.reason) for note in file.notes] == [(line, reason)]
    assert file.reviews[0].title == "A Film"
    if "spoilers" in fields:
        assert all(section.spoiler for section in file.reviews[0].sections)


def test_a_header_longer_than_any_is_refused_in_a_line() -> None:
    with pytest.raises(ReviewFileError) as caught:
        parsed("---\ntitle: A\nwork: " + "w" * 70_000 + "\n---\nText.")
    assert str(caught.value) == "x.md, line 1: The header has more than 65,536 characters. Shorten it."


def test_empty_fields_count_as_absent() -> None:
    review = markdown("Text.", "title: A\nwork:\nyear: ~\nauthor: null\nsource:\naliases:\nspoilers:")
    assert review == markdown("Text.", "title: A")
