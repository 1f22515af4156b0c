from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.documents.analyzer import normalise
from embeddings.index.titles import TitleEntry, TitleTable
from embeddings.library import Library
from embeddings.records import SHARED, State
from embeddings.retrieval.router import Mention, Router
from tests.embeddings.fixtures.reviews import make_router, review
from tests.embeddings.fixtures.titles import ASKED, NOUNS, made_up_works, written_forms

TITLES = {
    "never-let-me-go": ("Never Let Me Go", "NLMG"),
    "the-island": ("The Island",),
    "the-island-of-lost-souls": ("The Island of Lost Souls",),
    "it": ("It",),
    "her": ("Her",),
    "us": ("Us",),
    "amelie": ("Amélie",),
    "rosemarys-baby": ("Rosemary’s Baby",),
    "fast": ("2 Fast 2 Furious",),
}


ROUTER = make_router(TitleEntry(SHARED, slug, text) for slug, names in TITLES.items() for text in names)


def _reviews(mentions: Iterable[Mention]) -> list[str]:
    return list(dict.fromkeys(mention.title.review for mention in mentions))


def _named(question: str) -> list[str]:
    return _reviews(ROUTER.mentions_in(normalise(question)))


@pytest.mark.parametrize(
    ("question", "reviews"),
    [
        ("Who directed Never Let Me Go?", ["never-let-me-go"]),
        ("is never let me go any good", ["never-let-me-go"]),
        ("what does nlmg stand for", ["never-let-me-go"]),
        ("“Never Let Me Go”: who wrote it?", ["never-let-me-go"]),
        ("What is Never Let Me Go’s ending like?", ["never-let-me-go"]),
        ("what is nlmg's ending", ["never-let-me-go"]),
        ("Is The Island good?", ["the-island"]),
        ("Is The Island of Lost Souls good?", ["the-island-of-lost-souls"]),
        ("Is Amelie French?", ["amelie"]),
        ("is AMÉLIE french", ["amelie"]),
        ("who is in Rosemary's Baby", ["rosemarys-baby"]),
        ("who is in rosemary’s baby’s cast", ["rosemarys-baby"]),
        ("2 fast 2 furious?", ["fast"]),
        ("never let me", []),
        ("", []),
    ],
)
def test_a_review_is_found_by_its_title_or_alias(question: str, reviews: list[str]) -> None:
    assert _named(question) == reviews


@pytest.mark.parametrize(
    ("question", "reviews"),
    [
        ("What did the critic think of It?", ["it"]),
        ("Is *Her* a love story?", ["her"]),
        ("Who made “Us”?", ["us"]),
        ("Who made (Us)?", ["us"]),
        ("How does It’s ending differ, in It?", ["it"]),
        ("What is it about?", []),
        ("It is good, but why?", []),
        ("Is it good? It looks good.", []),
        ("Does she lose her?", []),
        ("Her performance: is it good?", []),
        ("Did the Ushers tell us?", []),
        ("Does Heresy matter to her?", []),
    ],
)
def test_a_title_of_function_words_counts_only_as_it_is_written(question: str, reviews: list[str]) -> None:
    assert _named(question) == reviews


FORMS = {
    "rings": ("The Lord of the Rings: The Two Towers (2002)",),
    "night": ("Twelfth Night",),
    "henry": ("King Henry V",),
    "rocky": ("Rocky III",),
    "prejudice": ("Pride & Prejudice",),
    "stanza": ("Stanza, The",),
    "dune": ("Dune - A Novel",),
    "luther-king": ("Martin Luther King",),
    "luther": ("Martin Luther",),
    "1917": ("1917",),
    "i": ("I",),
    "nickleby": ("Nicholas Nickleby",),
    "rudge": ("Barnaby Rudge",),
    "labour": ("Love’s Labour’s Lost",),
    "spider": ("Spider-Man",),
    "bill": ("Kill Bill: Volume 2",),
    "road": ("Review: Copper Road (2019)",),
    "inception": ("Inception",),
}
FORMS_ROUTER = make_router(TitleEntry(SHARED, slug, text) for slug, names in FORMS.items() for text in names)


@pytest.mark.parametrize(
    ("question", "reviews"),
    [
        ("who dies in lord of the rings", ["rings"]),
        ("is LOTR long?", ["rings"]),
        ("who walks in Two Towers", ["rings"]),
        ("the two towers, is it good", ["rings"]),
        ("the lord of the rings the two towers (2002)", ["rings"]),
        ("who is Viola in 12th night?", ["night"]),
        ("what happens in king henry 5", ["henry"]),
        ("is rocky 3 any good", ["rocky"]),
        ("is Rocky Three any good", ["rocky"]),
        ("who is Darcy in pride and prejudice", ["prejudice"]),
        ("who wrote The Stanza?", ["stanza"]),
        ("dune: who is Paul?", ["dune"]),
        ("Is it a novel?", []),
        ("when did martin luther king speak", ["luther-king"]),
        ("when did martin luther speak", ["luther"]),
        ("who dies in 1917", ["1917"]),
        ("can i read it", []),
        ("what happens in the first part", []),
        ("who is nicolas nickleby's uncle", ["nickleby"]),
        ("is barnaby rugde any good", ["rudge"]),
        ("is barnaby fudge any good", ["rudge"]),
        ("who is in loves labours lost", ["labour"]),
        ("is spiderman any good", ["spider"]),
        ("is spider man any good", ["spider"]),
        ("who dies in kill bill 2", ["bill"]),
        ("who dies in volume 2", []),
        ("what happens in copper road", ["road"]),
        ("is barnaby a common name", []),
        ("is Barnaby a common name", ["rudge"]),
        ("tell me about “Barnaby”", ["rudge"]),
        ("tell me about “The Barnaby”", []),
        ('tell me about "Barnaby Street"', []),
        ("was there nickel by the river", []),
        ("does the inspection matter", []),
    ],
)
def test_a_title_is_found_as_people_write_it(question: str, reviews: list[str]) -> None:
    assert _reviews(FORMS_ROUTER.mentions_in(question)) == reviews


WORDS = {
    "painter": ("Painter: A Secret Summer",),
    "map": ("The Map of Prague",),
    "house": ("House",),
    "river": ("River",),
    "carter": ("The Carter House",),
}
WORDS_ROUTER = make_router(TitleEntry(SHARED, slug, text) for slug, names in WORDS.items() for text in names)


@pytest.mark.parametrize(
    ("question", "reviews"),
    [
        ("what did they fry in these pans?", []),
        ("where did she buy the mop in The Carter House?", ["carter"]),
        ("is the house large in the carter house", ["carter"]),
        ("In The Carter House, was the Ricer any good?", ["carter"]),
        ("is House like The Carter House", ["house", "carter"]),
        ("The Carter House: who owns the house?", ["carter"]),
    ],
)
def test_ordinary_words_beside_a_sure_title_are_no_titles(question: str, reviews: list[str]) -> None:
    assert _reviews(WORDS_ROUTER.mentions_in(question)) == reviews


PEOPLE = {"dispossessed": ("The Dispossessed", 1974, "Ursula K. Le Guin"), "lathe": ("The Lathe", 1971, "Ann Miller")}


def _people_router(has_word: Callable[[TitleEntry, str], bool] = lambda *_: True) -> Router:
    names = [
        (TitleEntry(SHARED, slug, title, year), TitleEntry(SHARED, slug, person, year, is_person=True))
        for slug, (title, year, person) in PEOPLE.items()
    ]
    table = TitleTable.build([(title.text,) for title, _ in names], [(person.text,) for _, person in names])
    return Router([(table, lambda owner, number: names[owner][number])], has_word=has_word)


@pytest.mark.parametrize(
    ("question", "reviews"),
    [
        ("what did they make of the book by ursula k. le guin", ["dispossessed"]),
        ("what did they make of the Miller book", ["lathe"]),
        ("is The Lathe like anything by Ursula K. Le Guin", ["lathe"]),
        ("what would you grind with a mill", []),
    ],
)
def test_who_made_a_work_names_it_where_no_title_does(question: str, reviews: list[str]) -> None:
    assert _reviews(_people_router().mentions_in(question)) == reviews


def test_a_longer_name_is_another_unless_the_review_has_it() -> None:
    question = "Was it The Lathe Operator that he wrote?"
    assert _reviews(_people_router().mentions_in(question)) == ["lathe"]
    assert _people_router(lambda *_: False).mentions_in(question) == ()


def test_a_year_chooses_among_works_of_one_title() -> None:
    router = make_router([TitleEntry(SHARED, str(year), "Suspiria", year) for year in (1977, 2018)])
    assert _reviews(router.mentions_in("who is in the 2018 Suspiria?")) == ["2018"]
    assert _reviews(router.mentions_in("who is in Suspiria (1977)?")) == ["1977"]
    assert _reviews(router.mentions_in("who is in Suspiria?")) == ["1977", "2018"]


@pytest.mark.slow
def test_titles_are_found_among_a_thousand_as_people_write_them() -> None:
    """At least 97 of 100 in every form; single words are ordinary words to the encoder."""
    works = made_up_works(1_000, seed=7)
    titles = [f"Review: {work.title} ({work.year})" if n % 5 == 0 else work.title for n, work in enumerate(works)]
    names = [
        (TitleEntry(SHARED, str(n), title, work.year), TitleEntry(SHARED, str(n), work.author, is_person=True))
        for n, (title, work) in enumerate(zip(titles, works, strict=True))
    ]
    table = TitleTable.build([(title,) for title in titles], [(work.author,) for work in works])
    router = Router([(table, lambda owner, number: names[owner][number])], lambda word: word.title() in NOUNS)
    counts = Counter(work.title for work in works)
    chance = random.Random(3)
    right: dict[str, list[bool]] = {}
    for number, work in enumerate(works):
        for form, written in written_forms(work, counts, chance):
            question = normalise(chance.choice(ASKED).format(written))
            found = router.mentions_in(question)
            right.setdefault(form, []).append(_reviews(found) == [str(number)])
    assert {form: statistics.fmean(each) for form, each in right.items() if statistics.fmean(each) < 0.97} == {}


def test_two_reviews_named_are_both_meant_in_the_order_of_the_question() -> None:
    assert _named("Is The Island a copy of Never Let Me Go?") == ["the-island", "never-let-me-go"]
    assert _named("never let me go, nlmg, Never Let Me Go") == ["never-let-me-go"]


def test_two_reviews_with_one_title_are_both_meant() -> None:
    router = make_router([TitleEntry(SHARED, "suspiria", "Suspiria"), TitleEntry("42", "suspiria-2018", "Suspiria")])
    assert [
        (mention.title.collection, mention.title.review) for mention in router.mentions_in("who is in suspiria")
    ] == [
        (SHARED, "suspiria"),
        ("42", "suspiria-2018"),
    ]


def test_the_question_comes_before_the_context_and_the_latest_turn_first() -> None:
    def routed(question: str, *context: str) -> list[str]:
        turn, found = ROUTER.route(question, context)
        assert not found or found == ROUTER.mentions_in(turn)
        return _reviews(found)

    assert routed("who plays her?", "Is The Island good?", "is nlmg sad?", "why?") == ["never-let-me-go"]
    assert routed("and in The Island?", "is nlmg sad?") == ["the-island"]
    assert routed("and why?", "who?") == []


def test_a_title_without_words_is_never_found() -> None:
    assert make_router([TitleEntry(SHARED, "film", "🎬")]).mentions_in("🎬") == ()
    assert make_router([]).mentions_in("anything") == ()


OTHERS = {
    "Love": "An American in Paris remembers a lost girlfriend. The budget was under three million euros.",
    "Ruth": "A glue sniffer is expecting a baby and courted by both sides of a cause.",
    "Memory": "A hit man loses his past to an illness and turns on those who hired him.",
    "Romance": "Christian Slater meets a call girl in Detroit and they run with a bag of drugs.",
    "The Island": "Michael Bay blows up a colony of clones, one explosion after the next.",
}


@pytest.fixture(scope="module")
def shelf(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The owner's review among others whose titles are ordinary words and names."""
    others = [review(title.casefold().replace(" ", "-"), {"A": [text]}, title=title) for title, text in OTHERS.items()]
    return Library.of([*library.reviews(), *others], tmp_path_factory.mktemp("shelf"), library.models)


@pytest.mark.parametrize(
    ("question", "context"),
    [
        ("Does Kathy love Tommy?", ()),
        ("does kathy love tommy", ()),
        ("Who is Ruth?", ()),
        ("What does the film say about memory?", ()),
        ("Is there a romance between Kathy and Tommy?", ()),
        ("is there a romance between kathy and tommy", ()),
        ("and who plays Kathy?", ("Does Kathy love Tommy?",)),
        ("do their memories make them sad", ()),
        ("what does the narrator remember about Ruth's romance with Tommy", ()),
    ],
)
@pytest.mark.slow
def test_ordinary_words_that_are_a_title_hide_no_other_review(
    shelf: Library, question: str, context: tuple[str, ...]
) -> None:
    found = shelf.ask(question, context=context)
    assert found.state is State.ANSWERED
    assert found.quotes[0].review == "never-let-me-go"


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("what was the budget of Love", "love"),
        ("is love any good", "love"),
        ("Who is the hit man in Memory?", "memory"),
        ("What was the budget of The Island?", "the-island"),
        ("What happens at the end of The Island?", "the-island"),
        ("who directed the island", "the-island"),
        ("is never let me go any good", "never-let-me-go"),
        ("is nevr let me go any good", "never-let-me-go"),
        ("who directed memory", "memory"),
    ],
)
def test_a_review_that_a_question_names_is_searched_alone(shelf: Library, question: str, named: str) -> None:
    assert {hit.review for hit in shelf.search(question, 50)} == {named}


def test_the_review_that_an_asker_chose_is_searched_alone(shelf: Library) -> None:
    assert {hit.review for hit in shelf.search("Does Kathy love Tommy?", 50, review="love")} == {"love"}


@pytest.mark.parametrize("question", ["how does it end?", "who is the hero?"])
def test_a_question_that_fits_several_reviews_asks_back(shelf: Library, question: str) -> None:
    answer = shelf.ask(question)
    assert (answer.state, len(answer.choices) > 1, answer.confidence <= 0.5) == (State.NEAREST, True, True)
    assert [quote.review for quote in answer.quotes] == [choice.review for choice in answer.choices][
        : len(answer.quotes)
    ]
    assert [quote.label for quote in answer.quotes] == list(range(1, len(answer.quotes) + 1))


@pytest.mark.parametrize(
    ("question", "context", "review"),
    [
        ("Who plays Kathy?", (), None),
        ("how does it end?", (), "never-let-me-go"),
        ("how does Never Let Me Go end?", (), None),
        ("how does it end?", ("Is Never Let Me Go sad?",), None),
    ],
)
def test_a_question_that_names_somebody_or_a_review_never_asks_back(
    shelf: Library, question: str, context: tuple[str, ...], review: str | None
) -> None:
    assert shelf.ask(question, context=context, review=review).choices == ()


def test_no_title_is_near_the_name_of_a_work_that_resembles_none(shelf: Library) -> None:
    answer = shelf.ask("Is Quixotic Pumpkins any good?")
    assert answer.absent is not None
    assert answer.absent.nearest == ()


def test_the_confidence_says_how_likely_the_quoted_review_is_the_one_that_is_meant(shelf: Library) -> None:
    narrowed, clear = shelf.run("Who plays Kathy?", review="never-let-me-go"), shelf.run("Who plays Kathy?")
    assert narrowed.review_share == 1
    assert 0.8 < clear.review_share < 1
    assert clear.answer.confidence == pytest.approx(narrowed.answer.confidence * clear.review_share, abs=0.05)
    assert clear.answer.state is State.ANSWERED


@pytest.mark.slow
def test_one_review_in_two_collections_is_no_doubt(library: Library, tmp_path: Path) -> None:
    (own,) = library.reviews()
    twice = Library.of([own, replace(own, collection="42")], tmp_path, library.models)
    found = twice.run("how does it end?", collections=(SHARED, "42"))
    assert (found.review_share, found.answer.choices) == (1, ())


def test_a_work_without_a_review_is_named_as_absent_with_the_nearest_titles(shelf: Library) -> None:
    answer = shelf.ask("Is The Islanders of Zanzibar any good?")
    assert answer.absent is not None
    assert (answer.state, answer.quotes, answer.confidence) == (State.UNANSWERED, (), 0)
    assert (answer.absent.name, answer.absent.nearest[0].review) == ("The Islanders of Zanzibar", "the-island")


def test_the_heading_of_a_section_is_no_absent_work(shelf: Library) -> None:
    answer = shelf.ask("Tell me about “A World Almost Like Our Own”.")
    assert (answer.absent, [quote.review for quote in answer.quotes][:1]) == (None, ["never-let-me-go"])


@pytest.mark.parametrize("question", ["is Ruth any good", "what is romance about", "is The Island worth it?"])
def test_the_verdict_on_a_review_that_is_named_is_never_refused(shelf: Library, question: str) -> None:
    answer = shelf.ask(question)
    assert (answer.state is State.UNANSWERED, len({quote.review for quote in answer.quotes})) == (False, 1)


def test_a_question_about_several_works_gets_one_quote_of_each(shelf: Library) -> None:
    found = shelf.ask("Who loves whom in Love and in Never Let Me Go?").quotes
    assert sorted(quote.review for quote in found) == ["love", "never-let-me-go"]
