"""Add and remove a server's own reviews: preview, confirm, update the index."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.cogs.context import AskContext
from bot.cogs.reviews.message import outcome_message, preview_message, removal_message
from bot.services.engine import Engine
from bot.services.titles import UnknownTitleError
from bot.services.uploads import Upload, Uploads
from bot.ui.elements import Message, Style
from bot.ui.text import escaped_line, notice


class ReviewService:
    """A server's own reviews.

    Args:
        engine: writes review files and updates the index.
        uploads: the files that wait for confirmation.
    """

    def __init__(self, engine: Engine, uploads: Uploads) -> None:
        self._engine = engine
        self._uploads = uploads

    async def preview(
        self, url: str, size: int, file: str, server: int, context: AskContext, *, slug: str | None
    ) -> Message:
        """Fetch an uploaded file, and return a page that shows the review it would become.

        Args:
            url: where Discord stores the file.
            size: the bytes that Discord announces.
            file: the file's name.
            server: the server that gets the review.
            context: who uploads.
            slug: the name that the member chose for the review, or None.

        Raises:
            BusyError: too many uploads are waiting.
            ConversionError: the file can't become a review.
            ReviewStorageError: the name belongs to a review of another title.
        """
        collection = str(server)
        candidate = await self._uploads.examine(url, size, file, slug=slug, collection=collection)
        review = candidate.review
        digest = await self._engine.review_digest(review)
        replaced = self._engine.titles.by_slug(review.slug, (collection,))
        key = self._uploads.put(Upload(context.member, server, candidate, digest))
        visible = self._engine.titles.visible(context.collections)
        return preview_message(
            review,
            key,
            context.options,
            # A file that isn't indexed yet has no title here.
            replaced=None if digest is None else replaced.text if replaced else review.slug,
            namesake=next((title for title in visible if title.text == review.title and title != replaced), None),
            converted=candidate.converted,
        )

    async def add(self, upload: str, server: int, context: AskContext) -> AsyncIterator[Message]:
        """Store a confirmed upload and index it. Yield what to show at each step.

        Raises:
            ReviewStorageError: the file can't be stored.
        """
        words = context.words
        confirmed = self._uploads.take(upload, context.member, server)
        if confirmed is None:
            yield notice(words.upload_gone)
            return
        review = confirmed.candidate.review
        await self._engine.add_review(review, confirmed.candidate.content, replaces=confirmed.replaces)
        yield outcome_message(words.adding, review.title, words, style=Style.READING)
        waiting = (review.collection, review.slug) in await self._engine.update_index()
        yield outcome_message(words.added_but_not_indexed if waiting else words.added, review.title, words)

    def removal(self, review: str, server: int, context: AskContext) -> Message:
        """Return a page that asks whether to remove a review, or says that the server doesn't own it.

        Raises:
            UnknownTitleError: there is no review of that name.
        """
        titles = self._engine.titles
        try:
            found = titles.find(review, (str(server),))
            return removal_message(found, context.words, titles.namesakes(found, context.collections))
        except UnknownTitleError as unknown:
            try:
                shared = titles.find(review, context.collections)
            except UnknownTitleError:
                raise unknown from None
            return notice(context.words.review_not_own.format(title=escaped_line(shared.text, context.words.untitled)))

    async def remove(self, review: str, server: int, context: AskContext) -> AsyncIterator[Message]:
        """Delete a review by its key, and take it out of the index. Yield what to show at each step.

        Raises:
            UnknownReviewError: it has been removed already.
            ReviewStorageError: the file can't be deleted.
        """
        words = context.words
        title = self._engine.titles.chosen(review, (str(server),))
        await self._engine.remove_review(title)
        yield outcome_message(words.removing, title.text, words, style=Style.READING)
        waiting = (title.collection, title.slug) in await self._engine.update_index()
        yield outcome_message(words.removed_but_indexed if waiting else words.removed, title.text, words)

    def discard(self, upload: str, context: AskContext) -> None:
        """Forget an upload."""
        self._uploads.take(upload, context.member, context.server)
