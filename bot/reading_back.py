"""What one of the bot's own messages says and carries, read back from Discord: nothing has to be stored for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import discord

from bot.buttons import Action, AskFollowUp, Helpful, ReadInContext, Share, decode
from bot.catalogue import Catalogue
from bot.messages import delete_button
from bot.parts import Beside, Button, Divider, Look, Message, Part, Row, Text, Weight

_WEIGHTS = {
    discord.ButtonStyle.primary: Weight.PRIMARY,
    discord.ButtonStyle.secondary: Weight.SECONDARY,
    discord.ButtonStyle.danger: Weight.DANGER,
}


def actions_in(message: discord.Message) -> Iterator[Action]:
    """What its buttons do, from top to bottom."""
    said = message_in(message)
    for button in said.buttons():
        action = decode(button.custom_id)
        if action is not None:
            yield action


def is_answer(message: discord.Message) -> bool:
    """Whether it is an answer, and not a page that was opened from one."""
    return any(isinstance(action, Helpful) for action in actions_in(message))


def review_key_in(message: discord.Message) -> str | None:
    """The key of the one review that an answer is about, or None."""
    actions = tuple(actions_in(message))
    for action in actions:
        if isinstance(action, AskFollowUp) and action.review is not None:
            return action.review
    keys = {action.passage.review for action in actions if isinstance(action, ReadInContext)}
    return next(iter(keys)) if len(keys) == 1 else None


def shared(message: discord.Message, asker: int, words: Catalogue) -> Message:
    """A private answer as it is posted for all: the same, but to be deleted by its asker and not shared again."""
    delete = delete_button(asker, words)
    parts: list[Part] = []
    for part in message_in(message).parts:
        if isinstance(part, Row):
            buttons = tuple(button for button in part.buttons if not isinstance(decode(button.custom_id), Share))
            if any(isinstance(decode(button.custom_id), Helpful) for button in buttons):
                buttons = (*buttons, delete)
            parts.append(Row(buttons))
        else:
            parts.append(part)
    return replace(message_in(message), parts=tuple(parts), private=False)


def message_in(message: discord.Message) -> Message:
    """The message as it was before `bot.components` dressed it, in either form; menus are left out."""
    private = message.flags.ephemeral
    for component in message.components:
        if isinstance(component, discord.Container):
            colour = component.accent_colour
            return Message(tuple(_parts(component.children)), _look(colour), private)
    texts = [Text(embed.description) for embed in message.embeds if embed.description]
    colour = message.embeds[0].colour if message.embeds else None
    return Message((*texts, *_parts(message.components)), _look(colour), private)


def _parts(components: Iterable[discord.Component]) -> Iterator[Part]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield Text(component.content, component.id)
        elif isinstance(component, discord.SectionComponent):
            text = next(child for child in component.children if isinstance(child, discord.TextDisplay))
            if isinstance(component.accessory, discord.Button):
                yield Beside(Text(text.content, text.id), _button(component.accessory))
        elif isinstance(component, discord.SeparatorComponent):
            yield Divider()
        elif isinstance(component, discord.ActionRow):
            buttons = tuple(_button(child) for child in component.children if isinstance(child, discord.Button))
            if buttons:
                yield Row(buttons)


def _button(button: discord.Button) -> Button:
    return Button(
        button.label or "",
        button.custom_id or "",
        str(button.emoji) if button.emoji else None,
        _WEIGHTS.get(button.style, Weight.SECONDARY),
    )


def _look(colour: discord.Colour | None) -> Look:
    return next((look for look in Look if colour is not None and look.value == colour.value), Look.READING)
