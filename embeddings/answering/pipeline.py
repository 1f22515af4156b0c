"""A question's whole way, from what a person typed to an `Answer`.

`Pipeline.run` takes the stages in this order:

check       refuse what is no question                               retrieval/query.py
facts       answer a question about the collection, and end there    metadata/grammar.py, metadata/answer.py
rewrite     correct the spelling, add the question before, know      retrieval/query.py, retrieval/spelling.py
            questions about the work as a whole, leave out titles    retrieval/title_mentions.py
encode      make vectors of the texts                                encoders/
retrieve    collect candidates and their raw scores                  retrieval/retriever.py
route       choose the reviews to search: all, or those named        index/access.py, retrieval/router.py
fuse        combine the raw scores into one ranking                  retrieval/fusion.py
rerank      score the best sentences again with a model              reranking/rerank.py
confidence  judge how likely they answer, and abstain by rules       answering/confidence.py, answering/abstention.py,
                                                                     answering/calibration.py
quote       find the verdict where it is asked for, put performers   answering/verdict.py, answering/cast.py,
            first, choose quotes, set the state                      answering/quotes.py
absent      name a work that no review is of                         answering/absent.py
choose      doubt which review is meant, ask back, quote several     answering/choices.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from time import perf_counter

from rapidfuzz import fuzz, process

from embeddings.answering.absent import absent_work
from embeddings.answering.abstention import asks_for_unmentioned
from embeddings.answering.cast import raise_performers
from embeddings.answering.choices import choices, quote_of_each, review_probability
from embeddings.answering.confidence import raw_confidence, reranker_factor
from embeddings.answering.models import Models
from embeddings.answering.quotes import choose_quotes, make_answer
from embeddings.answering.verdict import find_verdicts
from embeddings.config import (
    FACT_TABLES,
    MAX_CONTEXT,
    MAX_SUGGESTIONS,
    NEAREST_TITLE_SIMILARITY,
    REVIEW_CACHE_SIZE,
    TOP_SENTENCES,
    UNCLEAR_REVIEW,
    UNDERSTOOD_QUESTIONS,
    RankingSettings,
)
from embeddings.documents.analyzer import fold, normalise, terms, words
from embeddings.errors import QuestionError
from embeddings.index.access import Collections, OpenedCollections
from embeddings.index.titles import TitleEntry
from embeddings.lexicon import SEVERAL_WORKS, VERDICT_ANSWERS, VERDICT_QUESTION
from embeddings.metadata.answer import answer_from_facts
from embeddings.metadata.grammar import CollectionQuestion, Kind, understand
from embeddings.metadata.table import ReviewTable
from embeddings.metadata.work_facts import answer_fact
from embeddings.records import (
    AbsentWork,
    Answer,
    AskResult,
    Choice,
    ListedReview,
    QuestionInContext,
    Quote,
    StageSeconds,
    State,
)
from embeddings.reranking.rerank import rerank
from embeddings.retrieval.fusion import RankedSentence, Ranking
from embeddings.retrieval.intent import Intent, find_intent
from embeddings.retrieval.query import Query, RewrittenQuestion, encode_queries, rewrite, word_check
from embeddings.retrieval.question import check_question, is_follow_up
from embeddings.retrieval.retriever import Candidates, Floats, Scope, best_cosine, retrieve
from embeddings.retrieval.router import Router, is_unambiguous, prefers_named

UNREADABLE = "The search model can't read this question. Please ask it in the script and language of the reviews."
"""The error for a question in an unknown script, or of symbols, that shares no term with the reviews."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was searched, and how it was chosen.

    Attributes:
        query: the question, without its titles if it was searched in the only review that it names.
        candidates: those of each scope.
        is_pooled: whether all of several reviews were searched.
        is_open: whether they were because the conversation names none.
    """

    query: Query
    candidates: list[Candidates]
    is_pooled: bool = False
    is_open: bool = False


class Pipeline:
    """Answers questions from opened collections. Threads may share it."""

    def __init__(self, collections: OpenedCollections, models: Models, ranking: RankingSettings) -> None:
        self._collections = collections
        self._models = models
        self._ranking = ranking
        # The conversation is read again with each of its questions.
        self._understood = lru_cache(maxsize=UNDERSTOOD_QUESTIONS)(
            lambda question, context, names: understand(question, self._table(names), context)
        )
        self._table = lru_cache(maxsize=FACT_TABLES)(lambda names: ReviewTable(collections.visible(names)))

    def run(
        self,
        question: str,
        k: int,
        *,
        review: str | None,
        context: Sequence[str],
        collections: Collections,
        query: Query | None,
        is_search: bool = False,
    ) -> AskResult:
        """Take a question through all stages. Arguments and errors are those of `Library.run`.

        With `is_search`, a question about the collection is searched like any other.
        """
        started = perf_counter()

        # Check
        checked = check_question(question)
        context = _without_blanks(context)

        # Facts
        if not is_search and (asked := self.understand(checked, context, collections, review)) is not None:
            return self._from_facts(question, asked, collections, started)
        context = self._without_facts(context, collections)

        # Rewrite and encode, unless `encode` has done it for several questions at once
        if query is None:
            rewritten = self._rewrite(checked, context, collections, review)
            (query,) = encode_queries([rewritten], self._models.encoder)
        encoded = perf_counter()

        # Route and retrieve
        found = self._search(query, review, context, collections)
        query, candidates = found.query, found.candidates
        scopes = [part.scope for part in candidates]
        standalone = None
        if query.standalone is not None:
            standalone = best_cosine(retrieve(query.standalone, scopes, self._ranking))

        # Fuse
        ranking = Ranking(candidates, self._ranking)
        hits = ranking.hits(k)
        sentences: Sequence[RankedSentence] = ranking.sentences(TOP_SENTENCES)
        ranked = perf_counter()

        # Rerank
        factor = 1.0
        if query.is_readable and self._models.reranker is not None and self._models.reranker_calibration is not None:
            reranked = rerank(
                f"{query.before} {query.text}".lstrip(), sentences, self._models.reranker, self._ranking.reranker_share
            )
            sentences, hits = reranked.sentences, reranked.reorder(hits)
            factor = reranker_factor(reranked.best, self._models.reranker_calibration)

        # Confidence
        certainty = self._models.thresholds.nearest
        if query.is_readable:
            certainty = self._models.confidence(
                raw_confidence(
                    best_cosine(candidates),
                    standalone=standalone,
                    is_follow_up=is_follow_up(checked),
                    unmentioned=asks_for_unmentioned(query.text, scopes),
                    factor=factor,
                )
            )
        elif not sentences:
            raise QuestionError(UNREADABLE)
        # The verdict on a work that is reviewed, and what it is about, are never refused.
        intent = _intent_in(scopes[0], query.text) if len(scopes) == 1 and len(scopes[0].reviews) == 1 else None
        if intent is not None:
            certainty = max(certainty, self._models.thresholds.nearest)
        judged = perf_counter()

        # Quote
        if intent is Intent.VERDICT:
            sentences = find_verdicts(scopes[0], query.text, self._verdict_answers) or sentences
        quotes = choose_quotes(raise_performers(sentences, query.text, query.before))
        review_share = 1.0
        if found.is_pooled and query.is_readable and quotes:
            review_share = review_probability(query, candidates, quotes[0])
        # Whether the quoted review answers decides the state. Whether it is the one that is meant is another question.
        answer = make_answer(question, quotes, certainty, self._models.thresholds)
        answer = replace(answer, confidence=certainty * review_share)
        if found.is_open and (name := self._absent(checked, scopes)) is not None:
            answer = Answer(question, State.UNANSWERED, 0.0, (), absent=AbsentWork(name, self._nearest(name, scopes)))
        elif answer.quotes:
            is_unclear = review_share < UNCLEAR_REVIEW and found.is_open and not context
            answer = self._of_several(answer, found, sentences, is_unclear=is_unclear)
        seconds = StageSeconds(encoded - started, ranked - encoded, judged - ranked, perf_counter() - judged)
        return AskResult(answer, hits, quotes, seconds, review_share)

    @cached_property
    def _verdict_answers(self) -> Floats:
        return self._models.encoder.encode(VERDICT_ANSWERS)

    def encode(self, questions: Sequence[QuestionInContext]) -> tuple[Query | None, ...]:
        """Check, rewrite and encode several questions together; see `Library.encode_queries`."""
        rewritten = [self._rewrite_if_valid(question) for question in questions]
        queries = iter(encode_queries([each for each in rewritten if each is not None], self._models.encoder))
        return tuple(None if each is None else next(queries) for each in rewritten)

    def understand(
        self, question: str, context: Sequence[str], collections: Collections, review: str | None
    ) -> CollectionQuestion | None:
        """Return a question that facts answer, understood with those before it, or None if it is any other.

        About one review, which was chosen, only its own facts answer.
        """
        asked = self._understood(question, tuple(context[-MAX_CONTEXT:]), tuple(collections))
        if asked is None or (asked.kind is not Kind.FACT and review is None):
            return asked
        return self._with_title(asked, question, context, collections, review) if asked.kind is Kind.FACT else None

    def _with_title(
        self,
        asked: CollectionQuestion,
        question: str,
        context: Sequence[str],
        collections: Collections,
        review: str | None,
    ) -> CollectionQuestion | None:
        """Return a question about a fact with the title of the review that it is about, or None if no header has it."""
        fact, title = asked.names
        visible = self._collections.visible(collections)
        settled = {entry.title for index in visible for entry in index.entry.reviews if entry.slug == review}
        if review is None and not title:
            _, mentions = self._router(collections).route(normalise(question), context)
            entries = [index.entry_of(each.title.review) for each in mentions for index in visible]
            settled = {entry.title for entry in entries if entry is not None}
            if not mentions and sum(len(index.entry.reviews) for index in visible) == 1:
                settled = {entry.title for index in visible for entry in index.entry.reviews}
        table = self._table(tuple(collections))
        if title and settled.isdisjoint(table.titled(title).names) and review is not None:
            return None
        title = title or (settled.pop() if len(settled) == 1 else "")
        return replace(asked, names=(fact, title)) if title and answer_fact(table, fact, title) else None

    def names_review(self, question: str, collections: Collections) -> bool:
        """Return True if a question names a visible review by title or alias."""
        mentions = self._router(collections).mentions_in(normalise(question))
        return any(not mention.title.is_person for mention in mentions)

    def _from_facts(
        self, question: str, asked: CollectionQuestion, collections: Collections, started: float
    ) -> AskResult:
        listing, is_answered = answer_from_facts(asked, self._table(tuple(collections)))
        if asked.kind is Kind.COMPARE:
            entries = [replace(each, quotes=self._compared(each, asked.point)) for each in listing.entries]
            listing = replace(listing, entries=tuple(entries))
        state = State.ANSWERED if is_answered else State.UNANSWERED
        answer = Answer(question, state, 1.0 if is_answered else 0.0, (), listing)
        return AskResult(answer, (), (), StageSeconds(quote=perf_counter() - started))

    def _compared(self, entry: ListedReview, point: str) -> tuple[Quote, ...]:
        """Return a review's verdict on its work, and what it says on a point if it says anything."""
        found: list[Quote] = []
        for asked in (VERDICT_QUESTION, point):
            if asked:
                answered = self.run(
                    asked, 0, review=entry.review, context=(), collections=(entry.collection,), query=None
                )
                quotes = answered.answer.quotes if found else answered.quotes
                found.extend(quote for quote in quotes[:1] if all(quote.start != other.start for other in found))
        return tuple(replace(quote, label=label) for label, quote in enumerate(found, start=1))

    def _without_facts(self, context: Sequence[str], collections: Collections) -> tuple[str, ...]:
        """Return the earlier questions without those about the collection, which say nothing about a review."""
        return tuple(
            turn
            for number, turn in enumerate(context)
            if (asked := self.understand(turn, context[max(0, number - MAX_CONTEXT) : number], collections, None))
            is None
            or asked.kind is Kind.FACT
        )

    def _rewrite_if_valid(self, asked: QuestionInContext) -> RewrittenQuestion | None:
        try:
            checked, context = check_question(asked.question), _without_blanks(asked.context)
            if self.understand(checked, context, asked.collections, asked.review) is not None:
                return None
            context = self._without_facts(context, asked.collections)
            return self._rewrite(checked, context, asked.collections, asked.review)
        except QuestionError:
            return None

    def _rewrite(
        self, question: str, context: Sequence[str], collections: Collections, review: str | None
    ) -> RewrittenQuestion:
        visible, router = self._collections.visible(collections), self._router(collections)

        is_known = word_check(self._models.encoder)

        def titles_in(text: str) -> set[tuple[int, int]]:
            mentions = [each for each in router.mentions_in(text) if review in (None, each.title.review)]
            return {each.span for each in mentions if is_unambiguous(each, text, is_known)}

        rewritten = rewrite(question, context, self._models.encoder, visible, titles_in)
        is_settled = review is not None or sum(len(index.entry.reviews) for index in visible) == 1
        return rewritten.untitled if is_settled and rewritten.untitled is not None else rewritten

    def _search(self, query: Query, review: str | None, context: Sequence[str], collections: Collections) -> _Found:
        """Search the given review, those that the conversation names, or all visible ones."""

        def found(query: Query, scopes: Sequence[Scope]) -> list[Candidates]:
            return retrieve(query.search, scopes, self._ranking)

        if review is not None:
            return _Found(
                query, found(query, [Scope.of_review(self._collections.holding(review, collections), review)])
            )
        visible = {index.entry.name: index for index in self._collections.visible(collections)}
        everything = found(query, [Scope.of_collection(index) for index in visible.values()])
        is_pooled = sum(len(index.entry.reviews) for index in visible.values()) > 1
        turn, mentions = self._router(collections).route(query.text, context)
        if not mentions:
            return _Found(query, everything, is_pooled=is_pooled, is_open=is_pooled)
        reviews = dict.fromkeys((title.collection, title.review) for title in (mention.title for mention in mentions))
        scopes = [Scope.of_review(visible[collection], slug) for collection, slug in reviews]
        named = found(query, scopes)
        if not prefers_named(query, turn, mentions, named, everything):
            return _Found(query, everything, is_pooled=is_pooled)
        if query.untitled is not None and len(reviews) == 1:
            return _Found(query.untitled, found(query.untitled, scopes))
        return _Found(query, named)

    def _absent(self, question: str, scopes: Sequence[Scope]) -> str | None:
        name = absent_work(
            question,
            lambda term: any(scope.mentions(term) for scope in scopes),
            lambda phrase: any(scope.has_phrase(phrase) for scope in scopes),
        )
        return None if name is None or _is_heading(name, scopes) else name

    def _nearest(self, name: str, scopes: Sequence[Scope]) -> tuple[Choice, ...]:
        """Return the reviews whose titles are closest to the name of a work; none if no title is like it."""
        titles = [
            (text, Choice(review.slug, review.title, scope.index.entry.name))
            for scope in scopes
            for review in scope.index.entry.reviews
            for text in (review.title, *review.aliases)
        ]
        close = process.extract(
            fold(name),
            [fold(text) for text, _ in titles],
            scorer=fuzz.WRatio,
            limit=len(titles),
            score_cutoff=NEAREST_TITLE_SIMILARITY,
        )
        return tuple(islice(dict.fromkeys(titles[place][1] for _, _, place in close), MAX_SUGGESTIONS))

    def _of_several(
        self, answer: Answer, found: _Found, sentences: Sequence[RankedSentence], *, is_unclear: bool
    ) -> Answer:
        """Return an answer with one quote of each review if the question is about several, or doesn't tell about which.

        `is_unclear` is True if it doesn't tell, unless it asks for several.
        """
        asks_for_several = SEVERAL_WORKS.search(fold(found.query.text)) is not None
        is_unclear = is_unclear and not asks_for_several
        is_grouped = not found.is_pooled and len(found.candidates) > 1
        if not (is_unclear or is_grouped or (found.is_open and asks_for_several)):
            return answer
        several = choices(sentences)
        if is_grouped:
            apart = (choices(Ranking([part], self._ranking).sentences(1)) for part in found.candidates)
            others = {(each.collection, each.review): each for few in apart for each in few}
            several = tuple((others | {(each.collection, each.review): each for each in several}).values())
        if len(several) == 1:
            return answer
        grouped = replace(answer, quotes=quote_of_each(several))
        return replace(grouped, state=State.NEAREST, choices=several) if is_unclear else grouped

    def _router(self, collections: Collections) -> Router:
        visible = {index.entry.name: index for index in self._collections.visible(collections)}

        def has_word(title: TitleEntry, word: str) -> bool:
            return any(map(Scope.of_review(visible[title.collection], title.review).mentions, terms(word)))

        sources = [(index.titles, index.title_entry) for index in visible.values()]
        return Router(sources, word_check(self._models.encoder), has_word)


def _intent_in(scope: Scope, question: str) -> Intent | None:
    """Return what a question asks about the work of the scope's one review, which may name the review's author."""
    intent = find_intent(question)
    author = scope.index.review(scope.index.entry.reviews[scope.reviews.start].slug).author
    if intent is not None or author is None:
        return intent
    names = set(words(author))
    return find_intent(" ".join(word for word in words(question) if word.removesuffix("'s") not in names))


def _is_heading(name: str, scopes: Sequence[Scope]) -> bool:
    """Return True if a section of the reviews has this heading. No index has them, so a large shelf isn't read."""
    entries = [(scope.index, entry.slug) for scope in scopes for entry in scope.index.entry.reviews]
    if len(entries) > REVIEW_CACHE_SIZE:
        return False
    wanted = words(name)
    return any(words(section.heading) == wanted for index, slug in entries for section in index.review(slug).sections)


def _without_blanks(context: Sequence[str]) -> tuple[str, ...]:
    """Return the earlier questions that have text, each normalised and with single spaces."""
    turns = (" ".join(normalise(turn).split()) for turn in context)
    return tuple(turn for turn in turns if turn)
