"""Questions about the collection as members type them, and questions about one review, which facts never answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embeddings.documents.files import review_files
from embeddings.documents.parser import read_review
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.library import Library
from embeddings.records import SHARED, State
from embeddings.training import held_out
from tests.project import QUESTIONS, ROOT

TRAINING = Path(held_out.__file__).parent
SQUAD = ROOT.parent / "shared" / "data" / "squad2-dev-half.json"

EVERY = (
    "a-lesser-sea copper-road grave-matters grave-matters-2 letters-home night-ferry quiet-engines salt-house "
    "the-tin-moon winter-light-hotel"
)
VANE = "a-lesser-sea salt-house"
GRAVE = "grave-matters grave-matters-2"
MILLER = "a-lesser-sea copper-road night-ferry"
OKAFOR = "grave-matters quiet-engines the-tin-moon winter-light-hotel"
MARSH = "copper-road grave-matters-2 the-tin-moon"
RENNER = "night-ferry winter-light-hotel"
FOG = "a-lesser-sea grave-matters night-ferry"

PHRASINGS = {
    # Which there are, and how many
    "which reviews are there": EVERY,
    "what reviews do you have?": EVERY,
    "list all reviews pls": EVERY,
    "hey bot, show me the reviews": EVERY,
    "what have you reviewed": EVERY,
    "wich reveiws do you have": EVERY,
    "what can i ask about here": EVERY,
    "how many reviews are there": EVERY,
    "how many reviews do u have in total": EVERY,
    "whats the number of reviews": EVERY,
    "how many horror films are there?": GRAVE,
    "how many reviews has ben written": OKAFOR,
    # By whom, about whom
    "reviews by ann miller": MILLER,
    "what has ann miller reviewed?": MILLER,
    "which films did ben okafor review": "grave-matters the-tin-moon winter-light-hotel",
    "ann's reviews": MILLER,
    "anything by ursula vane": VANE,
    "books by vane": VANE,
    "do you have anything by renner?": RENNER,
    "films directed by elena marsh": MARSH,
    "which films are by Elena Marsh": MARSH,
    "got any films with greta holm": "night-ferry",
    "what do you have by the low hours": "quiet-engines",
    "who reviewed night ferry": "night-ferry",
    "who wrote the review of the tin moon?": "the-tin-moon",
    "reviews about ursula vane": VANE,
    # Whether something is reviewed
    "is copper road reviewed?": "copper-road",
    "do you have a review of the salt house": "salt-house",
    "do you have night ferry": "night-ferry",
    "have you reviewed letters home yet": "letters-home",
    "has anyone reviewed quiet engines": "quiet-engines",
    "is there a review of grave matters 2": "grave-matters-2",
    "any reviews of tin moon?": "the-tin-moon",
    # Years and decades
    "reviews from the 1990s": "copper-road quiet-engines",
    "films from the nineties": "copper-road",
    "which films are from 1958": RENNER,
    "any 80s films?": GRAVE,
    "anything before 1960": RENNER,
    "books from the 70s": "a-lesser-sea",
    "films between 1985 and 1995": "copper-road grave-matters grave-matters-2",
    "reviews written in 2022": "grave-matters grave-matters-2 the-tin-moon",
    # Tags
    "which horror films do you have": GRAVE,
    "any science fiction?": VANE,
    "list the thrillers": "night-ferry",
    "sci-fi films": "the-tin-moon",
    "reviews tagged drama": "copper-road winter-light-hotel",
    "which comedies are there": "grave-matters-2",
    "horror films by tom o'dell from the 80s": GRAVE,
    # Newest, oldest, longest, shortest
    "newest review": "winter-light-hotel",
    "what's the latest review?": "winter-light-hotel",
    "the oldest review": "quiet-engines",
    "which is the oldest film": RENNER,
    "longest review?": "letters-home",
    "which review is the shortest": "quiet-engines",
    "what is the newest film": "the-tin-moon",
    "most recent review by ann": "a-lesser-sea",
    # Best and worst
    "best film": "night-ferry",
    "what is the best rated book": "salt-house",
    "whats the worst film": "grave-matters",
    "best book by ursula vane": "salt-house",
    "which film has the lowest rating": "grave-matters",
    "highest rated horror film": "grave-matters-2",
    "top 3 films": "night-ferry copper-road winter-light-hotel",
    "recommend a good book": "salt-house a-lesser-sea",
    "can you suggest a film to watch?": "night-ferry copper-road winter-light-hotel",
    # Mentions
    "which reviews mention fog?": FOG,
    "do any reviews mention a lighthouse": "salt-house the-tin-moon",
    "which reviews talk about otto weil": "the-tin-moon winter-light-hotel",
    "reviews that mention vane": "letters-home",
    # Comparison
    "compare copper road and night ferry": "copper-road night-ferry",
    "night ferry vs winter light hotel": RENNER,
    "which is better, grave matters or grave matters 2": GRAVE,
    "how does copper road compare to the tin moon on music": "copper-road the-tin-moon",
}

NAMES = {
    "who are the reviewers": {"Ann Miller": 3, "Ben Okafor": 4, "Clara Díaz": 3},
    "which directors do you have?": {"Elena Marsh": 3, "Paul Renner": 2, "Tom O'Dell": 2},
    "who writes the reviews": {"Ann Miller": 3, "Ben Okafor": 4, "Clara Díaz": 3},
}

HEADINGS = {
    "how many horror films are there?": "There are 2 Horror films:",
    "reviews from the nineties": "Reviews from the 1990s:",
    "best book by ursula le guin": "No review is of a work by “ursula le guin”.",
    "is the silent sea reviewed?": "There is no review of “the silent sea”.",
    "films from the 1920s": "No review is of a work from the 1920s.",
    "films tagged musical": "No review has the tag “musical”.",
    "best album": "No review of albums has a rating.",
    "which reviews mention zeppelins": "No review mentions “zeppelins”.",
    "who reviewed copper road": "“Copper Road” is reviewed by Ann Miller:",
}


def _listing(library: Library, question: str, context: tuple[str, ...] = ()) -> list[str] | None:
    listing = library.ask(question, context=context).listing
    return None if listing is None else [entry.review for entry in listing.entries]


@pytest.mark.parametrize("question", PHRASINGS)
def test_a_question_about_the_collection_lists_exactly_the_reviews_that_it_asks_for(
    club: Library, question: str
) -> None:
    assert sorted(_listing(club, question) or []) == sorted(PHRASINGS[question].split())
    assert club.ask(question).state is State.ANSWERED
    assert club.ask(question).confidence == 1.0


@pytest.mark.parametrize("question", NAMES)
def test_people_are_listed_with_the_number_of_their_reviews(club: Library, question: str) -> None:
    listing = club.ask(question).listing
    assert listing is not None
    assert {name: NAMES[question].get(name, count) for name, count in listing.names} == dict(listing.names)
    assert NAMES[question].keys() <= dict(listing.names).keys()


@pytest.mark.parametrize("question", HEADINGS)
def test_an_answer_says_how_the_question_was_understood_or_what_is_missing(club: Library, question: str) -> None:
    listing = club.ask(question).listing
    assert listing is not None
    assert listing.heading.startswith(HEADINGS[question])


def _questions_about_one_review() -> list[str]:
    files = (QUESTIONS, TRAINING / "dickens.jsonl", TRAINING / "dickens-shelf.jsonl")
    found = [json.loads(line)["question"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    if SQUAD.is_file():
        articles = json.loads(SQUAD.read_text(encoding="utf-8"))["data"]
        found += [asked["question"] for article in articles for part in article["paragraphs"] for asked in part["qas"]]
    return found


ABOUT_ONE_REVIEW = """
how many donations does she make
who is the oldest character
is it the best film of the year
what year is it set in
what is the best scene
which film is it based on
who wrote the book
who wrote the novel the film is based on
what is the longest scene in the film
how many films did the director make before this
which characters are there
who are the characters
who are the actors
how long is the review
who wrote it
when was it released
what does the review mention about the music
is the book better than the film
compare the book and the film
what is the worst thing about it
which is the best chapter
what other books does the reviewer mention
is fog mentioned
do you have any idea why she leaves
have you seen it
is there a twist
are there any ghosts
are there any good performances
how many stars
what rating does it get
is it any good
which books had he written before
what are the best lines
who is the villain
what does the film say about the 1990s
what is it about
which of the two is better
how many people are in the film
what is the newest technology in the film
list the main characters
what genre is it
what kind of film is this
who made the film
what happens in 1958
did she review her life
what do the reviews say about the ending
do the reviewers like the ending
which actor is the best
the best part
is the ending from the book
how does it compare to the book
what is the first film he made
who plays the lead in the oldest scene
what does she have by the end
""".strip().splitlines()


@pytest.mark.slow
def test_no_question_about_one_review_is_taken_for_one_about_the_collection(club: Library) -> None:
    questions = [*_questions_about_one_review(), *ABOUT_ONE_REVIEW]
    assert len(questions) >= 150
    assert [each for each in questions if club.asks_about_collection(each, collections=(SHARED,))] == []


def _is_right(library: Library, asked: dict[str, Any]) -> bool:
    answer = library.ask(asked["question"])
    if answer.listing is None:
        return False
    listed = [entry.review for entry in answer.listing.entries]
    match asked["expected"]:
        case int() as total:
            return answer.listing.total == total
        case "none":
            return answer.state is State.UNANSWERED
        case expected:
            return listed == expected if asked["ordered"] else sorted(listed) == sorted(expected)


def test_what_others_ask_about_a_club_is_answered_exactly(encoder: OnnxEncoder, tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "fixtures" / "club"
    library = Library.of([read_review(file) for file in sorted(review_files(folder / "reviews"))], tmp_path, encoder)
    asked = [json.loads(line) for line in (folder / "collection.jsonl").read_text(encoding="utf-8").splitlines()]
    right = {each["id"]: _is_right(library, each) for each in asked}
    assert [each["id"] for each in asked if each["split"] == "dev" and not right[each["id"]]] == []
    held_out = [right[each["id"]] for each in asked if each["split"] == "held-out"]
    assert sum(held_out) >= 0.75 * len(held_out)


def test_a_follow_up_changes_one_thing_of_the_question_before(club: Library) -> None:
    assert _listing(club, "and from the 80s?", ("films by elena marsh",)) == ["grave-matters-2"]
    assert _listing(club, "what about the nineties", ("films by elena marsh", "and from the 80s?")) == ["copper-road"]
    assert _listing(club, "and by ben?", ("horror films",)) == ["grave-matters"]
    assert _listing(club, "and the worst?", ("best film",)) == ["grave-matters"]
    assert _listing(club, "and from the 80s?", ("who plays Kathy?",)) is None


def test_a_question_about_the_collection_is_no_context_for_one_about_a_review(club: Library) -> None:
    alone = club.ask("Who carries the film without raising her voice?")
    assert club.ask(alone.question, context=("which reviews are there",)) == alone


@pytest.mark.parametrize("question", ["list the write-ups", "reviews " + "by a of b from c with d " * 4, "by " * 300])
def test_a_question_of_many_words_of_the_grammar_takes_no_time_and_fails_in_no_way(
    club: Library, question: str
) -> None:
    assert not club.asks_about_collection(question)


def test_a_question_that_is_limited_to_one_review_is_never_about_the_collection(club: Library) -> None:
    assert club.ask("which reviews mention fog?", review="night-ferry").listing is None


def test_an_asker_learns_nothing_of_collections_that_they_do_not_see(club: Library) -> None:
    assert club.ask("which reviews are there", collections=("hidden",)).listing is not None
    assert _listing(club, "which reviews are there") == EVERY.split()
