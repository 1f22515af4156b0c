"""Questions without the title of the review that they are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.slugs import slugify
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.index.titles import TitleEntry, title_key
from embeddings.library import Library
from embeddings.records import SHARED
from embeddings.retrieval.title_mentions import without_titles
from tests.embeddings.fixtures.reviews import make_router, review
from tests.project import QUESTIONS

TITLES = ("Never Let Me Go", "NLMG", "Hard Times", "Amélie", "A Tale of Two Cities", "David Copperfield")
ROUTER = make_router(TitleEntry(SHARED, slugify(title), title) for title in TITLES)
ASKED = [
    question.text.rstrip("?.")
    for question in read_questions(QUESTIONS)
    if question.split == "dev" and question.relevant and not question.context
]


def _without_titles(question: str) -> str:
    return without_titles(question, {mention.span for mention in ROUTER.mentions_in(question)})


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is a deferral in Never Let Me Go?", "What is a deferral?"),
        ("what is a deferral in never let me go", "what is a deferral"),
        ("In Never Let Me Go, who plays Kathy?", "who plays Kathy?"),
        ("in never let me go who plays kathy", "who plays kathy"),
        ("According to Hard Times, who is cruel?", "who is cruel?"),
        ("Never Let Me Go: who is Ruth?", "who is Ruth?"),
        ("NLMG - who is Ruth?", "who is Ruth?"),
        ("Who in the film Never Let Me Go (2010) plays Kathy?", "Who plays Kathy?"),
        ("Who in the 2010 film “Never Let Me Go” plays Kathy?", "Who plays Kathy?"),
        ("What is the ending of *Hard Times* like?", "What is the ending like?"),
        ("Is the heroine of Amelie happy?", "Is the heroine happy?"),
    ],
)
def test_a_phrase_with_a_title_is_left_out(question: str, expected: str) -> None:
    assert _without_titles(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who directed Never Let Me Go?", "Who directed it?"),
        ("How does Never Let Me Go end?", "How does it end?"),
        ("What is Never Let Me Go's theme?", "What is its theme?"),
        ("Who wrote A Tale of Two Cities, and when?", "Who wrote it, and when?"),
        ("What do you think of Never Let Me Go?", "What do you think of it?"),
        ("is hard times any good", "is it any good"),
        ("What is Amélie about?", "What is it about?"),
        ("What does the critic say about Never Let Me Go?", "What does the critic say about it?"),
        ("who directed amelie", "who directed it"),
        ("who wrote David Copperfield?", "who wrote it?"),
        ("is amelie any good", "is it any good"),
    ],
)
def test_a_title_elsewhere_becomes_a_pronoun(question: str, expected: str) -> None:
    assert _without_titles(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Does David Copperfield marry?",
        "What does the critic say about David Copperfield?",
        "Who is Amélie's father?",
        "What does Hard Times mean?",
        "Why is it called Never Let Me Go?",
        "What is the title A Tale of Two Cities about?",
        "Who sings the song Never Let Me Go?",
        "Never Let Me Go",
        "How does the film differ from the book?",
        "Is it sadder in the book than in the film?",
        "What is in the book?",
        "",
    ],
)
def test_a_name_or_a_title_that_is_asked_about_stays(question: str) -> None:
    assert _without_titles(question) == question


def test_a_character_stays_where_the_title_is_left_out() -> None:
    assert _without_titles("Is David Copperfield happy in David Copperfield?") == "Is David Copperfield happy?"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Does Kathy die in the film?", "Does Kathy die?"),
        ("In the movie, who dies?", "who dies?"),
        ("What happens at the end of this book?", "What happens at the end?"),
        ("What is in the book that Kathy reads?", "What is in the book that Kathy reads?"),
    ],
)
def test_a_word_for_the_work_is_left_out_at_either_end(question: str, expected: str) -> None:
    assert without_titles(question, ()) == expected


def test_a_question_of_function_words_loses_its_title_only_after_another_question() -> None:
    question = "Never Let Me Go: what did she do?"
    mentions = {mention.span for mention in ROUTER.mentions_in(question)}
    assert without_titles(question, mentions) == question
    assert without_titles(question, mentions, is_alone=False) == "what did she do?"
    assert without_titles("Never Let Me Go?", {(0, 15)}, is_alone=False) == "it?"


TITLE = st.lists(st.text(st.characters(categories=["Lu"]), min_size=3, max_size=9), min_size=2, max_size=5).map(
    " ".join
)


@given(title=TITLE.filter(title_key), question=st.sampled_from(ASKED))
def test_any_title_after_any_question_is_left_out(title: str, question: str) -> None:
    router = make_router([TitleEntry(SHARED, "a", title)])
    titled = f"{question} in {title}?"
    assert without_titles(titled, {mention.span for mention in router.mentions_in(titled)}) == f"{question}?"


def _first_quotes(library: Library, form: str) -> list[str]:
    asked = [
        each.text for each in read_questions(QUESTIONS) if each.split == "dev" and each.relevant and not each.context
    ]
    answers = [library.ask(form.format(question.rstrip("?."))) for question in asked]
    return [answer.quotes[0].text if answer.quotes else "" for answer in answers]


@pytest.mark.parametrize("form", ["{} in Never Let Me Go?", "In Never Let Me Go, {}?", "{} in the film?", "nlmg: {}?"])
@pytest.mark.slow
def test_the_title_changes_hardly_any_first_quote(library: Library, form: str) -> None:
    without, with_title = _first_quotes(library, "{}?"), _first_quotes(library, form)
    same = sum(one == other for one, other in zip(without, with_title, strict=True))
    assert same >= 0.9 * len(without)


@pytest.mark.slow
def test_a_titled_question_is_answered_like_one_in_the_review_that_was_chosen(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = review("the-island", {"A": ["Clones flee a colony, and an actor plays two of them."]}, title="The Island")
    shelf = Library.of([*library.reviews(), other], tmp_path_factory.mktemp("two"), library.models)
    titled = shelf.ask("Who plays Kathy in Never Let Me Go?")
    chosen = shelf.ask("Who plays Kathy?", review="never-let-me-go")
    assert [quote.text for quote in titled.quotes] == [quote.text for quote in chosen.quotes]
    assert titled.confidence == pytest.approx(chosen.confidence, abs=1e-5)
