"""Read the bot's own messages back from Discord: the question, the buttons, the elements. So nothing need be stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import discord

from bot.ui.custom_ids import (
    Action,
    AskFollowUp,
    BrowseReviews,
    Delete,
    Helpful,
    Rate,
    ReadInContext,
    Share,
    decode,
)
from bot.ui.elements import (
    EARLIER_ID,
    EARLIER_PREFIX,
    QUESTION_ID,
    QUESTION_PREFIX,
    Button,
    ButtonStyle,
    Divider,
    Element,
    Menu,
    Message,
    Option,
    Row,
    Style,
    Text,
    TextWithButton,
)
from bot.ui.escape import unescape
from bot.ui.question_text import question_text
from bot.ui.strings import Catalogue
from bot.ui.text import delete_button, feedback_buttons

_BUTTON_STYLES = {
    discord.ButtonStyle.primary: ButtonStyle.PRIMARY,
    discord.ButtonStyle.secondary: ButtonStyle.SECONDARY,
    discord.ButtonStyle.danger: ButtonStyle.DANGER,
}
_ANSWERS = frozenset({Style.ANSWERED, Style.NEAREST, Style.UNANSWERED})


def question_in(message: discord.Message) -> str | None:
    """Return the question that one of the bot's messages shows, or None."""
    return parse_question(_head(message))


def earlier_in(message: discord.Message) -> str | None:
    """Return the question before, if the message shows it."""
    return parse_earlier(_head(message))


def parse_question(text: str) -> str | None:
    """Return the question, cleaned and on one line, from the start of a message's text, or None."""
    first, _, rest = text.partition("\n")
    if first.startswith(EARLIER_PREFIX):
        first, _, _ = rest.lstrip("\n").partition("\n")
    return _shown(first, QUESTION_PREFIX)


def parse_earlier(text: str) -> str | None:
    """Return the question before, from the same text, or None."""
    first, _, _ = text.partition("\n")
    return _shown(first, EARLIER_PREFIX)


def _shown(line: str, prefix: str) -> str | None:
    """Return the question that a line shows after a prefix. Messages of earlier versions show markup as it was sent."""
    return question_text(unescape(line.removeprefix(prefix))) if line.startswith(prefix) else None


def actions_in(message: discord.Message) -> Iterator[Action]:
    """Yield what the message's buttons and menus do, from top to bottom."""
    for element in read_message(message).elements:
        ids: list[str] = []
        if isinstance(element, TextWithButton):
            ids = [element.button.custom_id]
        elif isinstance(element, Row):
            ids = [button.custom_id for button in element.buttons]
        elif isinstance(element, Menu):
            ids = [option.value for option in element.options]
        yield from filter(None, map(decode, ids))


def is_answer(message: discord.Message) -> bool:
    """Return True if the message is an answer, and not a page opened from one, which has another colour."""
    return read_message(message).style in _ANSWERS and question_in(message) is not None


def asker_in(message: discord.Message) -> int | None:
    """Return the id of the member who asked for a public answer, or None if the message doesn't tell."""
    told = (action.member for action in actions_in(message) if isinstance(action, Delete | Rate | BrowseReviews))
    return next((member for member in told if member is not None), None)


def review_keys_in(message: discord.Message) -> frozenset[str]:
    """Return the key of the review to which the message's question was limited, else of those that it quotes."""
    return frozenset(filter(None, [_review_searched(message)])) or frozenset(
        quote.passage.review for quote in quotes_in(message)
    )


def quotes_in(message: discord.Message) -> tuple[ReadInContext, ...]:
    """Return the quotes that the message can open. Their `spot` is their number."""
    return tuple(action for action in actions_in(message) if isinstance(action, ReadInContext))


def public_copy(message: discord.Message, member: int, words: Catalogue, *, present: bool) -> Message:
    """Return a private answer as a public message, which the member who asked can delete and nobody can share again.

    The question before stays private: the member shares this answer alone. `present` says whether the bot is there, so
    that it receives replies and can delete what it wrote.
    """
    private = read_message(message)
    last = feedback_buttons(member, _review_searched(message)) if present else (delete_button(member, words),)
    dropped = (Share, Helpful, AskFollowUp) if present else (Share, Helpful)
    elements: list[Element] = []
    for element in private.elements:
        if isinstance(element, Text) and element.content.startswith(EARLIER_PREFIX):
            # In an embed, the rest of the message is part of the same text.
            rest = element.content.partition("\n")[2].lstrip("\n")
            if rest:
                elements.append(Text(rest))
        elif isinstance(element, Row):
            actions = [decode(button.custom_id) for button in element.buttons]
            kept = [each for each, does in zip(element.buttons, actions, strict=True) if not isinstance(does, dropped)]
            if any(isinstance(action, Share) for action in actions):
                kept += last
            if kept:
                elements.append(Row(tuple(kept)))
        else:
            elements.append(element)
    return replace(private, elements=tuple(elements), private=False)


def read_message(message: discord.Message) -> Message:
    """Return the message that `bot.ui.components` rendered, in either form."""
    private = message.flags.ephemeral
    for component in message.components:
        if isinstance(component, discord.Container):
            return Message(tuple(_elements(component.children)), _style(component.accent_colour), private)
    texts = [Text(embed.description) for embed in message.embeds if embed.description]
    colour = message.embeds[0].colour if message.embeds else None
    return Message((*texts, *_elements(message.components)), _style(colour), private)


def _elements(components: Iterable[discord.Component]) -> Iterator[Element]:
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
            for child in component.children:
                if isinstance(child, discord.SelectMenu) and child.options:
                    yield _menu(child)


def _button(button: discord.Button) -> Button:
    return Button(
        button.label or "",
        button.custom_id or "",
        str(button.emoji) if button.emoji else None,
        _BUTTON_STYLES.get(button.style, ButtonStyle.SECONDARY),
    )


def _menu(menu: discord.SelectMenu) -> Menu:
    options = tuple(Option(option.label, option.value, option.description or "") for option in menu.options)
    return Menu(menu.custom_id or "", menu.placeholder or "", options)


def _review_searched(message: discord.Message) -> str | None:
    """Return the key of the one review that was searched for the message, or None."""
    told = (action.review for action in actions_in(message) if isinstance(action, AskFollowUp | Rate | BrowseReviews))
    return next(filter(None, told), None)


def _style(colour: discord.Colour | None) -> Style:
    return next((style for style in Style if colour is not None and style.value == colour.value), Style.READING)


def _head(message: discord.Message) -> str:
    """Return the texts that show the questions, as they start an embed's description."""
    if message.embeds:
        return message.embeds[0].description or ""
    texts = [text for component in message.components for text in getattr(component, "children", ())]
    shown = (EARLIER_ID, QUESTION_ID)
    return "\n\n".join(text.content for text in texts if isinstance(text, discord.TextDisplay) and text.id in shown)
