"""Names for reviews and sections, for use in commands and links."""

from __future__ import annotations

import unicodedata

SLUG_LENGTH = 80
"""The most characters of a slug; Discord's autocomplete takes values of at most 100."""

_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")


def slugify(text: str) -> str:
    """A name for use in commands and links: `Mark Romanek’s Film` becomes `mark-romaneks-film`.

    Letters, digits and their combining marks of every script are kept, in the form of Unicode's caseless
    matching; accents go from Latin letters alone, where people leave them out in typing. Whatever else stands
    between words becomes one hyphen. Text without a letter or digit is named by its characters (`🎬` becomes
    `clapper-board`), so that a slug is empty only for empty text. At most `SLUG_LENGTH` characters, cut between
    words where that can be.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    slug = _cut_slug(_hyphenated(folded.translate(_APOSTROPHES)))
    if slug or not text:
        return slug
    names = (unicodedata.name(character, f"u{ord(character):x}") for character in text[:SLUG_LENGTH])
    return _cut_slug(_hyphenated(" ".join(names).casefold()))


class UniqueSlugs:
    """Gives each heading of a review a slug of its own: `ending`, `ending-2`, `ending-3`."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}

    def assign(self, heading: str) -> str:
        """The heading's slug, with the first free number from 2 where it is taken."""
        base = slugify(heading)
        slug = base
        while slug in self._uses:
            self._uses[base] += 1
            slug = f"{base}-{self._uses[base]}"
        self._uses[slug] = 1
        return slug


def _hyphenated(folded: str) -> str:
    kept: list[str] = []
    latin = False
    for character in folded:
        if character.isalnum():
            latin = character.isascii() or unicodedata.name(character, "").startswith("LATIN ")
            kept.append(character)
        elif unicodedata.category(character).startswith("M") and kept and kept[-1] != "-":
            if not latin:
                kept.append(character)
        elif kept and kept[-1] != "-":
            kept.append("-")
    return unicodedata.normalize("NFC", "".join(kept)).strip("-")


def _cut_slug(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    cut = slug[: SLUG_LENGTH + 1].rpartition("-")[0]
    return cut or slug[:SLUG_LENGTH]
