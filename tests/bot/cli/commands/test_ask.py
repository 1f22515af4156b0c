"""`ask` and `search`: their JSON, their text, and invalid questions."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from embeddings.answering.calibration import Calibration, Thresholds, packaged_calibration, save_calibration
from embeddings.library import Library
from tests.bot.cli.conftest import QUESTION, Run

QUOTE_KEYS = ["label", "text", "review", "title", "section", "heading", "paragraph", "start", "end", "score"]
HIT_KEYS = ["review", "section", "paragraph", "start", "end", "score"]
UNANSWERED = "The reviews don't say.\nTry other words, or list the reviews: `review-bot reviews --data {data}`.\n"


@pytest.fixture(scope="module")
def library(indexed: Path) -> Library:
    return Library.open(indexed)


@pytest.mark.slow
def test_the_json_of_an_answer_has_exactly_the_documented_keys(run: Run, indexed: Path) -> None:
    answer = run("ask", QUESTION, "--json", "--data", indexed).json
    assert list(answer) == ["question", "state", "confidence", "quotes", "listing", "choices", "absent"]
    assert (answer["choices"], answer["absent"], answer["listing"]) == ([], None, None)
    assert (answer["question"], answer["state"]) == (QUESTION, "answered")
    assert [list(quote) for quote in answer["quotes"]] == [QUOTE_KEYS] * len(answer["quotes"])
    assert [quote["label"] for quote in answer["quotes"]] == [*range(1, len(answer["quotes"]) + 1)]
    assert len(answer["quotes"]) in {1, 2, 3}


def test_a_quote_in_json_is_a_slice_of_the_review_with_its_place(run: Run, indexed: Path, library: Library) -> None:
    for quote in run("ask", QUESTION, "--json", "--data", indexed).json["quotes"]:
        review = library.review(quote["review"])
        section = review.section(quote["section"])
        paragraph = section.paragraphs[quote["paragraph"] - 1]
        assert quote["text"] == review.text[quote["start"] : quote["end"]]
        assert paragraph.start <= quote["start"] < quote["end"] <= paragraph.end
        assert (quote["title"], quote["heading"]) == (review.title, section.heading)


def test_a_pipe_gets_one_quote_per_line_with_its_citation(run: Run, indexed: Path) -> None:
    quotes = run("ask", QUESTION, "--json", "--data", indexed).json["quotes"]
    plain = run("ask", QUESTION, "--data", indexed)
    assert (plain.code, plain.err) == (0, "")
    assert plain.out.splitlines() == [
        f"{quote['label']}. “{quote['text']}” — Never Let Me Go, {quote['heading']}, ¶{quote['paragraph']}"
        for quote in quotes
    ]


def test_an_unanswered_question_says_so_and_exits_with_0(run: Run, indexed: Path) -> None:
    question = "How do I change the oil of a motorbike?"
    shown = run("ask", question, "--data", indexed)
    assert (shown.code, shown.out, shown.err) == (0, UNANSWERED.format(data=indexed), "")
    found = run("ask", question, "--json", "--data", indexed)
    assert found.code == 0
    assert (found.json["state"], found.json["quotes"]) == ("unanswered", [])


def test_a_question_about_the_collection_lists_the_reviews(run: Run, two_reviews: Path) -> None:
    shown = run("ask", "which reviews are from the 80s?", "--data", two_reviews)
    assert shown.out == ("Reviews from the 1980s:\nthe-lighthouse-keeper: The Lighthouse Keeper (1987, by A. Reader)\n")
    found = run("ask", "which reviews are from the 80s?", "--json", "--data", two_reviews).json
    assert found == {
        "question": "which reviews are from the 80s?",
        "state": "answered",
        "confidence": 1.0,
        "quotes": [],
        "listing": {
            "heading": "Reviews from the 1980s:",
            "total": 1,
            "reviews": [
                {
                    "review": "the-lighthouse-keeper",
                    "title": "The Lighthouse Keeper",
                    "facts": {"year": 1987, "reviewer": "A. Reader"},
                    "quotes": [],
                }
            ],
            "names": [],
        },
        "choices": [],
        "absent": None,
    }


def test_reviews_that_mention_something_are_quoted(run: Run, two_reviews: Path) -> None:
    lines = run("ask", "which reviews mention a lamp?", "--data", two_reviews).out.splitlines()
    assert lines[:2] == [
        "Reviews that mention “lamp”:",
        "the-lighthouse-keeper: The Lighthouse Keeper (1987, by A. Reader)",
    ]
    assert lines[2].startswith("    “The lamp is cleaned every evening")
    assert lines[2].endswith("The Lamp, ¶1")


def test_what_no_review_has_is_said_in_a_sentence(run: Run, two_reviews: Path) -> None:
    assert run("ask", "what is the best film?", "--data", two_reviews).out == "No review of films has a rating.\n"


def test_a_passage_is_searched_for_whatever_is_asked(run: Run, two_reviews: Path) -> None:
    assert run("search", "which reviews are there?", "-k", "2", "--json", "--data", two_reviews).json["hits"]


def test_the_command_advised_for_an_unanswered_question_works(run: Run, two_reviews: Path) -> None:
    shown = run("ask", "How do I change the oil of a motorbike?", "--data", two_reviews)
    assert shown.out == UNANSWERED.format(data=two_reviews)
    _, command, _ = shown.out.split("`")
    listed = run(*shlex.split(command)[1:])
    assert (listed.code, listed.err) == (0, "")
    assert [line.split(":")[0] for line in listed.out.splitlines()] == ["never-let-me-go", "the-lighthouse-keeper"]


def test_near_passages_are_not_called_an_answer(run: Run, data: Path, library: Library) -> None:
    confidence = run("ask", QUESTION, "--no-reranker", "--json", "--data", data).json["confidence"]
    scaling = packaged_calibration(library.manifest.encoder).scaling
    thresholds = Thresholds(answered=min(1.0, confidence + 0.01), nearest=confidence - 0.01)
    save_calibration(data, library.manifest.encoder, Calibration(thresholds, scaling=scaling))
    found = run("ask", QUESTION, "--no-reranker", "--json", "--data", data).json
    assert found["state"] == "nearest"
    lines = run("ask", QUESTION, "--no-reranker", "--data", data).out.splitlines()
    assert lines[0] == "The review may not say. The closest passages are:"
    assert len(lines) == 1 + len(found["quotes"])


def test_a_question_needs_no_quotation_marks(run: Run, indexed: Path) -> None:
    assert run("ask", *QUESTION.split(), "--data", indexed) == run("ask", QUESTION, "--data", indexed)


def test_context_goes_to_the_engine_in_order(run: Run, indexed: Path, library: Library) -> None:
    earlier = ["Who are the three friends?", "Who is Ruth?"]
    found = run(
        "ask", "and who plays her?", "--context", earlier[0], "--context", earlier[1], "--json", "--data", indexed
    ).json
    expected = library.ask("and who plays her?", context=earlier)
    assert (found["state"], found["confidence"]) == (expected.state.value, expected.confidence)
    assert [(quote["start"], quote["end"]) for quote in found["quotes"]] == [
        (quote.start, quote.end) for quote in expected.quotes
    ]
    assert found != run("ask", "and who plays her?", "--json", "--data", indexed).json


@pytest.mark.parametrize("name", ["the-lighthouse-keeper", "The Lighthouse Keeper", "lighthouse keper"])
def test_a_question_can_be_limited_to_one_review(run: Run, two_reviews: Path, name: str) -> None:
    hits = run("search", "the sea", "--review", name, "--json", "--data", two_reviews).json["hits"]
    assert {hit["review"] for hit in hits} == {"the-lighthouse-keeper"}
    quotes = run("ask", "what colour is the sea?", "--review", name, "--json", "--data", two_reviews).json["quotes"]
    assert {quote["review"] for quote in quotes} == {"the-lighthouse-keeper"}


@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_unknown_review_is_an_error_with_suggestions(run: Run, two_reviews: Path, command: str) -> None:
    complaint = run(command, QUESTION, "--review", "xyzzy", "--data", two_reviews).complaint
    assert complaint.startswith("There is no review called “xyzzy”. Did you mean “")


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        ("", "The question is empty. Please ask in a few words, for example: What is a deferral?"),
        ("   ", "The question is empty. Please ask in a few words, for example: What is a deferral?"),
        ("why " * 2500, "The question has 9999 characters. Please ask in at most 1000."),
        ("🎬🍿", "There are no words in the question. Please ask in a few words."),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_invalid_question_is_an_error(
    run: Run, indexed: Path, question: str, complaint: str, options: tuple[str, ...]
) -> None:
    assert run("ask", question, *options, "--data", indexed).complaint == complaint


def test_escape_sequences_in_a_question_are_escaped_in_json(run: Run, indexed: Path) -> None:
    question = "What is \x1b[31m a \x9b deferral\udcff?"
    shown = run("ask", question, "--json", "--data", indexed)
    assert shown.json["question"] == question
    assert all(character.isprintable() for character in shown.out.rstrip("\n"))


def test_the_json_of_a_search_has_exactly_the_documented_keys_best_first(
    run: Run, indexed: Path, library: Library
) -> None:
    found = run("search", QUESTION, "-k", "4", "--json", "--data", indexed).json
    assert list(found) == ["hits"]
    assert [list(hit) for hit in found["hits"]] == [HIT_KEYS] * 4
    assert [(hit["review"], hit["start"], hit["end"], hit["score"]) for hit in found["hits"]] == [
        (hit.review, hit.start, hit.end, hit.score) for hit in library.search(QUESTION, 4)
    ]


def test_a_search_lists_ten_passages_by_default(run: Run, indexed: Path) -> None:
    assert len(run("search", QUESTION, "--json", "--data", indexed).json["hits"]) == 10
    assert len(run("search", QUESTION, "-k", "99", "--json", "--data", indexed).json["hits"]) == 18


def test_a_pipe_gets_one_passage_per_line(run: Run, indexed: Path, library: Library) -> None:
    text = library.review("never-let-me-go").text
    (best,) = library.search(QUESTION, 1)
    shown = run("search", QUESTION, "-k", "1", "--data", indexed)
    assert shown.out == (
        f"1. “{text[best.start : best.end]}” — Never Let Me Go, A Life Measured in Donations, ¶{best.paragraph}\n"
    )
