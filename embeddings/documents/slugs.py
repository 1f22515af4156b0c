"""Slugs: names of reviews and sections for commands and links."""

from __future__ import annotations

import unicodedata

SLUG_LENGTH = 80
"""The most characters of a slug. Discord's autocomplete takes values of at most 100."""

_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")


def slugify(text: str) -> str:
    """Return the slug of a text: `Mark Romanek’s Film` becomes `mark-romaneks-film`.

    A slug keeps the letters, digits and combining marks of every script, in the form of Unicode's caseless matching.
    Only Latin letters lose their accents, because people leave those out when they type. Anything else between words
    becomes one hyphen. A text without a letter or digit is named by its characters (`🎬` becomes `clapper-board`), so
    only an empty text has an empty slug. A slug has at most `SLUG_LENGTH` characters, cut between words if possible.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    slug = _truncate(_hyphenate(folded.translate(_APOSTROPHES)))
    if slug or not text:
        return slug
    names = (unicodedata.name(character, f"u{ord(character):x}") for character in text[:SLUG_LENGTH])
    return _truncate(_hyphenate(" ".join(names).casefold()))


class UniqueSlugs:
    """Gives each heading of a review its own slug: `ending`, `ending-2`, `ending-3`."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}

    def assign(self, heading: str) -> str:
        """Return the heading's slug, with the first free number from 2 if it is taken."""
        base = slugify(heading)
        slug = base
        while slug in self._uses:
            self._uses[base] += 1
            slug = f"{base}-{self._uses[base]}"
        self._uses[slug] = 1
        return slug


def _hyphenate(folded: str) -> str:
    slug: list[str] = []
    latin = False
    for character in folded:
        if character.isalnum():
            latin = character.isascii() or unicodedata.name(character, "").startswith("LATIN ")
            slug.append(character)
        elif unicodedata.category(character).startswith("M") and slug and slug[-1] != "-":
            if not latin:
                slug.append(character)
        elif slug and slug[-1] != "-":
            slug.append("-")
    return unicodedata.normalize("NFC", "".join(slug)).strip("-")


def _truncate(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    return slug[: SLUG_LENGTH + 1].rpartition("-")[0] or slug[:SLUG_LENGTH]
