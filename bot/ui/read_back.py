"""What one of the bot's own messages says and carries, read back from Discord: nothing has to be stored for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import discord

from bot.ui.custom_ids import Action, AskFollowUp, Helpful, ReadInContext, Share, decode
from bot.ui.elements import (
    EARLIER_ID,
    EARLIER_PREFIX,
    QUESTION_ID,
    QUESTION_PREFIX,
    Button,
    ButtonStyle,
    Divider,
    Element,
    Message,
    Row,
    Style,
    Text,
    TextWithButton,
)
from bot.ui.escape import unescape
from bot.ui.strings import Catalogue
from bot.ui.text import delete_button


def question_shown(text: str) -> str | None:
    """The question in a text that shows it: an embed's description, or the components before the state joined alike.

    Exactly what was asked, cleaned and on one line; None where the text shows no question.
    """
    first, _, rest = text.partition("\n")
    if first.startswith(EARLIER_PREFIX):
        first, _, _ = rest.lstrip("\n").partition("\n")
    return unescape(first.removeprefix(QUESTION_PREFIX)) if first.startswith(QUESTION_PREFIX) else None


def earlier_shown(text: str) -> str | None:
    """The question before, where the same text shows one."""
    first, _, _ = text.partition("\n")
    return unescape(first.removeprefix(EARLIER_PREFIX)) if first.startswith(EARLIER_PREFIX) else None


_WEIGHTS = {
    discord.ButtonStyle.primary: ButtonStyle.PRIMARY,
    discord.ButtonStyle.secondary: ButtonStyle.SECONDARY,
    discord.ButtonStyle.danger: ButtonStyle.DANGER,
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
    parts: list[Element] = []
    for part in message_in(message).elements:
        if isinstance(part, Row):
            buttons = tuple(button for button in part.buttons if not isinstance(decode(button.custom_id), Share))
            if any(isinstance(decode(button.custom_id), Helpful) for button in buttons):
                buttons = (*buttons, delete)
            parts.append(Row(buttons))
        else:
            parts.append(part)
    return replace(message_in(message), elements=tuple(parts), private=False)


def message_in(message: discord.Message) -> Message:
    """The message as it was before `bot.ui.components` dressed it, in either form; menus are left out."""
    private = message.flags.ephemeral
    for component in message.components:
        if isinstance(component, discord.Container):
            colour = component.accent_colour
            return Message(tuple(_parts(component.children)), _look(colour), private)
    texts = [Text(embed.description) for embed in message.embeds if embed.description]
    colour = message.embeds[0].colour if message.embeds else None
    return Message((*texts, *_parts(message.components)), _look(colour), private)


def _parts(components: Iterable[discord.Component]) -> Iterator[Element]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield Text(component.content, component.id)
        elif isinstance(component, discord.SectionComponent):
            text = next(child for child in component.children if isinstance(child, discord.TextDisplay))
            if isinstance(component.accessory, discord.Button):
                yield TextWithButton(Text(text.content, text.id), _button(component.accessory))
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
        _WEIGHTS.get(button.style, ButtonStyle.SECONDARY),
    )


def _look(colour: discord.Colour | None) -> Style:
    return next((look for look in Style if colour is not None and look.value == colour.value), Style.READING)


def question_in(message: discord.Message) -> str | None:
    """The question that one of the bot's messages shows, in either form; None where it shows none."""
    return question_shown(_head(message))


def earlier_in(message: discord.Message) -> str | None:
    """The question before, from which that one was understood, where the message shows it."""
    return earlier_shown(_head(message))


def _head(message: discord.Message) -> str:
    """The texts that show what was asked, as an embed's description has them at its beginning."""
    if message.embeds:
        return message.embeds[0].description or ""
    texts = [text for component in message.components for text in getattr(component, "children", ())]
    asked = (EARLIER_ID, QUESTION_ID)
    return "\n\n".join(text.content for text in texts if isinstance(text, discord.TextDisplay) and text.id in asked)
