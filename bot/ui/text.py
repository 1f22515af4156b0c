"""Answers, and whatever else is said in reply, as Discord messages: limits and escaping in one place.

Everything here is pure. What a review, a member or a file name brought in goes through `bot.ui.escape` on
its way; every message keeps Discord's limits whatever it is made of (`bot.ui.elements` names them).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

from bot.config import MAX_LINK, MAX_NAME, MAX_QUESTION, MIN_QUESTION
from bot.ui.custom_ids import Delete, encode
from bot.ui.elements import (
    MAX_OPTION,
    MAX_TEXT,
    Button,
    Message,
    Style,
    Text,
)
from bot.ui.escape import block_quote, escape_syntax, one_line
from bot.ui.strings import Catalogue
from bot.ui.truncate import Measure, fitting, width
from embeddings import LibraryError, Review, Section

_QUESTION_ROOM = 2 * MAX_QUESTION + 100
_KEPT_IN_LINKS = "/:?#&=%+,;!$"
_INVITE_HOSTS = frozenset({"discord.gg", "discord.com", "discordapp.com", "discord.new", "discord.gift", "dis.gd"})


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to put things: in which words, and whether spoilers hide behind Discord's marks."""

    words: Catalogue
    hide_spoilers: bool = True


def notice(line: str, *, style: Style = Style.UNANSWERED, private: bool = True) -> Message:
    """One line out of the catalogue: busy, expired, a wait, thanks. Red is for what went wrong."""
    return Message((Text(line),), style, private)


def with_question(message: Message, question: str) -> Message:
    """The message, and below it a member's question as a block quote, to be copied."""
    shown = name(question, "", _QUESTION_ROOM)
    return replace(message, elements=(*message.elements, Text(block_quote(shown)))) if shown else message


def problem(error: LibraryError, *, private: bool = True) -> Message:
    """An error that the member can act on, in its own words."""
    return notice(name(str(error), type(error).__name__, MAX_TEXT), style=Style.PROBLEM, private=private)


def unknown_review(typed: str, near: Iterable[str], words: Catalogue) -> Message:
    """That no one review is meant by what was typed; `near` are the titles of those that may be, if any."""
    asked = name(typed, words.untitled)
    titles = dict.fromkeys(f"**{name(title, words.untitled)}**" for title in near)
    if not titles:
        return notice(words.no_such_review.format(review=asked))
    return notice(words.which_review.format(review=asked, titles=", ".join(titles)))


def question_problem(question: str, words: Catalogue) -> str | None:
    """Why a question can't be asked in Discord (its length, without what can't be seen), or None."""
    length = len(one_line(question))
    if length < MIN_QUESTION:
        return words.question_too_short.format(shortest=MIN_QUESTION)
    if length > MAX_QUESTION:
        return words.question_too_long.format(longest=MAX_QUESTION)
    return None


def delete_button(asker: int, words: Catalogue) -> Button:
    """The button by which the asker takes an answer away; quiet, for everybody sees it under every answer."""
    return Button(words.delete, encode(Delete(asker)))


def name(text: str, otherwise: str, room: int = MAX_NAME) -> str:
    """A title, heading or message as one line of safe markdown of at most `room` units; never empty."""
    return escape_syntax(_shortened(text, room, _shown)) or otherwise


def plain(text: str, room: int = MAX_OPTION, otherwise: str = "…") -> str:
    """A text for a place that reads no markdown (label, option, choice, title): one line, never empty."""
    return _shortened(text, room, width) or otherwise


def link(source: str | None) -> str | None:
    """A review's source as a link that is safe between the parentheses of a masked one, or None.

    Only http and https, no credentials, nothing that leads into Discord.
    """
    if source is None:
        return None
    try:
        address = urlsplit(source.strip())
        host, user = address.hostname, address.username
    except ValueError:
        return None
    if address.scheme not in {"http", "https"} or not host or user is not None or not source.isprintable():
        return None
    encoded = percent_encoded(source.strip(), safe=_KEPT_IN_LINKS)
    # Clients look for invites anywhere in a text, so a path that holds one is refused as well.
    if not host.isascii() or any(f"{known}/" in f"{encoded.lower()}/" for known in _INVITE_HOSTS):
        return None
    return encoded if len(encoded) <= MAX_LINK else None


def is_hidden(section: Section | None, manner: RenderOptions) -> bool:
    """Whether a section's words stand behind spoiler marks. An unknown section's do: it may be flagged."""
    return manner.hide_spoilers and (section is None or section.spoiler)


def _section(review: Review | None, slug: str) -> Section | None:
    if review is None:
        return None
    return next((section for section in review.sections if section.slug == slug), None)


def _shown(text: str) -> int:
    return width(escape_syntax(text))


def _shortened(text: str, room: int, measure: Measure) -> str:
    line = one_line(text)
    if measure(line) <= room:
        return line

    def cut(text: str) -> str:
        return text.rstrip() + "…"

    return cut(line[: fitting(line, room, lambda text: measure(cut(text)))])
