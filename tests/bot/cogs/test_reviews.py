"""The preview of an upload, the form that edits a review, and the page that confirms a removal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.reviews.form import FormError, edit_form, read_form
from bot.cogs.reviews.message import outcome_message, preview_message, removal_message
from bot.services.titles import Title, Titles
from bot.ui.components import FormValues
from bot.ui.custom_ids import AddReview, Cancel, RemoveReview
from bot.ui.elements import Form, TextField
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions, notice
from embeddings.records import Review, ReviewFields
from tests.bot.fixtures.checks import a_quarter, actions_of, check, check_form, lines_of, text_of
from tests.bot.fixtures.reviews import names, reviews
from tests.embeddings.fixtures.reviews import review

OPTIONS = RenderOptions(ENGLISH)
FERRYMAN = review("ferryman", {"Introduction": ["He rows."], "The End": ["He swims home."]}, title="The Ferryman")


def title_of(known: Review) -> Title:
    """Return the review's title."""
    return Titles([known]).visible((known.collection,))[0]


@a_quarter
@given(reviews(), st.none() | names(), st.booleans(), st.booleans())
def test_discord_accepts_every_preview(known: Review, replaced: str | None, converted: bool, hiding: bool) -> None:
    if not known.sections:
        return
    options = RenderOptions(ENGLISH, hide_spoilers=hiding)
    namesake = title_of(known)
    page = preview_message(known, "abc", options, replaced=replaced, namesake=namesake, converted=converted)
    own = frozenset({"code", "emphasis"})
    check(page, (), own)
    check(removal_message(namesake, ENGLISH), (), own)
    for line in (ENGLISH.added, ENGLISH.adding, ENGLISH.added_but_not_indexed, ENGLISH.removed_but_indexed):
        check(outcome_message(line, known.title, ENGLISH), (), own)


def test_a_preview_shows_the_review_and_warns() -> None:
    page = preview_message(FERRYMAN, "key", OPTIONS, replaced=None, namesake=None, converted=False)
    assert text_of(page) == (
        "### Add this review?\n**The Ferryman**\n-# ferryman · 2 sections · 5 words\n"
        "> He rows.\n"
        "**1.** Introduction\n**2.** The End\n-# No section is marked as a spoiler."
    )
    assert actions_of(page) == [AddReview("key"), Cancel("key")]
    single = replace(FERRYMAN, sections=FERRYMAN.sections[:1])
    page = preview_message(single, "key", OPTIONS, replaced="Old *Boat*", namesake=title_of(FERRYMAN), converted=True)
    assert text_of(page).endswith(
        "⚠️ **This replaces Old \\*Boat\\***, which has the same short name. This deletes its text.\n"
        "⚠️ Another review has this title: ferryman. Questions will be answered from both.\n"
        "⚠️ There are no headings, so the review is a single section.\n"
        "⚠️ Converted from another format. Check that nothing is missing."
    )
    assert [button.label for button in page.buttons()] == ["Replace it", "Cancel"]


def test_a_review_with_a_single_heading_gets_no_warning() -> None:
    single = review("sea", {"The Sea": ["It is grey."]}, title="The Sea")
    page = preview_message(single, "key", OPTIONS, replaced=None, namesake=None, converted=False)
    assert text_of(page) == (
        "### Add this review?\n**The Sea**\n-# sea · one section · 3 words\n"
        "> It is grey.\n"
        "**1.** The Sea\n-# No section is marked as a spoiler."
    )


def test_spoiler_sections_are_hidden_in_the_preview() -> None:
    flagged = replace(FERRYMAN, sections=tuple(replace(each, spoiler=True) for each in FERRYMAN.sections))
    text = text_of(preview_message(flagged, "key", OPTIONS, replaced=None, namesake=None, converted=False))
    assert "> ||He rows.||\n" in text
    assert "swims" not in text
    assert "**2.** ||The End|| 🙈\n-# 🙈 Spoiler sections: 2" in text


def test_a_preview_lists_twelve_sections() -> None:
    long = review("long", {f"Part {number}": ["Words."] for number in range(1, 31)})
    text = text_of(preview_message(long, "key", OPTIONS, replaced=None, namesake=None, converted=False))
    assert "**12.** Part 12\n… and 18 more\n" in text


def test_a_removal_names_the_review() -> None:
    page = removal_message(title_of(FERRYMAN), ENGLISH)
    assert text_of(page) == (
        "### Remove this review?\n**The Ferryman**\n-# 2 sections\n"
        "This deletes its file. Nobody can ask about it any more."
    )
    assert actions_of(page) == [
        RemoveReview(title_of(FERRYMAN).key),
        Cancel(None),
    ]


SHOWN = ReviewFields("The Ferryman", 1999, "Jo", ("Boat, Man", "Ferry"), (2,))
WRITTEN = st.text(max_size=40)


def sent(form: Form) -> FormValues:
    """Return what Discord sends for a form that is left as it is."""
    return {
        field.name: field.value if isinstance(field, TextField) else tuple(sorted(field.chosen))
        for field in form.fields
    }


@pytest.mark.parametrize("sections", [2, 24, 25, 500])
def test_a_form_that_is_left_as_it_is_changes_nothing(sections: int) -> None:
    for spoilers in ((), (2,), tuple(range(1, sections + 1))):
        shown = replace(SHOWN, spoilers=spoilers)
        form = edit_form("id", shown, ["Part"] * sections, ENGLISH)
        check_form(form)
        assert read_form(sent(form), shown, sections, ENGLISH) == shown


@given(reviews())
def test_discord_accepts_every_form(known: Review) -> None:
    title = title_of(known)
    check_form(edit_form("id", title.fields, [heading.text for heading in title.headings], ENGLISH))


def test_a_text_that_is_too_long_for_a_form_stays() -> None:
    shown = replace(SHOWN, aliases=tuple(f"An old name of {number}" for number in range(500)))
    form = edit_form("id", shown, ["One", "Two"], ENGLISH)
    check_form(form)
    assert read_form(sent(form) | {"title": "New"}, shown, 2, ENGLISH) == replace(shown, title="New")


def test_spoilers_are_numbers_where_a_menu_has_no_room() -> None:
    read = {
        text: read_form({"spoilers": text}, SHOWN, 30, ENGLISH).spoilers for text in ("", "2", " 30, 2-4 ; 3", "ALL")
    }
    assert read == {"": (), "2": (2,), " 30, 2-4 ; 3": (2, 3, 4, 30), "ALL": tuple(range(1, 31))}
    for wrong in ("0", "31", "4-2", "two", "1 2"):
        with pytest.raises(FormError, match=r"is no section\. Write numbers from 1 to 30, such as 2, 5-7, or all\."):
            read_form({"spoilers": wrong}, SHOWN, 30, ENGLISH)


@given(WRITTEN, WRITTEN, WRITTEN, WRITTEN)
def test_whatever_is_typed_is_read_or_refused_in_a_line(title: str, year: str, author: str, aliases: str) -> None:
    values: FormValues = {"title": title, "year": year, "author": author, "aliases": aliases, "spoilers": ("1",)}
    try:
        fields = read_form(values, SHOWN, 2, ENGLISH)
    except FormError as error:
        message = notice(str(error))
        check(message, (), frozenset({"code", "emphasis"}))
        assert len(lines_of(message)) == 1
    else:
        assert fields.title.strip()
        assert all("\n" not in each for each in (fields.title, fields.author or "", *fields.aliases))
