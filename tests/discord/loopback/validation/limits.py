"""The rules of Discord that its OpenAPI description leaves out.

Each check takes a body and yields what is wrong as `Wrong(path, message)`. The sources are Discord's reference pages on
messages, components and application commands. What the bot never sends is wrong altogether: links on buttons, menus of
users, pictures, polls, and an embed of more than a description and a colour.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.discord.loopback.state.objects import COMPONENTS_V2, EPHEMERAL, Json
from tests.discord.loopback.state.payloads import texts, walk

CONTENT = 2000
EMBED, EMBED_TEXT = {"description", "color", "type", "flags"}, 4096
COMPONENTS_TOTAL, TEXT_TOTAL, ROWS, BUTTONS_IN_A_ROW, OPTIONS = 40, 4000, 5, 5, 25
CHOICES, CHOICE_TEXT, CUSTOM_ID = 25, 100, 100
NONCE = 25
MODAL_FIELDS, MODAL_TEXT = 5, 4000
ATTACHMENTS, ATTACHMENT_BYTES = 10, 10 * 1024 * 1024
COMMANDS, COMMAND_TEXT = {1: 100, 2: 15, 3: 15}, 8000

ROW, BUTTON, SELECT, TEXT_INPUT, CHANNEL_SELECT, SECTION, TEXT_DISPLAY, FILE, SEPARATOR, CONTAINER, LABEL = (
    1, 2, 3, 4, 8, 9, 10, 13, 14, 17, 18,
)  # fmt: skip
FIELDS = {SELECT, TEXT_INPUT}
TOP_LEVEL_V2 = {ROW, SECTION, TEXT_DISPLAY, FILE, SEPARATOR, CONTAINER}
SUB_COMMAND, OPTION_TYPES = 1, {1, 3, 5, 7, 11}

SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A broken rule: where in the body, and what. `empty` marks an empty message, which has a code of its own."""

    path: Path
    message: str
    empty: bool = False


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[Json]:
    return [each for each in _list(value) if isinstance(each, dict)]


def _blank(value: object) -> bool:
    return not isinstance(value, str) or not value.strip()


def _text(thing: Json, key: str, most: int, at: Path, *, required: bool = True) -> Iterator[Wrong]:
    """Check that a text is not too long, and not blank if it is required."""
    value = thing.get(key)
    if (required and _blank(value)) or len(str(value or "")) > most:
        yield Wrong((*at, key), f"Must be between {int(required)} and {most} in length.")


def _most(many: list[Any] | Mapping[Any, Any], most: int, at: Path, *, least: int = 0) -> Iterator[Wrong]:
    if not least <= len(many) <= most:
        yield Wrong(at, f"Must be between {least} and {most} in length.")


def _unique(values: Iterable[object], at: Path, what: str) -> Iterator[Wrong]:
    yield from (Wrong(at, f"{what}: {value}") for value, count in Counter(values).items() if count > 1)


def message(
    body: Json,
    *,
    files: Mapping[int, int] | None = None,
    edited: Json | None = None,
    ephemeral_allowed: bool = False,
) -> Iterator[Wrong]:
    """Check a message that is sent, or an edit of the message whose parts are in `edited`.

    `files` maps the index of each uploaded file to its size in bytes.
    """
    files = files or {}
    before = edited or {}
    was_v2 = bool((before.get("flags") or 0) & COMPONENTS_V2)
    flags = body.get("flags") or 0
    if not isinstance(flags, int):
        yield Wrong(("flags",), "flags is a number")
        flags = 0
    is_v2 = bool(flags & COMPONENTS_V2) or was_v2
    allowed = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2 | (EPHEMERAL if ephemeral_allowed else 0)
    if flags & ~allowed:
        yield Wrong(("flags",), f"flags {flags & ~allowed} can't be set here")
    if was_v2 and "flags" in body and not flags & COMPONENTS_V2:
        yield Wrong(("flags",), "the components v2 flag can't be removed")
    whole = {key: body.get(key, before.get(key)) for key in ("content", "embeds", "components", "attachments")}
    yield from _text(body, "content", CONTENT, (), required=False)
    if isinstance(body.get("nonce"), str):
        yield from _text(body, "nonce", NONCE, (), required=False)
    yield from _embeds(_list(body.get("embeds")))
    yield from _allowed_mentions(body.get("allowed_mentions"))
    yield from _attachments(_list(body.get("attachments")), files)
    if is_v2:
        for key in ("content", "embeds"):
            if whole[key]:
                yield Wrong((key,), "can't be used beside the components v2 flag")
    for key in ("poll", "sticker_ids"):
        if body.get(key):
            yield Wrong((key,), "the bot sends none")
    yield from _components(_list(body.get("components")), v2=is_v2)
    if _blank(whole["content"]) and not any([whole["embeds"], whole["components"], whole["attachments"], files]):
        yield Wrong(("content",), "Cannot send an empty message", empty=True)


def _attachments(listed: list[Any], files: Mapping[int, int]) -> Iterator[Wrong]:
    yield from _most(listed, ATTACHMENTS, ("attachments",))
    yield from _most(files, ATTACHMENTS, ("attachments",))
    for index, size in files.items():
        if size > ATTACHMENT_BYTES:
            yield Wrong(("attachments", index), "the file is too large")
    for index, attachment in enumerate(_dicts(listed)):
        number = str(attachment.get("id"))
        # A small number names an upload of this request, a snowflake a file that is there already.
        if number.isdigit() and int(number) < 1_000 and int(number) not in files:
            yield Wrong(("attachments", index, "id"), "no such file was uploaded")


def _allowed_mentions(value: object) -> Iterator[Wrong]:
    if not isinstance(value, dict):
        return
    for kind in ("users", "roles"):
        if value.get(kind) and kind in _list(value.get("parse")):
            yield Wrong(("allowed_mentions",), f"parse:{kind} and {kind}: ids are mutually exclusive")
        yield from _most(_list(value.get(kind)), 100, ("allowed_mentions", kind))


def _embeds(many: list[Any]) -> Iterator[Wrong]:
    yield from _most(many, 1, ("embeds",))
    for index, embed in enumerate(many):
        at: Path = ("embeds", index)
        if not isinstance(embed, dict) or not {"description", "color"} <= set(embed) <= EMBED:
            yield Wrong(at, "an embed has a description and a colour")
            continue
        yield from _text(embed, "description", EMBED_TEXT, at)
        if not isinstance(embed["color"], int) or not 0 <= embed["color"] <= 0xFFFFFF:
            yield Wrong((*at, "color"), "not a colour")


def _components(top: list[Any], *, v2: bool) -> Iterator[Wrong]:
    nested = list(walk(_dicts(top)))
    if len(nested) < len(top):
        yield Wrong(("components",), "a component is an object")
    if v2:
        yield from _most(nested, COMPONENTS_TOTAL, ("components",))
        if sum(map(len, texts(_dicts(top)))) > TEXT_TOTAL:
            yield Wrong(("components",), f"more than {TEXT_TOTAL} characters of text over all components")
    else:
        yield from _most(top, ROWS, ("components",))
    for index, component in enumerate(_dicts(top)):
        at = ("components", index)
        if component.get("type") not in (TOP_LEVEL_V2 if v2 else {ROW}):
            yield Wrong(at, f"can't stand at the top level {'beside' if v2 else 'without'} the components v2 flag")
        yield from _component(component, at)
    yield from _unique_ids(nested)


def _unique_ids(nested: list[Json]) -> Iterator[Wrong]:
    for key, what in (("custom_id", "Component custom id cannot be duplicated"), ("id", "an id is used twice")):
        values = [each[key] for each in nested if isinstance(each.get(key), str | int) and each[key]]
        yield from _unique(values, ("components",), what)


def _component(component: Json, at: Path) -> Iterator[Wrong]:
    kind = component.get("type")
    children = _dicts(component.get("components"))
    kinds = [each.get("type") for each in children]
    if kind == ROW:
        yield from _row(kinds, at)
    elif kind == BUTTON:
        yield from _button(component, at)
    elif kind == SELECT:
        yield from _select(component, at)
    elif kind == CHANNEL_SELECT:
        yield from _channel_select(component, at)
    elif kind == TEXT_DISPLAY:
        yield from _text(component, "content", TEXT_TOTAL, at)
    elif kind == SECTION:
        if not 1 <= len(children) <= 3 or set(kinds) != {TEXT_DISPLAY}:
            yield Wrong((*at, "components"), "a section holds one to three text displays")
        accessory = component.get("accessory")
        if not isinstance(accessory, dict) or accessory.get("type") != BUTTON:
            yield Wrong((*at, "accessory"), "a section has a button beside it")
        else:
            yield from _component(accessory, (*at, "accessory"))
    elif kind == CONTAINER:
        if not children or not set(kinds) <= TOP_LEVEL_V2 - {CONTAINER}:
            yield Wrong((*at, "components"), "a container can't be empty, nor hold that")
    elif kind == SEPARATOR:
        if component.get("spacing", 1) not in (None, 1, 2):
            yield Wrong((*at, "spacing"), "one of 1, 2")
    elif kind == FILE:
        file = component.get("file")
        if not isinstance(file, dict) or not str(file.get("url")).startswith("attachment://"):
            yield Wrong((*at, "file"), "no such file")
    else:
        yield Wrong((*at, "type"), f"no such component in a message: {kind}")
    for index, child in enumerate(children):
        yield from _component(child, (*at, "components", index))


def _row(kinds: list[Any], at: Path) -> Iterator[Wrong]:
    if not kinds or not set(kinds) <= {BUTTON, SELECT, CHANNEL_SELECT}:
        yield Wrong((*at, "components"), "a row holds buttons or a select")
    elif set(kinds) & {SELECT, CHANNEL_SELECT} and len(kinds) > 1:
        yield Wrong((*at, "components"), "a select fills its row")
    yield from _most(kinds, BUTTONS_IN_A_ROW, (*at, "components"))


def _button(button: Json, at: Path) -> Iterator[Wrong]:
    if button.get("style") not in (1, 2, 3, 4):
        yield Wrong((*at, "style"), "no such style")
    if button.get("url"):
        yield Wrong((*at, "url"), "only a link has one")
    yield from _text(button, "custom_id", CUSTOM_ID, at)
    yield from _text(button, "label", 80, at, required=not button.get("emoji"))


def _select(select: Json, at: Path) -> Iterator[Wrong]:
    yield from _text(select, "custom_id", CUSTOM_ID, at)
    least, most = (1 if select.get(key) is None else select[key] for key in ("min_values", "max_values"))
    if least > most:
        yield Wrong((*at, "min_values"), "more than max_values")
    options = _dicts(select.get("options"))
    yield from _most(options, OPTIONS, (*at, "options"), least=1)
    values = [str(option.get("value")) for option in options]
    yield from _unique(values, (*at, "options"), "The specified option value is already used")
    if most > len(options):
        yield Wrong((*at, "max_values"), "more than there are options")
    for number, option in enumerate(options):
        for key in ("label", "value"):
            yield from _text(option, key, CHOICE_TEXT, (*at, "options", number))
        yield from _text(option, "description", CHOICE_TEXT, (*at, "options", number), required=False)


def _channel_select(select: Json, at: Path) -> Iterator[Wrong]:
    yield from _text(select, "custom_id", CUSTOM_ID, at)
    yield from _text(select, "placeholder", 150, at, required=False)
    most = 1 if select.get("max_values") is None else select["max_values"]
    if not 1 <= most <= OPTIONS:
        yield Wrong((*at, "max_values"), f"Must be between 1 and {OPTIONS}")
    if len(_list(select.get("default_values"))) > most:
        yield Wrong((*at, "default_values"), "more than max_values")


def deferral(data: Json) -> Iterator[Wrong]:
    """Check a "thinking" response: it may only say whether it is ephemeral."""
    flags = data.get("flags") or 0
    if not isinstance(flags, int) or flags & ~(EPHEMERAL | SUPPRESS_EMBEDS | COMPONENTS_V2):
        yield Wrong(("data", "flags"), "can't be set on a deferral")


def autocomplete(data: Json) -> Iterator[Wrong]:
    """Check the choices that are offered for an option."""
    if not isinstance(data.get("choices"), list):
        yield Wrong(("data", "choices"), "This field is required")
    yield from _choices(_list(data.get("choices")), ("data", "choices"))


def _choices(choices: list[Any], at: Path) -> Iterator[Wrong]:
    yield from _most(choices, CHOICES, at)
    for number, choice in enumerate(choices):
        here = (*at, number)
        if not isinstance(choice, dict):
            yield Wrong(here, "a choice is an object")
            continue
        yield from _text(choice, "name", CHOICE_TEXT, here)
        value = choice.get("value")
        if not isinstance(value, str) or not 1 <= len(value) <= CHOICE_TEXT:
            yield Wrong((*here, "value"), f"Must be a string between 1 and {CHOICE_TEXT} in length.")


def modal(data: Json) -> Iterator[Wrong]:
    """Check a modal."""
    yield from _text(data, "title", 45, ("data",))
    yield from _text(data, "custom_id", CUSTOM_ID, ("data",))
    top = _dicts(data.get("components"))
    yield from _most(top, MODAL_FIELDS, ("data", "components"), least=1)
    for index, component in enumerate(top):
        at = ("data", "components", index)
        inner = component.get("component")
        if component.get("type") != LABEL or not isinstance(inner, dict) or inner.get("type") not in FIELDS:
            yield Wrong((*at, "type"), "a modal has text inputs and selects with labels")
            continue
        yield from _text(component, "label", 45, at)
        yield from _text(component, "description", 100, at, required=False)
        check = _text_input if inner["type"] == TEXT_INPUT else _modal_select
        yield from check(inner, (*at, "component"))
    yield from _unique_ids(list(walk(top)))


def _modal_select(select: Json, at: Path) -> Iterator[Wrong]:
    yield from _select(select, at)
    if select.get("required") is not False and select.get("min_values") == 0:
        yield Wrong((*at, "min_values"), "a required select takes at least one")
    chosen = [option for option in _dicts(select.get("options")) if option.get("default")]
    if len(chosen) > (1 if select.get("max_values") is None else select["max_values"]):
        yield Wrong((*at, "options"), "more are chosen than may be")


def _text_input(field: Json, at: Path) -> Iterator[Wrong]:
    yield from _text(field, "custom_id", CUSTOM_ID, at)
    if field.get("style") not in (1, 2):
        yield Wrong((*at, "style"), "one of 1, 2")
    for key, most in (("placeholder", 100), ("value", MODAL_TEXT)):
        yield from _text(field, key, most, at, required=False)
    least = 0 if field.get("min_length") is None else field["min_length"]
    most = MODAL_TEXT if field.get("max_length") is None else field["max_length"]
    if not (0 <= least <= MODAL_TEXT and 1 <= most <= MODAL_TEXT and least <= most):
        yield Wrong((*at, "min_length"), "no such range of lengths")
    value = field.get("value")
    if value and not least <= len(value) <= most:
        yield Wrong((*at, "value"), "not of a length that the field takes")


def commands(many: object) -> Iterator[Wrong]:
    """Check a whole set of commands, as a bulk overwrite sends it."""
    if not isinstance(many, list):
        yield Wrong((), "a list of commands")
    names = []
    for index, command in enumerate(_list(many)):
        at = (index,)
        if not isinstance(command, dict):
            yield Wrong(at, "a command is an object")
            continue
        kind = command.get("type") or 1
        names.append((kind, str(command.get("name"))))
        if kind == 1:
            yield from _named(command, at)
            yield from _options(_list(command.get("options")), at, nested=False)
            if _length(command) > COMMAND_TEXT:
                yield Wrong(at, f"Command exceeds maximum size ({COMMAND_TEXT})")
        else:
            yield from _text(command, "name", 32, at)
            for key in ("description", "options"):
                if command.get(key):
                    yield Wrong((*at, key), f"Context menu commands cannot have {key}")
    yield from _unique(names, (), "Application command names must be unique")
    for kind, most in COMMANDS.items():
        yield from _most([each for each, _ in names if each == kind], most, ())


def _named(thing: Json, at: Path) -> Iterator[Wrong]:
    name = thing.get("name")
    if not isinstance(name, str) or not COMMAND_NAME.fullmatch(name) or name != name.lower():
        yield Wrong((*at, "name"), f"Command name is invalid: {name}")
    yield from _text(thing, "description", 100, at)


def _length(thing: Json) -> int:
    """Return the characters of a command's or option's texts, its choices and options included."""
    total = sum(len(str(thing.get(key) or "")) for key in ("name", "description"))
    total += sum(len(str(each.get(key) or "")) for each in _dicts(thing.get("choices")) for key in ("name", "value"))
    return total + sum(map(_length, _dicts(thing.get("options"))))


def _options(options: list[Any], at: Path, *, nested: bool) -> Iterator[Wrong]:
    at = (*at, "options")
    yield from _most(options, OPTIONS, at)
    yield from _unique([option.get("name") for option in _dicts(options)], at, "option names must be unique")
    if len({option.get("type") == SUB_COMMAND for option in _dicts(options)}) == 2:
        yield Wrong(at, "sub-commands and other options are mutually exclusive")
    optional_seen = False
    for index, option in enumerate(options):
        here = (*at, index)
        if not isinstance(option, dict):
            yield Wrong(here, "an option is an object")
            continue
        yield from _named(option, here)
        if option.get("type") not in OPTION_TYPES:
            yield Wrong((*here, "type"), "no option of the bot has this type")
        if option.get("type") == SUB_COMMAND:
            if nested:
                yield Wrong(here, "nested too deep")
            yield from _options(_list(option.get("options")), here, nested=True)
            continue
        if option.get("required") and optional_seen:
            yield Wrong(here, "Required options must be placed before non-required options")
        optional_seen = optional_seen or not option.get("required")
        if option.get("choices") and option.get("autocomplete"):
            yield Wrong((*here, "autocomplete"), "can't be used beside choices")
        yield from _choices(_list(option.get("choices")), (*here, "choices"))
        least, most = option.get("min_length"), option.get("max_length")
        if least is not None and most is not None and least > most:
            yield Wrong((*here, "min_length"), "more than max_length")
