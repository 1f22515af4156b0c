"""What all features share: notices, error messages, and escaped and shortened lines.

Everything here is pure. Text of reviews, members and files is escaped here, and every message keeps Discord's limits
(`bot.ui.elements`) whatever it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import quote, urlsplit

from bot.config import MAX_LINK, MAX_NAME, MAX_QUESTION, MIN_QUESTION
from bot.ui.custom_ids import Delete, Rate, encode
from bot.ui.elements import MAX_OPTION, MAX_TEXT, Button, Message, Style, Text
from bot.ui.escape import block_quote, escape_syntax, one_line
from bot.ui.question_text import question_text
from bot.ui.strings import Catalogue
from bot.ui.truncate import Measure, fit, width
from embeddings import SHARED, LibraryError, Review, Section

MAX_SHOWN_QUESTION = 2 * MAX_QUESTION + 100
"""UTF-16 units of a question in a message: escaping may double it."""

_SAFE_IN_LINKS = "/:?#&=%+,;!$"
_INVITE_HOSTS = frozenset({"discord.gg", "discord.com", "discordapp.com", "discord.new", "discord.gift", "dis.gd"})


class Named(Protocol):
    """A review, or its names."""

    @property
    def collection(self) -> str:
        """Its collection."""

    @property
    def slug(self) -> str:
        """Its slug."""

    @property
    def year(self) -> int | None:
        """The year of its work."""

    @property
    def author(self) -> str | None:
        """Who wrote it."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """The language of a message, and whether spoilers are hidden in it."""

    words: Catalogue
    hide_spoilers: bool = True


def notice(line: str, *, style: Style = Style.UNANSWERED, private: bool = True) -> Message:
    """Return one of the catalogue's texts as a message."""
    return Message((Text(line),), style, private)


def notice_with_question(line: str, question: str) -> Message:
    """Return a notice with a member's question quoted below it, because text typed into a form is lost otherwise."""
    shown = escaped_line(question_text(question), "", MAX_SHOWN_QUESTION)
    told = notice(line)
    return replace(told, elements=(*told.elements, Text(block_quote(shown)))) if shown else told


def error_message(error: LibraryError, *, private: bool = True) -> Message:
    """Return the message about an error that the member can fix."""
    return notice(escaped_line(str(error), type(error).__name__, MAX_TEXT), style=Style.PROBLEM, private=private)


def unknown_review(typed: str, suggestions: Iterable[str], words: Catalogue) -> Message:
    """Return the message that what was typed is not the name of one review. `suggestions` are titles."""
    review = escaped_line(typed, words.untitled)
    titles = dict.fromkeys(f"**{escaped_line(title, words.untitled)}**" for title in suggestions)
    if not titles:
        return notice(words.no_such_review.format(review=review))
    return notice(words.which_review.format(review=review, titles=", ".join(titles)))


def title_apart(own: Named, title: str, others: Sequence[Named], words: Catalogue) -> str:
    """Return a review's title, with the first facts that tell it apart from others of the same title.

    Args:
        own: the review, or its names.
        title: its title.
        others: the other reviews of that title.
        words: the catalogue of the reader's language.
    """
    if not others:
        return title
    choices: tuple[Callable[[Named], tuple[object, ...]], ...] = (
        lambda each: (each.year,),
        lambda each: (each.author,),
        lambda each: (each.year, each.author),
        lambda each: (words.shared_review if each.collection == SHARED else words.own_review,),
        lambda each: (each.slug,),
    )
    known = (facts for facts in choices if all(facts(own)))
    telling = next((facts for facts in known if facts(own) not in map(facts, others)), choices[-1])
    about = plain_line(", ".join(map(str, telling(own))), MAX_OPTION // 2)
    # What is cut of a long line must not be what tells it apart.
    return words.review_line.format(title=plain_line(title, MAX_OPTION - width(about) - len(" ()")), about=about)


def question_problem(question: str, words: Catalogue) -> str | None:
    """Return why a question can't be asked in Discord, or None. Invisible characters don't count for its length."""
    length = len(one_line(question))
    if length < MIN_QUESTION:
        return words.question_too_short.format(shortest=MIN_QUESTION)
    if length > MAX_QUESTION:
        return words.question_too_long.format(longest=MAX_QUESTION)
    return None


def delete_button(member: int, words: Catalogue) -> Button:
    """Return the button with which only the member who asked can delete an answer."""
    return Button(words.delete, encode(Delete(member)))


def feedback_buttons(member: int, review: str | None) -> tuple[Button, Button]:
    """Return the buttons for feedback on a public answer.

    Args:
        member: the id of the member who asked.
        review: the key of the one review that was searched, or None.
    """
    yes, no = (encode(Rate(helpful, member, review)) for helpful in (True, False))
    return Button("", yes, "👍"), Button("", no, "👎")


def escaped_line(text: str, default: str, limit: int = MAX_NAME) -> str:
    """Return a text as one line of escaped Markdown of at most `limit` UTF-16 units, or the default if it is empty."""
    return escape_syntax(_shortened(text, limit, _escaped_width)) or default


def plain_line(text: str, limit: int = MAX_OPTION, default: str = "…") -> str:
    """Return a text as one line for a place without Markdown, such as a label. Never empty."""
    return _shortened(text, limit, width) or default


def safe_link(source: str | None) -> str | None:
    """Return a review's source as a link for the parentheses of a masked link, or None if it isn't safe.

    A safe link is http or https, has no credentials, and doesn't lead into Discord.
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
    encoded = quote(source.strip(), safe=_SAFE_IN_LINKS)
    # Clients find invites anywhere in a text, so a path that holds one is refused as well.
    if not host.isascii() or any(f"{known}/" in f"{encoded.lower()}/" for known in _INVITE_HOSTS):
        return None
    return encoded if len(encoded) <= MAX_LINK else None


def is_hidden(section: Section | None, options: RenderOptions) -> bool:
    """Return True if a section's text goes behind spoiler marks. An unknown section's does: it may be a spoiler."""
    return options.hide_spoilers and (section is None or section.spoiler)


def is_passage_hidden(
    review: Review | None, section: Section | None, start: int, end: int, options: RenderOptions
) -> bool:
    """Return True if a stretch of a review's text goes behind spoiler marks: its section's, or its own."""
    is_marked = options.hide_spoilers and review is not None and review.is_spoiler(start, end)
    return is_marked or is_hidden(section, options)


def _escaped_width(text: str) -> int:
    return width(escape_syntax(text))


def _shortened(text: str, limit: int, measure: Measure) -> str:
    line = one_line(text)
    if measure(line) <= limit:
        return line

    def cut(text: str) -> str:
        return text.rstrip() + "…"

    return cut(line[: fit(line, limit, lambda text: measure(cut(text)))])
