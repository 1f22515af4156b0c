"""Texts that a hostile or unlucky reviewer, member or file name could hold."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

FRAGMENTS = (
    "@everyone", "@here", "<@1>", "<@!123456789012345678>", "<@&1>", "<#1>", "</ask:1>",
    "</ask sub:12>", "<:e:1>", "<a:e:1>", "<t:1>", "<t:1:R>", "<id:customize>", "<id:browse>",
    "<id:linked-roles:1>", "https://evil.example/a_b_c", "http://x.y", "HTTPS://X.Y",
    "<https://evil.example>", "[click](https://evil.example)", "[a](<https://e.example>)",
    "[a]: https://e.example", "discord.gg/abc", "https://discord.gg/abc", "discord.com/invite/abc",
    "discordapp.com/invite/abc", "DISCORD.GG/ABC", "dis.gd/x", "discord://-/users/1",
    "mailto:a@b.example", "<a@b.example>", "<+15551234567>", "*", "**", "***", "_", "__", "~~",
    "||", "|", "|||", "`", "``", "```", "```py\nx\n```", "# a", "## a", "### a", "-# small",
    "- item", "* item", "+ item", "1. one", "12. twelve", "> q", ">>> q", ">", "\\", "\\\\", "\\*",
    "\\|", "\\\n", ":smile:", ":+1:", ":", "://", "://a", ".", "..", "a.b/c", "¯\\_(ツ)_/¯",
    "\u202e", "\u2066", "\u2069", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad",
    "\u0301", "\u0301" * 30, "\u20e3", "\ufe0f", "\ufe0f\ufe0f", "\x00", "\x1b[31m", "\r", "\r\n",
    "\n", "\n\n", "\v", "\u2028", "\t", " ", "  ", "\u00a0", "\u3000", "\u3164", "\u2800",
    "\U000e0061", "\ud800", "\uffff", "👩\u200d👧", "🇬🇧", "🏴", "שלום", "مرحبا", "می\u200cروم",
    "क्\u200dष", "日本語。", "e\u0301", "x" * 70, "(", ")", "[", "]", "<", "#", "@", "-", "word",
    "A sentence.", "everyone", "here", "1", "0", "a",
)  # fmt: skip
"""Every piece of Discord's syntax that we know of, whole and in splinters, and every unseen character."""


def texts(max_size: int = 24) -> st.SearchStrategy[str]:
    """Arbitrary text, text made of nasty fragments, and both mixed."""
    fragments = st.sampled_from(FRAGMENTS)
    return st.one_of(
        st.text(max_size=max_size * 2),
        st.lists(fragments, max_size=max_size).map("".join),
        st.lists(fragments | st.text(max_size=6), max_size=max_size).map(" ".join),
    )


def letters(text: str) -> str:
    """The letters, digits, punctuation and symbols of a text, without accents: what nobody may change."""
    decomposed = unicodedata.normalize("NFD", text)
    blank = "\u115f\u1160\u3164\uffa0\u2800"
    return "".join(
        character for character in decomposed if unicodedata.category(character)[0] in "LNPS" and character not in blank
    )
