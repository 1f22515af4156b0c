from __future__ import annotations

from collections.abc import Iterable

import pytest

from embeddings.documents.analyzer import normalise
from embeddings.index.titles import TitleEntry
from embeddings.library import Library
from embeddings.records import SHARED, State
from embeddings.retrieval.router import Mention
from tests.embeddings.fixtures.reviews import make_router, review

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
    ],
)
def test_a_title_is_found_as_people_write_it(question: str, reviews: list[str]) -> None:
    assert _reviews(FORMS_ROUTER.mentions_in(question)) == reviews


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
    ],
)
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
    ],
)
def test_a_review_that_a_question_names_is_searched_alone(shelf: Library, question: str, named: str) -> None:
    assert {hit.review for hit in shelf.search(question, 50)} == {named}


def test_the_review_that_an_asker_chose_is_searched_alone(shelf: Library) -> None:
    assert {hit.review for hit in shelf.search("Does Kathy love Tommy?", 50, review="love")} == {"love"}
