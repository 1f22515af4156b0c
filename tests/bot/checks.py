"""What must hold for every message that the bot could send, in both of its forms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from hypothesis import settings

from bot.ui.components import embedded, layout
from bot.ui.custom_ids import Action, decode
from bot.ui.elements import Form, Message
from bot.ui.text import safe_link
from bot.ui.truncate import width
from embeddings.records import Review
from tests.bot.discord_markdown import BOLD, HEADING, LINK, QUOTE, SPOILER, SUBTEXT, read
from tests.discord.loopback.validation import limits, openapi

POST = ("POST", "/channels/{channel_id}/messages")
COMPONENTS_V2 = 1 << 15
a_quarter = settings(max_examples=settings().max_examples // 4)
"""For tests that render a whole message: a quarter of the profile's examples."""

OURS = {BOLD, HEADING, LINK, QUOTE, SPOILER, SUBTEXT}
"""The markdown that the bot itself puts around what it was given."""
OWN_WORDS = {"code", "emphasis"}
"""What stands in the bot's own phrases besides."""


def bodies(message: Message) -> tuple[dict[str, Any], dict[str, Any]]:
    """The message as it goes over the wire, as Components V2 and as an embed."""

    async def made() -> tuple[dict[str, Any], dict[str, Any]]:
        embed, view = embedded(message)
        return (
            # discord.py leaves a layout's method without types.
            {"components": layout(message).to_components(), "flags": COMPONENTS_V2},  # type: ignore[no-untyped-call]
            {"embeds": [embed.to_dict()], "components": view.to_components()},
        )

    return asyncio.run(made())


def check(message: Message, reviews: Iterable[Review] = (), own: frozenset[str] = frozenset()) -> None:
    """Discord takes the message in either form, and nothing in it is active but what the bot put there."""
    for body in bodies(message):
        assert list(limits.message(body)) == []
        if description := openapi.load():
            assert list(description.body(*POST, body)) == []
    contents = [text.content for text in message.texts()]
    assert sum(map(width, contents)) <= 4000
    assert width("\n\n".join(contents)) <= 4096
    sources = {safe_link(review.source) for review in reviews}
    for content in (*contents, "\n\n".join(contents)):
        reading = read(content)
        assert set(reading.kinds) <= OURS | own
        assert {construct.target for construct in reading.constructs if construct.kind == LINK} <= sources


def check_form(form: Form) -> None:
    """Discord takes the form as a modal."""
    body = {
        "custom_id": form.custom_id,
        "title": form.title,
        "components": [
            {
                "type": 18,
                "label": form.label,
                "component": {
                    "type": 4,
                    "style": 1,
                    "custom_id": "question",
                    "placeholder": form.placeholder,
                    "min_length": form.shortest,
                    "max_length": form.longest,
                },
            }
        ],
    }
    assert list(limits.modal(body)) == []


def text_of(message: Message) -> str:
    """Return all texts of a message, from top to bottom."""
    return "\n".join(text.content for text in message.texts())


def lines_of(message: Message) -> list[str]:
    """Return the lines of all texts of a message."""
    return text_of(message).split("\n")


def actions_of(message: Message) -> list[Action | None]:
    """Return what its buttons do, from top to bottom."""
    return [decode(button.custom_id) for button in message.buttons()]
