"""The page of `/help`, with example questions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ui.elements import Message, Style, Text
from bot.ui.examples import example_lines
from bot.ui.strings import Catalogue


def help_message(
    examples: Sequence[str], words: Catalogue, *, managing: bool = False, is_heard: bool = True
) -> Message:
    """Return the page that shows how to ask.

    Args:
        examples: example questions.
        words: the catalogue of the member's language.
        managing: whether the member manages the server, and so may add reviews.
        is_heard: whether the bot receives the messages of that channel.
    """
    asking = [words.help_ask if is_heard else words.help_ask_alone, *example_lines(examples, words)]
    elements = [
        Text(f"### {words.help_heading}\n{words.help_intro}"),
        Text("\n".join(asking)),
        Text(words.help_follow_up if is_heard else words.help_follow_up_alone),
        Text(words.help_read),
        Text(words.help_private),
        *([Text(words.help_manage)] if managing else []),
    ]
    return Message(tuple(elements), Style.READING, private=True)
