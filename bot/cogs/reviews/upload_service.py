"""The way of an upload: examine, preview, edit, leave out, add, update the index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bot.cogs.context import AskContext
from bot.cogs.reviews.form import edit_form, read_form
from bot.cogs.reviews.message import outcome_message
from bot.cogs.reviews.preview import refusal_message, upload_message, uploaded_message
from bot.config import PREVIEW_REVIEWS
from bot.services.engine import Engine
from bot.services.uploads import Attached, Upload, Uploads
from bot.ui.components import FormValues
from bot.ui.custom_ids import EditUploaded, ExcludeUploaded, UploadForm, encode
from bot.ui.elements import Form, Message, Style
from bot.ui.text import escaped_line, notice
from embeddings import ConversionError, fields_of

_EDITED = "review.md"
"""The name of a candidate's file, which says nothing of its review."""


class UploadService:
    """What members upload, until they add it.

    Args:
        engine: plans, writes review files, and updates the index.
        uploads: the uploads that wait for their confirmation.
    """

    def __init__(self, engine: Engine, uploads: Uploads) -> None:
        self._engine = engine
        self._uploads = uploads

    async def preview(
        self, files: Sequence[Attached], server: int, context: AskContext, *, slug: str | None
    ) -> Message:
        """Fetch uploaded files, and return a page that shows the reviews that they would become.

        Args:
            files: the files, as Discord announces them.
            server: the server that gets the reviews.
            context: who uploads.
            slug: the name that the member chose for a single review, or None.

        Raises:
            BusyError: too many uploads are waiting.
            ConversionError: there are several reviews for one name.
            ReviewStorageError: the name belongs to a review of another title.
        """
        found = await self._uploads.examine(files, str(server))
        if not found.reviews:
            return refusal_message(found, context.words)
        if slug is not None and len(found.reviews) > 1:
            raise ConversionError(context.words.one_name.format(count=len(found.reviews)))
        plan = await self._engine.plan(found.reviews, str(server), slug=slug)
        if len(found.reviews) == 1 and not plan.todo:
            return outcome_message(context.words.stored_already, found.reviews[0].review.title, context.words)
        upload = Upload(context.member, server, found.reviews, plan, found.left_out, slug=slug)
        return self._list(upload, self._uploads.put(upload), context)

    def page(self, key: str, page: int, server: int, context: AskContext) -> Message | None:
        """Return a page of an upload's list. None if it has expired."""
        upload = self._uploads.get(key, context.member, server)
        return self._list(upload, key, context, page=page) if upload is not None else None

    def one(self, key: str, number: int, server: int, context: AskContext) -> Message | None:
        """Return the page of one review of an upload. None if it has expired."""
        upload = self._uploads.get(key, context.member, server)
        return self._one(upload, key, number, context) if upload is not None else None

    def form(self, action: EditUploaded, server: int, context: AskContext) -> Form | None:
        """Return the form that edits a review of an upload. None if it has expired."""
        upload = self._uploads.get(action.upload, context.member, server)
        if upload is None or action.number >= len(upload.candidates):
            return None
        review = upload.candidates[action.number].review
        headings = [section.heading for section in review.sections]
        submitted = UploadForm(action.upload, action.number)
        return edit_form(encode(submitted), fields_of(review), headings, context.words)

    async def edit(self, action: UploadForm, values: FormValues, server: int, context: AskContext) -> Message | None:
        """Set the fields of one review of an upload, and return its page. None if it has expired.

        Raises:
            BusyError: too many uploads are waiting.
            FormError: the form has something else than it should.
            ConversionError: the fields can't be set.
            ReviewStorageError: the review can't have that title under the chosen name.
        """
        upload = self._uploads.get(action.upload, context.member, server)
        if upload is None or action.number >= len(upload.candidates):
            return None
        old = upload.candidates[action.number]
        shown = fields_of(old.review)
        wanted = read_form(values, shown, len(old.review.sections), context.words)
        if wanted != shown:
            # A name that the title suggested follows it.
            slug = old.review.slug if wanted.title == shown.title else None
            edited = await self._uploads.edit(old.content.encode(), _EDITED, wanted, slug=slug, collection=str(server))
            new = replace(old, review=edited.review, content=edited.content)
            candidates = (*upload.candidates[: action.number], new, *upload.candidates[action.number + 1 :])
            changed = await self._planned(replace(upload, candidates=candidates))
            if not self._uploads.change(action.upload, upload, changed):
                return None
            upload = changed
        return self._one(upload, action.upload, action.number, context)

    async def exclude(self, action: ExcludeUploaded, server: int, context: AskContext) -> Message | None:
        """Leave out a review of an upload, or take it in again, and return the list. None if it has expired.

        Raises:
            ReviewStorageError: a stored file can't be read.
        """
        upload = self._uploads.get(action.upload, context.member, server)
        if upload is None or action.number >= len(upload.candidates):
            return None
        numbers = {action.number}
        excluded = upload.excluded | numbers if action.excluded else upload.excluded - numbers
        changed = await self._planned(replace(upload, excluded=excluded))
        if not self._uploads.change(action.upload, upload, changed):
            return None
        return self._list(changed, action.upload, context, page=action.number // PREVIEW_REVIEWS)

    async def add(self, key: str, server: int, context: AskContext) -> AsyncIterator[Message]:
        """Store the reviews of a confirmed upload and index them. Yield what to show at each step.

        Raises:
            ReviewStorageError: a stored file can't be read.
        """
        words = context.words
        upload = self._uploads.take(key, context.member, server)
        if upload is None:
            yield notice(words.upload_gone)
            return
        todo = upload.plan.todo
        stored = await self._engine.store(todo, str(server))
        if not stored.count:
            # Nothing is lost: the page shows what is possible now.
            upload = await self._planned(upload)
            yield self._list(upload, self._uploads.put(upload, key), context, problem=stored.problem)
            return
        reviews = [addition.candidate.review for addition in todo[: stored.count]]
        many = len(todo) > 1
        title, counted = reviews[0].title, words.stored_reviews(stored.count)
        if many:
            yield notice(words.adding_several.format(reviews=counted), style=Style.READING)
        else:
            yield outcome_message(words.adding, title, words, style=Style.READING)
        outdated = await self._engine.update_index()
        waiting = any((review.collection, review.slug) in outdated for review in reviews)
        if stored.problem is not None:
            problem = escaped_line(stored.problem, "")
            line = words.added_some.format(count=stored.count, total=len(todo), problem=problem)
            yield notice(line, style=Style.PROBLEM)
        elif many:
            line = words.several_not_indexed if waiting else words.added_several
            yield notice(line.format(reviews=counted), style=Style.ANSWERED)
        else:
            yield outcome_message(words.added_but_not_indexed if waiting else words.added, title, words)

    def discard(self, key: str, context: AskContext) -> None:
        """Forget an upload."""
        self._uploads.take(key, context.member, context.server)

    async def _planned(self, upload: Upload) -> Upload:
        return replace(upload, plan=await self._engine.plan(upload.included, str(upload.server), slug=upload.slug))

    def _list(
        self, upload: Upload, key: str, context: AskContext, *, page: int = 0, problem: str | None = None
    ) -> Message:
        titles = self._engine.titles.visible(context.collections)
        return upload_message(upload, key, context.options, titles, page=page, problem=problem)

    def _one(self, upload: Upload, key: str, number: int, context: AskContext) -> Message:
        titles = self._engine.titles.visible(context.collections)
        return uploaded_message(upload, key, number, context.options, titles)
