from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.settings.service import TOGGLES
from bot.config import MAX_PASSAGES
from bot.services.stable_keys import (
    PassageKey,
    find_passage,
    find_review,
    find_section,
    passage_key,
    review_key,
    section_key,
)
from bot.ui.custom_ids import (
    CUSTOM_ID,
    Action,
    AddReview,
    AnswerList,
    AskFollowUp,
    BrowseReviews,
    Cancel,
    ChangeSetting,
    Contents,
    Delete,
    EditForm,
    EditUploaded,
    ExcludeUploaded,
    ExportGaps,
    FilteredList,
    FollowUpForm,
    Helpful,
    MorePassages,
    PassagePage,
    PickDefaultReview,
    PickExample,
    PickMeant,
    PickMentionChannels,
    PickQuote,
    PickReview,
    PickSection,
    PickUploaded,
    PrivacyDetails,
    Rate,
    ReadInContext,
    RemoveReview,
    ReviewList,
    SectionPage,
    Share,
    UploadedReview,
    UploadForm,
    UploadPage,
    decode,
    encode,
)
from embeddings.records import Paragraph, Quote, Review, Section
from tests.bot.fixtures.reviews import names, quotes, reviews

KEYS = names().map(lambda slug: review_key(Review(slug, "", "", ())))
COUNTS = st.integers(0, 10**6)
SNOWFLAKES = st.integers(0, 2**64 - 1)
PASSAGES = st.builds(PassageKey, KEYS, KEYS, COUNTS, COUNTS, COUNTS, KEYS)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(ReadInContext, PASSAGES, st.none() | COUNTS, COUNTS),
    st.builds(MorePassages, st.none() | KEYS, COUNTS),
    st.builds(PassagePage, st.none() | KEYS, COUNTS, COUNTS, st.integers(0, 2**MAX_PASSAGES - 1)),
    st.builds(AskFollowUp, st.none() | KEYS),
    st.just(FollowUpForm()),
    st.just(Share()),
    st.builds(Helpful, st.booleans()),
    st.builds(Rate, st.booleans(), SNOWFLAKES, st.none() | KEYS),
    st.builds(BrowseReviews, st.none() | SNOWFLAKES, st.none() | KEYS),
    st.just(PickQuote()),
    st.just(PickMeant()),
    st.builds(Delete, SNOWFLAKES),
    st.builds(SectionPage, KEYS, KEYS, COUNTS),
    st.builds(Contents, KEYS, COUNTS),
    st.builds(ReviewList, COUNTS),
    st.builds(FilteredList, KEYS, COUNTS),
    st.builds(AnswerList, COUNTS),
    st.builds(PickSection, KEYS, COUNTS),
    st.builds(PickReview, COUNTS),
    st.builds(AddReview, KEYS),
    st.builds(UploadPage, KEYS, COUNTS),
    st.builds(UploadedReview, KEYS, COUNTS),
    st.builds(PickUploaded, KEYS),
    st.builds(ExcludeUploaded, KEYS, COUNTS, st.booleans()),
    st.builds(EditUploaded, KEYS, COUNTS),
    st.builds(UploadForm, KEYS, COUNTS),
    st.builds(RemoveReview, KEYS),
    st.builds(EditForm, KEYS, KEYS),
    st.builds(Cancel, st.none() | KEYS),
    st.builds(ChangeSetting, st.sampled_from(sorted(TOGGLES)), st.booleans()),
    st.sampled_from((PrivacyDetails(), PickExample(), PickMentionChannels(), PickDefaultReview(), ExportGaps())),
)


@given(ACTIONS)
def test_an_action_is_decoded_from_at_most_100_characters(action: Action) -> None:
    written = encode(action)
    assert len(written) <= 100
    assert CUSTOM_ID.fullmatch(written)
    assert decode(written) == action


@given(ACTIONS, ACTIONS)
def test_two_actions_never_share_a_custom_id(first: Action, second: Action) -> None:
    assert (encode(first) == encode(second)) == (first == second)


@pytest.mark.parametrize(
    "unknown",
    [
        "",
        "rb1",
        "rb1.",
        "rb1.dance",
        "rb1.more",
        "rb1.more.~.x",
        "rb1.more.~.0.0",
        "rb1.more.~.00",
        "rb1.share.~",
        "rb1.verdict.yes",
        "rb1.delete.1_0",
        "rb1.delete.²",
        "rb2.verdict.1",
        "rb1.verdict.1\n",
        "another bot's",
    ],
)
def test_a_foreign_custom_id_is_no_action(unknown: str) -> None:
    assert decode(unknown) is None


@given(st.text() | st.text("rb1.verdictmo~0-9_", max_size=30).map("rb1.".__add__))
def test_no_custom_id_is_an_error(custom_id: str) -> None:
    action = decode(custom_id)
    assert action is None or encode(action) == custom_id


@given(reviews(), st.data())
def test_a_quote_is_found_again_where_it_was(review: Review, data: st.DataObject) -> None:
    quote = data.draw(quotes(review, 1))
    if quote is None:
        return
    found = find_passage(review, passage_key(review, quote))
    assert found is not None
    section, start, end = found
    assert (section.slug, review.text[start:end]) == (quote.section, quote.text)


BEFORE = Review(
    "a",
    "A",
    "One. Two.\nThree. Four.",
    (Section("s", "S", (Paragraph(1, 0, 9), Paragraph(2, 10, 22))),),
)
FOUR = Quote(1, "Four.", "a", "A", "s", "S", 2, 17, 22, 0.5)


def test_a_quote_is_found_after_an_edit_elsewhere() -> None:
    after = replace(
        BEFORE,
        text="New.\nOne, longer. Two.\nThree. Four.",
        sections=(
            Section("n", "New", (Paragraph(1, 0, 4),)),
            Section("s", "S", (Paragraph(1, 5, 22), Paragraph(2, 23, 35))),
        ),
    )
    key = passage_key(BEFORE, FOUR)
    assert find_passage(after, key) == (after.sections[1], 30, 35)


def test_a_quote_is_found_in_a_section_with_a_new_heading() -> None:
    after = replace(BEFORE, sections=(replace(BEFORE.sections[0], slug="renamed"),))
    assert find_passage(after, passage_key(BEFORE, FOUR)) == (after.sections[0], 17, 22)


def test_a_quote_whose_words_have_changed_is_not_found() -> None:
    after = replace(BEFORE, text="One. Two.\nThree. Five.")
    assert find_passage(after, passage_key(BEFORE, FOUR)) is None


def test_a_quote_of_a_deleted_paragraph_has_no_key() -> None:
    with pytest.raises(KeyError):
        passage_key(BEFORE, replace(FOUR, paragraph=3))


def test_reviews_of_two_collections_have_different_keys() -> None:
    other = replace(BEFORE, collection="server-1")
    assert find_review((BEFORE, other), review_key(other)) == other
    assert find_review((BEFORE,), review_key(other)) is None


def test_a_section_is_found_by_its_key() -> None:
    assert find_section(BEFORE, section_key(BEFORE.sections[0])) == BEFORE.sections[0]
    assert find_section(BEFORE, "nothing") is None
