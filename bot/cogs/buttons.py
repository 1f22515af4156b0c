"""Buttons, menus and forms: told apart by what they carry, so that they work after a restart as before it."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
from discord.ext import commands

from bot.cogs.ask.message import follow_up_form
from bot.cogs.ask.service import AskService, service_of
from bot.cogs.browse.pages import contents_message, context_message, reviews_message, section_message
from bot.cogs.context import AskContext
from bot.cogs.privacy.page import erase_message, export_message
from bot.cogs.reviews.cog import cancel, confirm_adding, confirm_removing
from bot.observability.trace import Source
from bot.services.stable_keys import find_passage, find_section
from bot.ui.custom_ids import (
    Action,
    AddReview,
    AskFollowUp,
    Cancel,
    Contents,
    Delete,
    EraseData,
    ExportData,
    FollowUpForm,
    Helpful,
    MorePassages,
    PickReview,
    PickSection,
    ReadInContext,
    RemoveReview,
    ReviewList,
    SectionPage,
    Share,
    decode,
)
from bot.ui.elements import Message, Style
from bot.ui.read_back import is_answer, shared
from bot.ui.text import notice
from embeddings import Review


def _filled_in(interaction: Interaction) -> str:
    """The text of a form's one field."""
    data: Any = interaction.data or {}
    for row in data.get("components", ()):
        for field in (row.get("component"), *row.get("components", ())):
            if field is not None and "value" in field:
                return str(field["value"])
    return ""


Interaction = discord.Interaction[Any]
_KINDS = frozenset({discord.InteractionType.component, discord.InteractionType.modal_submit})


class Pressing(commands.Cog):
    """What is pressed, chosen and filled in."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """A button, a menu or a form; one that isn't known any more says that it has expired."""
        if interaction.type not in _KINDS or not self._service.work.is_new(interaction.id):
            return
        async with self._service.attending(interaction) as asker:
            action = decode(_custom_id(interaction))
            if action is None:
                await self._service.delivery.say_at_once(interaction, notice(asker.words.expired))
            else:
                await self._act(interaction, _chosen(interaction, action), asker)

    async def _act(self, interaction: Interaction, action: Action, asker: AskContext) -> None:
        match action:
            case AskFollowUp():
                await self._service.delivery.open_form(interaction, follow_up_form(asker.words))
            case FollowUpForm():
                await self._follow_up(interaction, asker)
            case Share():
                await self._share(interaction, asker)
            case Helpful(helpful):
                thanks = notice(asker.words.thanks, style=Style.READING)
                await self._service.delivery.say_at_once(interaction, thanks)
                if interaction.message is not None:
                    answer = interaction.message.id
                    await self._service.feedback.record(answer, asker.member, asker.server, helpful=helpful)
            case Delete():
                await self._delete(interaction, action, asker)
            case AddReview():
                await confirm_adding(self._service, interaction, action, asker)
            case RemoveReview():
                await confirm_removing(self._service, interaction, action, asker)
            case Cancel():
                await cancel(self._service, interaction, action, asker)
            case ExportData():
                await self._export(interaction, asker)
            case EraseData(confirmed):
                await self._erase(interaction, asker, confirmed=confirmed)
            case _:
                await self._open(interaction, action, asker)

    async def _open(self, interaction: Interaction, action: Action, asker: AskContext) -> None:
        """A page: a new one for the presser alone, or the next in the place of the one that they have open."""
        pressed = interaction.message
        if isinstance(action, MorePassages):
            wait = self._service.cooldowns.claim(asker.member, asker.server, pressed=True)
            if wait:
                await self._service.delivery.say_at_once(interaction, notice(asker.words.press_cooldown(wait)))
                return
        in_place = pressed is not None and pressed.flags.ephemeral and not is_answer(pressed)
        if not await self._service.delivery.acknowledge(interaction, private=True, in_place=in_place):
            return
        page = await self._page(interaction, action, asker)
        if page is None:
            await self._service.delivery.tell(interaction, notice(asker.words.expired))
            return
        sent = await self._service.delivery.respond(interaction, page)
        if sent is not None and pressed is not None and isinstance(action, MorePassages):
            self._service.conversations.add_alias(sent.id, pressed.id)

    async def _page(self, interaction: Interaction, action: Action, asker: AskContext) -> Message | None:
        """The page; made on a thread where it is of review text, which takes 0.8 ms for 1,000 characters of section."""
        if isinstance(action, MorePassages):
            pressed = interaction.message
            return await self._service.more_passages(pressed, action, asker) if pressed else None
        if isinstance(action, ReviewList):
            reviews = await self._service.engine.reviews(asker.collections)
            return reviews_message(reviews, asker.manner, page=action.page)
        review = await self._review(action, asker)
        if review is None:
            return None
        if isinstance(action, Contents):
            return contents_message(review, asker.manner, page=action.page)
        if isinstance(action, SectionPage):
            section = find_section(review, action.section)
            if section is None:
                return None
            return await asyncio.to_thread(section_message, review, section, asker.manner, first=action.first)
        if isinstance(action, ReadInContext):
            found = find_passage(review, action.passage)
            if found is None:
                return None
            return await asyncio.to_thread(context_message, review, *found, asker.manner, action=action)
        return None

    async def _review(self, action: Action, asker: AskContext) -> Review | None:
        match action:
            case ReadInContext(passage):
                key = passage.review
            case SectionPage(review) | Contents(review):
                key = review
            case _:
                return None
        title = self._service.engine.titles.by_key(key, asker.collections)
        return await self._service.engine.review(title) if title else None

    async def _follow_up(self, interaction: Interaction, asker: AskContext) -> None:
        answer = interaction.message
        earlier = self._service.earlier(answer, asker) if answer else None
        # Where answers are private by themselves, a follow-up of one hasn't been asked in private by choice.
        hidden = answer is not None and answer.flags.ephemeral and not asker.settings.private_answers
        private = True if hidden else None
        question = _filled_in(interaction)
        await self._service.answer_interaction(
            interaction, asker, question, way=Source.FORM, private=private, earlier=earlier
        )

    async def _share(self, interaction: Interaction, asker: AskContext) -> None:
        if await self._service.delivery.acknowledge(interaction, private=False) and interaction.message is not None:
            message = shared(interaction.message, asker.member, asker.words)
            await self._service.delivery.respond(interaction, message)

    async def _export(self, interaction: Interaction, asker: AskContext) -> None:
        if await self._service.delivery.acknowledge(interaction, private=True):
            data = await self._service.data_of(asker.member)
            await self._service.delivery.respond(interaction, export_message(data, asker.words))

    async def _erase(self, interaction: Interaction, asker: AskContext, *, confirmed: bool) -> None:
        if not await self._service.delivery.acknowledge(interaction, private=True, in_place=confirmed):
            return
        if confirmed:
            await self._service.erase(asker.member)
            await self._service.delivery.respond(interaction, notice(asker.words.erased, style=Style.READING))
        else:
            data = await self._service.data_of(asker.member)
            await self._service.delivery.respond(interaction, erase_message(data, asker.words))

    async def _delete(self, interaction: Interaction, action: Delete, asker: AskContext) -> None:
        if action.asker != asker.member:
            await self._service.delivery.say_at_once(interaction, notice(asker.words.not_yours))
            return
        acknowledged = await self._service.delivery.acknowledge(interaction, private=True, in_place=True)
        if acknowledged and interaction.message is not None and await self._service.delivery.delete(interaction):
            self._service.conversations.forget(interaction.message.id)


def _custom_id(interaction: Interaction) -> str:
    data: Any = interaction.data or {}
    return str(data.get("custom_id", ""))


def _chosen(interaction: Interaction, action: Action) -> Action:
    """What a menu's choice leads to; other actions as they are."""
    data: Any = interaction.data or {}
    value = next(iter(data.get("values", ())), "")
    match action:
        case PickSection(review):
            return SectionPage(review, value)
        case PickReview():
            return Contents(value)
        case _:
            return action
