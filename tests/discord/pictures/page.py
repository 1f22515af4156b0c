"""A message's JSON body as HTML that looks like Discord, and pages of several messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from tests.discord.pictures.markdown import html

_STYLE = Path(__file__).with_name("discord.css")
_BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger"}


@dataclass(frozen=True, slots=True)
class Screen:
    """A message as a member sees it.

    Attributes:
        name: the picture's name.
        asked: what led to the message, shown above it.
        body: the JSON body that the bot sends.
        private: True if only the member sees it.
    """

    name: str
    asked: str
    body: Mapping[str, Any]
    private: bool


def page(screens: Iterable[Screen], *, theme: str, device: str) -> str:
    """Return a page with every screen, each a `section` with its name as id.

    Args:
        screens: the messages.
        theme: `dark` or `light`.
        device: `phone` (390 px wide) or `desktop` (800 px).
    """
    drawn = "\n".join(map(_screen, screens))
    # The policy lets the page load nothing.
    return f"""<!doctype html>
<html lang="en" class="{theme} {device}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What a member sees ({theme}, {device})</title>
<style>
{_STYLE.read_text(encoding="utf-8")}
</style>
{drawn}
</html>
"""


def _screen(screen: Screen) -> str:
    embeds = "".join(map(_embed, screen.body.get("embeds", ())))
    components = "".join(map(_component, screen.body["components"]))
    private = "<footer>👁 Only you can see this · <a>Dismiss message</a></footer>" if screen.private else ""
    return f"""<section id="{escape(screen.name)}"{' class="private"' if screen.private else ""}>
<p class="asked">{escape(screen.asked)}</p>
<div class="avatar">R</div>
<article>
<header><b>Review Bot</b> <span class="app">APP</span> <time>Today at 20:15</time></header>
{embeds}{components}
{private}
</article>
</section>"""


def _embed(embed: Mapping[str, Any]) -> str:
    unknown = set(embed) - {"type", "description", "color", "flags"}
    if unknown:
        raise ValueError(f"no drawing of an embed's {', '.join(sorted(unknown))}")
    return (
        f'<div class="embed" style="border-left-color: {_colour(embed["color"])}">{_text(embed["description"])}</div>'
    )


def _component(component: Mapping[str, Any]) -> str:
    match component["type"]:
        case 1:
            return f'<div class="row">{_all(component)}</div>'
        case 2:
            return _button(component)
        case 3:
            chosen = [option["label"] for option in component["options"] if option.get("default")]
            shown = f"<b>{escape(chosen[0])}</b>" if chosen else escape(component["placeholder"])
            return f'<div class="select">{shown}<span>⌄</span></div>'
        case 8:
            channels = ", ".join(f"#{each['id']}" for each in component.get("default_values", ()))
            return f'<div class="select">{escape(channels or component["placeholder"])}<span>⌄</span></div>'
        case 9:
            return f'<div class="beside"><div>{_all(component)}</div>{_component(component["accessory"])}</div>'
        case 10:
            return _text(component["content"])
        case 14:
            return "<hr>"
        case 17:
            style = f"border-left-color: {_colour(component['accent_color'])}"
            return f'<div class="container" style="{style}">{_all(component)}</div>'
        case unknown:
            raise ValueError(f"no drawing of a component of type {unknown}")


def _all(component: Mapping[str, Any]) -> str:
    return "".join(map(_component, component["components"]))


def _button(button: Mapping[str, Any]) -> str:
    emoji = f'<span class="emoji">{escape(button["emoji"]["name"])}</span>' if button.get("emoji") else ""
    label = f"<span>{escape(button['label'])}</span>" if button.get("label") else ""
    return f'<button class="{_BUTTON_STYLES[button["style"]]}">{emoji}{label}</button>'


def _text(content: str) -> str:
    return f'<div class="text">{html(content)}</div>'


def _colour(number: int) -> str:
    return f"#{number:06x}"
