"""The page of `/help`, with example questions to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.ui.custom_ids import PickExample, encode
from bot.ui.elements import MAX_OPTION, Element, Menu, Message, Option, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import plain_line


def help_message(
    examples: Sequence[str],
    words: Catalogue,
    *,
    managing: bool = False,
    is_heard: bool = True,
    where: str | None = None,
    tappable: Callable[[str], str] = str,
) -> Message:
    """Return the page that shows how to ask.

    Args:
        examples: example questions. A menu runs those that fit into it.
        words: the catalogue of the member's language.
        managing: whether the member manages the server, and so may add reviews.
        is_heard: whether the bot receives the messages of that channel.
        where: a line that says where the bot answers in that server, or None.
        tappable: makes the commands in a text links.
    """
    asking = words.help_ask if is_heard else words.help_ask_alone
    lines = (
        words.help_follow_up if is_heard else words.help_follow_up_alone,
        words.help_private,
        words.help_read,
        words.help_data,
        *([words.help_manage] if managing else []),
        *([where] if where else []),
    )
    # A menu sends its value as it is, so the value is the question itself.
    fitting = [each for each in dict.fromkeys(examples) if 0 < len(each.strip()) <= MAX_OPTION]
    options = tuple(Option(plain_line(each), each) for each in fitting)
    menu = [Menu(encode(PickExample()), plain_line(words.help_pick_example), options)] if options else []
    elements: tuple[Element, ...] = (
        Text(f"### {words.help_heading}\n{words.help_intro}"),
        Text(tappable(asking)),
        *menu,
        Text(tappable("\n".join(lines))),
    )
    return Message(elements, Style.READING, private=True)
