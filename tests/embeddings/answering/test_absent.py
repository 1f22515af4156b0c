"""Works that a question names and no review is of."""

from __future__ import annotations

import pytest

from embeddings.answering.absent import absent_work
from embeddings.documents.analyzer import terms, words

TEXT = "Sam Weller meets the ghost of Scott in a tower. Vanity Fair is a fair book about war, and peace is good."


def _absent(question: str) -> str | None:
    known = set(terms(TEXT))
    return absent_work(question, known.__contains__, lambda name: f" {' '.join(words(name))} " in f" {TEXT.lower()} ")


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does he think of Barchester Towers?", "Barchester Towers"),
        ("In The Woman in White, who is Count Fosco?", "The Woman in White"),
        ("Silas Marner: who steals the gold?", "Silas Marner"),
        ("Jane Eyre by Charlotte Bronte: what is Mr. Rochester hiding?", "Jane Eyre"),
        ("persuasion, how does it end", "persuasion"),
        ("what is the moonstone about", "the moonstone"),
        ("Who is Van Helsing in Dracula?", "Dracula"),
        ("What's the plot of War and Peace?", "War and Peace"),
        ("who directed parasite", "parasite"),
        ("did they like “Middlemarch”?", "Middlemarch"),
        ("“She’d never say so,” he wrote. “Not to me.”", None),
        ('"Go away," says who, "or stay!"', None),
        ("What does he think of Vanity Fair?", None),
        ("What happens to Sam Weller?", None),
        ("who is in the tower", None),
        ("what did they think of the last scene", None),
        ("What does she say about Miss Lucy?", None),
        ("Is there any CGI in it?", None),
        ("how does it end", None),
        ("is it any good", None),
        ("Is Peace Tower any good?", "Peace Tower"),
        ("Is Vanity Fair any good?", None),
        ("recommend me something funny", None),
        ("what should I watch tonight?", None),
    ],
)
def test_a_work_is_absent_if_a_question_names_it_and_no_review_has_it(question: str, name: str | None) -> None:
    assert _absent(question) == name
