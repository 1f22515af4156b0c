"""What the buttons below an answer do: follow up, share, delete, rate, and show more passages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import discord
from cachetools import LRUCache

from bot.cogs.ask.history import History
from bot.cogs.ask.message import FOLLOW_UP, Asker, follow_up_form, more_passages_message, passage_quotes
from bot.cogs.ask.review_list import list_message
from bot.cogs.ask.service import AskService, engine_query
from bot.cogs.buttons import Buttons, open_page
from bot.cogs.context import AskContext, Interaction
from bot.config import MAX_PASSAGES, MAX_REMEMBERED, PASSAGES_PER_PAGE, RELEVANT_SHARE
from bot.observability.trace import Source
from bot.services.conversations import Conversation
from bot.services.engine import Engine
from bot.services.rate_limits import RateLimits
from bot.services.stable_keys import find_passage, review_key
from bot.services.titles import Titles
from bot.storage.feedback import Feedback
from bot.transport.delivery import Delivery
from bot.ui.components import form_values, menu_values
from bot.ui.custom_ids import (
    AnswerList,
    AskFollowUp,
    AskWithin,
    Delete,
    FollowUpForm,
    Helpful,
    MorePassages,
    PassagePage,
    PickExample,
    PickMeant,
    Rate,
    ReadInContext,
    Share,
)
from bot.ui.elements import Message, Style
from bot.ui.read_back import asker_in, earlier_in, is_answer, public_copy, question_in, quotes_in, review_keys_in
from bot.ui.text import notice
from embeddings import Review, UnknownReviewError, relevant_hits


class AnswerButtons:
    """The buttons of an answer, but for those that open pages."""

    def __init__(
        self, delivery: Delivery, engine: Engine, ask: AskService, history: History, feedback: Feedback
    ) -> None:
        self._delivery = delivery
        self._engine = engine
        self._ask = ask
        self._history = history
        self._feedback = feedback
        self._shared: LRUCache[int, int | None] = LRUCache(MAX_REMEMBERED)
        """The public copy by the private answer. None while the copy is on its way."""

    def register(self, buttons: Buttons) -> None:
        """Register the handlers."""
        buttons.register(AskFollowUp, self._open_form)
        buttons.register(FollowUpForm, self._follow_up)
        buttons.register_menu(PickMeant, lambda _, review: AskWithin(review))
        buttons.register(AskWithin, self._ask_within)
        buttons.register(PickExample, self._ask_example)
        buttons.register(Share, self._share)
        buttons.register(Delete, self._delete)
        buttons.register(Helpful, self._rate)
        buttons.register(Rate, self._rate)

    async def _open_form(self, interaction: Interaction, _: AskFollowUp, context: AskContext) -> None:
        _check_reviews(interaction, self._engine.titles, context)
        await self._delivery.open_form(interaction, follow_up_form(context.words))

    async def _follow_up(self, interaction: Interaction, _: FollowUpForm, context: AskContext) -> None:
        answer = interaction.message
        earlier = self._history.up_to(answer, context) if answer else None
        await self._ask.answer_interaction(
            interaction,
            context,
            str(form_values(interaction).get(FOLLOW_UP, "")),
            source=Source.FORM,
            private=_chosen_private(answer, earlier, context),
            earlier=earlier,
        )

    async def _ask_within(self, interaction: Interaction, action: AskWithin, context: AskContext) -> None:
        answer = interaction.message
        question = question_in(answer) if answer else None
        if answer is None or question is None:
            await self._delivery.send_now(interaction, notice(context.words.expired))
            return
        title = self._engine.titles.chosen(action.review, context.collections)
        await self._ask.answer_interaction(
            interaction,
            context,
            question,
            source=Source.MENU,
            review=title.key,
            private=_chosen_private(answer, self._history.up_to(answer, context), context),
        )

    async def _ask_example(self, interaction: Interaction, _: PickExample, context: AskContext) -> None:
        """Ask the example that a member chose. `/help` is for them alone, and so is the answer."""
        chosen = next(iter(menu_values(interaction)), "")
        await self._ask.answer_interaction(interaction, context, chosen, source=Source.MENU, private=True)

    async def _share(self, interaction: Interaction, _: Share, context: AskContext) -> None:
        answer = interaction.message
        if answer is None or answer.id in self._shared:
            await self._delivery.send_now(interaction, notice(context.words.already_shared))
            return
        _check_reviews(interaction, self._engine.titles, context, every=True)
        self._shared[answer.id] = None
        copy = None
        if await self._delivery.acknowledge(interaction, private=False):
            shared = public_copy(answer, context.member, context.words, present=context.present)
            copy = await self._delivery.respond(interaction, shared)
        if copy is None:
            self._shared.pop(answer.id, None)
        else:
            self._shared[answer.id] = copy.id

    async def _delete(self, interaction: Interaction, action: Delete, context: AskContext) -> None:
        if not _may_delete(interaction, action.member, context):
            await self._delivery.send_now(interaction, notice(context.words.not_yours))
            return
        acknowledged = await self._delivery.acknowledge(interaction, private=True, in_place=True)
        if acknowledged and interaction.message is not None and await self._delivery.delete_original(interaction):
            self._forget(interaction.message.id)

    async def delete_from_menu(self, interaction: Interaction, answer: discord.Message, context: AskContext) -> None:
        """Delete an answer that a member chose in its menu, or say why not."""
        refusal = self._refusal(interaction, answer, context)
        if refusal is not None:
            await self._delivery.send_now(interaction, notice(refusal))
            return
        if await self._delivery.acknowledge(interaction, private=True):
            is_gone = await self._delivery.delete(answer)
            if is_gone:
                self._forget(answer.id)
            words = context.words
            told = notice(words.deleted, style=Style.READING) if is_gone else notice(words.not_deleted)
            await self._delivery.respond(interaction, told)

    def _refusal(self, interaction: Interaction, answer: discord.Message, context: AskContext) -> str | None:
        """Return why the bot doesn't delete a message, or None."""
        words = context.words
        if answer.author != interaction.client.user or not is_answer(answer):
            return words.no_answer
        if answer.flags.ephemeral:
            return words.no_public_answer
        if not _may_delete(interaction, asker_in(answer), context):
            return words.not_yours
        # Without being there, the bot can delete a message only in response to one of its own buttons.
        return None if context.present else words.not_member_here

    def _forget(self, deleted: int) -> None:
        self._history.conversations.forget(deleted)
        for answer in [answer for answer, copy in self._shared.items() if copy == deleted]:
            del self._shared[answer]

    async def _rate(self, interaction: Interaction, action: Helpful | Rate, context: AskContext) -> None:
        await self._delivery.send_now(interaction, notice(context.words.thanks, style=Style.READING))
        if interaction.message is not None:
            answer = interaction.message.id
            await self._feedback.record(answer, context.member, context.server, helpful=action.helpful)


class PassageButtons:
    """*More passages*, below an answer and on its own pages."""

    def __init__(self, delivery: Delivery, engine: Engine, limits: RateLimits, history: History) -> None:
        self._delivery = delivery
        self._engine = engine
        self._limits = limits
        self._history = history

    def register(self, buttons: Buttons) -> None:
        """Register the handler."""
        buttons.register(MorePassages, self._more_passages)
        buttons.register(PassagePage, self._more_passages)
        buttons.register(AnswerList, self._list_page)

    async def _more_passages(
        self, interaction: Interaction, action: MorePassages | PassagePage, context: AskContext
    ) -> None:
        await self._open(interaction, context, lambda: self._page(interaction, action, context))

    async def _list_page(self, interaction: Interaction, action: AnswerList, context: AskContext) -> None:
        await self._open(interaction, context, lambda: self._listed(interaction, action, context))

    async def _open(
        self, interaction: Interaction, context: AskContext, page: Callable[[], Awaitable[Message | None]]
    ) -> None:
        wait = self._limits.claim(context.member, context.server, pressed=True)
        if wait:
            await self._delivery.send_now(interaction, notice(context.words.press_cooldown(wait)))
            return
        sent = await open_page(self._delivery, interaction, context, page)
        if sent is not None and interaction.message is not None:
            self._history.conversations.add_alias(sent.id, interaction.message.id)

    async def _listed(self, interaction: Interaction, action: AnswerList, context: AskContext) -> Message | None:
        """Answer the question that the pressed message shows again. None if it shows none that a list answers.

        Raises:
            LibraryError: the engine can't answer.
        """
        pressed = interaction.message
        question = question_in(pressed) if pressed else None
        if pressed is None or question is None:
            return None
        earlier = self._history.up_to(pressed, context).before_last
        query = replace(engine_query(question, None, earlier.context, context), page=action.page)
        found = await self._engine.ask(query)
        if found.answer.listing is None:
            return None
        return list_message(
            found.answer,
            found.answer.listing,
            found.reviews,
            context.options,
            asker=Asker(context.member),
            page=action.page,
            earlier=earlier_in(pressed),
        )

    async def _page(
        self, interaction: Interaction, action: MorePassages | PassagePage, context: AskContext
    ) -> Message | None:
        """Search for the question that the pressed message shows. None if it shows none.

        Raises:
            LibraryError: its reviews have been removed, or the engine can't answer.
        """
        pressed = interaction.message
        question = question_in(pressed) if pressed else None
        if pressed is None or question is None:
            return None
        _check_reviews(interaction, self._engine.titles, context)
        title = self._engine.titles.chosen(action.review, context.collections) if action.review else None
        earlier = self._history.up_to(pressed, context).before_last
        passages = await self._engine.search(engine_query(question, title, earlier.context, context), MAX_PASSAGES)
        hits = relevant_hits(passages.hits, RELEVANT_SHARE)
        if isinstance(action, MorePassages):
            shown = quotes_in(pressed)
            places = _places(shown, passages.reviews)
            quoted = sum(1 << rank for rank, hit in enumerate(hits) if any(hit.overlaps(*place) for place in places))
            action = PassagePage(action.review, 0, max((quote.spot for quote in shown), default=0), quoted)
        further = [hit for rank, hit in enumerate(hits) if not action.quoted >> rank & 1]
        first = action.page * PASSAGES_PER_PAGE
        end = first + PASSAGES_PER_PAGE
        return more_passages_message(
            question,
            passage_quotes(further[first:end], passages.reviews, first=action.quotes + first + 1),
            passages.reviews,
            context.options,
            action=action,
            last=len(further) <= end,
            earlier=earlier_in(pressed),
        )


def _chosen_private(answer: discord.Message | None, earlier: Conversation | None, context: AskContext) -> bool | None:
    """Return True if the member chose that they alone see an answer, else None, which follows the server's setting."""
    chosen = answer is not None and answer.flags.ephemeral
    if chosen and context.settings.private_answers:
        # Where the server makes answers private, the member may not have chosen that.
        chosen = earlier is not None and any(turn.chosen_private for turn in earlier.turns)
    return True if chosen else None


def _may_delete(interaction: Interaction, asker: int | None, context: AskContext) -> bool:
    """Return True if the member asked for an answer, or manages the server."""
    may = interaction.permissions
    return asker == context.member or (context.server is not None and (may.manage_guild or may.manage_messages))


def _check_reviews(interaction: Interaction, titles: Titles, context: AskContext, *, every: bool = False) -> None:
    """Check that reviews of the pressed answer are still there: one of them, or every one.

    Raises:
        UnknownReviewError: they have been removed.
    """
    keys = sorted(review_keys_in(interaction.message)) if interaction.message else []
    left = [key for key in keys if titles.by_key(key, context.collections) is not None]
    if len(left) < (len(keys) if every else min(len(keys), 1)):
        raise UnknownReviewError("The reviews of this answer have been removed.")


def _places(quotes: Iterable[ReadInContext], reviews: Iterable[Review]) -> list[tuple[str, str, int, int]]:
    """Return where the quotes stand in these reviews, as `Hit.overlaps` takes it."""
    known = {review_key(review): review for review in reviews}
    places = []
    for quote in quotes:
        review = known.get(quote.passage.review)
        found = find_passage(review, quote.passage) if review else None
        if review is not None and found is not None:
            _, start, end = found
            places.append((review.collection, review.slug, start, end))
    return places
