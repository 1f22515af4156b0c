"""The façade: build an index of reviews, open it, ask it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from embeddings.answering.calibration import (
    UNCALIBRATED,
    UNCALIBRATED_RERANKER,
    Calibration,
    RerankerCalibration,
    Thresholds,
    load_calibration,
)
from embeddings.answering.confidence import confidence, reranker_factor
from embeddings.answering.pipeline import _doubtful, _tidy, _with_performers, _within
from embeddings.answering.quotes import answer, quotes_of
from embeddings.config import TOP_SENTENCES, RankingSettings
from embeddings.documents.lookup import find_review, find_section, unknown_review
from embeddings.encoders.base import ONNX, Encoder
from embeddings.encoders.onnx import OnnxEncoder, verify_encoder
from embeddings.errors import (
    IndexDamagedError,
    QuestionError,
    RerankerError,
    UnknownReviewError,
)
from embeddings.index import collection as layout
from embeddings.index.access import Collections
from embeddings.index.build.freshness import outdated, removed
from embeddings.index.collection import CollectionIndex
from embeddings.index.manifest import BY_SIZE, EXACT, Manifest
from embeddings.records import SHARED, SHIPPED, Answer, AskResult, Hit, QuestionInContext, Review, Section, StageSeconds
from embeddings.reranking.rerank import open_reranker, rerank
from embeddings.reranking.reranker import Reranker
from embeddings.retrieval.fusion import RankedSentence, rank
from embeddings.retrieval.query import Query, RewrittenQuestion, check_question, encode_queries, is_follow_up, rewrite
from embeddings.retrieval.retriever import Scope
from embeddings.retrieval.router import Router

if TYPE_CHECKING:
    from embeddings.index.build.builder import Notify, Progress


def _silent(_: str) -> None:
    pass


class Library:
    """An opened index of reviews. Nothing is written by opening or asking; threads may share it.

    A library keeps answering from the index that it opened, whatever is built meanwhile, until it is opened anew.

    Attributes:
        directory: the index's folder.
        manifest: what was indexed, with what.
        ranking: the weights of the fusion.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        *,
        calibration: Calibration | None = None,
        thresholds: Thresholds | None = None,
        ranking: RankingSettings | None = None,
        encoder: Encoder | None = None,
        reranker: Reranker | str | None = None,
    ) -> None:
        self.directory = directory
        self.manifest = manifest
        self.ranking = ranking or RankingSettings()
        self._calibration = calibration or Calibration()
        self._thresholds = thresholds
        self._given = encoder
        self._wanted_reranker = reranker
        self._indexes = {
            entry.name: CollectionIndex(directory / layout.COLLECTIONS / entry.name / entry.generation, entry)
            for entry in manifest.collections
        }
        self._routers: dict[tuple[str, ...], Router] = {}

    @classmethod
    def open(cls, data: Path, *, ranking: RankingSettings | None = None, reranker: str = SHIPPED) -> Self:
        """Open the index of a data directory.

        Args:
            data: the data directory.
            ranking: the weights of the fusion.
            reranker: what reads the closest sentences again: the shipped one, a sentence-transformers CrossEncoder by
                name or path, or `NO_READER`.

        Raises:
            IndexMissingError: there is none yet.
            IndexVersionError: another version of this program wrote it.
            IndexDamagedError: it is incomplete or altered.
            CalibrationError: the directory's thresholds are for another encoder.
        """
        directory = Path(data) / layout.INDEX_DIRECTORY
        try:
            return cls._opened(Path(data), directory, ranking, reranker)
        except IndexDamagedError:
            # A build may have swapped the index in between reading the manifest and opening what it names.
            return cls._opened(Path(data), directory, ranking, reranker)

    @classmethod
    def build(
        cls,
        data: Path,
        *,
        model: str | None = None,
        allow_download: bool = False,
        rebuild: bool = False,
        exact: bool | None = None,
        bf16: bool | None = None,
        skip_broken: bool = False,
        wait: float = 0.0,
        reranker: str = SHIPPED,
        notify: Notify = _silent,
        progress: Progress | None = None,
    ) -> Self:
        """Bring a data directory's index up to date with its reviews, and open it.

        Args:
            data: the data directory.
            model: the encoder, by path or name; None keeps the index's, or takes the default for a new one.
            allow_download: whether a model that isn't on this machine may be fetched.
            rebuild: encode everything anew, whatever stands in the old index.
            exact: whether all vectors are scanned however many there are; None keeps what the index has.
            bf16: whether the reviews are encoded in bfloat16; None keeps what the index has.
            skip_broken: leave out the files that can't be read, instead of changing nothing.
            wait: for how many seconds to wait for another writer.
            reranker: as `open` takes it; the index itself is the same with any.
            notify: told in a line what was left out or done otherwise than asked.
            progress: told how far the encoding is.

        Raises:
            ReviewFilesError: files can't be read; nothing was changed.
            NoReviewsError: there is nothing to index, or no shared review any more of those that were; nothing was
                changed.
            ModelError: the model can't be found, loaded or trusted.
            IndexBusyError: another process is writing.
            IndexWriteError: the folder can't be written; the old index is untouched.
        """
        # Here, for asking needs none of it.
        from embeddings.index.build.builder import update_index

        data = Path(data)
        manifest, encoder = update_index(
            data,
            model=model,
            allow_download=allow_download,
            rebuild=rebuild,
            exact=exact,
            bf16=bf16,
            skip_broken=skip_broken,
            wait=wait,
            notify=notify,
            progress=progress,
        )
        calibration = load_calibration(data, manifest.encoder)
        return cls(data / layout.INDEX_DIRECTORY, manifest, calibration=calibration, encoder=encoder, reranker=reranker)

    @classmethod
    def of(
        cls,
        reviews: Sequence[Review],
        directory: Path,
        encoder: Encoder,
        *,
        calibration: Calibration | None = None,
        thresholds: Thresholds | None = None,
        ranking: RankingSettings | None = None,
        exact: bool = False,
        reranker: Reranker | str | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Index reviews that are in memory, in a folder of their own, for as long as the encoder is at hand."""
        # Here, for asking needs none of it.
        from embeddings.index.build.builder import Source, build_index, index_lock, open_previous

        sources: dict[str, list[Source]] = {}
        for review in reviews:
            sources.setdefault(review.collection, []).append(Source.of(review))
        with index_lock(directory):
            manifest = build_index(
                directory,
                sources,
                encoder,
                "",
                previous=open_previous(directory),
                vectors=EXACT if exact else BY_SIZE,
                progress=progress,
            )
        return cls(
            directory,
            manifest,
            calibration=calibration,
            thresholds=thresholds,
            ranking=ranking,
            encoder=encoder,
            reranker=reranker,
        )

    @property
    def calibration(self) -> Calibration:
        """What was chosen for the encoder, alone and with rerankers."""
        return self._calibration

    @property
    def reranker_calibration(self) -> RerankerCalibration | None:
        """What the reranker's scores mean; None where none takes part."""
        if self.reranker is None:
            return None
        return self._calibration.rerankers.get(self.reranker.identity.weights, UNCALIBRATED_RERANKER)

    @property
    def thresholds(self) -> Thresholds:
        """Between the three states of an answer: those that were given, else those of the calibration."""
        if self._thresholds is not None:
            return self._thresholds
        if self.reranker_calibration is not None:
            return self.reranker_calibration.thresholds
        return self._calibration.thresholds or UNCALIBRATED

    @property
    def calibrated(self) -> bool:
        """Whether the thresholds were chosen for this encoder and this reranker."""
        if self._thresholds is not None:
            return True
        if self.reranker is not None:
            return self.reranker.identity.weights in self._calibration.rerankers
        return self._calibration.thresholds is not None

    @property
    def reranker(self) -> Reranker | None:
        """What reads the closest sentences again, opened when it is first needed; None where nothing does."""
        return self._opened_reranker[0]

    @property
    def reranker_problem(self) -> str | None:
        """Why the reranker that is wanted can't be had, in a line; None where all is well."""
        return self._opened_reranker[1]

    @cached_property
    def _opened_reranker(self) -> tuple[Reranker | None, str | None]:
        wanted = self._wanted_reranker
        if not isinstance(wanted, str):
            return wanted, None
        try:
            return open_reranker(wanted), None
        except RerankerError as error:
            return None, str(error)

    @cached_property
    def encoder(self) -> Encoder:
        """What encodes the questions, opened when it is first needed.

        Raises:
            IndexDamagedError: the runtime encoder is incomplete or altered.
        """
        if self._given is not None:
            return self._given
        folder = self.directory / self.manifest.encoder_folder
        if self.manifest.encoder.runtime == ONNX:
            encoder: Encoder = OnnxEncoder.open(folder)
        else:
            # Here, for it imports PyTorch: a cost for models that can't be exported.
            from embeddings.encoders.export import open_encoder

            encoder = open_encoder(folder, self.manifest.encoder)
        if encoder.identity != self.manifest.encoder:
            raise IndexDamagedError(
                f"{folder}: not the encoder that the index was built with; run `review-bot index --rebuild`"
            )
        return encoder

    def ask(
        self,
        question: str,
        *,
        review: str | None = None,
        context: Sequence[str] = (),
        collections: Collections = (SHARED,),
    ) -> Answer:
        """Answer a question with up to three quotes.

        Args:
            question: as a person typed it.
            review: the slug of the review to keep to, or None to find it by the question and the context.
            context: the earlier questions of the same conversation, oldest first.
            collections: what the asker may see.

        Raises:
            QuestionError: the question is empty, too long, or has no words.
            UnknownReviewError: the asker sees no such review.
            IndexDamagedError: what was read of the index can't be what was written.
        """
        return self.examine(question, k=0, review=review, context=context, collections=collections).answer

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        review: str | None = None,
        context: Sequence[str] = (),
        collections: Collections = (SHARED,),
    ) -> tuple[Hit, ...]:
        """The k passages closest to a question, best first, whether or not they answer it.

        Args and errors are those of `ask`.
        """
        return self.examine(question, k=k, review=review, context=context, collections=collections).hits

    def encode_queries(self, turns: Sequence[QuestionInContext]) -> tuple[Query | None, ...]:
        """Encode several questions together, which takes less than one by one, for `examine` to go on from.

        Returns:
            What each is looked for by; None where `examine` will say what is wrong with it.
        """
        wordings = [self._worded(turn) for turn in turns]
        asked = iter(encode_queries([wording for wording in wordings if wording is not None], self.encoder))
        return tuple(None if wording is None else next(asked) for wording in wordings)

    def _worded(self, turn: QuestionInContext) -> RewrittenQuestion | None:
        try:
            return self._word(check_question(turn.question), _tidy(turn.context), turn.collections)
        except QuestionError:
            return None

    def _word(self, question: str, context: Sequence[str], collections: Collections) -> RewrittenQuestion:
        return rewrite(question, context, self.encoder, [index.words for index in self._visible(collections)])

    def examine(
        self,
        question: str,
        k: int = 10,
        *,
        review: str | None = None,
        context: Sequence[str] = (),
        collections: Collections = (SHARED,),
        asked: Query | None = None,
    ) -> AskResult:
        """Answer and search in one look.

        Args and errors are those of `ask` and `search`; `asked` is what `encode_queries` made of the same
        question in the same conversation, or None.
        """
        begun = perf_counter()
        tidy = check_question(question)
        turns = _tidy(context)
        if asked is None:
            (asked,) = encode_queries([self._word(tidy, turns, collections)], self.encoder)
        encoded = perf_counter()
        scopes = self._scopes(asked.text, review, turns, collections)
        ranking = rank(asked.query, scopes, self.ranking)
        alone = rank(asked.alone, scopes, self.ranking).best_cosine if asked.alone is not None else None
        sentences: Sequence[RankedSentence] = ranking.sentences(TOP_SENTENCES)
        hits = ranking.hits(k)
        ranked = perf_counter()
        reading = 1.0
        if self.reranker is not None and self.reranker_calibration is not None:
            asked_in_full = " ".join((*turns[-1:], asked.text))
            reranked = rerank(asked_in_full, sentences, self.reranker, self.ranking.reader_share)
            sentences, reading = reranked.sentences, reranker_factor(reranked.best, self.reranker_calibration)
            hits = reranked.within(hits)
        sure = confidence(
            ranking.best_cosine,
            alone=alone,
            leaning=is_follow_up(tidy),
            doubtful=_doubtful(asked.text, scopes),
            reading=reading,
        )
        judged = perf_counter()
        sentences = _with_performers(sentences, asked.text, turns)
        quotes = quotes_of(sentences)
        found = answer(question, quotes, sure, self.thresholds)
        took = StageSeconds(
            encode=encoded - begun, rank=ranked - encoded, rerank=judged - ranked, quote=perf_counter() - judged
        )
        return AskResult(found, hits, quotes, took)

    def reviews(self, *, collections: Collections = (SHARED,)) -> tuple[Review, ...]:
        """Every review that the asker sees, by collection and slug."""
        return tuple(index.review(entry.slug) for index in self._visible(collections) for entry in index.entry.reviews)

    def review(self, slug: str, *, collections: Collections = (SHARED,)) -> Review:
        """The review of that slug.

        Raises:
            UnknownReviewError: the asker sees no such review; the message names the closest.
        """
        return self._holding(slug, collections).review(slug)

    def find_review(self, name: str, *, collections: Collections = (SHARED,)) -> Review:
        """The review that a person means by a slug, a title, an alias, or a near miss of these.

        Of two collections' reviews with that very slug it is the one that `review` gives.

        Raises:
            UnknownReviewError: none is meant, or several could be; the message names the closest.
        """
        for index in self._visible(collections):
            if index.entry_of(name) is not None:
                return index.review(name)
        found, slug = find_review(
            name,
            [
                (text, (index, entry.slug))
                for index in self._visible(collections)
                for entry in index.entry.reviews
                for text in (entry.title, entry.slug, *entry.aliases)
            ],
        )
        return found.review(slug)

    def sections(self, review: str, *, collections: Collections = (SHARED,)) -> tuple[Section, ...]:
        """The sections of a review, in their order.

        Raises:
            UnknownReviewError: the asker sees no such review.
        """
        return self.review(review, collections=collections).sections

    def section(self, review: str, name: str, *, collections: Collections = (SHARED,)) -> Section:
        """The section of a review that a person means by a heading, a slug, a number, or a near miss of these.

        Raises:
            UnknownReviewError: the asker sees no such review.
            UnknownSectionError: the review has no such section.
        """
        return find_section(name, self.review(review, collections=collections))

    def outdated(self) -> tuple[str, ...]:
        """The slugs of the reviews that were added, changed or removed since they were indexed."""
        return outdated(self.directory.parent, self.manifest)

    def removed(self) -> tuple[str, ...]:
        """The slugs of those reviews among the outdated that have no file any more."""
        return removed(self.directory.parent, self.manifest)

    def verify(self) -> None:
        """Read every byte of the index and compare it with what was written; opening maps files and reads none.

        Raises:
            IndexDamagedError: a file is missing, incomplete or altered.
        """
        for index in self._indexes.values():
            index.verify()
        if self.manifest.encoder.runtime == ONNX:
            verify_encoder(self.directory / self.manifest.encoder_folder)
        # To open the encoder shows whether it can be used.
        self.encoder.count_tokens([""])

    def close(self) -> None:
        """Let go of the index's files."""
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()

    @classmethod
    def _opened(cls, data: Path, directory: Path, ranking: RankingSettings | None, reranker: str) -> Self:
        manifest = Manifest.open(directory)
        calibration = load_calibration(data, manifest.encoder)
        return cls(directory, manifest, calibration=calibration, ranking=ranking, reranker=reranker)

    def _visible(self, collections: Collections) -> list[CollectionIndex]:
        return [self._indexes[name] for name in dict.fromkeys(collections) if name in self._indexes]

    def _holding(self, slug: str, collections: Collections) -> CollectionIndex:
        visible = self._visible(collections)
        for index in visible:
            if index.entry_of(slug) is not None:
                return index
        slugs = [entry.slug for index in visible for entry in index.entry.reviews]
        raise UnknownReviewError(unknown_review(slug, slugs))

    def _scopes(
        self, question: str, review: str | None, context: Sequence[str], collections: Collections
    ) -> list[Scope]:
        if review is not None:
            return [_within(self._holding(review, collections), review)]
        named = self._router(tuple(dict.fromkeys(collections))).route(question, context)
        if named:
            reviews = dict.fromkeys((name.collection, name.review) for name in named)
            return [_within(self._indexes[collection], slug) for collection, slug in reviews]
        return [Scope.whole(index) for index in self._visible(collections)]

    def _router(self, collections: tuple[str, ...]) -> Router:
        if collections not in self._routers:
            self._routers[collections] = Router(
                [(index.titles, index.title_entry) for index in self._visible(collections)]
            )
        return self._routers[collections]
