"""`review-bot chat`, in a terminal or through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
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
from bot.cli.output.show import printer
from bot.config import CHAT_MORE_PASSAGES, MAX_PASSAGES, RELEVANT_SHARE
from bot.ui.small_talk import is_small_talk
from embeddings import SHIPPED, relevant_hits

if TYPE_CHECKING:
    from embeddings import Choice, Hit, Library

GREETING = "Ask about the reviews. Type help for the commands, and quit or Ctrl-D to end."
HELP = """\
1, 2, …       choose a review where it isn't clear which you mean
/review NAME  limit the chat to one review; /review alone lifts the limit
/more         show more passages for your last question
/new          start a new conversation
help          show this list (also /help or ?)
quit          end the chat (also /quit, exit, bye or Ctrl-D)
Ctrl-C        clear the line; on an empty line, end the chat"""
WORDS = {"?": "help", "help": "help"} | dict.fromkeys(("quit", "exit", "bye", "q", ":q", ":q!", ":wq"), "quit")
"""Lines that are commands, though they have no slash: nobody asks them about a review."""


def chat(
    review: ReviewOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    no_update: NoUpdateOption = False,
    data: DataOption = DATA,
) -> None:
    """Ask questions in a conversation. Follow-ups are understood."""
    from bot.cli.library import open_library
    from embeddings import LibraryError

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    session = ChatSession(library, data, library.find_review(review).slug if review is not None else None)
    for line in _lines():
        try:
            session.handle(line)
        except LibraryError as error:
            notice(str(error))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the chat goes on
            notice(f"This question can't be answered ({error!r}). Ask it in other words, and report the error.")
        if session.ended:
            break
        # A program at the other end of a pipe gets the answer before it sends the next line.
        sys.stdout.flush()


class ChatSession:
    """The questions so far, and the commands.

    Attributes:
        ended: whether the person has quit.
    """

    def __init__(self, library: Library, data: Path, review: str | None = None) -> None:
        self.ended = False
        self._library = library
        self._data = data
        self._review = review
        self._context: list[str] = []
        self._more: list[Hit] | None = None
        # The question that is waiting for a choice, and the reviews to choose from.
        self._choices: tuple[str, tuple[Choice, ...]] = "", ()
        self._commands: dict[str, Callable[[str], None]] = {
            "review": self._limit_to,
            "more": self._show_more,
            "new": self._start_over,
            "help": lambda _: say(HELP),
            "quit": self._quit,
            "exit": self._quit,
        }

    def handle(self, line: str) -> None:
        """Answer a question or run a command.

        Raises:
            LibraryError: the question can't be answered, or there is no such review. The chat can go on.
        """
        line = line.strip()
        word = WORDS.get(line.casefold().rstrip("!.") or line)
        if line.startswith("/") or word is not None:
            name, _, rest = (word or line[1:]).partition(" ")
            command = self._commands.get(name.casefold())
            if command is None:
                notice(f"There is no command /{name}. Type /help for the list.")
            else:
                command(rest.strip())
        elif line:
            question, choices = self._choices
            number = int(line) if line.isascii() and line.isdigit() else 0
            if 1 <= number <= len(choices):
                say(f"In {choices[number - 1].title}:")
                self._answer(question, choices[number - 1])
            elif is_small_talk(line):
                say(GREETING)
            else:
                self._answer(line)

    def _answer(self, question: str, chosen: Choice | None = None) -> None:
        review = chosen.review if chosen is not None else self._review
        found = self._library.run(question, MAX_PASSAGES, review=review, context=self._context)
        self._choices = question, found.answer.choices
        printer().print_answer(found.answer, self._library.review, self._data)
        say("")
        places = [(quote.collection, quote.review, quote.start, quote.end) for quote in found.answer.quotes]
        hits = relevant_hits(found.hits, RELEVANT_SHARE)
        self._more = [hit for hit in hits if not any(hit.overlaps(*place) for place in places)]
        # A question that the reviews do not answer is no context for the next one.
        if (found.answer.quotes and not found.answer.choices) or found.answer.listing is not None:
            # With the title, so that a follow-up stays within the review.
            self._context.append(question if chosen is None else f"{chosen.title}: {question}")

    def _limit_to(self, name: str) -> None:
        review = self._library.find_review(name) if name else None
        self._start_over()
        self._review = review.slug if review is not None else None
        say(f"The chat is limited to {review.title}." if review is not None else "The chat covers all reviews.")

    def _show_more(self, _: str) -> None:
        if self._more is None:
            say("Ask a question first.")
        elif not self._more:
            say("There are no more passages.")
        else:
            printer().print_hits(self._more[:CHAT_MORE_PASSAGES], self._library.review)
            say("")
            self._more = self._more[CHAT_MORE_PASSAGES:]

    def _start_over(self, _: str = "") -> None:
        self._context.clear()
        self._choices = "", ()
        self._more = None

    def _quit(self, _: str) -> None:
        self.ended = True


def _lines() -> Iterator[str]:
    """Yield each typed line until the end of the input."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield from sys.stdin
        return
    typed: Callable[[], str] | None = None
    with suppress(ImportError):
        # Where Python has it, importing it is enough to edit and recall lines.
        import readline

        typed = readline.get_line_buffer
    say(GREETING)
    cleared = False
    while True:
        try:
            line = input("> ")
        except EOFError:
            # The shell's prompt starts on a line of its own.
            say("")
            return
        except KeyboardInterrupt:
            say("")
            # Without readline, nobody knows what is typed: a second Ctrl-C in a row ends the chat.
            if cleared or (typed is not None and not typed()):
                raise
            cleared = typed is None
            continue
        cleared = False
        yield line
