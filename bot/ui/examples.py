"""Example questions about the reviews that a member may see, and the reply to small talk, which shows them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, zip_longest

from bot.config import HELP_EXAMPLES
from bot.services.titles import Title
from bot.ui.elements import Message, Style, Text
from bot.ui.escape import block_quote
from bot.ui.strings import Catalogue
from bot.ui.text import MAX_SHOWN_QUESTION, escaped_line, plain_line, question_problem


def greeting_message(titles: Sequence[Title], words: Catalogue) -> Message:
    """Return the reply to small talk: what the bot is for, and what to ask about these reviews."""
    text = "\n".join((words.greeting, *example_lines(example_questions(titles, words), words)))
    return Message((Text(text),), Style.READING, private=True)


def example_lines(examples: Sequence[str], words: Catalogue) -> list[str]:
    """Return the lines of a message that show example questions, if there are any."""
    shown = [block_quote(escaped_line(each, "", MAX_SHOWN_QUESTION)) for each in examples]
    return [words.help_for_example, *shown] if shown else []


def example_questions(titles: Sequence[Title], words: Catalogue) -> tuple[str, ...]:
    """Return questions about the reviews, which take turns, and about their sections, but for spoilers."""
    questions = (
        question
        for turn in zip_longest(*(_questions(title, words) for title in titles))
        for question in turn
        if question is not None and question_problem(question, words) is None
    )
    return tuple(islice(dict.fromkeys(questions), HELP_EXAMPLES))


def _questions(title: Title, words: Catalogue) -> list[str]:
    # The first heading is often *Introduction*, which the parser adds.
    headings = [heading.text for heading in title.headings[1:] if not heading.spoiler]
    whole = [words.help_about.format(title=plain_line(title.text))] if title.text.strip() else []
    return [*whole, *(words.help_example.format(heading=heading) for heading in headings)]
