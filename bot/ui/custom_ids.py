"""Encode what a button, a menu or a form does in its `custom_id`, so that it still works after a restart.

Discord allows 100 characters. Slugs can be longer, so reviews and sections are named by short digests. A quote is named
by its paragraph, its place there and a digest of its words: `find_passage` finds it again as long as the paragraph has
the words at that place, even if the paragraph has moved within the review.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from bot.services.stable_keys import PassageKey

CUSTOM_ID = re.compile(r"rb1\.[a-z]+(?:\.[A-Za-z0-9_~-]*)*")
"""Matches every `custom_id` of the bot. The number rises when earlier ones can no longer be decoded."""

_NONE = "~"


@dataclass(frozen=True, slots=True)
class ReadInContext:
    """Show a quote in its context.

    Attributes:
        passage: the quote.
        first: the first piece of the section to show, or None for the page with the quote.
        spot: tells the buttons of one message apart.
    """

    passage: PassageKey
    first: int | None = None
    spot: int = 0


@dataclass(frozen=True, slots=True)
class MorePassages:
    """Show more passages for the question that the message shows. `review` is the key of the one review to search."""

    review: str | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class AskFollowUp:
    """Open the form for a follow-up question. `review` is the key of the review that the answer is about."""

    review: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpForm:
    """The submitted form."""


@dataclass(frozen=True, slots=True)
class Share:
    """Post a private answer in the channel."""


@dataclass(frozen=True, slots=True)
class Helpful:
    """Give feedback on an answer."""

    helpful: bool


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the message. Only `asker`, a user's id, may."""

    asker: int


@dataclass(frozen=True, slots=True)
class SectionPage:
    """Show a section from piece `first`, counted from 0. `review` and `section` are keys."""

    review: str
    section: str
    first: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """Show a review's table of contents, page by page."""

    review: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class ReviewList:
    """Show the list of reviews, page by page."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class PickSection:
    """A menu of a review's sections. The chosen value is a section's key."""

    review: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class PickReview:
    """A menu of reviews. The chosen value is a review's key."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class AddReview:
    """Add an uploaded review, by the upload's key."""

    upload: str


@dataclass(frozen=True, slots=True)
class RemoveReview:
    """Remove a review, by its key."""

    review: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel adding or removing a review. `upload` is the key of the upload to drop, or None."""

    upload: str | None = None


@dataclass(frozen=True, slots=True)
class ExportData:
    """Give the member their stored data."""


@dataclass(frozen=True, slots=True)
class EraseData:
    """Delete the member's stored data, or ask whether they are sure unless `confirmed`."""

    confirmed: bool = False


Action: TypeAlias = (
    ReadInContext
    | MorePassages
    | AskFollowUp
    | FollowUpForm
    | Share
    | Helpful
    | Delete
    | SectionPage
    | Contents
    | ReviewList
    | PickSection
    | PickReview
    | AddReview
    | RemoveReview
    | Cancel
    | ExportData
    | EraseData
)


def encode(action: Action) -> str:
    """Return the `custom_id` of an action: at most 100 letters, digits and `._~-`.

    The caller keeps numbers within Discord's and the library's limits.
    """
    match action:
        case ReadInContext(passage, first, spot):
            return _join(
                "read",
                passage.review,
                passage.section,
                passage.paragraph,
                passage.offset,
                passage.length,
                passage.words,
                first,
                spot,
            )
        case MorePassages(review, page):
            return _join("more", review, page)
        case AskFollowUp(review):
            return _join("follow", review)
        case FollowUpForm():
            return _join("form")
        case Share():
            return _join("share")
        case Helpful(helpful):
            return _join("verdict", int(helpful))
        case Delete(asker):
            return _join("delete", asker)
        case SectionPage(review, section, first):
            return _join("section", review, section, first)
        case Contents(review, page):
            return _join("contents", review, page)
        case ReviewList(page):
            return _join("reviews", page)
        case PickSection(review, page):
            return _join("picksection", review, page)
        case PickReview(page):
            return _join("pickreview", page)
        case AddReview(upload):
            return _join("add", upload)
        case RemoveReview(review):
            return _join("remove", review)
        case Cancel(upload):
            return _join("cancel", upload)
        case ExportData():
            return _join("export")
        case EraseData(confirmed):
            return _join("erase", int(confirmed))


def decode(custom_id: str) -> Action | None:
    """Return the action of a `custom_id`, or None if it is not one of the bot's."""
    if not CUSTOM_ID.fullmatch(custom_id):
        return None
    _, kind, *fields = custom_id.split(".")
    try:
        action = _action(kind, fields)
    except ValueError:
        return None
    # Only what `encode` returns is accepted, so that nothing has a second spelling.
    return action if action is not None and encode(action) == custom_id else None


def _action(kind: str, fields: list[str]) -> Action | None:
    match kind, fields:
        case "read", [review, section, paragraph, offset, length, words, first, spot]:
            key = PassageKey(review, section, int(paragraph), int(offset), int(length), words)
            return ReadInContext(key, None if first == _NONE else int(first), int(spot))
        case "more", [review, page]:
            return MorePassages(_optional(review), int(page))
        case "follow", [review]:
            return AskFollowUp(_optional(review))
        case "form", []:
            return FollowUpForm()
        case "share", []:
            return Share()
        case "verdict", [helpful]:
            return Helpful(helpful == "1")
        case "delete", [asker]:
            return Delete(int(asker))
        case "section", [review, section, first]:
            return SectionPage(review, section, int(first))
        case "contents", [review, page]:
            return Contents(review, int(page))
        case "reviews", [page]:
            return ReviewList(int(page))
        case "picksection", [review, page]:
            return PickSection(review, int(page))
        case "pickreview", [page]:
            return PickReview(int(page))
        case "add", [upload]:
            return AddReview(upload)
        case "remove", [review]:
            return RemoveReview(review)
        case "cancel", [upload]:
            return Cancel(_optional(upload))
        case "export", []:
            return ExportData()
        case "erase", [confirmed]:
            return EraseData(confirmed == "1")
        case _:
            return None


def _join(kind: str, *fields: str | int | None) -> str:
    return ".".join(("rb1", kind, *(_NONE if field is None else str(field) for field in fields)))


def _optional(field: str) -> str | None:
    return None if field == _NONE else field
