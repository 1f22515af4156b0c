"""The page of `/help`, with example questions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, zip_longest

from bot.config import HELP_EXAMPLES
from bot.services.titles import Title
from bot.ui.elements import Message, Style, Text
from bot.ui.escape import block_quote
from bot.ui.strings import Catalogue
from bot.ui.text import MAX_SHOWN_QUESTION, escaped_line, question_problem


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
    shown = [block_quote(escaped_line(each, "", MAX_SHOWN_QUESTION)) for each in examples]
    ask = words.help_ask if is_heard else words.help_ask_alone
    asking = [ask, *([words.help_for_example] if shown else []), *shown]
    elements = [
        Text(f"### {words.help_heading}\n{words.help_intro}"),
        Text("\n".join(asking)),
        Text(words.help_follow_up if is_heard else words.help_follow_up_alone),
        Text(words.help_read),
        Text(words.help_private),
        *([Text(words.help_manage)] if managing else []),
    ]
    return Message(tuple(elements), Style.READING, private=True)


def example_questions(titles: Sequence[Title], words: Catalogue) -> tuple[str, ...]:
    """Return questions about sections of the reviews, which take turns. They never name a spoiler section."""
    # The first heading is often *Introduction*, which the parser adds.
    headings = [[heading.text for heading in title.headings[1:] if not heading.spoiler] for title in titles]
    questions = (
        words.help_example.format(heading=heading)
        for turn in zip_longest(*headings)
        for heading in turn
        if heading is not None and question_problem(words.help_example.format(heading=heading), words) is None
    )
    return tuple(islice(dict.fromkeys(questions), HELP_EXAMPLES))
