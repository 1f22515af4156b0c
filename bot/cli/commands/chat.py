"""`review-bot chat`: a conversation in the terminal, or through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.cli.options import (
    DATA,
    DataOption,
    NoRerankerOption,
    NoUpdateOption,
    RerankerOption,
    ReviewOption,
    chosen_reranker,
)
from bot.cli.output.console import notice, say
from bot.cli.output.show import show_answer, show_hits
from embeddings import SHIPPED

if TYPE_CHECKING:
    from embeddings import Hit, Library, Quote

GREETING = "Ask about the reviews. /help lists what else you can type; Ctrl-D ends."
HELP = """\
/review NAME  keep to one review; without a name, to none
/more         further passages for your last question
/new          start afresh: what you ask next is no follow-up
/quit         end, as Ctrl-D does"""

FURTHER = 3
"""How many passages `/more` shows at a time."""

RANKED = 30
"""How many passages are kept at hand for `/more`."""


def chat(
    review: ReviewOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    no_update: NoUpdateOption = False,
    data: DataOption = DATA,
) -> None:
    """Ask and ask on: a question may follow up on those before it."""
    from bot.cli.library import open_library
    from embeddings import LibraryError

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    conversation = Conversation(library, library.find_review(review).slug if review is not None else None)
    for line in _lines():
        try:
            conversation.hear(line)
        except LibraryError as error:
            notice(str(error))
        if conversation.ended:
            break
        # Whoever listens through a pipe is answered before the next line comes.
        sys.stdout.flush()


class Conversation:
    """What has been asked, and what a line means after it.

    Attributes:
        ended: whether the person has said goodbye.
    """

    def __init__(self, library: Library, review: str | None = None) -> None:
        self.ended = False
        self._library = library
        self._review = review
        self._asked: list[str] = []
        self._further: list[Hit] | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            "review": self._keep_to,
            "more": self._show_further,
            "new": self._start_afresh,
            "help": lambda _: say(HELP),
            "quit": self._end,
            "exit": self._end,
        }

    def hear(self, line: str) -> None:
        """Answer a question, or do what a command says.

        Raises:
            LibraryError: the question can't be answered, or names no review; the conversation goes on.
        """
        line = line.strip()
        if line.startswith("/"):
            name, _, rest = line[1:].partition(" ")
            command = self._commands.get(name.casefold())
            if command is None:
                notice(f"There is no /{name}; /help lists what there is.")
            else:
                command(rest.strip())
        elif line:
            self._answer(line)

    def _answer(self, question: str) -> None:
        found = self._library.run(question, RANKED, review=self._review, context=self._asked)
        show_answer(found.answer, self._library)
        say("")
        self._further = [hit for hit in found.hits if not _holds_any(hit, found.answer.quotes)]
        # What the reviews say nothing about tells nothing about what is asked next.
        if found.answer.quotes:
            self._asked.append(question)

    def _keep_to(self, name: str) -> None:
        review = self._library.find_review(name) if name else None
        self._start_afresh()
        self._review = review.slug if review is not None else None
        say(f"Keeping to {review.title}." if review is not None else "Asking all the reviews.")

    def _show_further(self, _: str) -> None:
        if self._further is None:
            say("Ask something first.")
        elif not self._further:
            say("There are no further passages.")
        else:
            show_hits(self._further[:FURTHER], self._library)
            say("")
            self._further = self._further[FURTHER:]

    def _start_afresh(self, _: str = "") -> None:
        self._asked.clear()
        self._further = None

    def _end(self, _: str) -> None:
        self.ended = True


def _holds_any(hit: Hit, quotes: Sequence[Quote]) -> bool:
    return any(
        (quote.collection, quote.review) == (hit.collection, hit.review) and hit.start <= quote.start < hit.end
        for quote in quotes
    )


def _lines() -> Iterator[str]:
    """What is typed, line by line, until the end of the file."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield from sys.stdin
        return
    with suppress(ImportError):
        # Where there is one, lines can be edited and recalled.
        import readline  # noqa: F401 - importing it is all it takes
    say(GREETING)
    while True:
        try:
            line = input("> ")
        except (EOFError, KeyboardInterrupt) as end:
            # The shell's own prompt begins on a line of its own.
            say("")
            if isinstance(end, KeyboardInterrupt):
                raise
            return
        yield line
