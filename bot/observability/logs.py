"""The running bot's log, on stderr: lines for a person in a terminal, one JSON object a line elsewhere.

Every module logs with the standard library, as discord.py does, and puts what a program may look for in `extra`; here
structlog makes the lines. At every level, none has a token in it, nor what Discord sends or is sent.
"""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Iterable

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.observability.redact import redacted, redacted_fields

_PAYLOADS = frozenset({"discord.gateway", "discord.http"})
"""The loggers that write out whole events, requests and responses when they debug."""
_HEADER = ("op", "t", "s")
"""What is kept of a gateway's event: its kind and its number."""
_WITHHELD = "[withheld]"


def log_to_stderr(level: str, secrets: Iterable[str], form: str | None = None) -> None:
    """Log from `level` on; `secrets` are never written out.

    Args:
        level: the standard library's name of it.
        secrets: what must not be in any line, besides what looks like a token.
        form: `text` or `json`; None takes the one that suits where stderr leads.
    """
    in_terminal = sys.stderr.isatty()
    as_text = in_terminal if form is None else form == "text"
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(secrets, as_text=as_text, colours=in_terminal))
    # stamina would print the arguments of what it repeats to stdout, and those hold signed links.
    stamina.instrumentation.set_on_retry_hooks(())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class Lines(structlog.stdlib.ProcessorFormatter):
    """Makes the line, or the few lines of a traceback, of a record.

    Args:
        secrets: what must not be in any line.
        as_text: for people, rather than one JSON object.
        colours: whether the text may have them.
    """

    def __init__(self, secrets: Iterable[str], *, as_text: bool, colours: bool = False) -> None:
        known = tuple(secret for secret in secrets if secret)

        def redact(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
            return redacted_fields(fields, known)

        renderer: list[Processor] = [
            _printable,
            # Its own way with tracebacks would show local variables, and so questions.
            structlog.dev.ConsoleRenderer(
                colors=colours, exception_formatter=structlog.dev.plain_traceback, sort_keys=False
            ),
        ]
        super().__init__(
            processors=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                self.remove_processors_meta,
                redact,
                *(renderer if as_text else [structlog.processors.JSONRenderer()]),
            ],
        )
        self._secrets = known

    def format(self, record: logging.LogRecord) -> str:
        """The finished text; redacted once more, for what only came about by putting it together."""
        return redacted(super().format(_without_payload(record)), self._secrets, by_place=False)


def _without_payload(record: logging.LogRecord) -> logging.LogRecord:
    if record.name not in _PAYLOADS or record.levelno > logging.DEBUG or not isinstance(record.args, tuple):
        return record
    reduced = copy.copy(record)
    reduced.args = tuple(_header(argument) for argument in record.args)
    return reduced


def _header(argument: object) -> object:
    if isinstance(argument, dict):
        return {name: argument[name] for name in _HEADER if name in argument}
    is_json = isinstance(argument, str) and argument.startswith(("{", "["))
    return _WITHHELD if is_json or isinstance(argument, list | bytes) else argument


def _printable(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    """Without what could command a terminal."""
    return {name: _non_empty(value) if isinstance(value, str) else value for name, value in fields.items()}


def _non_empty(text: str) -> str:
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)
