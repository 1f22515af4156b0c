"""Change and remove a server's own reviews, and update the index."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.cogs.context import AskContext
from bot.cogs.reviews.form import edit_form, read_form
from bot.cogs.reviews.message import outcome_message, removal_message
from bot.services.engine import Engine
from bot.services.stable_keys import fields_key
from bot.services.titles import Title, UnknownTitleError
from bot.services.uploads import Uploads
from bot.ui.components import FormValues
from bot.ui.custom_ids import EditForm, encode
from bot.ui.elements import Form, Message, Style
from bot.ui.text import escaped_line, notice


class ReviewService:
    """A server's own reviews.

    Args:
        engine: writes review files and updates the index.
        uploads: changes review files, one at a time.
    """

    def __init__(self, engine: Engine, uploads: Uploads) -> None:
        self._engine = engine
        self._uploads = uploads

    def removal(self, review: str, server: int, context: AskContext) -> Message:
        """Return a page that asks whether to remove a review, or says that the server doesn't own it.

        Raises:
            UnknownTitleError: there is no review of that name.
        """
        found = self._own(review, server, context)
        if isinstance(found, Message):
            return found
        return removal_message(found, context.words, self._engine.titles.namesakes(found, context.collections))

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

    def form(self, review: str, server: int, context: AskContext) -> Form | Message:
        """Return the form that edits a review, or the message that the server doesn't own it.

        Raises:
            UnknownTitleError: there is no review of that name.
        """
        found = self._own(review, server, context)
        if isinstance(found, Message):
            return found
        action = EditForm(found.key, fields_key(found.fields))
        return edit_form(encode(action), found.fields, [heading.text for heading in found.headings], context.words)

    async def edit(
        self, action: EditForm, values: FormValues, server: int, context: AskContext
    ) -> AsyncIterator[Message]:
        """Change a stored review as the form says. Yield what to show at each step.

        Raises:
            FormError: the form has something else than it should.
            UnknownReviewError: the review has been removed.
            ConversionError: the fields can't be set.
            ReviewStorageError: the file has changed in the meantime, or can't be written.
        """
        words = context.words
        title = self._engine.titles.chosen(action.review, (str(server),))
        if fields_key(title.fields) != action.shown:
            yield notice(words.changed_meanwhile)
            return
        wanted = read_form(values, title.fields, len(title.headings), words)
        if wanted == title.fields:
            yield notice(words.nothing_changed)
            return
        stored = await self._engine.stored_file(title)
        edited = await self._uploads.edit(
            stored.content, stored.name, wanted, slug=title.slug, collection=title.collection
        )
        if [section.slug for section in edited.review.sections] != [heading.slug for heading in title.headings]:
            # The file is newer than the index, so the numbers of sections may be those of others.
            yield notice(words.changed_meanwhile)
            return
        await self._engine.save_edited(edited.review, edited.content, replaces=stored.digest)
        yield outcome_message(words.changing, edited.review.title, words, style=Style.READING)
        waiting = (title.collection, title.slug) in await self._engine.update_index()
        yield outcome_message(words.added_but_not_indexed if waiting else words.changed, edited.review.title, words)

    def _own(self, review: str, server: int, context: AskContext) -> Title | Message:
        """Return the review that a member names, or the message that the server doesn't own it.

        Raises:
            UnknownTitleError: there is no review of that name.
        """
        titles = self._engine.titles
        try:
            return titles.find(review, (str(server),))
        except UnknownTitleError as unknown:
            try:
                shared = titles.find(review, context.collections)
            except UnknownTitleError:
                raise unknown from None
            return notice(context.words.review_not_own.format(title=escaped_line(shared.text, context.words.untitled)))
