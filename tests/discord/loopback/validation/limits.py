"""The second oracle: Discord's rules that its OpenAPI description doesn't hold.

Each check takes a body and yields what is wrong with it as `Wrong(path, message)`; an empty message is told
apart, for Discord has a code of its own for it. Sources are Discord's reference pages on messages, components
and application commands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.discord.loopback.state.payloads import texts, walk
from tests.discord.loopback.state.world import COMPONENTS_V2, EPHEMERAL, Json

CONTENT = 2000
EMBEDS_TOTAL = 6000
EMBED_PARTS = {"title": 256, "description": 4096}
FIELD_NAME, FIELD_VALUE, FIELDS = 256, 1024, 25
COMPONENTS_TOTAL = 40
TEXT_TOTAL = 4000
ROWS = 5
BUTTONS_IN_A_ROW = 5
CHOICES = 25
CHOICE_TEXT = 100
NONCE = 25
MODAL_FIELDS = 5
ATTACHMENTS = 10
ATTACHMENT_BYTES = 10 * 1024 * 1024
COMMANDS = {1: 100, 2: 15, 3: 15}
COMMAND_TEXT = 8000

ROW, BUTTON, TEXT_INPUT, SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER, LABEL = (
    1, 2, 4, 9, 10, 11, 12, 13, 14, 17, 18,
)  # fmt: skip
SELECTS = {3, 5, 6, 7, 8}
ONLY_V2 = {SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER}
TOP_LEVEL_V2 = {ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER}
IN_A_CONTAINER = TOP_LEVEL_V2 - {CONTAINER}
LINK, PREMIUM = 5, 6

SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, VOICE = 1 << 2, 1 << 12, 1 << 13
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One broken rule: where in the body, and what. `empty` is an empty message."""

    path: tuple[str | int, ...]
    message: str
    empty: bool = False


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_dicts(value: object) -> list[Json]:
    return [each for each in _as_list(value) if isinstance(each, dict)]


def _blank(value: object) -> bool:
    return not isinstance(value, str) or not value.strip()


def _web(value: object, *, also: tuple[str, ...] = ()) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", *also) and bool(parts.netloc)


def message(
    body: Json,
    *,
    files: dict[int, int] | None = None,
    edited: Json | None = None,
    ephemeral_allowed: bool = False,
) -> Iterator[Wrong]:
    """A message that is sent, or an edit of `edited` (its parts as they stand before).

    `files` maps the index of each uploaded file to its size in bytes.
    """
    files = files or {}
    flags = body.get("flags") or 0
    before = edited or {}
    was_v2 = bool((before.get("flags") or 0) & COMPONENTS_V2)
    if not isinstance(flags, int):
        yield Wrong(("flags",), "flags is a number")
        flags = 0
    is_v2 = bool(flags & COMPONENTS_V2) or was_v2
    allowed = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | VOICE | COMPONENTS_V2
    if ephemeral_allowed:
        allowed |= EPHEMERAL
    if flags & ~allowed:
        yield Wrong(("flags",), f"flags {flags & ~allowed} can't be set here")
    if was_v2 and "flags" in body and not flags & COMPONENTS_V2:
        yield Wrong(("flags",), "the components v2 flag can't be removed")

    whole = {key: body.get(key, before.get(key)) for key in ("content", "embeds", "components", "attachments")}
    yield from _content(body)
    yield from embeds(_as_list(body.get("embeds")))
    yield from allowed_mentions(body.get("allowed_mentions"))
    yield from _attachments(body, files)
    yield from _nonce(body)
    if is_v2:
        for key in ("content", "embeds"):
            if whole[key]:
                yield Wrong((key,), "can't be used beside the components v2 flag")
        for key in ("poll", "sticker_ids"):
            if body.get(key):
                yield Wrong((key,), "can't be used beside the components v2 flag")
    yield from components(_as_list(body.get("components")), v2=is_v2)
    nothing_else = not any((whole["embeds"], whole["components"], whole["attachments"], files))
    if nothing_else and _blank(whole["content"]) and not body.get("poll") and not body.get("sticker_ids"):
        yield Wrong(("content",), "Cannot send an empty message", empty=True)


def _content(body: Json) -> Iterator[Wrong]:
    content = body.get("content")
    if isinstance(content, str) and len(content) > CONTENT:
        yield Wrong(("content",), f"Must be {CONTENT} or fewer in length.")


def _nonce(body: Json) -> Iterator[Wrong]:
    nonce = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > NONCE:
        yield Wrong(("nonce",), f"Must be {NONCE} or fewer in length.")


def _attachments(body: Json, files: dict[int, int]) -> Iterator[Wrong]:
    listed = _as_list(body.get("attachments"))
    if len(listed) > ATTACHMENTS or len(files) > ATTACHMENTS:
        yield Wrong(("attachments",), f"Must be {ATTACHMENTS} or fewer in length.")
    for index, size in files.items():
        if size > ATTACHMENT_BYTES:
            yield Wrong(("attachments", index), "the file is too large")
    for index, attachment in enumerate(listed):
        if isinstance(attachment, dict):
            number = str(attachment.get("id"))
            # A small number names an upload of this very request, a snowflake one that is there already.
            if number.isdigit() and int(number) < 1_000 and int(number) not in files:
                yield Wrong(("attachments", index, "id"), "no such file was uploaded")


def allowed_mentions(value: object) -> Iterator[Wrong]:
    """What `allowed_mentions` may hold together."""
    if not isinstance(value, dict):
        return
    parse = value.get("parse")
    for kind in ("users", "roles"):
        if value.get(kind) and isinstance(parse, list) and kind in parse:
            yield Wrong(("allowed_mentions",), f"parse:{kind} and {kind}: ids are mutually exclusive")
        if len(_as_list(value.get(kind))) > 100:
            yield Wrong(("allowed_mentions", kind), "Must be 100 or fewer in length.")


def embeds(many: list[Any]) -> Iterator[Wrong]:
    """The embeds of one message."""
    if len(many) > 10:
        yield Wrong(("embeds",), "Must be 10 or fewer in length.")
    total = 0
    for index, embed in enumerate(many):
        if not isinstance(embed, dict):
            yield Wrong(("embeds", index), "an embed is an object")
            continue
        at = ("embeds", index)
        shown = ("title", "description", "fields", "image", "thumbnail", "video", "author", "footer")
        if not any(embed.get(key) for key in shown):
            yield Wrong(at, "an embed can't be empty")
        for key, most in EMBED_PARTS.items():
            text = embed.get(key) or ""
            total += len(str(text).strip())
            if len(str(text)) > most:
                yield Wrong((*at, key), f"Must be {most} or fewer in length.")
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        for key, part, text, most in (
            ("author", author, "name", 256), ("footer", footer, "text", 2048),
        ):  # fmt: skip
            if isinstance(part, dict) and part:
                value = part.get(text)
                total += len(str(value or "").strip())
                if _blank(value):
                    yield Wrong((*at, key, text), "This field is required")
                elif len(str(value)) > most:
                    yield Wrong((*at, key, text), f"Must be {most} or fewer in length.")
        fields = _as_list(embed.get("fields"))
        if len(fields) > FIELDS:
            yield Wrong((*at, "fields"), f"Must be {FIELDS} or fewer in length.")
        for number, part in enumerate(fields):
            for key, most in (("name", FIELD_NAME), ("value", FIELD_VALUE)):
                value = part.get(key) if isinstance(part, dict) else None
                total += len(str(value or "").strip())
                if _blank(value):
                    yield Wrong((*at, "fields", number, key), "This field is required")
                elif len(str(value)) > most:
                    yield Wrong((*at, "fields", number, key), f"Must be {most} or fewer in length.")
        links: list[tuple[str, object, tuple[str, ...]]] = [("url", embed.get("url"), ())]
        links += [
            (key, (embed.get(key) or {}).get("url"), ("attachment",))
            for key in ("image", "thumbnail")
            if isinstance(embed.get(key), dict)
        ]
        links += [(key, part.get("url"), ()) for key, part in (("author", author),) if isinstance(part, dict)]
        for key, link, also in links:
            if link is not None and not _web(link, also=also):
                yield Wrong((*at, key), "Scheme must be one of ('http', 'https').")
        color = embed.get("color")
        if isinstance(color, int) and not 0 <= color <= 0xFFFFFF:
            yield Wrong((*at, "color"), "not a colour")
    if total > EMBEDS_TOTAL:
        yield Wrong(("embeds",), f"Embed size exceeds maximum size of {EMBEDS_TOTAL}")


def components(top: list[Any], *, v2: bool) -> Iterator[Wrong]:
    """The components of one message."""
    nested = list(walk(_as_dicts(top)))
    if len(nested) < len(top):
        yield Wrong(("components",), "a component is an object")
    if v2:
        if len(nested) > COMPONENTS_TOTAL:
            yield Wrong(("components",), f"more than {COMPONENTS_TOTAL} components, nested ones counted")
        if sum(map(len, texts(_as_dicts(top)))) > TEXT_TOTAL:
            yield Wrong(("components",), f"more than {TEXT_TOTAL} characters of text over all components")
    elif len(top) > ROWS:
        yield Wrong(("components",), f"Must be {ROWS} or fewer in length.")
    places = TOP_LEVEL_V2 if v2 else {ROW}
    for index, component in enumerate(_as_dicts(top)):
        at = ("components", index)
        if component.get("type") not in places:
            why = "can't stand at the top level"
            if component.get("type") in ONLY_V2:
                why += " without the components v2 flag"
            yield Wrong(at, why)
        yield from _component(component, at)
    yield from _unique(nested)


def _unique(nested: Iterable[Json]) -> Iterator[Wrong]:
    for key, what in (("custom_id", "Component custom id cannot be duplicated"), ("id", "an id is used twice")):
        counts = Counter(each[key] for each in nested if isinstance(each.get(key), str | int) and each[key])
        for value, count in counts.items():
            if count > 1:
                yield Wrong(("components",), f"{what}: {value}")


def _component(component: Json, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    kind = component.get("type")
    children = _as_dicts(component.get("components"))
    if kind == ROW:
        yield from _row(children, at)
    elif kind == BUTTON:
        yield from _button(component, at)
    elif kind in SELECTS:
        yield from _select(component, at)
    elif kind == TEXT_DISPLAY:
        if _blank(component.get("content")):
            yield Wrong((*at, "content"), "This field is required")
    elif kind == SECTION:
        if not 1 <= len(children) <= 3 or any(each.get("type") != TEXT_DISPLAY for each in children):
            yield Wrong((*at, "components"), "a section holds one to three text displays")
        accessory = component.get("accessory")
        if not isinstance(accessory, dict) or accessory.get("type") not in (BUTTON, THUMBNAIL):
            yield Wrong((*at, "accessory"), "a section has a button or a thumbnail beside it")
        else:
            yield from _component(accessory, (*at, "accessory"))
    elif kind == CONTAINER:
        if not children:
            yield Wrong((*at, "components"), "This field is required")
        if any(each.get("type") not in IN_A_CONTAINER for each in children):
            yield Wrong((*at, "components"), "can't stand in a container")
    elif kind == SEPARATOR:
        if component.get("spacing", 1) not in (None, 1, 2):
            yield Wrong((*at, "spacing"), "one of 1, 2")
    elif kind in (THUMBNAIL, FILE):
        media = component.get("media") if kind == THUMBNAIL else component.get("file")
        link = media.get("url") if isinstance(media, dict) else None
        if not _web(link, also=("attachment",)) or (kind == FILE and not str(link).startswith("attachment:")):
            yield Wrong((*at, "media"), "no such media")
    elif kind == GALLERY:
        items = _as_dicts(component.get("items"))
        if not 1 <= len(items) <= 10:
            yield Wrong((*at, "items"), "one to ten items")
        for item in items:
            media = item.get("media")
            if not isinstance(media, dict) or not _web(media.get("url"), also=("attachment",)):
                yield Wrong((*at, "items"), "no such media")
    else:
        yield Wrong((*at, "type"), f"no such component in a message: {kind}")
    for index, child in enumerate(children):
        yield from _component(child, (*at, "components", index))


def _row(children: list[Json], at: tuple[str | int, ...]) -> Iterator[Wrong]:
    kinds = [each.get("type") for each in children]
    if not children:
        yield Wrong((*at, "components"), "a row can't be empty")
    elif any(kind not in {BUTTON, *SELECTS} for kind in kinds):
        yield Wrong((*at, "components"), "a row holds buttons or a select")
    elif any(kind in SELECTS for kind in kinds) and len(children) > 1:
        yield Wrong((*at, "components"), "a select fills its row")
    elif len(children) > BUTTONS_IN_A_ROW:
        yield Wrong((*at, "components"), f"Must be {BUTTONS_IN_A_ROW} or fewer in length.")


def _button(button: Json, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    style, custom_id, link = button.get("style"), button.get("custom_id"), button.get("url")
    if style == LINK:
        if not _web(link, also=("discord",)) or len(str(link)) > 512:
            yield Wrong((*at, "url"), "Scheme must be one of ('http', 'https', 'discord').")
        if custom_id:
            yield Wrong((*at, "custom_id"), "a link can't have one")
    elif style == PREMIUM:
        if not button.get("sku_id") or custom_id or link or button.get("label"):
            yield Wrong(at, "a premium button has a sku_id alone")
    else:
        if style not in (1, 2, 3, 4):
            yield Wrong((*at, "style"), "no such style")
        if _blank(custom_id) or len(str(custom_id)) > 100:
            yield Wrong((*at, "custom_id"), "Must be between 1 and 100 in length.")
        if link:
            yield Wrong((*at, "url"), "only a link has one")
    if style != PREMIUM and _blank(button.get("label")) and not button.get("emoji"):
        yield Wrong((*at, "label"), "a button has a label or an emoji")
    if len(str(button.get("label") or "")) > 80:
        yield Wrong((*at, "label"), "Must be 80 or fewer in length.")


def _select(select: Json, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    if _blank(select.get("custom_id")) or len(str(select.get("custom_id"))) > 100:
        yield Wrong((*at, "custom_id"), "Must be between 1 and 100 in length.")
    least, most = select.get("min_values"), select.get("max_values")
    least, most = 1 if least is None else least, 1 if most is None else most
    if least > most:
        yield Wrong((*at, "min_values"), "more than max_values")
    if select.get("type") != 3:
        return
    options = _as_dicts(select.get("options"))
    if not 1 <= len(options) <= 25:
        yield Wrong((*at, "options"), "Must be between 1 and 25 in length.")
    values = [option.get("value") for option in options]
    if len(set(map(str, values))) < len(values):
        yield Wrong((*at, "options"), "The specified option value is already used")
    if most > len(options):
        yield Wrong((*at, "max_values"), "more than there are options")
    for number, option in enumerate(options):
        for key in ("label", "value"):
            if _blank(option.get(key)) or len(str(option[key])) > 100:
                yield Wrong((*at, "options", number, key), "Must be between 1 and 100 in length.")


def deferral(data: Json) -> Iterator[Wrong]:
    """What a "thinking" response may say: whether it is ephemeral, and no more."""
    flags = data.get("flags") or 0
    if not isinstance(flags, int) or flags & ~(EPHEMERAL | SUPPRESS_EMBEDS | COMPONENTS_V2):
        yield Wrong(("data", "flags"), "can't be set on a deferral")


def autocomplete(data: Json, option_type: int) -> Iterator[Wrong]:
    """Choices for an option that is being typed."""
    choices = data.get("choices")
    if not isinstance(choices, list):
        yield Wrong(("data", "choices"), "This field is required")
        return
    if len(choices) > CHOICES:
        yield Wrong(("data", "choices"), f"Must be {CHOICES} or fewer in length.")
    for number, choice in enumerate(choices):
        yield from _choice(choice, option_type, ("data", "choices", number))


def _choice(choice: object, option_type: int, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    if not isinstance(choice, dict):
        yield Wrong(at, "a choice is an object")
        return
    name, value = choice.get("name"), choice.get("value")
    if _blank(name) or len(str(name)) > CHOICE_TEXT:
        yield Wrong((*at, "name"), f"Must be between 1 and {CHOICE_TEXT} in length.")
    if option_type == 3:
        if not isinstance(value, str) or not 1 <= len(value) <= CHOICE_TEXT:
            yield Wrong((*at, "value"), f"Must be a string between 1 and {CHOICE_TEXT} in length.")
    elif isinstance(value, bool) or not isinstance(value, int if option_type == 4 else (int, float)):
        yield Wrong((*at, "value"), "not of the option's type")
    elif abs(value) > 2**53:
        yield Wrong((*at, "value"), "beyond 2**53")


def modal(data: Json) -> Iterator[Wrong]:
    """A modal."""
    if _blank(data.get("title")) or len(str(data["title"])) > 45:
        yield Wrong(("data", "title"), "Must be between 1 and 45 in length.")
    if _blank(data.get("custom_id")) or len(str(data["custom_id"])) > 100:
        yield Wrong(("data", "custom_id"), "Must be between 1 and 100 in length.")
    top = _as_dicts(data.get("components"))
    if not 1 <= len(top) <= MODAL_FIELDS:
        yield Wrong(("data", "components"), f"Must be between 1 and {MODAL_FIELDS} in length.")
    for index, component in enumerate(top):
        at = ("data", "components", index)
        kind = component.get("type")
        if kind == ROW:
            inside = _as_dicts(component.get("components"))
            if len(inside) != 1 or inside[0].get("type") != TEXT_INPUT:
                yield Wrong((*at, "components"), "a row of a modal holds one text input")
            for field in inside:
                if _blank(field.get("label")):
                    yield Wrong((*at, "components", 0, "label"), "This field is required")
                yield from _text_input(field, (*at, "components", 0))
        elif kind == LABEL:
            if _blank(component.get("label")) or len(str(component["label"])) > 45:
                yield Wrong((*at, "label"), "Must be between 1 and 45 in length.")
            if len(str(component.get("description") or "")) > 100:
                yield Wrong((*at, "description"), "Must be 100 or fewer in length.")
            inner = component.get("component")
            if not isinstance(inner, dict):
                yield Wrong((*at, "component"), "This field is required")
            elif inner.get("type") == TEXT_INPUT:
                yield from _text_input(inner, (*at, "component"))
        elif kind != TEXT_DISPLAY:
            yield Wrong((*at, "type"), "no such component in a modal")
    yield from _unique(list(walk(top)))


def _text_input(field: Json, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    if _blank(field.get("custom_id")) or len(str(field.get("custom_id"))) > 100:
        yield Wrong((*at, "custom_id"), "Must be between 1 and 100 in length.")
    if field.get("style") not in (1, 2):
        yield Wrong((*at, "style"), "one of 1, 2")
    for key, most in (("label", 45), ("placeholder", 100), ("value", 4000)):
        if len(str(field.get(key) or "")) > most:
            yield Wrong((*at, key), f"Must be {most} or fewer in length.")
    least, longest = field.get("min_length"), field.get("max_length")
    least, longest = 0 if least is None else least, 4000 if longest is None else longest
    if not (0 <= least <= 4000 and 1 <= longest <= 4000 and least <= longest):
        yield Wrong((*at, "min_length"), "no such range of lengths")
    value = field.get("value")
    if value and not least <= len(value) <= longest:
        yield Wrong((*at, "value"), "not of a length that the field takes")


def commands(many: object) -> Iterator[Wrong]:
    """A whole set of commands, as a bulk overwrite sends it."""
    if not isinstance(many, list):
        yield Wrong((), "a list of commands")
        return
    seen: Counter[tuple[int, str]] = Counter()
    for index, command in enumerate(many):
        if not isinstance(command, dict):
            yield Wrong((index,), "a command is an object")
            continue
        kind = command.get("type") or 1
        seen[kind, str(command.get("name"))] += 1
        yield from _command(command, kind, (index,))
    for (_, name), count in seen.items():
        if count > 1:
            yield Wrong((), f"Application command names must be unique: {name}")
    for kind, most in COMMANDS.items():
        if sum(number for (each, _), number in seen.items() if each == kind) > most:
            yield Wrong((), f"Maximum number of application commands reached ({most}).")


def _command(command: Json, kind: int, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    name, description = command.get("name"), command.get("description")
    if kind == 1:
        yield from _named(command, at)
        if _blank(description) or len(str(description)) > 100:
            yield Wrong((*at, "description"), "Must be between 1 and 100 in length.")
        yield from _options(_as_list(command.get("options")), at, depth=0)
        if _text_of(command) > COMMAND_TEXT:
            yield Wrong(at, f"Command exceeds maximum size ({COMMAND_TEXT})")
    else:
        if _blank(name) or len(str(name)) > 32:
            yield Wrong((*at, "name"), "Must be between 1 and 32 in length.")
        if description:
            yield Wrong((*at, "description"), "Context menu commands cannot have description")
        if command.get("options"):
            yield Wrong((*at, "options"), "Context menu commands cannot have options")


def _named(thing: Json, at: tuple[str | int, ...]) -> Iterator[Wrong]:
    name = thing.get("name")
    if not isinstance(name, str) or not COMMAND_NAME.fullmatch(name) or name != name.lower():
        yield Wrong((*at, "name"), f"Command name is invalid: {name}")


def _text_of(thing: Json) -> int:
    total = len(str(thing.get("name") or "")) + len(str(thing.get("description") or ""))
    for choice in _as_dicts(thing.get("choices")):
        total += len(str(choice.get("name") or "")) + len(str(choice.get("value") or ""))
    return total + sum(_text_of(option) for option in _as_dicts(thing.get("options")))


def _options(options: list[Any], at: tuple[str | int, ...], *, depth: int) -> Iterator[Wrong]:
    if len(options) > 25:
        yield Wrong((*at, "options"), "Must be 25 or fewer in length.")
    names = [option.get("name") for option in _as_dicts(options)]
    if len(set(map(str, names))) < len(names):
        yield Wrong((*at, "options"), "Application command option names must be unique")
    kinds = {option.get("type") in (1, 2) for option in _as_dicts(options)}
    if len(kinds) == 2:
        yield Wrong((*at, "options"), "Sub-command and sub-command group option types are mutually exclusive")
    optional_seen = False
    for index, option in enumerate(options):
        here = (*at, "options", index)
        if not isinstance(option, dict):
            yield Wrong(here, "an option is an object")
            continue
        yield from _named(option, here)
        if _blank(option.get("description")) or len(str(option["description"])) > 100:
            yield Wrong((*here, "description"), "Must be between 1 and 100 in length.")
        kind = option.get("type")
        if kind in (1, 2):
            if depth > 1 or (kind == 2 and depth > 0):
                yield Wrong(here, "nested too deep")
            yield from _options(_as_list(option.get("options")), here, depth=depth + 1)
            continue
        if option.get("required") and optional_seen:
            yield Wrong(here, "Required options must be placed before non-required options")
        optional_seen = optional_seen or not option.get("required")
        choices = _as_list(option.get("choices"))
        if choices and option.get("autocomplete"):
            yield Wrong((*here, "autocomplete"), "can't be used beside choices")
        if len(choices) > CHOICES:
            yield Wrong((*here, "choices"), f"Must be {CHOICES} or fewer in length.")
        for number, choice in enumerate(choices):
            yield from _choice(choice, int(kind or 3), (*here, "choices", number))
        least, most = option.get("min_length"), option.get("max_length")
        if least is not None and most is not None and least > most:
            yield Wrong((*here, "min_length"), "more than max_length")
