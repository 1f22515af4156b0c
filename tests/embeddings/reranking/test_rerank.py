from __future__ import annotations

from dataclasses import replace

from embeddings.config import RERANKER_CHARACTERS, RERANKER_WINDOW_CHARACTERS, RERANKER_WINDOW_SENTENCES
from embeddings.library import Library
from embeddings.reranking.rerank import rerank
from embeddings.reranking.reranker import OnnxReranker
from embeddings.retrieval.fusion import Ranking
from embeddings.retrieval.query import encode_queries, rewrite
from embeddings.retrieval.retriever import Scope, retrieve
from tests.embeddings.fixtures.rerankers import LongestSentence


def test_windows_are_runs_of_neighbours_around_the_best_sentences(library: Library) -> None:
    longest = LongestSentence()
    text = library.review("never-let-me-go").text
    library.reopened(models=library.models.replaced(reranker=longest)).ask("What is a deferral?")
    assert longest.windows
    for window in longest.windows:
        assert " ".join(window) in text
        assert len(window) <= RERANKER_WINDOW_SENTENCES
        assert len(window) == 1 or len(" ".join(window)) <= RERANKER_WINDOW_CHARACTERS
    scored = [sentence for window in longest.windows for sentence in window]
    assert len(set(scored)) == len(scored)
    assert sum(len(" ".join(window)) for window in longest.windows[:-1]) < RERANKER_CHARACTERS


def test_the_reranker_reorders_sentences_and_leaves_passages_in_their_order(library: Library) -> None:
    question = "What does the review say about acting?"
    before = library.run(question)
    after = library.reopened(models=library.models.replaced(reranker=LongestSentence())).run(question)
    assert [replace(hit, sentences=()) for hit in after.hits] == [replace(hit, sentences=()) for hit in before.hits]
    for old, new in zip(before.hits, after.hits, strict=True):
        assert {(sentence.start, sentence.end) for sentence in old.sentences} == {
            (sentence.start, sentence.end) for sentence in new.sentences
        }
        scores = [sentence.score for sentence in new.sentences]
        assert scores == sorted(scores, reverse=True)
    assert [hit.sentences for hit in after.hits] != [hit.sentences for hit in before.hits]


def test_a_reranker_without_a_share_changes_no_order(library: Library) -> None:
    (index,) = library._collections.visible(("shared",))
    encoder = library.models.encoder
    (query,) = encode_queries([rewrite("What is a deferral?", (), encoder, [index], lambda _: ())], encoder)
    candidates = retrieve(query.search, [Scope.of_collection(index)], library.ranking)
    sentences = Ranking(candidates, library.ranking).sentences(20)
    reranked = rerank("What is a deferral?", sentences, LongestSentence(), share=0.0)
    scored = [sentence.row for sentence in reranked.sentences if sentence.score >= 1]
    assert scored == [sentence.row for sentence in sentences if sentence.row in scored]
    assert {sentence.row for sentence in reranked.sentences} == {sentence.row for sentence in sentences}


def test_with_the_reranker_quotes_are_slices_of_the_text_and_answers_repeat(
    library: Library, reranker: OnnxReranker
) -> None:
    reranking = library.reopened(models=library.models.replaced(reranker=reranker))
    text = reranking.review("never-let-me-go").text
    for question in ("Who plays Kathy?", "Is the ending sad?"):
        answer = reranking.ask(question)
        assert answer.quotes
        assert all(quote.text == text[quote.start : quote.end] for quote in answer.quotes)
        assert reranking.ask(question) == answer
