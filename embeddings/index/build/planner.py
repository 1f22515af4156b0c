"""Plan what to write of a collection: rows of the old index that stay, and rows that are new.

Reviews are sorted by slug, and each review's rows are together. So old rows move as whole arrays, never text by text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.documents.analyzer import compose
from embeddings.documents.splitter import passage_tokens, split_review
from embeddings.encoders.base import Encoder
from embeddings.index.bm25 import BM25Index, Postings, PostingsBuilder
from embeddings.index.build.language import language_of
from embeddings.index.build.sources import Source
from embeddings.index.build.vector_cache import NO_DIGESTS, StoredVectors, digests_of
from embeddings.index.collection import PASSAGE_ROW, SENTENCE_ROW, CollectionIndex, Digests
from embeddings.index.facts import FactRow
from embeddings.index.manifest import IndexedReview
from embeddings.index.titles import people_of
from embeddings.index.vocabulary import Vocabulary, WordCounts
from embeddings.records import review_to_json

Rows = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Texts:
    """What is encoded of one review: its sentences, each with the one before it in its section, and its passages."""

    sentences: list[str]
    pairs: list[str]
    passages: list[str]

    @classmethod
    def from_rows(cls, review: str, passages: Rows, sentences: Rows) -> Texts:
        """Return the texts of a review's rows. `sentences` are exactly those of `passages`, in their order."""
        texts = cls([], [], [])
        section, previous = -1, ""
        spans = iter(sentences[["start", "end"]].tolist())
        columns = ["section", "start", "end", "first_sentence", "end_sentence"]
        for own_section, start, end, first, last in passages[columns].tolist():
            if own_section != section:
                section, previous = own_section, ""
            texts.passages.append(compose(review[start:end]))
            for _ in range(first, last):
                left, right = next(spans)
                text = compose(review[left:right])
                texts.sentences.append(text)
                texts.pairs.append(f"{previous} {text}" if previous else text)
                previous = text
        return texts

    @property
    def kinds(self) -> tuple[list[str], list[str], list[str]]:
        """Sentences, pairs, passages."""
        return self.sentences, self.pairs, self.passages

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.kinds)


@dataclass(frozen=True, slots=True)
class Plan:
    """A collection to write."""

    name: str
    sources: Sequence[Source]  # its reviews, sorted by slug
    reviews: tuple[IndexedReview, ...]  # the manifest's entries of these
    before: tuple[int | None, ...]  # each review's number in the old index, or None if it is new or changed
    old: CollectionIndex | None  # the old index, or None if nothing is taken from it
    passages: Rows
    sentences: Rows
    digests: tuple[Digests, ...]  # of all sentences, of all pairs, of all passages
    new_digests: Digests  # of the new reviews' texts, review by review
    new_lengths: NDArray[np.int64]  # the characters of each of these texts
    sentence_postings: Postings
    passage_postings: Postings
    vocabulary: Vocabulary  # the words of all passages and titles
    facts: Sequence[FactRow]  # what each review's header says

    @property
    def new(self) -> tuple[int, ...]:
        """The numbers of the new reviews."""
        return tuple(number for number, before in enumerate(self.before) if before is None)

    def old_vectors(self) -> tuple[StoredVectors, ...]:
        """Return the vectors of the old index."""
        if self.old is None:
            return ()
        kinds = self.old.sentence_vectors, self.old.pair_vectors, self.old.passage_vectors
        return tuple(StoredVectors(own, kind.codes) for own, kind in zip(_digests(self.old), kinds, strict=True))

    def texts(self, number: int) -> Texts:
        """Return the texts of a new review."""
        entry = self.reviews[number]
        review = self.sources[number].load().text
        return Texts.from_rows(review, self.passages[slice(*entry.passages)], self.sentences[slice(*entry.sentences)])

    def records(self) -> Iterator[bytes]:
        """Yield each review as it is stored."""
        for source, before in zip(self.sources, self.before, strict=True):
            yield review_to_json(source.load()) if self.old is None or before is None else self.old.record(before)


def plan_collection(name: str, sources: Sequence[Source], old: CollectionIndex | None, encoder: Encoder) -> Plan:
    """Split the new reviews among a collection's sources, sorted by slug, and join their rows with the old ones."""
    entries = old.entry.reviews if old is not None else ()
    before = [_number_before(source, old) for source in sources]
    new = _NewReviews(encoder)
    reviews: list[IndexedReview] = []
    facts: list[FactRow] = []
    blocks: list[tuple[Rows, Rows]] = []
    passage_count = sentence_count = 0
    for number, (source, old_number) in enumerate(zip(sources, before, strict=True)):
        if old is not None and old_number is not None:
            entry = entries[old_number]
            passages = old.passage_table[slice(*entry.passages)].copy()
            sentences = old.sentence_table[slice(*entry.sentences)].copy()
            facts.append(old.facts.row(old_number))
        else:
            entry, row, passages, sentences = new.split(source)
            facts.append(row)
        passages["review"] = number
        for column in ("first_sentence", "end_sentence"):
            passages[column] += sentence_count - entry.sentences[0]
        sentences["passage"] += passage_count - entry.passages[0]
        blocks.append((passages, sentences))
        ends = passage_count + len(passages), sentence_count + len(sentences)
        reviews.append(
            replace(
                entry,
                file=source.file,
                size=source.size,
                modified=source.modified,
                part=source.part,
                passages=(passage_count, ends[0]),
                sentences=(sentence_count, ends[1]),
            )
        )
        passage_count, sentence_count = ends
    passage_rows = _RowMap.of("passages", reviews, before, entries)
    sentence_rows = _RowMap.of("sentences", reviews, before, entries)
    kinds = zip((sentence_rows, sentence_rows, passage_rows), _digests(old), new.digests, strict=True)
    return Plan(
        name=name,
        sources=sources,
        reviews=tuple(reviews),
        before=tuple(before),
        old=old,
        passages=np.concatenate([block for block, _ in blocks]),
        sentences=np.concatenate([block for _, block in blocks]),
        digests=tuple(rows.join(own, np.concatenate([NO_DIGESTS, *added])) for rows, own, added in kinds),
        new_digests=np.concatenate([NO_DIGESTS, *chain.from_iterable(zip(*new.digests, strict=True))]),
        new_lengths=np.array(new.lengths, np.int64),
        sentence_postings=_postings(new.sentence_terms, old.sentence_terms if old is not None else None, sentence_rows),
        passage_postings=_postings(new.passage_terms, old.passage_terms if old is not None else None, passage_rows),
        vocabulary=_vocabulary(new.word_counts, old, before),
        facts=facts,
    )


@dataclass(frozen=True, slots=True)
class _RowMap:
    """Where the rows of one kind go."""

    moved: NDArray[np.int32]  # (old rows,) the new row of each; -1 for rows to leave out
    new: NDArray[np.int32]  # the rows of new reviews

    @classmethod
    def of(
        cls, kind: str, reviews: Sequence[IndexedReview], before: Sequence[int | None], old: Sequence[IndexedReview]
    ) -> _RowMap:
        """Make the map of the `passages` or `sentences` of reviews, of which `before` has the numbers among the old."""
        moved = np.full(getattr(old[-1], kind)[1] if old else 0, -1, np.int32)
        new = [np.zeros(0, np.int32)]
        for entry, number in zip(reviews, before, strict=True):
            rows = np.arange(*getattr(entry, kind), dtype=np.int32)
            if number is None:
                new.append(rows)
            else:
                moved[slice(*getattr(old[number], kind))] = rows
        return cls(moved, np.concatenate(new))

    def join(self, old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        """Return the old and the new rows, each in its place."""
        stays = self.moved >= 0
        joined = np.empty((int(stays.sum()) + len(self.new), *added.shape[1:]), added.dtype)
        joined[self.moved[stays]] = old[stays]
        joined[self.new] = added
        return joined


class _NewReviews:
    """The rows, terms and words of a collection's new reviews, collected review by review."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.sentence_terms = PostingsBuilder()
        self.passage_terms = PostingsBuilder()
        self.word_counts = WordCounts()
        self.digests: tuple[list[Digests], ...] = ([], [], [])
        self.lengths: list[int] = []

    def split(self, source: Source) -> tuple[IndexedReview, FactRow, Rows, Rows]:
        """Collect a review, and return its entry, facts, passages and sentences. Its rows count from 0."""
        review = source.load()
        language = language_of(review)
        limit, count_tokens = passage_tokens(self._encoder.identity.max_tokens), self._encoder.count_tokens
        split = split_review(review, limit=limit, count_tokens=count_tokens, language=language)
        section_numbers = {section.slug: number for number, section in enumerate(review.sections)}
        sentences: list[tuple[int, ...]] = []
        passages: list[tuple[int, ...]] = []
        for row, passage in enumerate(split):
            first = len(sentences)
            sentences.extend((sentence.start, sentence.end, row) for sentence in passage.sentences)
            place = section_numbers[passage.section], passage.paragraph, passage.start, passage.end
            passages.append((0, *place, first, len(sentences)))
        rows = np.array(passages, PASSAGE_ROW), np.array(sentences, SENTENCE_ROW)
        texts = Texts.from_rows(review.text, *rows)
        for kind, collected in zip(texts.kinds, self.digests, strict=True):
            collected.append(digests_of(kind))
        self.lengths.extend(map(len, texts))
        for text in texts.sentences:
            self.sentence_terms.add(text, language)
        for text in texts.passages:
            self.passage_terms.add(text, language)
        for text in (review.title, *review.aliases, *texts.passages):
            self.word_counts.add(text)
        file = source.file, source.size, source.modified
        ranges = (0, len(passages)), (0, len(sentences))
        names = review.slug, review.title, review.aliases
        entry = IndexedReview(
            *names, source.digest, *file, *ranges, year=review.year, language=language, people=people_of(review)
        )
        return entry, FactRow.of(review), *rows


def _number_before(source: Source, old: CollectionIndex | None) -> int | None:
    """Return a review's number in the old index, or None if it is new or changed."""
    number = old.number(source.slug) if old is not None else None
    if old is None or number is None:
        return None
    entry = old.entry.reviews[number]
    return number if (entry.digest, entry.part) == (source.digest, source.part) else None


def _digests(old: CollectionIndex | None) -> tuple[Digests, Digests, Digests]:
    if old is None:
        return NO_DIGESTS, NO_DIGESTS, NO_DIGESTS
    return old.digests_by_kind


def _postings(new: PostingsBuilder, old: BM25Index | None, rows: _RowMap) -> Postings:
    added = new.postings()
    return added if old is None else old.merge(rows.moved, added, rows.new)


def _vocabulary(new: WordCounts, old: CollectionIndex | None, before: Sequence[int | None]) -> Vocabulary:
    added = new.folded()
    if old is None:
        return Vocabulary.from_counts(added)
    removed = WordCounts()
    for number in set(range(len(old.entry.reviews))).difference(before):
        entry = old.entry.reviews[number]
        review = old.review(entry.slug).text
        for text in (entry.title, *entry.aliases):
            removed.add(text)
        for start, end in old.passage_table[slice(*entry.passages)][["start", "end"]].tolist():
            removed.add(review[start:end])
    counts = old.vocabulary.to_counts()
    counts.change(added, removed.folded())
    return Vocabulary.from_counts(counts)
