"""The form that edits a review's title, year, author, other names and spoilers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.config import MAX_FORM_ALIASES, MAX_FORM_AUTHOR, MAX_FORM_TITLE_TEXT
from bot.ui.components import FormValues
from bot.ui.elements import (
    MAX_FORM_TEXT,
    MAX_FORM_TITLE,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_PLACEHOLDER,
    ChoiceField,
    Form,
    Option,
    TextField,
)
from bot.ui.escape import one_line
from bot.ui.strings import Catalogue
from bot.ui.text import escaped_line, plain_line
from bot.ui.truncate import width
from embeddings import LibraryError, ReviewFields

TITLE, YEAR, AUTHOR, ALIASES, SPOILERS = "title", "year", "author", "aliases", "spoilers"
"""The names of the form's fields."""

_ALL = "all"
"""The value of the option for the whole review. Those of the sections are their numbers."""
_RANGE = re.compile(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?", re.ASCII)


class FormError(LibraryError):
    """A member has typed into a form what it can't take. The message is Markdown."""


def edit_form(custom_id: str, fields: ReviewFields, headings: Sequence[str], words: Catalogue) -> Form:
    """Return the form that edits a review, filled in.

    Args:
        custom_id: what the form carries.
        fields: what the review says now.
        headings: its sections' headings.
        words: the catalogue of the member's language.
    """
    texts = (
        _text(TITLE, words.edit_field_title, fields.title, MAX_FORM_TITLE_TEXT, shortest=1),
        _text(YEAR, words.edit_field_year, str(fields.year or ""), len("10,000")),
        _text(AUTHOR, words.edit_field_author, fields.author or "", MAX_FORM_AUTHOR),
        _text(
            ALIASES,
            words.edit_field_aliases,
            "\n".join(fields.aliases),
            MAX_FORM_ALIASES,
            hint=words.edit_aliases_hint,
            several_lines=True,
        ),
    )
    whole = len(fields.spoilers) == len(headings)
    spoilers: TextField | ChoiceField
    if len(headings) < MAX_OPTIONS:
        named = [(str(number), f"{number}. {heading}") for number, heading in enumerate(headings, 1)]
        options = tuple(Option(plain_line(text), value) for value, text in [(_ALL, words.edit_all_sections), *named])
        chosen = frozenset([_ALL] if whole else map(str, fields.spoilers))
        label = plain_line(words.edit_field_spoilers, MAX_FORM_TITLE)
        spoilers = ChoiceField(SPOILERS, label, options, chosen, plain_line(words.edit_no_spoilers, MAX_OPTION))
    else:
        # More than a menu takes.
        hint = words.edit_numbers_hint.format(all=words.edit_all)
        shown = words.edit_all if whole else ", ".join(map(str, fields.spoilers))
        spoilers = _text(SPOILERS, words.edit_field_numbers, shown, MAX_FORM_ALIASES, hint=hint)
    heading = plain_line(words.edit_title, MAX_FORM_TITLE)
    # A longer text can't be shown, so it stays as it is.
    return Form(custom_id, heading, (*(text for text in texts if text.longest <= MAX_FORM_TEXT), spoilers))


def read_form(values: FormValues, shown: ReviewFields, sections: int, words: Catalogue) -> ReviewFields:
    """Return the fields that a member sent.

    Args:
        values: what they sent, by the names of the form's fields.
        shown: the fields as the form showed them. What was not sent stays.
        sections: how many sections the review has.
        words: the catalogue of the member's language.

    Raises:
        FormError: a field has something else than it should.
    """
    texts = {name: one_line(str(values[name])) for name in (TITLE, YEAR, AUTHOR) if name in values}
    title, year = texts.get(TITLE, shown.title), texts.get(YEAR, str(shown.year or ""))
    if not title:
        raise FormError(words.edit_no_title)
    if year and not re.fullmatch(r"0*[1-9]\d{0,3}", year, re.ASCII):
        raise FormError(words.edit_no_year.format(year=escaped_line(year, "")))
    aliases = shown.aliases
    if ALIASES in values:
        aliases = tuple(dict.fromkeys(filter(None, map(one_line, str(values[ALIASES]).splitlines()))))
    chosen = values.get(SPOILERS, ())
    if isinstance(chosen, str):
        chosen = (_ALL,) if one_line(chosen).casefold() == words.edit_all else tuple(re.split(r"[,;]", chosen))
    numbers = tuple(range(1, sections + 1)) if _ALL in chosen else _numbers(chosen, sections, words)
    author = texts.get(AUTHOR, shown.author or "") or None
    return ReviewFields(title, int(year) if year else None, author, aliases, numbers)


def _numbers(parts: Sequence[str], sections: int, words: Catalogue) -> tuple[int, ...]:
    found: set[int] = set()
    for part in filter(None, map(str.strip, parts)):
        range_of = _RANGE.fullmatch(part)
        first, last = (int(range_of[1]), int(range_of[2] or range_of[1])) if range_of else (0, 0)
        if not 1 <= first <= last <= sections:
            section = escaped_line(part, "")
            raise FormError(words.edit_no_section.format(section=section, last=sections, all=words.edit_all))
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def _text(
    name: str, label: str, value: str, longest: int, *, shortest: int = 0, hint: str = "", several_lines: bool = False
) -> TextField:
    return TextField(
        name,
        plain_line(label, MAX_FORM_TITLE),
        value=value,
        placeholder=plain_line(hint, MAX_PLACEHOLDER, ""),
        shortest=shortest,
        # What is there already must fit.
        longest=max(longest, width(value)),
        several_lines=several_lines,
    )
