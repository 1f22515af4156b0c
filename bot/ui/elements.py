"""What a Discord message is made of, in values that know nothing of discord.py.

A `Message` is built once and shown in one of two ways, as Components V2 or as an embed (`bot.ui.components`), so
it keeps to the narrower limit of the two. Sources of the limits: Discord's reference pages on messages,
components and embeds (https://discord.com/developers/docs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

MAX_TEXT = 3800
"""UTF-16 units of text over all parts. Discord takes 4000 in components and 4096 in an embed's description,
which also holds the empty lines between parts."""
MAX_LABEL = 80
"""A button's label."""
MAX_OPTION = 100
"""A menu option's label, value and description; an autocomplete choice's name and value."""
MAX_OPTIONS = 25
"""Options in a menu, and choices offered by autocomplete."""
MAX_FORM_TITLE = 45
"""A form's title and its field's label."""
MAX_PLACEHOLDER = 100
"""What stands in a form's field before anything is typed."""

QUESTION_ID = 7001
"""The component id of the text that shows the question, by which it is found again in a message."""
QUESTION_PREFIX = "### "
"""What stands before the question in that text."""
EARLIER_ID = 7002
"""The component id of the text above it that shows the question before, by which a follow-up was understood."""
EARLIER_PREFIX = "-# ↪ "
"""What stands before that."""


class Style(Enum):
    """What a message is, at a glance: the colour of its edge."""

    ANSWERED = 0x2E8B57
    NEAREST = 0xE0A030
    UNANSWERED = 0x80848E
    READING = 0x5865F2
    PROBLEM = 0xC0392B


class ButtonStyle(StrEnum):
    """How much a button draws the eye."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown that is safe to send. `id` is a component id, unique in its message, or None."""

    content: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button that carries a `custom_id`."""

    label: str
    custom_id: str
    emoji: str | None = None
    style: ButtonStyle = ButtonStyle.SECONDARY


@dataclass(frozen=True, slots=True)
class TextWithButton:
    """A text with a button at its side."""

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
    """A menu's option; `label` is plain text."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu to choose one of 1 to 25 options from; it takes a row to itself."""

    custom_id: str
    placeholder: str
    options: tuple[Option, ...]


Element: TypeAlias = Text | TextWithButton | Divider | Row | Menu


@dataclass(frozen=True, slots=True)
class File:
    """A text file beside a message."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Message:
    """An outgoing message, its parts from top to bottom.

    `private` messages are for one member alone (ephemeral), where Discord offers that. A `file` goes out with the
    answer to an interaction alone.
    """

    elements: tuple[Element, ...]
    style: Style
    private: bool = False
    file: File | None = None

    def texts(self) -> Iterator[Text]:
        """Every text, from top to bottom."""
        for part in self.elements:
            if isinstance(part, Text):
                yield part
            elif isinstance(part, TextWithButton):
                yield part.text

    def buttons(self) -> Iterator[Button]:
        """Every button, from top to bottom."""
        for part in self.elements:
            if isinstance(part, TextWithButton):
                yield part.button
            elif isinstance(part, Row):
                yield from part.buttons


@dataclass(frozen=True, slots=True)
class Form:
    """A form with one line to fill in, as long as `shortest` to `longest` characters."""

    custom_id: str
    title: str
    label: str
    placeholder: str
    shortest: int
    longest: int
