from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.cogs.ask.message import Asker, answer_message, follow_up_form
from bot.services.stable_keys import slug_key
from bot.ui.components import embedded, layout, modal
from bot.ui.custom_ids import FollowUpForm, Rate, decode, encode
from bot.ui.elements import QUESTION_ID, Button, Message, Row, Style, Text
from bot.ui.read_back import (
    asker_in,
    earlier_in,
    is_answer,
    public_copy,
    question_in,
    read_message,
    review_keys_in,
)
from bot.ui.strings import ENGLISH, catalogue
from bot.ui.text import RenderOptions
from embeddings.records import Answer, State
from tests.bot.fixtures.checks import POST, bodies
from tests.bot.fixtures.reviews import ANSWER, REVIEW
from tests.discord.loopback.validation import limits, openapi

MESSAGE = answer_message(ANSWER, (REVIEW,), RenderOptions(ENGLISH), asker=Asker(42))
OPERATION = ("POST", "/interactions/{interaction_id}/{interaction_token}/callback")


def received(body: dict[str, Any]) -> discord.Message:
    """The message as discord.py reads it back from Discord."""

    class State:
        """The little of a connection that reading a message needs."""

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_, **__: None

    data: Any = {
        "id": "1",
        "channel_id": "2",
        "type": 0,
        "content": "",
        "embeds": [],
        "components": [],
        "attachments": [],
        "mention_everyone": False,
        "tts": False,
        "pinned": False,
        "edited_timestamp": None,
        "author": {"id": "3", "username": "bot", "discriminator": "0", "avatar": None},
        **body,
    }
    channel: Any = discord.Object(2)
    state: Any = State()
    return discord.Message(state=state, channel=channel, data=data)


@pytest.mark.parametrize("form", [0, 1], ids=["components", "embed"])
def test_a_question_is_read_back_from_the_message(form: int) -> None:
    shown = received(bodies(MESSAGE)[form])
    assert (question_in(shown), earlier_in(shown)) == ("Who drives?", None)


@pytest.mark.parametrize("form", [0, 1], ids=["components", "embed"])
def test_the_question_before_is_read_back_from_a_follow_ups_message(form: int) -> None:
    message = answer_message(ANSWER, (REVIEW,), RenderOptions(ENGLISH), asker=Asker(42), earlier="Who is *Kathy*?")
    shown = received(bodies(message)[form])
    assert (question_in(shown), earlier_in(shown)) == ("Who drives?", "Who is *Kathy*?")


def test_a_message_without_a_question_has_none() -> None:
    assert question_in(received({})) is None


def test_the_edge_has_the_colour_of_the_style_in_both_forms() -> None:
    components, embed = bodies(MESSAGE)
    assert components["components"][0]["accent_color"] == embed["embeds"][0]["color"] == MESSAGE.style.value


def test_both_forms_have_the_same_controls() -> None:
    def identifiers(node: object) -> list[str]:
        if isinstance(node, list):
            return [found for each in node for found in identifiers(each)]
        if isinstance(node, dict):
            own = [node["custom_id"]] if "custom_id" in node else []
            return own + [found for value in node.values() for found in identifiers(value)]
        return []

    components, embed = bodies(MESSAGE)
    assert identifiers(components) == identifiers(embed)
    assert identifiers(embed) == ["rb1.pickquote", *(button.custom_id for button in MESSAGE.buttons())]


@pytest.mark.parametrize("form", [0, 1], ids=["components", "embed"])
def test_an_answer_is_read_back_as_it_was_sent(form: int) -> None:
    read = read_message(received(bodies(MESSAGE)[form]))
    sent = [element for element in MESSAGE.elements if not isinstance(element, Text)]
    assert [element for element in read.elements if not isinstance(element, Text)] == sent
    assert "\n\n".join(text.content for text in read.texts()) == "\n\n".join(text.content for text in MESSAGE.texts())
    assert (read.style, is_answer(received(bodies(MESSAGE)[form]))) == (MESSAGE.style, True)


@pytest.mark.parametrize("form", [0, 1], ids=["components", "embed"])
def test_a_message_tells_who_asked_and_what_was_searched(form: int) -> None:
    refusal = Answer("Why?", State.UNANSWERED, 0.0, ())
    for answer, private in ((ANSWER, False), (refusal, False), (refusal, True)):
        message = answer_message(
            answer, (REVIEW,), RenderOptions(ENGLISH), asker=Asker(42, private), within=replace(REVIEW, slug="other")
        )
        shown = received(bodies(message)[form])
        assert asker_in(shown) == (None if private else 42)
        assert review_keys_in(shown) == {slug_key("shared", "other")}


@pytest.mark.parametrize("present", [True, False])
def test_a_shared_copy_has_the_controls_of_a_public_answer(present: bool) -> None:
    private = answer_message(ANSWER, (REVIEW,), RenderOptions(ENGLISH), asker=Asker(42, True, present))
    public = answer_message(ANSWER, (REVIEW,), RenderOptions(ENGLISH), asker=Asker(42, False, present))
    assert public_copy(received(bodies(private)[0]), 42, ENGLISH, present=present) == public


def test_a_shared_copy_of_an_earlier_versions_answer_can_be_rated() -> None:
    feedback = Row(
        (Button("Helpful", "rb1.verdict.1"), Button("Not helpful", "rb1.verdict.0"), Button("Share", "rb1.share"))
    )
    old = Message((Text("### Why?", QUESTION_ID), Row((Button("Ask", "rb1.follow.~"),)), feedback), Style.ANSWERED)
    copy = public_copy(received(bodies(old)[0]), 42, ENGLISH, present=True)
    assert list(map(decode, (button.custom_id for button in copy.buttons()))) == [Rate(True, 42), Rate(False, 42)]


def test_no_view_waits_for_a_press() -> None:
    async def finished() -> tuple[bool, ...]:
        form = modal(follow_up_form(ENGLISH))
        return layout(MESSAGE).is_finished(), embedded(MESSAGE)[1].is_finished(), form.is_finished()

    assert asyncio.run(finished()) == (True, True, True)


def test_discord_accepts_the_follow_up_form() -> None:
    async def made() -> dict[str, Any]:
        return modal(follow_up_form(ENGLISH)).to_dict()

    data = asyncio.run(made())
    assert list(limits.modal(data)) == []
    assert data["custom_id"] == encode(FollowUpForm())
    if description := openapi.load():
        assert list(description.body(*OPERATION, {"type": 9, "data": data})) == []


def test_the_oracle_refuses_a_broken_message() -> None:
    description = openapi.load()
    if description is None:
        pytest.skip(openapi.WHY_ABSENT)
    broken = {"components": [{"type": 10, "content": "x" * 5000}], "flags": 1 << 15}
    assert list(description.body(*POST, broken)) != []
    assert list(limits.message(broken)) != []


@pytest.mark.parametrize("locale", ["en-GB", "en-US", "de", "pt-BR", None, ""])
def test_every_locale_gets_english_for_now(locale: str | None) -> None:
    assert catalogue(locale) is ENGLISH


@pytest.mark.parametrize(("seconds", "told"), [(0.1, "in a second"), (1.0, "in a second"), (1.2, "in 2 seconds")])
def test_a_wait_is_in_whole_seconds(seconds: float, told: str) -> None:
    assert told in ENGLISH.cooldown(seconds)


def test_an_answer_without_quotes_has_both_forms() -> None:
    message = answer_message(Answer("Why?", State.UNANSWERED, 0.0, ()), (), RenderOptions(ENGLISH), asker=Asker(1))
    for body in bodies(message):
        assert list(limits.message(body)) == []
