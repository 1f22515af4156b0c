"""Encode what a button, a menu or a form does in its `custom_id`, so that it still works after a restart.

Discord allows 100 characters. Slugs can be longer, so reviews and sections are named by short digests. A quote is named
by its paragraph, its place there and a digest of its words: `find_passage` finds it again as long as the paragraph has
the words at that place, even if the paragraph has moved within the review.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, is_dataclass
from functools import cache
from typing import Any, TypeAlias, get_args, get_type_hints

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
class PickQuote:
    """A menu of quotes to show in their context. The chosen value is an encoded `ReadInContext`."""


@dataclass(frozen=True, slots=True)
class MorePassages:
    """Show more passages than an answer quotes, for the question that it shows.

    Attributes:
        review: the key of the one review to search, or None.
        page: 0. Pages of earlier versions have other numbers.
    """

    review: str | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class PassagePage:
    """Show another page of these passages.

    Attributes:
        review: the key of the one review to search, or None.
        page: the page's number, from 0.
        quotes: how many quotes the answer has. The passages' numbers go on from there.
        quoted: the ranks of the passages that the answer quotes, as bits.
    """

    review: str | None = None
    page: int = 0
    quotes: int = 0
    quoted: int = 0


@dataclass(frozen=True, slots=True)
class AskFollowUp:
    """Open the form for a follow-up question. `review` is the key of the review that the answer is about."""

    review: str | None = None


@dataclass(frozen=True, slots=True)
class PickMeant:
    """A menu of the reviews that a question may be about. The chosen value is a review's key."""


@dataclass(frozen=True, slots=True)
class AskWithin:
    """Ask the question that the message shows about one review, by its key."""

    review: str


@dataclass(frozen=True, slots=True)
class FollowUpForm:
    """The submitted form."""


@dataclass(frozen=True, slots=True)
class Share:
    """Post a private answer in the channel."""


@dataclass(frozen=True, slots=True)
class Helpful:
    """Give feedback on an answer of an earlier version. Newer answers have `Rate`."""

    helpful: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """Give feedback on a public answer. The button also carries what the message alone can't tell after a restart.

    Attributes:
        helpful: the feedback.
        member: the id of the member who asked.
        review: the key of the one review that was searched, or None.
    """

    helpful: bool
    member: int
    review: str | None = None


@dataclass(frozen=True, slots=True)
class BrowseReviews:
    """Show the list of reviews, from an answer without quotes.

    Attributes:
        member: the id of the member who asked, or None if they alone see the answer.
        review: the key of the one review that was searched, or None.
    """

    member: int | None = None
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the message. Only the member who asked may; `member` is their id."""

    member: int


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
class FilteredList:
    """Show the list of the reviews with some facts, page by page. `chosen` is the key of the filter, kept in memory."""

    chosen: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class AnswerList:
    """Show the reviews that a question about the collection asks for, for the question that the message shows."""

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
    """Add the reviews of an upload, by its key."""

    upload: str


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Show the list of an upload's reviews, page by page."""

    upload: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class UploadedReview:
    """Show one review of an upload, by its number from 0."""

    upload: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class PickUploaded:
    """A menu of an upload's reviews. The chosen value is a review's number."""

    upload: str


@dataclass(frozen=True, slots=True)
class ExcludeUploaded:
    """Leave out one review of an upload, or take it in again."""

    upload: str
    number: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class EditUploaded:
    """Open the form that edits one review of an upload."""

    upload: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class UploadForm:
    """That form, submitted."""

    upload: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class RemoveReview:
    """Remove a review, by its key."""

    review: str


@dataclass(frozen=True, slots=True)
class EditForm:
    """The submitted form that edits a stored review.

    Attributes:
        review: the review's key.
        shown: the digest of the fields that the form showed.
    """

    review: str
    shown: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel adding or removing a review. `upload` is the key of the upload to drop, or None."""

    upload: str | None = None


@dataclass(frozen=True, slots=True)
class PrivacyDetails:
    """Show everything about what is stored."""


@dataclass(frozen=True, slots=True)
class PickExample:
    """A menu of example questions. The chosen value is the question."""


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Turn one of a server's settings on or off. `name` is a key of `bot.cogs.settings.service.TOGGLES`."""

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class PickMentionChannels:
    """A menu of the channels in which mentions get an answer."""


@dataclass(frozen=True, slots=True)
class PickDefaultReview:
    """A menu of the review that questions are about. The chosen value is a review's key, or stands for all."""


@dataclass(frozen=True, slots=True)
class ExportGaps:
    """Give a manager the unanswered questions as a file."""


@dataclass(frozen=True, slots=True)
class ExportData:
    """Give the member their stored data."""


@dataclass(frozen=True, slots=True)
class EraseData:
    """Delete the member's stored data, or ask whether they are sure unless `confirmed`."""

    confirmed: bool = False


Action: TypeAlias = (
    ReadInContext
    | PickQuote
    | MorePassages
    | PassagePage
    | AskFollowUp
    | PickMeant
    | AskWithin
    | FollowUpForm
    | Share
    | Helpful
    | Rate
    | BrowseReviews
    | Delete
    | SectionPage
    | Contents
    | ReviewList
    | FilteredList
    | AnswerList
    | PickSection
    | PickReview
    | AddReview
    | UploadPage
    | UploadedReview
    | PickUploaded
    | ExcludeUploaded
    | EditUploaded
    | UploadForm
    | RemoveReview
    | EditForm
    | Cancel
    | PrivacyDetails
    | PickExample
    | ChangeSetting
    | PickMentionChannels
    | PickDefaultReview
    | ExportGaps
    | ExportData
    | EraseData
)


_KINDS: Mapping[str, type[Action]] = {
    "read": ReadInContext,
    "pickquote": PickQuote,
    "more": MorePassages,
    "passages": PassagePage,
    "follow": AskFollowUp,
    "pickmeant": PickMeant,
    "within": AskWithin,
    "form": FollowUpForm,
    "share": Share,
    "verdict": Helpful,
    "rate": Rate,
    "browse": BrowseReviews,
    "delete": Delete,
    "section": SectionPage,
    "contents": Contents,
    "reviews": ReviewList,
    "filtered": FilteredList,
    "list": AnswerList,
    "picksection": PickSection,
    "pickreview": PickReview,
    "add": AddReview,
    "upload": UploadPage,
    "uploaded": UploadedReview,
    "pickuploaded": PickUploaded,
    "exclude": ExcludeUploaded,
    "edituploaded": EditUploaded,
    "uploadform": UploadForm,
    "remove": RemoveReview,
    "edit": EditForm,
    "cancel": Cancel,
    "privacydetails": PrivacyDetails,
    "example": PickExample,
    "set": ChangeSetting,
    "pickmentions": PickMentionChannels,
    "pickdefault": PickDefaultReview,
    "exportgaps": ExportGaps,
    "export": ExportData,
    "erase": EraseData,
}
"""The name of each action in a `custom_id`, where its fields follow in order. Buttons in Discord hold these names:
never change one."""

_NAMES = {action: kind for kind, action in _KINDS.items()}


def encode(action: Action) -> str:
    """Return the `custom_id` of an action: at most 100 letters, digits and `._~-`.

    The caller keeps numbers within Discord's and the library's limits.
    """
    return ".".join(("rb1", _NAMES[type(action)], *map(_field, _flat(astuple(action)))))


def decode(custom_id: str) -> Action | None:
    """Return the action of a `custom_id`, or None if it is not one of the bot's."""
    if not CUSTOM_ID.fullmatch(custom_id):
        return None
    _, kind, *fields = custom_id.split(".")
    if kind not in _KINDS:
        return None
    try:
        action: Action = _parsed(_KINDS[kind], iter(fields))
    except (ValueError, StopIteration):
        return None
    # Only what `encode` returns is accepted, so that nothing has a second spelling.
    return action if encode(action) == custom_id else None


def _flat(values: tuple[Any, ...]) -> Iterator[str | int | None]:
    for value in values:
        if isinstance(value, tuple):
            yield from _flat(value)
        else:
            yield value


def _field(value: str | int | None) -> str:
    if value is None:
        return _NONE
    return str(int(value)) if isinstance(value, bool) else str(value)


def _parsed(kind: Any, fields: Iterator[str]) -> Any:  # noqa: ANN401  # the type of a field, and its value
    """Return a value of a type from as many fields as it has."""
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(*[_parsed(hint, fields) for hint in _hints(kind)])
    text = next(fields)
    if kind is bool:
        return text == "1"
    (first, *others) = get_args(kind) or (kind,)
    return None if others and text == _NONE else first(text)


@cache
def _hints(kind: type) -> tuple[Any, ...]:
    return tuple(get_type_hints(kind).values())
