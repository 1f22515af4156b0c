"""Every check, in the order in which a person would mend things. A new one is a line here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.cli.doctor import discord as connection
from bot.cli.doctor import index as answering
from bot.cli.doctor import installation
from bot.cli.doctor import storage as keeping
from bot.cli.doctor.check import Check, Circumstances, Look, check

CHECKS: tuple[tuple[str, Look], ...] = (
    ("python", installation.python),
    ("packages", installation.packages),
    ("weights", installation.weights),
    ("disk", keeping.disk),
    ("reviews", answering.reviews),
    ("index", answering.index),
    ("reader", answering.reranker),
    ("thresholds", answering.thresholds),
    ("database", keeping.database),
    ("token", connection.token),
    ("commands", connection.commands),
)
"""Each check's name, and what looks."""


def checks(circumstances: Circumstances) -> Iterator[Check]:
    """Make every check, one after the other; what keeps several from being made is told once."""
    told: dict[str, str] = {}
    for name, look in CHECKS:
        found = check(name, look, circumstances)
        first = name if found.ok else told.setdefault(found.said, name)
        yield found if first == name else replace(found, said=f"not looked at: see {first}")
