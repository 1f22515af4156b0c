"""The preview of an upload, the form that edits a review, and the page that confirms a removal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.reviews.form import FormError, edit_form, read_form
from bot.cogs.reviews.message import outcome_message, removal_message
from bot.cogs.reviews.preview import refusal_message, upload_message, uploaded_message
from bot.services.engine import Plan
from bot.services.titles import Title, Titles
from bot.services.uploads import Upload
from bot.ui.components import FormValues
from bot.ui.custom_ids import (
    AddReview,
    Cancel,
    EditUploaded,
    ExcludeUploaded,
    PickUploaded,
    RemoveReview,
    UploadPage,
    decode,
)
from bot.ui.elements import ButtonStyle, Form, Menu, Message, TextField
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions, notice
from embeddings.documents.converter import Candidates, ConvertedFile, LeftOutFile
from embeddings.documents.notes import Mended, Note
from embeddings.documents.sources.additions import Addition, Step
from embeddings.errors import LeftOut
from embeddings.records import Review, ReviewFields
from tests.bot.fixtures.checks import a_quarter, actions_of, check, check_form, lines_of, text_of
from tests.bot.fixtures.reviews import reviews
from tests.embeddings.fixtures.reviews import review

OPTIONS = RenderOptions(ENGLISH)
FERRYMAN = review("ferryman", {"Introduction": ["He rows."], "The End": ["He swims home."]}, title="The Ferryman")


def title_of(known: Review) -> Title:
    """Return the review's title."""
    return Titles([known]).visible((known.collection,))[0]


def upload_of(*known: Review, steps: tuple[Step, ...] = (), left_out: tuple[LeftOutFile, ...] = ()) -> Upload:
    """Return an upload of reviews, each added unless there is another step for it."""
    candidates = tuple(ConvertedFile(each, "text", converted=False, file=f"{each.slug}.md") for each in known)
    each_step = (*steps, *[Step.ADD] * len(known))
    plan = Plan(tuple(Addition(each, step) for each, step in zip(candidates, each_step, strict=False)))
    return Upload(1, 7, candidates, plan, left_out)


def page_of(*known: Review, page: int = 0) -> Message:
    """Return the page that shows an upload of these reviews."""
    return upload_message(upload_of(*known), "key", OPTIONS, (), page=page)


@a_quarter
@given(st.lists(reviews().filter(lambda each: each.sections), min_size=1, max_size=12), st.data())
@pytest.mark.slow
def test_discord_accepts_every_preview(known: list[Review], data: st.DataObject) -> None:
    options = RenderOptions(ENGLISH, hide_spoilers=data.draw(st.booleans()))
    steps = tuple(data.draw(st.lists(st.sampled_from(Step), max_size=len(known))))
    written = st.text(max_size=300)
    notes = data.draw(st.lists(st.builds(Note, st.just(Mended.FIELD), written, st.none() | st.integers(1, 10**6))))
    left_out = data.draw(st.lists(st.builds(LeftOutFile, written, st.sampled_from(LeftOut), written)))
    upload = upload_of(*known, steps=steps, left_out=tuple(left_out))
    first = replace(upload.candidates[0], notes=tuple(notes), converted=data.draw(st.booleans()))
    problem = data.draw(st.none() | written)
    upload = replace(upload, candidates=(first, *upload.candidates[1:]), plan=replace(upload.plan, problem=problem))
    own, titles = frozenset({"code", "emphasis", "list"}), tuple(map(title_of, known))
    for page in range(2):
        check(upload_message(upload, "abc", options, titles, page=page), (), own)
    check(uploaded_message(upload, "abc", 0, options, titles), (), own)
    if left_out:
        check(refusal_message(Candidates((), tuple(left_out)), ENGLISH), (), own)
    check(removal_message(titles[0], ENGLISH), (), own)
    for line in (ENGLISH.added, ENGLISH.adding, ENGLISH.added_but_not_indexed, ENGLISH.removed_but_indexed):
        check(outcome_message(line, known[0].title, ENGLISH), (), own)


def test_a_preview_shows_the_review_and_warns() -> None:
    known = replace(FERRYMAN, year=1999, author="Jo *Doe*")
    assert text_of(page_of(known)) == (
        "### Add this review?\n**The Ferryman**\n"
        "-# ferryman · 2 sections · 5 words · 1999 · reviewed by Jo \\*Doe\\*\n"
        "> He rows.\n"
        "**1.** Introduction\n**2.** The End\n-# No section is marked as a spoiler."
    )
    assert actions_of(page_of(known)) == [AddReview("key"), EditUploaded("key", 0), Cancel("key")]
    single = replace(FERRYMAN, sections=FERRYMAN.sections[:1])
    upload = upload_of(single, steps=(Step.REPLACE,), left_out=(LeftOutFile("a.pdf", LeftOut.UNREADABLE, "No.", 3),))
    notes = (Note(Mended.FIELD, "'x' is no year.", 2), Note(Mended.LINK, "Dropped."))
    upload = replace(upload, candidates=(replace(upload.candidates[0], converted=True, notes=notes),))
    namesake = replace(title_of(FERRYMAN), slug="other")
    page = upload_message(upload, "key", OPTIONS, (title_of(FERRYMAN), namesake))
    assert text_of(page).endswith(
        "⚠️ **This replaces the stored review** of that title. This deletes its text.\n"
        "⚠️ Another review has this title: other. Questions will be answered from both.\n"
        "⚠️ There are no headings, so the review is a single section.\n"
        "⚠️ Converted from another format. Check that nothing is missing.\n"
        "🔧 **Mended** (2):\n- ferryman\\.md, line 2: 'x' is no year.\n- ferryman\\.md: Dropped.\n"
        "⚠️ **Left out** (1):\n- a\\.pdf, line 3: No."
    )
    assert [button.label for button in page.buttons()] == ["Replace it", "Edit", "Cancel"]


def test_a_review_with_a_single_heading_gets_no_warning() -> None:
    single = review("sea", {"The Sea": ["It is grey."]}, title="The Sea")
    assert text_of(page_of(single)) == (
        "### Add this review?\n**The Sea**\n-# sea · one section · 3 words\n"
        "> It is grey.\n"
        "**1.** The Sea\n-# No section is marked as a spoiler."
    )


def test_spoiler_sections_are_hidden_in_the_preview() -> None:
    flagged = replace(FERRYMAN, sections=tuple(replace(each, spoiler=True) for each in FERRYMAN.sections))
    text = text_of(page_of(flagged))
    assert "> ||He rows.||\n" in text
    assert "swims" not in text
    assert "**2.** ||The End|| 🙈\n-# 🙈 Spoiler sections: 2" in text


def test_a_preview_lists_twelve_sections() -> None:
    long = review("long", {f"Part {number}": ["Words."] for number in range(1, 31)})
    assert "**12.** Part 12\n… and 18 more\n" in text_of(page_of(long))


def test_several_reviews_are_a_list_with_what_happens_to_each() -> None:
    flagged = replace(FERRYMAN, sections=(FERRYMAN.sections[0], replace(FERRYMAN.sections[1], spoiler=True)))
    known = (replace(flagged, year=1999, author="Jo"), *(replace(FERRYMAN, title=title) for title in "ABC"))
    left_out = (
        LeftOutFile("README.md", LeftOut.NO_REVIEW, "Files of this name are no reviews."),
        *(LeftOutFile(f"{number}.md", LeftOut.EMPTY, f"{number}.md: It is empty.") for number in range(4)),
    )
    upload = upload_of(*known, steps=(Step.REPLACE, Step.KEEP), left_out=left_out)
    # The last but one is left out by the member.
    upload = replace(upload, excluded=frozenset({2}), plan=Plan((*upload.plan.additions[:2], upload.plan.additions[3])))
    page = upload_message(upload, "key", OPTIONS, ())
    assert text_of(page) == (
        "### Add 2 reviews?\n-# 4 reviews\n"
        "**1.** The Ferryman · 1999 · Jo · 2 sections · 🙈 1 · ♻️ replaces the stored one\n"
        "**2.** A · 2 sections · stored already\n"
        "**3.** B · 2 sections · left out\n"
        "**4.** C · 2 sections\n"
        "⚠️ **Left out** (5):\n- 0\\.md: It is empty.\n- 1\\.md: It is empty.\n- 2\\.md: It is empty.\n"
        "… and 2 more"
    )
    assert [(button.label, button.style) for button in page.buttons()] == [
        ("Add 1, replace 1", ButtonStyle.DANGER),
        ("Cancel", ButtonStyle.SECONDARY),
    ]
    menu = next(each for each in page.elements if isinstance(each, Menu))
    assert (decode(menu.custom_id), [option.value for option in menu.options]) == (PickUploaded("key"), list("0123"))
    assert actions_of(uploaded_message(upload, "key", 2, OPTIONS, ())) == [
        EditUploaded("key", 2), ExcludeUploaded("key", 2, excluded=False), UploadPage("key", 0),
    ]  # fmt: skip
    assert text_of(uploaded_message(upload, "key", 1, OPTIONS, ())).startswith("### Review 2 of 4\n**A**\n")


def test_a_hundred_reviews_are_listed_ten_on_a_page() -> None:
    known = [replace(FERRYMAN, title=f"Film {number}") for number in range(1, 101)]
    page = page_of(*known, page=4)
    assert text_of(page).startswith("### Add 100 reviews?\n-# 100 reviews · 41–50 of 100\n**41.** Film 41 · ")
    assert actions_of(page) == [AddReview("key"), Cancel("key"), UploadPage("key", 3), UploadPage("key", 5)]
    assert actions_of(page_of(*known, page=99)) == [AddReview("key"), Cancel("key"), UploadPage("key", 8)]


def test_what_does_not_fit_into_the_server_cannot_be_added() -> None:
    upload = upload_of(FERRYMAN, replace(FERRYMAN, title="B"))
    upload = replace(upload, plan=replace(upload.plan, problem="There would be 101 reviews here."))
    page = upload_message(upload, "key", OPTIONS, ())
    assert text_of(page).endswith("⛔ There would be 101 reviews here.")
    assert actions_of(page) == [Cancel("key")]


def test_what_is_no_review_is_said_in_a_line_each() -> None:
    one, two = (LeftOutFile(f"{name}.md", LeftOut.EMPTY, "It is empty. Write it.") for name in "ab")
    assert text_of(refusal_message(Candidates((), (one,)), ENGLISH)) == "a\\.md: It is empty. Write it."
    assert text_of(refusal_message(Candidates((), (one, two)), ENGLISH)) == (
        "The upload has no review:\n- a\\.md: It is empty. Write it.\n- b\\.md: It is empty. Write it."
    )


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
@pytest.mark.slow
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
