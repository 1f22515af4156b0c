"""The reviews of a data directory: build their index, open it, ask it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from embeddings.answering.calibration import load_calibration, packaged_calibration
from embeddings.answering.models import IndexEncoder, Models
from embeddings.config import RankingSettings
from embeddings.documents.lookup import find_review, find_section
from embeddings.encoders.base import Encoder
from embeddings.errors import IndexDamagedError
from embeddings.index.access import Collections, OpenedCollections
from embeddings.index.build.freshness import absent_folders, describe_changes, outdated_reviews
from embeddings.index.integrity import verify_files
from embeddings.index.manifest import INDEX_DIRECTORY, MANIFEST_FILE, Manifest
from embeddings.metadata.entries import list_reviews
from embeddings.metadata.filters import ReviewFilter
from embeddings.metadata.table import ReviewTable
from embeddings.records import SHARED, SHIPPED, Answer, AskResult, Hit, Listing, QuestionInContext, Review, Section

if TYPE_CHECKING:
    from typing import Unpack

    from embeddings.answering.pipeline import Pipeline
    from embeddings.index.build.options import BuildOptions, Progress
    from embeddings.retrieval.query import Query


class Library:
    """An opened index of reviews. Opening and asking write nothing, and threads may share a library.

    A library keeps answering from the index that it opened, whatever is built meanwhile.

    Attributes:
        directory: the index's folder.
        manifest: what was indexed, with what.
        models: what encodes and reranks, with the thresholds of its scores.
        ranking: the weights of the fusion.
        written: when the index was written, in seconds since 1970.
    """

    def __init__(
        self, directory: Path, manifest: Manifest, models: Models, ranking: RankingSettings | None = None
    ) -> None:
        self.directory = directory
        self.manifest = manifest
        self.models = models
        self.ranking = ranking or RankingSettings()
        self.written = self._written()
        self._collections = OpenedCollections(directory, manifest)

    @classmethod
    def open(
        cls,
        data: Path,
        *,
        ranking: RankingSettings | None = None,
        reranker: str = SHIPPED,
        own_calibration: bool = True,
    ) -> Self:
        """Open the index of a data directory.

        Args:
            data: the data directory.
            ranking: the weights of the fusion.
            reranker: what scores the best sentences again: `SHIPPED`, `NO_RERANKER`, or a sentence-transformers
                CrossEncoder by name or path.
            own_calibration: whether the directory's own thresholds take precedence over those of the program.

        Raises:
            IndexMissingError: there is no index yet.
            IndexVersionError: another version of this program wrote it.
            IndexDamagedError: it is incomplete or altered.
            IndexUnreadableError: this user or this machine can't read it.
            CalibrationError: the directory's thresholds are for another encoder.
        """
        data = Path(data)
        try:
            return cls._open(data, ranking, reranker, own_calibration=own_calibration)
        except IndexDamagedError:
            # A build may have replaced the index between reading the manifest and opening what it names.
            return cls._open(data, ranking, reranker, own_calibration=own_calibration)

    @classmethod
    def build(cls, data: Path, *, reranker: str = SHIPPED, **options: Unpack[BuildOptions]) -> Self:
        """Update a data directory's index to its reviews, and open it.

        Args:
            data: the data directory.
            reranker: as `open` takes it; the index is the same with any.
            **options: those of `embeddings.index.build.builder.BuildOptions`.

        Raises:
            ReviewFilesError: files can't be read; nothing was changed.
            NoReviewsError: there is nothing to index, or all shared reviews have gone at once; nothing was changed.
            ModelError: the model can't be found, loaded or trusted.
            IndexBusyError: another process is writing.
            IndexWriteError: the folder can't be written; the old index is untouched.
        """
        # Imported here because asking needs none of it.
        from embeddings.index.build.builder import update_index

        data = Path(data)
        manifest, encoder = update_index(data, options)
        models = Models(encoder, reranker=reranker, calibration=load_calibration(data, manifest.encoder))
        return cls(data / INDEX_DIRECTORY, manifest, models)

    @classmethod
    def of(
        cls,
        reviews: Sequence[Review],
        directory: Path,
        models: Models | Encoder,
        *,
        ranking: RankingSettings | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Index reviews in memory.

        Args:
            reviews: what to index.
            directory: the index's folder. It doesn't hold the encoder, so `open` can't open it.
            models: what encodes and reranks; an encoder alone answers without a reranker.
            ranking: the weights of the fusion.
            progress: called with how much is encoded.
        """
        # Imported here because asking needs none of it.
        from embeddings.index.build.builder import index_reviews

        if not isinstance(models, Models):
            models = Models(models)
        manifest = index_reviews(reviews, directory, models.encoder, progress)
        return cls(directory, manifest, models, ranking)

    def reopened(self, *, models: Models | None = None, ranking: RankingSettings | None = None) -> Self:
        """Open the same index again with other models or another ranking; this library stays open."""
        return type(self)(self.directory, self.manifest, models or self.models, ranking or self.ranking)

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
            review: the slug of the only review to search; None finds it by the question and the context.
            context: the earlier questions of the same conversation, oldest first.
            collections: what the asker may see.

        Raises:
            QuestionError: the question is empty, too long, or has no words.
            UnknownReviewError: the asker sees no such review.
            IndexDamagedError: a part of the index that was read can't be what was written.
        """
        return self.run(question, k=0, review=review, context=context, collections=collections).answer

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        review: str | None = None,
        context: Sequence[str] = (),
        collections: Collections = (SHARED,),
    ) -> tuple[Hit, ...]:
        """Return the k passages closest to a question, best first, whether or not they answer it.

        The other arguments and the errors are those of `ask`.
        """
        found = self._pipeline.run(
            question, k, review=review, context=context, collections=collections, query=None, is_search=True
        )
        return found.hits

    def run(
        self,
        question: str,
        k: int = 10,
        *,
        review: str | None = None,
        context: Sequence[str] = (),
        collections: Collections = (SHARED,),
        query: Query | None = None,
    ) -> AskResult:
        """Answer and search at once.

        Arguments and errors are those of `ask` and `search`; `query` is what `encode_queries` returned for the same
        question in the same conversation, or None.
        """
        return self._pipeline.run(question, k, review=review, context=context, collections=collections, query=query)

    def encode_queries(self, questions: Sequence[QuestionInContext]) -> tuple[Query | None, ...]:
        """Encode several questions together, which is faster than one by one, for `run` to continue with.

        Returns:
            One query for each question; None where `run` raises `QuestionError`.
        """
        return self._pipeline.encode(questions)

    def reviews(
        self, *, collections: Collections = (SHARED,), matching: ReviewFilter | None = None
    ) -> tuple[Review, ...]:
        """Return the reviews that the asker sees: every one, by collection and slug, or those that a filter chooses."""
        visible = self._collections.visible(collections)
        if matching is None:
            return tuple(index.review(entry.slug) for index in visible for entry in index.entry.reviews)
        table = ReviewTable(visible)
        places = map(table.place, table.select(matching).numbers)
        return tuple(index.review(index.entry.reviews[number].slug) for index, number in places)

    def list_reviews(self, matching: ReviewFilter, *, collections: Collections = (SHARED,)) -> Listing:
        """Return the facts of the reviews that a filter chooses, under how it was understood, or why there are none."""
        return list_reviews(ReviewTable(self._collections.visible(collections)), matching)

    def review(self, slug: str, *, collections: Collections = (SHARED,)) -> Review:
        """Return the review of that slug.

        Raises:
            UnknownReviewError: the asker sees no such review; the message names the closest.
        """
        return self._collections.holding(slug, collections).review(slug)

    def find_review(self, name: str, *, collections: Collections = (SHARED,)) -> Review:
        """Return the review that a person means by a slug, a title, an alias, or a near miss of these.

        If several collections have a review of that slug, it is the one that `review` returns.

        Raises:
            UnknownReviewError: none is meant, or several could be; the message names the closest.
        """
        visible = self._collections.visible(collections)
        for index in visible:
            if index.entry_of(name) is not None:
                return index.review(name)
        index, slug = find_review(
            name,
            [
                (text, (index, entry.slug))
                for index in visible
                for entry in index.entry.reviews
                for text in (entry.title, entry.slug, *entry.aliases)
            ],
        )
        return index.review(slug)

    def sections(self, review: str, *, collections: Collections = (SHARED,)) -> tuple[Section, ...]:
        """Return the sections of a review, in their order; the errors are those of `review`."""
        return self.review(review, collections=collections).sections

    def section(self, review: str, name: str, *, collections: Collections = (SHARED,)) -> Section:
        """Return the section that a person means by a heading, a slug, a number, or a near miss of these.

        Raises:
            UnknownReviewError: the asker sees no such review.
            UnknownSectionError: the review has no such section.
        """
        return find_section(name, self.review(review, collections=collections))

    def asks_about_collection(
        self, question: str, *, context: Sequence[str] = (), collections: Collections = (SHARED,)
    ) -> bool:
        """Return True if facts answer a question, such as which reviews there are, and no review's text."""
        return self._pipeline.understand(question, context, collections, None) is not None

    def names_review(self, question: str, *, collections: Collections = (SHARED,)) -> bool:
        """Return True if a question names a review that the asker sees, by title or alias."""
        return self._pipeline.names_review(question, collections)

    def outdated(self) -> frozenset[tuple[str, str]]:
        """Return the reviews that were added, changed or removed since they were indexed, by collection and slug."""
        return outdated_reviews(self.directory.parent, self.manifest)

    def describe_changes(self) -> str:
        """Return the first few outdated reviews by slug, as text for a person; "" if none is outdated."""
        return describe_changes(self.directory.parent, self.manifest)

    def absent_folders(self) -> tuple[str, ...]:
        """Return a line for each linked folder that is not there, whose reviews are as they were indexed."""
        return tuple(map(str, absent_folders(self.directory.parent, self.manifest)))

    def is_replaced(self) -> bool:
        """Return True if another index has been written since this one was opened; the errors are those of `open`."""
        # A rebuild of a damaged index writes the same manifest again, later.
        return Manifest.open(self.directory) != self.manifest or self._written() != self.written

    @cached_property
    def _pipeline(self) -> Pipeline:
        # Imported here because checking an index and looking up reviews need none of it.
        from embeddings.answering.pipeline import Pipeline

        return Pipeline(self._collections, self.models, self.ranking)

    def _written(self) -> float:
        return (self.directory / MANIFEST_FILE).stat().st_mtime

    def verify(self) -> None:
        """Read every byte of the index and compare it with what was written; opening only maps the files.

        Raises:
            IndexDamagedError: a file is missing, incomplete or altered.
        """
        verify_files(self.directory, self.manifest)
        # Its first use opens the encoder, which shows whether it works.
        self.models.encoder.count_tokens([""])

    def warm_up(self) -> None:
        """Open the encoder and import what answers, so that the first question waits for neither.

        Raises:
            IndexDamagedError: the encoder is incomplete or altered.
        """
        self.models.encoder.count_tokens([""])
        _ = self._pipeline

    def close(self) -> None:
        """Close the index's files."""
        self._collections.close()

    @classmethod
    def _open(cls, data: Path, ranking: RankingSettings | None, reranker: str, *, own_calibration: bool) -> Self:
        directory = data / INDEX_DIRECTORY
        manifest = Manifest.open(directory)
        encoder = manifest.encoder
        calibration = load_calibration(data, encoder) if own_calibration else packaged_calibration(encoder)
        return cls(
            directory,
            manifest,
            Models(IndexEncoder(directory, manifest), reranker=reranker, calibration=calibration),
            ranking,
        )
