"""What a build will write of a collection: rows taken over from the index before, and rows that are new.

Reviews stand in the order of their slugs, each one's rows together, so that what is taken over moves as a whole: by
arrays, never text by text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.config import PASSAGE_TOKENS
from embeddings.documents.review_json import review_to_json
from embeddings.documents.splitter import split_review
from embeddings.encoders.base import Encoder
from embeddings.index.bm25 import BM25Index, Postings, PostingsBuilder
from embeddings.index.build.vector_cache import Digests, StoredVectors, digests
from embeddings.index.collection import PASSAGE_ROW, SENTENCE_ROW, CollectionIndex
from embeddings.index.manifest import IndexedReview
from embeddings.index.vocabulary import Vocabulary, WordCounts
from embeddings.records import Review

Rows = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Source:
    """A review to index, with the file that it is read from where there is one.

    Attributes:
        slug: the review's.
        load: reads the review; called only where the index before does not have it.
        digest: SHA-256 (hex) of the file, or of the review's content.
        file: the file's name within its folder.
        size: the file's size in bytes.
        modified: the file's modification time in nanoseconds.
    """

    slug: str
    load: Callable[[], Review]
    digest: str
    file: str | None = None
    size: int = 0
    modified: int = 0

    @classmethod
    def of(cls, review: Review) -> Source:
        """A review that has no file."""
        content = json.dumps(asdict(review), ensure_ascii=False, sort_keys=True)
        return cls(review.slug, lambda: review, hashlib.sha256(content.encode()).hexdigest())


def passage_tokens(encoder: Encoder) -> int:
    """Return the most tokens of a passage: what the encoder reads, or `PASSAGE_TOKENS` where that is fewer."""
    limit = encoder.identity.max_tokens
    return limit if PASSAGE_TOKENS is None else min(PASSAGE_TOKENS, limit)


@dataclass(frozen=True, slots=True)
class Texts:
    """What is encoded of one review: its sentences, each with the one before it in its section, its passages."""

    sentences: list[str]
    pairs: list[str]
    passages: list[str]

    @classmethod
    def of(cls, review: str, passages: Rows, sentences: Rows) -> Texts:
        """The texts of a review's rows; `sentences` are exactly those of `passages`, in their order."""
        texts = cls([], [], [])
        section, previous = -1, ""
        spans = iter(sentences[["start", "end"]].tolist())
        for own, start, end, first, last in passages[
            ["section", "start", "end", "first_sentence", "end_sentence"]
        ].tolist():
            if own != section:
                section, previous = own, ""
            texts.passages.append(review[start:end])
            for _ in range(first, last):
                left, right = next(spans)
                text = review[left:right]
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
    """A collection about to be written.

    Attributes:
        name: the collection's name.
        sources: its reviews, by slug.
        reviews: the manifest's entries of these.
        before: each review's number in the index before, or None where it is new or changed.
        old: the index before, or None where nothing is taken over.
        passages: all rows of passages.
        sentences: all rows of sentences.
        digests: of all sentences, of all pairs, of all passages.
        new_digests: of the new reviews' texts, review by review.
        new_lengths: the characters of each of these.
        sentence_postings: the terms of all sentences.
        passage_postings: the terms of all passages.
        words: the words of all passages and names.
    """

    name: str
    sources: Sequence[Source]
    reviews: tuple[IndexedReview, ...]
    before: tuple[int | None, ...]
    old: CollectionIndex | None
    passages: Rows
    sentences: Rows
    digests: tuple[Digests, ...]
    new_digests: Digests
    new_lengths: NDArray[np.int64]
    sentence_postings: Postings
    passage_postings: Postings
    words: Vocabulary

    @property
    def new(self) -> tuple[int, ...]:
        """The reviews that are new, by number."""
        return tuple(number for number, place in enumerate(self.before) if place is None)

    def kept(self) -> tuple[StoredVectors, ...]:
        """The vectors of the index before."""
        if self.old is None:
            return ()
        kinds = self.old.sentence_vectors, self.old.pair_vectors, self.old.passage_vectors
        return tuple(StoredVectors(own, kind.codes) for own, kind in zip(_digests(self.old), kinds, strict=True))

    def texts(self, number: int) -> Texts:
        """The texts of a review that is new."""
        entry = self.reviews[number]
        review = self.sources[number].load().text
        return Texts.of(review, self.passages[slice(*entry.passages)], self.sentences[slice(*entry.sentences)])

    def records(self) -> Iterator[bytes]:
        """Each review as it is stored."""
        for source, before in zip(self.sources, self.before, strict=True):
            yield review_to_json(source.load()) if self.old is None or before is None else self.old.record(before)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where rows of one kind go.

    Attributes:
        kept: (rows before,) the new row of each; -1 where it is left out.
        new: the rows of what is new.
    """

    kept: NDArray[np.int32]
    new: NDArray[np.int32]

    @classmethod
    def of(cls, ranges: Sequence[tuple[int, int]], before: Sequence[tuple[int, int] | None], count: int) -> _Places:
        """The places of reviews' rows.

        Args:
            ranges: each review's rows.
            before: its rows in the index before, or None.
            count: how many rows that index has.
        """
        kept = np.full(count, -1, np.int32)
        new = [np.zeros(0, np.int32)]
        for (first, end), old in zip(ranges, before, strict=True):
            rows = np.arange(first, end, dtype=np.int32)
            if old is None:
                new.append(rows)
            else:
                kept[slice(*old)] = rows
        return cls(kept, np.concatenate(new))

    def joined(self, old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        """The rows before and the new ones, each in its place."""
        stays = self.kept >= 0
        joined = np.empty((int(stays.sum()) + len(self.new), *added.shape[1:]), added.dtype)
        joined[self.kept[stays]] = old[stays]
        joined[self.new] = added
        return joined


class _New:
    """What is new of a collection, review by review."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.sentence_terms = PostingsBuilder()
        self.passage_terms = PostingsBuilder()
        self.words = WordCounts()
        self.digests: tuple[list[Digests], ...] = ([], [], [])
        self.lengths: list[int] = []

    def split(self, source: Source) -> tuple[IndexedReview, Rows, Rows]:
        """Take up a review; its rows count from 0."""
        review = source.load()
        split = split_review(review, limit=passage_tokens(self._encoder), count_tokens=self._encoder.count_tokens)
        numbers = {section.slug: number for number, section in enumerate(review.sections)}
        passages: list[tuple[int, ...]] = []
        sentences: list[tuple[int, ...]] = []
        for row, passage in enumerate(split):
            first = len(sentences)
            sentences.extend((sentence.start, sentence.end, row) for sentence in passage.sentences)
            place = numbers[passage.section], passage.paragraph, passage.start, passage.end
            passages.append((0, *place, first, len(sentences)))
        rows = np.array(passages, PASSAGE_ROW), np.array(sentences, SENTENCE_ROW)
        texts = Texts.of(review.text, *rows)
        for kind, listed in zip(texts.kinds, self.digests, strict=True):
            listed.append(digests(kind))
        self.lengths.extend(map(len, texts))
        for text in texts.sentences:
            self.sentence_terms.add(text)
        for text in texts.passages:
            self.passage_terms.add(text)
        for text in (review.title, *review.aliases, *texts.passages):
            self.words.add(text)
        entry = IndexedReview(
            review.slug,
            review.title,
            review.aliases,
            source.digest,
            None,
            0,
            0,
            (0, len(passages)),
            (0, len(sentences)),
        )
        return entry, *rows

    def digests_of(self, kind: int) -> Digests:
        """The digests of all new sentences (0), pairs (1) or passages (2)."""
        return np.concatenate([np.zeros((0, 2), np.uint64), *self.digests[kind]])

    def digests_by_review(self) -> Digests:
        """All digests, each review's sentences, pairs and passages together."""
        return np.concatenate([np.zeros((0, 2), np.uint64), *chain.from_iterable(zip(*self.digests, strict=True))])


def plan_collection(name: str, sources: Sequence[Source], old: CollectionIndex | None, encoder: Encoder) -> Plan:
    """Split what is new among a collection's sources, given by slug, and find its place among what is not."""
    entries = old.entry.reviews if old is not None else ()
    before = [_before(source, old) for source in sources]
    new = _New(encoder)
    reviews: list[IndexedReview] = []
    blocks: list[tuple[Rows, Rows]] = []
    passage_count = sentence_count = 0
    for number, (source, place) in enumerate(zip(sources, before, strict=True)):
        if old is not None and place is not None:
            entry = entries[place]
            passages = old.passage_table[slice(*entry.passages)].copy()
            sentences = old.sentence_table[slice(*entry.sentences)].copy()
        else:
            entry, passages, sentences = new.split(source)
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
                passages=(passage_count, ends[0]),
                sentences=(sentence_count, ends[1]),
            )
        )
        passage_count, sentence_count = ends
    passage_places = _Places.of(
        [entry.passages for entry in reviews],
        [None if place is None else entries[place].passages for place in before],
        len(old.passage_table) if old is not None else 0,
    )
    sentence_places = _Places.of(
        [entry.sentences for entry in reviews],
        [None if place is None else entries[place].sentences for place in before],
        len(old.sentence_table) if old is not None else 0,
    )
    return Plan(
        name=name,
        sources=sources,
        reviews=tuple(reviews),
        before=tuple(before),
        old=old,
        passages=np.concatenate([block for block, _ in blocks]),
        sentences=np.concatenate([block for _, block in blocks]),
        digests=tuple(
            places.joined(kept, new.digests_of(kind))
            for kind, (places, kept) in enumerate(
                zip((sentence_places, sentence_places, passage_places), _digests(old), strict=True)
            )
        ),
        new_digests=new.digests_by_review(),
        new_lengths=np.array(new.lengths, np.int64),
        sentence_postings=_postings(
            new.sentence_terms, old.sentence_terms if old is not None else None, sentence_places
        ),
        passage_postings=_postings(new.passage_terms, old.passage_terms if old is not None else None, passage_places),
        words=_words(new.words, old, before),
    )


def _before(source: Source, old: CollectionIndex | None) -> int | None:
    place = old.number(source.slug) if old is not None else None
    return place if old is not None and place is not None and old.entry.reviews[place].digest == source.digest else None


def _digests(old: CollectionIndex | None) -> tuple[Digests, Digests, Digests]:
    if old is None:
        none = np.zeros((0, 2), np.uint64)
        return none, none, none
    count = len(old.sentence_table)
    return old.digests[:count], old.digests[count : 2 * count], old.digests[2 * count :]


def _postings(new: PostingsBuilder, old: BM25Index | None, places: _Places) -> Postings:
    counted = new.postings()
    return counted if old is None else old.postings.merged(places.kept, counted, places.new)


def _words(new: WordCounts, old: CollectionIndex | None, before: Sequence[int | None]) -> Vocabulary:
    words = new.folded()
    if old is None:
        return Vocabulary.of(words)
    gone = WordCounts()
    for number in set(range(len(old.entry.reviews))).difference(place for place in before if place is not None):
        entry = old.entry.reviews[number]
        review = old.review(entry.slug).text
        for text in (entry.title, *entry.aliases):
            gone.add(text)
        for start, end in old.passage_table[slice(*entry.passages)][["start", "end"]].tolist():
            gone.add(review[start:end])
    kept = old.words.to_counts()
    kept.change(words, gone.folded())
    return Vocabulary.of(kept)
