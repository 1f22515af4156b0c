"""Messages as plain values, without discord.py.

`bot.ui.components` shows a `Message` as Components V2 or as an embed, so it keeps the narrower limits of the two. The
limits are those of Discord's reference pages on messages, components and embeds (https://discord.com/developers/docs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

MAX_TEXT = 3800
"""UTF-16 units of text in all elements. Discord allows 4000 in components and 4096 in an embed's description, which
also holds the blank lines between elements."""
MAX_LABEL = 80
"""Characters of a button's label."""
MAX_OPTION = 100
"""Characters of a menu option's label and value, and of an autocomplete choice's name and value."""
MAX_OPTIONS = 25
"""Options in a menu, and choices of an autocomplete."""
MAX_FORM_TITLE = 45
"""Characters of a form's title and of its field's label."""
MAX_FORM_TEXT = 4000
"""Characters of the text in a field of a form."""
MAX_PLACEHOLDER = 100
"""Characters of the text in an empty field of a form."""

QUESTION_ID = 7001
"""The component id of the text that shows the question, which finds it again in a message."""
QUESTION_PREFIX = "### "
"""The prefix of the question in that text."""
EARLIER_ID = 7002
"""The component id of the text above it that shows the question before, which a follow-up refers to."""
EARLIER_PREFIX = "-# ↪ "
"""The prefix of the question before in that text."""


class Style(Enum):
    """The kind of a message, shown by the colour of its edge."""

    ANSWERED = 0x2E8B57
    NEAREST = 0xE0A030
    UNANSWERED = 0x80848E
    READING = 0x5865F2
    PROBLEM = 0xC0392B


class ButtonStyle(StrEnum):
    """How prominent a button is."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """Escaped Markdown. `id` is a component id, unique in its message, or None."""

    content: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button with a `custom_id`, and a label, an emoji or both."""

    label: str
    custom_id: str
    emoji: str | None = None
    style: ButtonStyle = ButtonStyle.SECONDARY


@dataclass(frozen=True, slots=True)
class TextWithButton:
    """A text with a button beside it."""

    text: Text
    button: Button


@dataclass(frozen=True, slots=True)
class Divider:
    """A line across the message."""


@dataclass(frozen=True, slots=True)
class Row:
    """One to five buttons in a row."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A menu's option, `chosen` already or not; `label`, and `description` below it, are plain text."""

    label: str
    value: str
    description: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu of 1 to 25 options, in a row of its own."""

    custom_id: str
    placeholder: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class ChannelMenu:
    """A menu of the server's channels, in a row of its own. `chosen` are the ids of those that are chosen already."""

    custom_id: str
    placeholder: str
    chosen: tuple[int, ...] = ()


Element: TypeAlias = Text | TextWithButton | Divider | Row | Menu | ChannelMenu


@dataclass(frozen=True, slots=True)
class File:
    """A text file attached to a message."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Message:
    """An outgoing message.

    Attributes:
        elements: from top to bottom.
        style: its kind.
        private: whether only one member sees it (ephemeral), where Discord offers that.
        file: a file, in the answer to an interaction only.
    """

    elements: tuple[Element, ...]
    style: Style
    private: bool = False
    file: File | None = None

    def texts(self) -> Iterator[Text]:
        """Yield every text, from top to bottom."""
        for element in self.elements:
            if isinstance(element, Text):
                yield element
            elif isinstance(element, TextWithButton):
                yield element.text

    def buttons(self) -> Iterator[Button]:
        """Yield every button, from top to bottom."""
        for element in self.elements:
            if isinstance(element, TextWithButton):
                yield element.button
            elif isinstance(element, Row):
                yield from element.buttons


@dataclass(frozen=True, slots=True)
class TextField:
    """A field of a form for text of `shortest` to `longest` characters, none if `shortest` is 0.

    Attributes:
        name: names it in what is sent.
        label: what stands above it, plain text.
        value: the text in it at first.
        placeholder: what it shows while it is empty.
        shortest: the fewest characters.
        longest: the most.
        several_lines: whether it takes line breaks.
    """

    name: str
    label: str
    value: str = ""
    placeholder: str = ""
    shortest: int = 0
    longest: int = MAX_FORM_TEXT
    several_lines: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """A field of a form to choose any number of up to 25 options.

    Attributes:
        name: names it in what is sent.
        label: what stands above it, plain text.
        options: the options.
        chosen: the values of those that are chosen at first.
        placeholder: what it shows while nothing is chosen.
    """

    name: str
    label: str
    options: tuple[Option, ...]
    chosen: frozenset[str] = frozenset()
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one to five fields."""

    custom_id: str
    title: str
    fields: tuple[TextField | ChoiceField, ...]
