"""The preview of an upload, the question before a removal, and uploads that wait for their confirmation."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.reviews.message import outcome_message, preview_message, removal_message
from bot.config import MAX_UPLOADS, UPLOAD_LIFETIME
from bot.services.titles import Title, Titles
from bot.services.uploads import Upload, Uploads
from bot.ui.custom_ids import AddReview, Cancel, RemoveReview, decode
from bot.ui.elements import Message
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.documents.converter import ConvertedFile
from embeddings.records import Review
from tests.bot.checks import a_quarter, check
from tests.bot.reviews import names, reviews
from tests.embeddings.fixtures.reviews import review

MANNER = RenderOptions(ENGLISH)
FERRYMAN = review("ferryman", {"Introduction": ["He rows."], "The End": ["He swims home."]}, title="The Ferryman")


def title_of(known: Review) -> Title:
    """The review's name on a shelf."""
    return Titles([known]).visible((known.collection,))[0]


def shown(message: Message) -> str:
    return "\n".join(text.content for text in message.texts())


@a_quarter
@given(reviews(), st.none() | names(), st.booleans(), st.booleans())
def test_discord_takes_every_preview(known: Review, replaced: str | None, converted: bool, hiding: bool) -> None:
    if not known.sections:
        return
    manner = RenderOptions(ENGLISH, hide_spoilers=hiding)
    namesake = title_of(known)
    page = preview_message(known, "abc", manner, replaced=replaced, namesake=namesake, converted=converted)
    own = frozenset({"code", "emphasis"})
    check(page, (), own)
    check(removal_message(namesake, ENGLISH), (), own)
    for line in (ENGLISH.added, ENGLISH.adding, ENGLISH.added_but_not_indexed, ENGLISH.removed_but_indexed):
        check(outcome_message(line, known.title, ENGLISH), (), own)


def test_a_preview_says_what_would_be_added_and_warns() -> None:
    page = preview_message(FERRYMAN, "key", MANNER, replaced=None, namesake=None, converted=False)
    assert shown(page) == (
        "### Add this review?\n**The Ferryman**\n-# ferryman · 2 sections · 5 words\n"
        "> He rows.\n"
        "**1.** Introduction\n**2.** The End\n-# No section is marked as a spoiler."
    )
    assert [decode(button.custom_id) for button in page.buttons()] == [AddReview("key"), Cancel("key")]
    single = replace(FERRYMAN, sections=FERRYMAN.sections[:1])
    page = preview_message(single, "key", MANNER, replaced="Old *Boat*", namesake=title_of(FERRYMAN), converted=True)
    assert shown(page).endswith(
        "⚠️ **This replaces Old \\*Boat\\***, which has the same short name. This deletes its text.\n"
        "⚠️ Another review has this title: ferryman. Questions will be answered from both.\n"
        "⚠️ There are no headings, so the review is a single section.\n"
        "⚠️ Converted from another format. Check that nothing is missing."
    )
    assert [button.label for button in page.buttons()] == ["Replace it", "Cancel"]


def test_a_review_with_a_single_heading_is_not_said_to_have_none() -> None:
    single = review("sea", {"The Sea": ["It is grey."]}, title="The Sea")
    page = preview_message(single, "key", MANNER, replaced=None, namesake=None, converted=False)
    assert shown(page) == (
        "### Add this review?\n**The Sea**\n-# sea · one section · 3 words\n"
        "> It is grey.\n"
        "**1.** The Sea\n-# No section is marked as a spoiler."
    )


def test_what_is_flagged_stays_hidden_in_the_preview() -> None:
    flagged = replace(FERRYMAN, sections=tuple(replace(each, spoiler=True) for each in FERRYMAN.sections))
    text = shown(preview_message(flagged, "key", MANNER, replaced=None, namesake=None, converted=False))
    assert "> ||He rows.||\n" in text
    assert "swims" not in text
    assert "**2.** ||The End|| 🙈\n-# 🙈 Spoiler sections: 2" in text


def test_a_long_list_of_sections_is_cut() -> None:
    long = review("long", {f"Part {number}": ["Words."] for number in range(1, 31)})
    text = shown(preview_message(long, "key", MANNER, replaced=None, namesake=None, converted=False))
    assert "**12.** Part 12\n… and 18 more\n" in text


def test_a_removal_is_asked_for_by_name() -> None:
    page = removal_message(title_of(FERRYMAN), ENGLISH)
    assert shown(page) == (
        "### Remove this review?\n**The Ferryman**\n-# 2 sections\n"
        "This deletes its file. Nobody can ask about it any more."
    )
    assert [decode(button.custom_id) for button in page.buttons()] == [
        RemoveReview(title_of(FERRYMAN).key),
        Cancel(None),
    ]


def an_upload(member: int = 1, server: int = 7) -> Upload:
    return Upload(member, server, ConvertedFile(FERRYMAN, "text", converted=False), None)


def test_an_upload_is_its_owners_in_its_server_once_and_for_a_while() -> None:
    now = [0.0]

    async def tried() -> None:
        uploads = Uploads(lambda: now[0])
        key = uploads.put(an_upload())
        assert uploads.take(key, 2, 7) is None
        assert uploads.take(key, 1, 8) is None
        assert uploads.take(key, 1, None) is None
        assert uploads.take("other", 1, 7) is None
        assert uploads.take(key, 1, 7) == an_upload()
        assert uploads.take(key, 1, 7) is None
        late = uploads.put(an_upload())
        now[0] = UPLOAD_LIFETIME
        assert uploads.take(late, 1, 7) is None

    asyncio.run(tried())


def test_only_so_many_uploads_are_kept() -> None:
    async def tried() -> None:
        uploads = Uploads(lambda: 0.0)
        keys = [uploads.put(an_upload()) for _ in range(MAX_UPLOADS + 1)]
        assert [uploads.take(key, 1, 7) is None for key in keys] == [True] + [False] * MAX_UPLOADS

    asyncio.run(tried())
