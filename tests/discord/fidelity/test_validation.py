"""Invalid bodies are refused, each with its reason; valid ones are accepted, and returned in Discord's own shape."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.discord.loopback import client
from tests.discord.loopback.rest import uploads
from tests.discord.loopback.server import ThreadedServer
from tests.discord.loopback.state import payloads
from tests.discord.loopback.state.objects import (
    BOT,
    COMPONENTS_V2,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Json,
    Permission,
    Role,
    Upload,
    User,
)
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation import openapi

needs_schema = pytest.mark.skipif(openapi.where() is None, reason=openapi.WHY_ABSENT)

COMMANDS: list[Json] = [
    {
        "name": "ask",
        "description": "Ask",
        "options": [
            {"type": 3, "name": "question", "description": "What?", "required": True},
            {"type": 3, "name": "review", "description": "Which?", "autocomplete": True},
        ],
    }
]
QUIET: Json = {"allowed_mentions": {"parse": []}}


def text(content: str) -> Json:
    return {"type": 10, "content": content}


def button(custom_id: str = "a", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Read", "custom_id": custom_id} | more


def row(*children: Json) -> Json:
    return {"type": 1, "components": list(children)}


def box(*children: Json, **more: Any) -> Json:
    return {"type": 17, "components": list(children)} | more


def section(*children: Json) -> Json:
    return {"type": 9, "components": list(children), "accessory": button()}


def select(**more: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": [{"label": "A", "value": "a"}]} | more


def v2(*components: Json, **more: Any) -> Json:
    return {"flags": COMPONENTS_V2, "components": list(components)} | more


def embed(description: str = "x", color: int = 5, **more: Any) -> Json:
    return {"description": description, "color": color} | more


def modal(*components: Json, title: str = "Ask", custom_id: str = "m") -> Json:
    return {"type": 9, "data": {"title": title, "custom_id": custom_id, "components": list(components)}}


def label(custom_id: str = "q", **more: Any) -> Json:
    return {"type": 18, "label": "Question", "component": {"type": 4, "style": 1, "custom_id": custom_id} | more}


def labelled(component: Json) -> Json:
    return {"type": 18, "label": "Choose", "component": component}


def choices(*pairs: tuple[Any, Any]) -> Json:
    return {"type": 8, "data": {"choices": [{"name": name, "value": value} for name, value in pairs]}}


def command(name: str = "ask", **more: Any) -> Json:
    return {"name": name, "description": "Ask"} | more


def option(name: str = "question", **more: Any) -> Json:
    return {"type": 3, "name": name, "description": "What?"} | more


MESSAGES: dict[str, Any] = {
    "content of 2001 characters": {"content": "x" * 2001},
    "content that is a number": {"content": 5},
    "nothing at all": {},
    "no more than white space": {"content": " \n\t "},
    "an empty list of embeds and no content": {"embeds": []},
    "content null and no more": {"content": None},
    "two embeds": {"embeds": [embed(), embed()]},
    "an embed of a colour alone": {"embeds": [{"color": 5}]},
    "an embed with a picture": {"embeds": [embed(image={"url": "https://example.org/a.png"})]},
    "a description of 4097 characters": {"embeds": [embed("x" * 4097)]},
    "a colour beyond 24 bits": {"embeds": [embed(color=1 << 24)]},
    "mentions parsed that don't exist": {"content": "x", "allowed_mentions": {"parse": ["all"]}},
    "users parsed and named": {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    "mentions that are a list": {"content": "x", "allowed_mentions": []},
    "a nonce of 26 characters": {"content": "x", "nonce": "x" * 26},
    "flags that are words": {"content": "x", "flags": "ephemeral"},
    "the ephemeral flag in a channel": {"content": "x", "flags": 64},
    "the loading flag": {"content": "x", "flags": 128},
    "an upload that isn't there": {"content": "x", "attachments": [{"id": 0, "filename": "a.png"}]},
    "eleven attachments": {"content": "x", "attachments": [{"id": str(1 << 60)}] * 11},
    "a reply to nothing": {"content": "x", "message_reference": {"message_id": "1"}},
    "a reply without a message": {"content": "x", "message_reference": {}},
    "a list for a body": [],
    # Components, the older way.
    "six rows": {"content": "x", "components": [row(button(str(number))) for number in range(6)]},
    "an empty row": {"content": "x", "components": [row()]},
    "six buttons in a row": {"content": "x", "components": [row(*(button(str(number)) for number in range(6)))]},
    "a button outside of a row": {"content": "x", "components": [button()]},
    "a row in a row": {"content": "x", "components": [row(row(button()))]},
    "two buttons of one custom id": {"content": "x", "components": [row(button("a"), button("a"))]},
    "a button without a custom id": {"content": "x", "components": [row({"type": 2, "style": 1, "label": "x"})]},
    "a custom id of 101 characters": {"content": "x", "components": [row(button("x" * 101))]},
    "an empty custom id": {"content": "x", "components": [row(button(""))]},
    "a label of 81 characters": {"content": "x", "components": [row(button(label="x" * 81))]},
    "a button with no label": {"content": "x", "components": [row(button(label=""))]},
    "a style that doesn't exist": {"content": "x", "components": [row(button(style=9))]},
    "a link": {"content": "x", "components": [row(button(style=5, url="https://example.org"))]},
    "an address on a plain button": {"content": "x", "components": [row(button(url="https://example.org"))]},
    "a select beside a button": {"content": "x", "components": [row(select(), button())]},
    "a select with no options": {"content": "x", "components": [row(select(options=[]))]},
    "26 options": {
        "content": "x",
        "components": [row(select(options=[{"label": "x", "value": str(number)} for number in range(26)]))],
    },
    "one option twice": {"content": "x", "components": [row(select(options=[{"label": "x", "value": "a"}] * 2))]},
    "more to choose than there is": {"content": "x", "components": [row(select(max_values=2))]},
    "a component that doesn't exist": {"content": "x", "components": [{"type": 99}]},
    "a component without a type": {"content": "x", "components": [{"components": []}]},
    "a text input in a message": {
        "content": "x",
        "components": [row({"type": 4, "custom_id": "a", "style": 1, "label": "x"})],
    },
    # Components V2.
    "V2 components without the flag": {"components": [text("x")]},
    "a container without the flag": {"content": "x", "components": [box(text("x"))]},
    "content beside the flag": v2(text("x"), content="x"),
    "embeds beside the flag": v2(text("x"), embeds=[{"title": "x"}]),
    "the flag and nothing else": v2(),
    "41 components, nested ones counted": v2(
        box(*(text("x") for _ in range(20))), box(*(text("x") for _ in range(19)))
    ),
    "4001 characters over two texts": v2(text("x" * 2000), box(text("x" * 2001))),
    "an empty text": v2(text("")),
    "a text of white space": v2(text("  ")),
    "a container in a container": v2(box(box(text("x")))),
    "an empty container": v2(box()),
    "a section without an accessory": v2({"type": 9, "components": [text("x")]}),
    "a section of four texts": v2(section(*(text("x") for _ in range(4)))),
    "a section of no text": v2(section()),
    "one custom id in two sections": v2(section(text("x")), section(text("y"))),
    "a separator of spacing 3": v2(text("x"), {"type": 14, "spacing": 3}),
    "an accent beyond 24 bits": v2(box(text("x"), accent_color=1 << 24)),
    "one id twice": v2(text("x") | {"id": 7}, text("y") | {"id": 7}),
    "a file that is a web page": v2({"type": 13, "file": {"url": "https://example.org"}}),
}
CALLBACKS: dict[str, Json] = {
    "a type that doesn't exist": {"type": 99},
    "no type": {"data": {"content": "x"}},
    "a pong": {"type": 1},
    "choices for a command": choices(("a", "a")),
    "an update where there is no message": {"type": 7, "data": {"content": "x"}},
    "a quiet deferral where there is no message": {"type": 6},
    "an empty response": {"type": 4, "data": {}},
    "a response without data": {"type": 4},
    "a response of 2001 characters": {"type": 4, "data": {"content": "x" * 2001}},
    "a response with a broken button": {"type": 4, "data": {"content": "x", "components": [row(button(""))]}},
    "a deferral with flags of its own": {"type": 5, "data": {"flags": 1 << 7}},
    "a modal without a title": modal(label(), title=""),
    "a modal's title of 46 characters": modal(label(), title="x" * 46),
    "a modal without a custom id": modal(label(), custom_id=""),
    "a modal's custom id of 101 characters": modal(label(), custom_id="x" * 101),
    "a modal of nothing": modal(),
    "a modal of six fields": modal(*(label(str(number)) for number in range(6))),
    "a modal with one field twice": modal(label("a"), label("a")),
    "a field without a custom id": modal(label("")),
    "a field's placeholder of 101 characters": modal(label(placeholder="x" * 101)),
    "a field's value of 4001 characters": modal(label(value="x" * 4001)),
    "a field longer at least than at most": modal(label(min_length=10, max_length=5)),
    "a field of a style that doesn't exist": modal(label(style=3)),
    "a field's label of 46 characters": modal(label() | {"label": "x" * 46}),
    "a button in a form": modal({"type": 18, "label": "Press", "component": button()}),
    "a select in a form without options": modal(labelled(select(options=[]))),
    "a select in a form that must and need not be chosen from": modal(labelled(select(min_values=0))),
    "a select in a form with more chosen than may be": modal(
        labelled(select(options=[{"label": each, "value": each, "default": True} for each in "ab"]))
    ),
}
AUTOCOMPLETES: dict[str, Json] = {
    "26 choices": choices(*[("a", str(number)) for number in range(26)]),
    "a choice of 101 characters": choices(("x" * 101, "a")),
    "a choice's value of 101 characters": choices(("a", "x" * 101)),
    "a choice without a name": choices(("", "a")),
    "a choice whose value is a number": choices(("a", 5)),
    "choices that are null": {"type": 8, "data": {"choices": None}},
    "no data for autocomplete": {"type": 8},
    "a message for autocomplete": {"type": 4, "data": {"content": "x"}},
    "a deferral of autocomplete": {"type": 5},
}
COMMAND_SETS: dict[str, Any] = {
    "a name in capitals": [command("Ask")],
    "a name with a space": [command("ask me")],
    "a name of 33 characters": [command("x" * 33)],
    "no name": [{"description": "x"}],
    "one name twice": [command(), command()],
    "no description": [{"name": "ask"}],
    "a description of 101 characters": [command(description="x" * 101)],
    "a menu with a description": [{"name": "Ask", "type": 3, "description": "x"}],
    "a menu with options": [{"name": "Ask", "type": 3, "options": [option()]}],
    "26 options of a command": [command(options=[option(f"o{number}") for number in range(26)])],
    "one option's name twice": [command(options=[option("a"), option("a")])],
    "an option in capitals": [command(options=[option("Question")])],
    "an option without a description": [command(options=[option(description="")])],
    "required after optional": [command(options=[option("a"), option("b", required=True)])],
    "choices and autocomplete": [command(options=[option(autocomplete=True, choices=[{"name": "a", "value": "a"}])])],
    "26 choices of an option": [
        command(options=[option(choices=[{"name": str(number), "value": str(number)} for number in range(26)])])
    ],
    "a choice of 101 characters in a command": [command(options=[option(choices=[{"name": "a", "value": "x" * 101}])])],
    "an option of a type that doesn't exist": [command(options=[option(type=99)])],
    "an option beside a sub-command": [command(options=[option("a", type=1), option("b")])],
    "a sub-command too deep": [command(options=[option("a", type=1, options=[option("b", type=1)])])],
    "a shortest length of 6001": [command(options=[option(min_length=6001)])],
    "a context that doesn't exist": [command(contexts=[9])],
    "an installation that doesn't exist": [command(integration_types=[5])],
    "a hundred and one commands": [command(f"c{number}") for number in range(101)],
    "more than 8000 characters": [
        command(
            options=[
                option(
                    f"o{n}", choices=[{"name": f"{n}-{m}" + "x" * 40, "value": f"{m}" + "y" * 40} for m in range(25)]
                )
                for n in range(5)
            ]
        )
    ],
    "a set that is an object": {"name": "ask"},
}
SCHEMA_ALONE = {
    "mentions parsed that don't exist",
    "mentions that are a list",
    "a reply without a message",
    "an accent beyond 24 bits",
    "a shortest length of 6001",
    "a context that doesn't exist",
    "an installation that doesn't exist",
}
"""What the limits alone would accept."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends bodies as the bot would."""

    loopback: client.Loopback
    channel: client.Channel
    ana: client.Person

    async def send(self, method: str, path: str, body: Any) -> tuple[int, Json]:
        """Send a body; return the status and the answer."""
        headers = {"Authorization": f"Bot {self.loopback.token}"}
        url = f"{self.loopback.api}{path}"
        async with self.loopback.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json() if response.status != 204 else {}

    async def wrong(self) -> list[str]:
        """Return what was wrong with the last request."""
        found: list[str] = (await self.loopback.requests())[-1]["wrong"]
        return found

    async def callback_path(self, interaction: client.Interaction) -> str:
        return f"/interactions/{interaction.id}/{(await interaction.now())['token']}/callback"

    async def assert_refused(self, name: str, method: str, path: str, body: Any) -> None:
        if name in SCHEMA_ALONE and openapi.load() is None:
            pytest.skip(openapi.WHY_ABSENT)
        status, answer = await self.send(method, path, body)
        assert (status, answer.get("code")) in {(400, 50035), (400, 50006)}, answer
        if name != "a reply to nothing":  # which no validator can know
            found = await self.wrong()
            assert any(each.startswith("limits") for each in found) == (name not in SCHEMA_ALONE), found


@pytest.fixture(scope="module")
def module_url() -> Iterator[str]:
    with ThreadedServer() as running:
        yield running.server.url


@asynccontextmanager
async def sender_at(url: str, *, check_responses: bool = False) -> AsyncIterator[Sender]:
    async with client.connect(url) as loopback:
        await loopback.settings(rate_limits=False, check_responses=check_responses)
        await loopback.call("register", commands=COMMANDS)
        server = await loopback.server(bot_permissions=BOT | int(Permission.ATTACH_FILES))
        yield Sender(loopback, await server.channel(), await server.member("Ana"))


@pytest.mark.parametrize("name", MESSAGES)
async def test_an_invalid_message_is_refused(module_url: str, name: str) -> None:
    async with sender_at(module_url) as sender:
        await sender.assert_refused(name, "POST", f"/channels/{sender.channel.id}/messages", MESSAGES[name])
        assert await sender.channel.messages() == []


@pytest.mark.parametrize("name", CALLBACKS)
async def test_an_invalid_callback_is_refused(module_url: str, name: str) -> None:
    async with sender_at(module_url) as sender:
        asked = await sender.ana.slash(sender.channel, "ask", question="x")
        await sender.assert_refused(name, "POST", await sender.callback_path(asked), CALLBACKS[name])
        assert (await asked.now())["callback_type"] is None


@pytest.mark.parametrize("name", AUTOCOMPLETES)
async def test_invalid_choices_are_refused(module_url: str, name: str) -> None:
    async with sender_at(module_url) as sender:
        typed = await sender.ana.autocomplete(sender.channel, "ask", "review", review="n")
        await sender.assert_refused(name, "POST", await sender.callback_path(typed), AUTOCOMPLETES[name])
        assert (await typed.now())["choices"] is None


@pytest.mark.parametrize("name", COMMAND_SETS)
async def test_an_invalid_set_of_commands_is_refused(module_url: str, name: str) -> None:
    async with sender_at(module_url) as sender:
        path = f"/applications/{sender.loopback.bot_id}/commands"
        await sender.assert_refused(name, "PUT", path, COMMAND_SETS[name])


VALID: dict[str, Json] = {
    "content of 2000 characters": {"content": "x" * 2000},
    "an embed of 4096 characters": {"embeds": [embed("x" * 4096, 0xFFFFFF)]},
    "five rows of five buttons": {
        "content": "x",
        "components": [row(*(button(f"{n}-{m}") for m in range(5))) for n in range(5)],
    },
    "a select": {"content": "x", "components": [row(select())]},
    "forty components, nested ones counted": v2(
        box(*(text("x") for _ in range(20))), box(*(text("x") for _ in range(18)))
    ),
    "4000 characters of text": v2(box(text("x" * 2000)), text("y" * 2000)),
    "sections with buttons and a separator": v2(
        box(
            section(text("> a quote")),
            {"type": 14, "divider": True, "spacing": 2},
            row(button("b", emoji={"name": "👍"}), button("c", style=4, disabled=True)),
            accent_color=0x5865F2,
        )
    ),
    "a reply that may fail": {"content": "x", "message_reference": {"message_id": "1", "fail_if_not_exists": False}},
    "a nonce": {"content": "x", "nonce": "x" * 25, "enforce_nonce": True},
}


@needs_schema
@pytest.mark.parametrize("name", VALID)
async def test_a_valid_message_is_accepted_and_returned_in_discords_own_shape(module_url: str, name: str) -> None:
    async with sender_at(module_url, check_responses=True) as sender:
        status, answer = await sender.send("POST", f"/channels/{sender.channel.id}/messages", VALID[name] | QUIET)
        assert (status, await sender.wrong()) == (200, [])
        said = await sender.send("GET", f"/channels/{sender.channel.id}/messages/{answer['id']}", None)
        assert said == (200, answer)
        assert await sender.wrong() == []


@needs_schema
@pytest.mark.parametrize("name", VALID)
async def test_a_valid_response_is_accepted_and_returned_in_discords_own_shape(module_url: str, name: str) -> None:
    async with sender_at(module_url, check_responses=True) as sender:
        asked = await sender.ana.slash(sender.channel, "ask", question="x")
        body = {key: value for key, value in VALID[name].items() if key not in {"nonce", "enforce_nonce"}}
        path = f"{await sender.callback_path(asked)}?with_response=1"
        status, answer = await sender.send("POST", path, {"type": 4, "data": body | QUIET})
        assert (status, await sender.wrong()) == (200, [])
        assert answer["interaction"]["response_message_id"] == answer["resource"]["message"]["id"]


@needs_schema
@pytest.mark.parametrize(
    "path",
    [
        "/users/@me",
        "/gateway/bot",
        "/applications/@me",
        "/oauth2/applications/@me",
        "/applications/{bot}/commands",
    ],
)
async def test_what_the_loopback_discord_returns_has_discords_own_shape(module_url: str, path: str) -> None:
    async with sender_at(module_url, check_responses=True) as sender:
        status, _ = await sender.send("GET", path.format(bot=sender.loopback.bot_id), None)
        assert (status, await sender.wrong()) == (200, [])


@needs_schema
def test_the_objects_of_events_have_discords_own_shape() -> None:
    description = openapi.load()
    assert description is not None
    world = World()
    ana = world.users[5] = User(5, "Ana")
    everyone = Role(1 << 60, "@everyone", BOT)
    server = Guild(everyone.id, "Film Club", "en-US", ana.id, {everyone.id: everyone}, {ana.id: [], world.bot.id: []})
    world.guilds[server.id] = server
    general = Channel(world.snowflake(), TEXT, "general", server.id, overwrites={5: (0, BOT)})
    thread = Channel(world.snowflake(), PUBLIC_THREAD, "On deferrals", server.id, general.id, owner_id=5)
    world.channels = {each.id: each for each in (general, thread)}
    for template, shown in [
        ("/users/{user_id}", payloads.user(ana)),
        ("/guilds/{guild_id}/members/{user_id}", payloads.member(server, ana) | {"user": payloads.user(ana)}),
        ("/guilds/{guild_id}", payloads.guild(world, server)),
        *(("/channels/{channel_id}", payloads.channel(world, each)) for each in (general, thread, world.dm_with(5))),
    ]:
        assert list(description.response("GET", template, 200, shown)) == [], template


@needs_schema
@pytest.mark.parametrize("name", ["review.md", "Kritik über „Alien“.md", "..\u202etxt.md"])
def test_an_upload_has_the_shape_of_discords_attachments(name: str) -> None:
    description = openapi.load()
    assert description is not None
    attachment = uploads.attachment(World(), Upload(1 << 60, name, b"abc", 3, 1))

    def wrong(changed: Json) -> list[object]:
        # Every attachment has the same shape. The description has it within messages.
        template = "/channels/{channel_id}/messages/{message_id}"
        found = description.response("GET", template, 200, {"attachments": [changed]})
        return [each for each in found if "attachments" in each.path]

    assert wrong(attachment) == []
    assert wrong(attachment | {"size": "3"}) != []
    assert attachment["filename"].isascii()
