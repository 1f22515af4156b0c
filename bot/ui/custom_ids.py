"""What a button, a menu or a form carries in its `custom_id`, so that it still works after a restart.

Discord gives a `custom_id` 100 characters. Slugs can be longer, and offsets into a review move when it is
edited; so reviews and sections go by short digests of their slugs, and a quote by its paragraph, its place in
it, and a digest of its words. `find_passage` finds the words again as long as their paragraph has them at
that place, wherever the paragraph itself has moved to within the review.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from bot.services.stable_keys import PassageKey

CUSTOM_ID = re.compile(r"rb1\.[a-z]+(?:\.[A-Za-z0-9_~-]*)*")
"""Every `custom_id` of ours; the number rises when an older one can no longer be read."""

_NONE = "~"


@dataclass(frozen=True, slots=True)
class ReadInContext:
    """Show a quote among its neighbours. `first` is the first piece to show, None for the quote's own place.

    `spot` keeps the identifiers of one message's buttons apart.
    """

    passage: PassageKey
    first: int | None = None
    spot: int = 0


@dataclass(frozen=True, slots=True)
class MorePassages:
    """Show further passages for the question that the message itself shows. `review` narrows the search, by its key."""

    review: str | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class AskFollowUp:
    """Open the form for a follow-up question. `review` is the key of the review that the answer kept to."""

    review: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpForm:
    """The form itself, when it is handed in."""


@dataclass(frozen=True, slots=True)
class Share:
    """Post a private answer in the channel."""


@dataclass(frozen=True, slots=True)
class Helpful:
    """A member's verdict on an answer."""

    helpful: bool


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the message; only `asker`, a user's id, may."""

    asker: int


@dataclass(frozen=True, slots=True)
class SectionPage:
    """Show a section from its piece number `first`, counted from 0. The keys are digests."""

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
    """A menu of a review's sections; the chosen value is a section's key."""

    review: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class PickReview:
    """A menu of reviews; the chosen value is a review's key."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class AddReview:
    """Add the review of an upload, by the upload's key."""

    upload: str


@dataclass(frozen=True, slots=True)
class RemoveReview:
    """Remove a review, by its key."""

    review: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Add or remove nothing after all; `upload` is the key of the upload that isn't wanted."""

    upload: str | None = None


@dataclass(frozen=True, slots=True)
class ExportData:
    """Hand the presser what is stored of them."""


@dataclass(frozen=True, slots=True)
class EraseData:
    """Delete what is stored of the presser, once they have been asked whether they are sure."""

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
    """The `custom_id` of an action: at most 100 characters, of letters, digits and `._~-`.

    Numbers are written as they are: the caller keeps them within Discord's and the library's bounds.
    """
    match action:
        case ReadInContext(passage, first, spot):
            return _written(
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
            return _written("more", review, page)
        case AskFollowUp(review):
            return _written("follow", review)
        case FollowUpForm():
            return _written("form")
        case Share():
            return _written("share")
        case Helpful(helpful):
            return _written("verdict", int(helpful))
        case Delete(asker):
            return _written("delete", asker)
        case SectionPage(review, section, first):
            return _written("section", review, section, first)
        case Contents(review, page):
            return _written("contents", review, page)
        case ReviewList(page):
            return _written("reviews", page)
        case PickSection(review, page):
            return _written("picksection", review, page)
        case PickReview(page):
            return _written("pickreview", page)
        case AddReview(upload):
            return _written("add", upload)
        case RemoveReview(review):
            return _written("remove", review)
        case Cancel(upload):
            return _written("cancel", upload)
        case ExportData():
            return _written("export")
        case EraseData(confirmed):
            return _written("erase", int(confirmed))


def decode(custom_id: str) -> Action | None:
    """The action of a `custom_id`, or None where it is not one of ours, or no longer."""
    if not CUSTOM_ID.fullmatch(custom_id):
        return None
    _, kind, *fields = custom_id.split(".")
    try:
        action = _read(kind, fields)
    except ValueError:
        return None
    # Only what `encode` writes is read: nothing has a second spelling.
    return action if action is not None and encode(action) == custom_id else None


def _read(kind: str, fields: list[str]) -> Action | None:
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


def _written(kind: str, *fields: str | int | None) -> str:
    return ".".join(("rb1", kind, *(_NONE if field is None else str(field) for field in fields)))


def _optional(field: str) -> str | None:
    return None if field == _NONE else field
