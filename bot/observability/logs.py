"""Log to stderr: text for a person in a terminal, one JSON object per line elsewhere.

Every module logs with the standard library, as discord.py does, and puts values for programs in `extra`. structlog
formats the lines. No line, at any level, holds a token or what Discord sends or receives.
"""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Iterable

import stamina.instrumentation
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.observability.redact import redact, redact_fields

_PAYLOADS = frozenset({"discord.gateway", "discord.http"})
"""The loggers that write whole events, requests and responses at level DEBUG."""
_HEADER = ("op", "t", "s")
"""The parts of a gateway's event that are logged: its kind and its number."""
_WITHHELD = "[withheld]"


def log_to_stderr(level: str, secrets: Iterable[str], form: str | None = None) -> None:
    """Log records of a level and above.

    Args:
        level: its name in the standard library.
        secrets: texts that no line may hold, besides everything that looks like a token.
        form: `text` or `json`. None chooses by whether stderr is a terminal.
    """
    in_terminal = sys.stderr.isatty()
    as_text = in_terminal if form is None else form == "text"
    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter(secrets, as_text=as_text, colours=in_terminal))
    # stamina would print the arguments of what it repeats to stdout, and those hold signed links.
    stamina.instrumentation.set_on_retry_hooks(())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class LogFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record as one line, or as a few lines with a traceback.

    Args:
        secrets: texts that no line may hold.
        as_text: whether to write text instead of JSON.
        colours: whether the text has colours.
    """

    def __init__(self, secrets: Iterable[str], *, as_text: bool, colours: bool = False) -> None:
        known = tuple(secret for secret in secrets if secret)

        def without_secrets(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
            return redact_fields(fields, known)

        renderer: list[Processor] = [
            _printable,
            # Its own tracebacks would show local variables, and so questions.
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
                without_secrets,
                *(renderer if as_text else [structlog.processors.JSONRenderer()]),
            ],
        )
        self._secrets = known

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, redacted once more because formatting may have joined parts of a secret."""
        return redact(super().format(_without_payload(record)), self._secrets, by_place=False)


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
    """Replace characters that could control a terminal."""
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in value)
    return fields
