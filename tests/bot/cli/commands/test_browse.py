"""`reviews`, `sections` and `section`."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.library import Library
from tests.bot.cli.conftest import Run

DONATIONS = "a-life-measured-in-donations"


def test_reviews_are_listed_with_year_and_author(run: Run, two_reviews: Path) -> None:
    assert run("reviews", "--data", two_reviews).out == (
        "never-let-me-go: Never Let Me Go (2010), 8 sections\n"
        "the-lighthouse-keeper: The Lighthouse Keeper (1987, by A. Reader), 3 sections\n"
    )
    first, second = run("reviews", "--json", "--data", two_reviews).json["reviews"]
    assert first["slug"] == "never-let-me-go"
    assert second == {
        "slug": "the-lighthouse-keeper",
        "title": "The Lighthouse Keeper",
        "work": "The Lighthouse Keeper",
        "year": 1987,
        "author": "A. Reader",
        "source": None,
        "aliases": [],
        "sections": 3,
        "facts": {"work": "The Lighthouse Keeper", "year": 1987},
    }


@pytest.mark.parametrize(
    ("options", "slugs"),
    [
        (["--by", "reader"], ["the-lighthouse-keeper"]),
        (["--about", "nlmg"], ["never-let-me-go"]),
        (["--year", "the eighties"], ["the-lighthouse-keeper"]),
        (["--year", "1980-2010", "--sort", "longest"], ["never-let-me-go", "the-lighthouse-keeper"]),
        (["--sort", "oldest"], ["the-lighthouse-keeper", "never-let-me-go"]),
        (["--tag", "horror"], []),
    ],
)
def test_reviews_are_filtered_and_sorted_by_their_facts(
    run: Run, two_reviews: Path, options: list[str], slugs: list[str]
) -> None:
    found = run("reviews", "--json", *options, "--data", two_reviews).json["reviews"]
    assert [review["slug"] for review in found] == slugs


def test_a_filter_that_no_review_matches_says_why_and_prints_no_review(run: Run, two_reviews: Path) -> None:
    shown = run("reviews", "--by", "A. Raeder", "--tag", "horror", "--data", two_reviews)
    assert (shown.code, shown.out, shown.err) == (0, "", "No review has the tag “horror”. No review has a tag.\n")
    unknown = run("reviews", "--by", "Ursula Le Guin", "--data", two_reviews)
    assert unknown.err == "No review is by “Ursula Le Guin”.\n"


def test_years_that_are_none_are_a_usage_error(run: Run, two_reviews: Path) -> None:
    shown = run("reviews", "--year", "soon", "--data", two_reviews)
    assert shown.code == 2
    assert "'soon' is no year. Use 1994, 1990s, 1990-1995 or “before 1960”." in shown.err


def test_sections_are_numbered_in_order(run: Run, indexed: Path) -> None:
    lines = run("sections", "never let me go", "--data", indexed).out.splitlines()
    assert len(lines) == 8
    assert lines[0] == "1. Introduction [introduction], 1 paragraph"
    assert lines[4] == f"5. A Life Measured in Donations [{DONATIONS}], 3 paragraphs"


def test_sections_in_json_count_from_1(run: Run, indexed: Path) -> None:
    found = run("sections", "--json", "--data", indexed).json
    assert (found["review"], found["title"]) == ("never-let-me-go", "Never Let Me Go")
    assert [section["number"] for section in found["sections"]] == [*range(1, 9)]
    assert found["sections"][4] == {
        "number": 5,
        "section": DONATIONS,
        "heading": "A Life Measured in Donations",
        "paragraphs": 3,
        "spoiler": False,
    }


@pytest.mark.parametrize("name", ["A Life Measured in Donations", DONATIONS, "5", "#5", "life mesured in donation"])
def test_a_section_is_found_by_heading_slug_number_or_with_a_typo(run: Run, indexed: Path, name: str) -> None:
    assert run("section", "never-let-me-go", name, "--json", "--data", indexed).json["section"] == DONATIONS


def test_a_section_is_shown_with_numbered_paragraphs(run: Run, indexed: Path) -> None:
    review = Library.open(indexed).review("never-let-me-go")
    paragraphs = review.section(DONATIONS).paragraphs
    texts = [review.text[paragraph.start : paragraph.end] for paragraph in paragraphs]
    shown = run("section", "5", "--data", indexed)
    assert shown.out == (
        f"Never Let Me Go, A Life Measured in Donations\n\n¶1 {texts[0]}\n\n¶2 {texts[1]}\n\n¶3 {texts[2]}\n"
    )
    found = run("section", "5", "--json", "--data", indexed).json
    assert found["paragraphs"] == [
        {"paragraph": number, "text": text, "start": paragraph.start, "end": paragraph.end}
        for number, (text, paragraph) in enumerate(zip(texts, paragraphs, strict=True), start=1)
    ]


def test_the_only_review_need_not_be_named(run: Run, indexed: Path) -> None:
    assert run("section", "5", "--data", indexed) == run("section", "never-let-me-go", "5", "--data", indexed)
    assert run("sections", "--data", indexed) == run("sections", "never-let-me-go", "--data", indexed)


@pytest.mark.parametrize("command", [("section", "5"), ("sections",)])
def test_one_of_several_reviews_must_be_named(run: Run, two_reviews: Path, command: tuple[str, ...]) -> None:
    ended = run(*command, "--data", two_reviews)
    assert (ended.code, ended.out) == (2, "")
    said = " ".join(ended.err.replace("│", "").split())
    assert "There are 2 reviews. Name one: never-let-me-go, the-lighthouse-keeper." in said


def test_an_unknown_section_is_an_error_with_suggestions(run: Run, indexed: Path) -> None:
    complaint = run("section", "the moral mirror of the cinema", "--data", indexed).complaint
    assert complaint.startswith("“Never Let Me Go” has no section “the moral mirror of the cinema”. Did you mean “The ")


@pytest.mark.parametrize("number", ["99", "#9", "0", "00"])
def test_a_number_that_no_section_has_is_an_error_that_says_how_many_there_are(
    run: Run, indexed: Path, number: str
) -> None:
    assert run("section", number, "--data", indexed).complaint == (
        f"“Never Let Me Go” has no section “{number}”. It has 8 sections: "
        f"`review-bot sections never-let-me-go --data {indexed}` lists them."
    )


def test_a_section_of_one_of_several_reviews_needs_no_review(run: Run, two_reviews: Path) -> None:
    for name, review in (("the lamp", "the-lighthouse-keeper"), ("life mesured in donation", "never-let-me-go")):
        shown = run("section", name, "--json", "--data", two_reviews)
        assert (shown.code, shown.json["review"]) == (0, review)


@pytest.mark.parametrize("name", ["never-let-me-go", "Never Let Me Go"])
def test_a_review_without_a_section_is_a_usage_error_that_says_how_to_list_them(
    run: Run, indexed: Path, two_reviews: Path, name: str
) -> None:
    for data in (indexed, two_reviews):
        ended = run("section", name, "--data", data)
        assert (ended.code, ended.out) == (2, "")
        said = " ".join(ended.err.replace("│", "").split())
        assert "Name a section, too. `review-bot sections never-let-me-go` lists them." in said


def test_a_section_that_several_reviews_have_is_a_usage_error_that_names_them(run: Run, two_reviews: Path) -> None:
    ended = run("section", "introduction", "--data", two_reviews)
    assert (ended.code, ended.out) == (2, "")
    assert (
        "never-let-me-go, the-lighthouse-keeper have such a section. Name the review first, then the section."
        in " ".join(ended.err.replace("│", "").split())
    )


def test_markup_in_a_review_is_shown_as_text(run: Run, two_reviews: Path) -> None:
    shown = run("section", "lighthouse", "introduction", "--data", two_reviews)
    assert "[bold]without lights[/bold]" in shown.out
