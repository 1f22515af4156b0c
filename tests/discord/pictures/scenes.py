"""The messages that are drawn: the bot's answers to real questions to the real engine."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from bot.cogs.ask.message import Asker, answer_message, more_passages_message, passage_quotes
from bot.cogs.browse.help import help_message
from bot.cogs.browse.pages import contents_message, context_message, reviews_message, section_message
from bot.cogs.gaps.page import gaps_message
from bot.cogs.privacy.page import erase_message, privacy_details_message, privacy_message
from bot.cogs.reviews.message import outcome_message, removal_message
from bot.cogs.reviews.preview import refusal_message, upload_message
from bot.cogs.settings.page import settings_message
from bot.config import MAX_PASSAGES, PASSAGES_PER_PAGE, RELEVANT_SHARE
from bot.services.engine import Plan
from bot.services.gaps import find_gaps
from bot.services.stable_keys import passage_key
from bot.services.titles import Titles
from bot.services.uploads import Upload
from bot.storage.records import PersonalData, RetentionPolicy, ServerSettings, StoredQuestion
from bot.ui.custom_ids import PassagePage, ReadInContext
from bot.ui.elements import Message, Style
from bot.ui.examples import example_questions
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions, notice
from embeddings.documents.converter import Candidates, ConvertedFile, LeftOutFile
from embeddings.documents.sources.additions import Addition, Step
from embeddings.errors import LeftOut
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.library import Library
from embeddings.records import SHARED, Quote, Review, State, relevant_hits
from tests.project import ROOT

_DATA = ROOT / "data"
_QUESTIONS = _DATA / "questions" / "never-let-me-go.jsonl"
_OWNERS = "never-let-me-go"
_OTHER = "lighthouse"
_OPTIONS = RenderOptions(ENGLISH)
_NO_COLUMN = "The table has no column for the title and one for the review. Name them 'title' and 'review'."
_ASKER = 80351110224678912
_COMMAND = re.compile(r"`(/[a-z ]+)`")


@dataclass(frozen=True, slots=True)
class Scene:
    """A message, and what led to it. `name` names its picture."""

    name: str
    asked: str
    message: Message


def scenes(library: Library) -> tuple[Scene, ...]:
    """Return a scene of each kind of message. The library is that of `harness.club.furnish`."""
    return (*_answers(library), *_pages(library), *_keeping(library), *_stored(library), *_notices())


def _answers(library: Library) -> tuple[Scene, ...]:
    def asked(
        name: str,
        question: str,
        *,
        private: bool = False,
        present: bool = True,
        review: str | None = None,
        earlier: str | None = None,
    ) -> Scene:
        answer = library.ask(question, review=review, context=(earlier,) if earlier else ())
        message = answer_message(
            answer,
            library.reviews(),
            _OPTIONS,
            asker=Asker(_ASKER, private, present),
            within=library.review(review) if review else None,
            titles=titles,
            earlier=earlier,
        )
        how = "pressed Ask a follow-up, and asked" if earlier else "used /ask question"
        return Scene(name, f"Ana {how}: {question}", message)

    titles = Titles(library.reviews()).visible((SHARED,))
    return (
        asked("answered", "Who is Ruth?"),
        asked("answered-one", "Which country and era does it take place in?"),
        asked("answered-one-longest", "What part does Andrew Garfield have?"),
        asked("answered-together", "What is a deferral?"),
        asked("nearest", _first_nearest(library)),
        asked("tie", "How does it end?"),
        asked("unanswered", "is it on netflix??"),
        asked("unanswered-in-one", "did it win any oscars", review=_OWNERS),
        asked("absent", "What happens in Blade Runner?"),
        asked("private", "Who plays Kathy?", private=True),
        asked("elsewhere", "Who plays Kathy?", present=False),
        asked("follow-up", "and who plays her?", earlier="Who is Ruth?"),
        asked("spoiler", "How does the keeper drown?"),
    )


def _first_nearest(library: Library) -> str:
    """Return a question for which the library has only the closest passages."""
    asked = (question.text for question in read_questions(_QUESTIONS) if not question.context)
    return next(question for question in asked if library.ask(question).state is State.NEAREST)


def _pages(library: Library) -> tuple[Scene, ...]:
    owners = library.review(_OWNERS)
    question = "What is a deferral?"
    quote = library.ask(question).quotes[0]
    long = max(owners.sections, key=lambda section: sum(each.end - each.start for each in section.paragraphs))
    examples = example_questions(Titles(library.reviews()).visible((SHARED,)), ENGLISH)
    return (
        Scene("read-in-context", "Ana chose 1 in Read in context", _in_context(library, quote)),
        Scene("more-passages", "Ana pressed More", _more(library, question)),
        Scene("section", "Ana used /section", section_message(owners, long, _OPTIONS)),
        Scene("contents", "Ana used /sections", contents_message(owners, _OPTIONS)),
        Scene(
            "hidden-section",
            "Ana used /section",
            section_message(library.review(_OTHER), library.section(_OTHER, "the end"), _OPTIONS),
        ),
        Scene("reviews", "Ana used /reviews", reviews_message(library.reviews(), _OPTIONS)),
        Scene("help", "Ana used /help", _help(examples)),
    )


def _help(examples: tuple[str, ...]) -> Message:
    where = ENGLISH.settings_mentions_everywhere
    return help_message(
        examples, ENGLISH, managing=True, where=where, tappable=lambda text: _COMMAND.sub(r"<\1:1>", text)
    )


def _keeping(library: Library) -> tuple[Scene, ...]:
    """Adding a review, in the server's managers' eyes."""
    other = library.review(_OTHER)
    owners = library.review(_OWNERS)
    title = Titles([other]).visible((other.collection,))[0]
    added = "Mia used /review add"

    def candidate(review: Review, *, converted: bool = False) -> ConvertedFile:
        return ConvertedFile(review, "", converted, f"{review.slug}.html" if converted else f"{review.slug}.md")

    def preview(*candidates: ConvertedFile, step: Step = Step.ADD, left_out: tuple[LeftOutFile, ...] = ()) -> Message:
        steps = [step, *[Step.ADD] * len(candidates)]
        plan = Plan(tuple(Addition(each, own) for each, own in zip(candidates, steps, strict=False)))
        return upload_message(Upload(_ASKER, 1, candidates, plan, left_out), "k", _OPTIONS, ())

    refused = Candidates((), (LeftOutFile("sales.csv", LeftOut.UNREADABLE, _NO_COLUMN),))
    several = (other, owners, *(replace(other, title=title, year=2020) for title in ("Salt", "The Ferryman")))
    left_out = (LeftOutFile("poster.pdf", LeftOut.UNREADABLE, "'.pdf' files can't be read."),)
    return (
        Scene("upload", added, preview(candidate(owners))),
        Scene("upload-replacing", added, preview(candidate(other, converted=True), step=Step.REPLACE)),
        Scene("upload-several", added, preview(*map(candidate, several), step=Step.REPLACE, left_out=left_out)),
        Scene("upload-refused", added, refusal_message(refused, ENGLISH)),
        Scene("added", "Mia pressed Add it", outcome_message(ENGLISH.added, other.title, ENGLISH)),
        Scene("remove", "Mia used /review remove", removal_message(title, ENGLISH)),
    )


def _in_context(library: Library, quote: Quote) -> Message:
    review = library.review(quote.review)
    section = review.section(quote.section)
    action = ReadInContext(passage_key(review, quote), spot=quote.label)
    return context_message(review, section, quote.start, quote.end, _OPTIONS, action=action)


def _more(library: Library, question: str) -> Message:
    """Return the first page of further passages below the answer to a question."""
    quotes = library.ask(question).quotes
    places = [(quote.collection, quote.review, quote.start, quote.end) for quote in quotes]
    relevant = relevant_hits(library.search(question, MAX_PASSAGES), RELEVANT_SHARE)
    further = [hit for hit in relevant if not any(hit.overlaps(*place) for place in places)]
    shown = passage_quotes(further[:PASSAGES_PER_PAGE], library.reviews(), first=len(quotes) + 1)
    return more_passages_message(
        question,
        shown,
        library.reviews(),
        _OPTIONS,
        action=PassagePage(None, quotes=len(quotes)),
        last=len(further) <= PASSAGES_PER_PAGE,
    )


def _stored(library: Library) -> tuple[Scene, ...]:
    """What is stored: told, deleted, and shown to those who manage the server."""
    terms = RetentionPolicy(retention_days=30, grace_days=7)
    unlabelled = [question for question in read_questions(_QUESTIONS) if not question.relevant and not question.context]
    asked = [library.ask(question.text) for question in unlabelled]
    kept = tuple(
        StoredQuestion(number, 1, _ASKER, date(2026, 11, 22), answer.question, answer.state, answer.confidence)
        for number, answer in enumerate(asked)
    )
    mine = PersonalData(_ASKER, kept[:3], ("What is a deferral?",), {})
    gaps = gaps_message(find_gaps(kept, library.models.encoder.encode), ENGLISH, days=30, feedback=(41, 7))
    first, keeps = ServerSettings(), ServerSettings(store_questions=True)
    details = privacy_details_message(ENGLISH, terms, in_server=True, stores=True)
    titles = Titles(library.reviews()).visible((SHARED,))
    return (
        Scene(
            "gaps",
            "Mia used /gaps",
            gaps,
        ),
        Scene("settings", "Mia used /settings", settings_message(keeps, titles[0], titles, ENGLISH, retention_days=30)),
        Scene(
            "settings-at-first",
            "Mia used /settings",
            settings_message(first, None, titles, ENGLISH, retention_days=30),
        ),
        Scene("privacy", "Ana used /privacy about", privacy_message(ENGLISH, terms, in_server=True, stores=True)),
        Scene("privacy-details", "Ana pressed Details", details),
        Scene("delete-data", "Ana used /privacy delete", erase_message(mine, ENGLISH)),
    )


def _notices() -> tuple[Scene, ...]:
    words = ENGLISH
    return (
        Scene("busy", "Ana used /ask", notice(words.busy, style=Style.UNANSWERED)),
        Scene("cooldown", "Ana used /ask", notice(words.cooldown(7.2))),
        Scene("press-cooldown", "Ana pressed More", notice(words.press_cooldown(2.4))),
        Scene(
            "unread-reply",
            "Ana replied with the mention off",
            notice(words.unread_reply, style=Style.READING, private=False),
        ),
        Scene("expired", "Ana pressed Read in context", notice(words.expired)),
        Scene("thanks", "Ana pressed 👍", notice(words.thanks, style=Style.READING)),
    )
