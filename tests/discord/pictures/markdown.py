"""Discord's markdown as HTML, as far as the bot's messages use it.

Mentions of commands are links. Other mentions, bare links and emoji names are shown as plain text.
`tests.bot.fixtures.discord_markdown` decides if any of it would be active.
"""

from __future__ import annotations

import re
from html import escape

_BLOCKS = re.compile(
    r"""
      (?P<quote>(?:^>[ ][^\n]*(?:\n|\Z))+)
    | ^(?P<marks>\#{1,3})[ ]+(?P<heading>[^\n]+)(?:\n|\Z)
    | ^-\#[ ]+(?P<subtext>[^\n]+)(?:\n|\Z)
    | ^[-*+][ ]+(?P<item>[^\n]+)(?:\n|\Z)
    """,
    re.MULTILINE | re.VERBOSE,
)
_QUOTE_MARK = re.compile(r"^> ", re.MULTILINE)
_INLINE = re.compile(
    r"""
      \\(?P<escaped>[^0-9A-Za-z\s])
    | `(?P<code>[^`]+)`
    | <(?P<command>/[a-z ]+):\d+>
    | \|\|(?P<spoiler>.+?)\|\|
    | \[(?P<label>(?:\\.|[^\[\]\\])+)\]\([^\s()]+\)
    | \*\*(?P<strong>(?:\\.|[^\\])+?)\*\*(?!\*)
    | __(?P<u>(?:\\.|[^\\])+?)__(?!_)
    | ~~(?P<s>(?:\\.|[^\\])+?)~~
    | \*(?!\s)(?P<em>(?:\\.|[^\\*])+?)\*(?!\*)
    | _(?P<i>(?:\\.|[^\\_])+?)_(?!\w)
    """,
    re.DOTALL | re.VERBOSE,
)


def html(text: str) -> str:
    """Return a message's text as HTML. Line breaks stay, for `white-space: pre-wrap`."""
    shown: list[str] = []
    end = 0
    for block in _BLOCKS.finditer(text):
        shown.append(_inline(text[end : block.start()]))
        shown.append(_block(block))
        end = block.end()
    shown.append(_inline(text[end:]))
    return "".join(shown)


def _block(found: re.Match[str]) -> str:
    if found["quote"]:
        # A quotation may have blocks, but no further quotation.
        return f"<blockquote>{html(_QUOTE_MARK.sub('', found['quote']).removesuffix(chr(10)))}</blockquote>"
    if found["heading"]:
        tag = f"h{len(found['marks'])}"
        return f"<{tag}>{_inline(found['heading'])}</{tag}>"
    if found["subtext"]:
        return f"<small>{_inline(found['subtext'])}</small>"
    return f"<li>{_inline(found['item'])}</li>"


def _inline(text: str) -> str:
    shown: list[str] = []
    end = 0
    for found in _INLINE.finditer(text):
        shown.append(escape(text[end : found.start()]))
        shown.append(_marked(found))
        end = found.end()
    shown.append(escape(text[end:]))
    return "".join(shown)


def _marked(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    content = found[kind]
    match kind:
        case "escaped":
            return escape(content)
        case "code":
            return f"<code>{escape(content)}</code>"
        case "command":
            return f'<span class="command">{escape(content)}</span>'
        case "spoiler":
            return f'<span class="spoiler">{_inline(content)}</span>'
        case "label":
            # Without its address, because a picture links nowhere.
            return f"<a>{_inline(content)}</a>"
        case _:
            return f"<{kind}>{_inline(content)}</{kind}>"
