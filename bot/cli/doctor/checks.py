"""All checks, in the order in which a person would fix problems. A new check is one line here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bot.cli.doctor import discord, index, installation, storage
from bot.cli.doctor.check import Check, CheckFunction, Context, Status, run_check

CHECKS: tuple[tuple[str, CheckFunction], ...] = (
    ("python", installation.python),
    ("packages", installation.packages),
    ("weights", installation.weights),
    ("disk", storage.disk),
    ("folders", index.folders),
    ("reviews", index.reviews),
    ("index", index.index),
    ("reranker", index.reranker),
    ("thresholds", index.thresholds),
    ("database", storage.database),
    ("feeds", storage.feeds),
    ("token", discord.token),
    ("commands", discord.commands),
)

AHEAD = (installation.digest_weights, index.digest_index)
"""What reads hundreds of megabytes, which other threads do while this one imports the engine."""

_ARTICLES = {"index": "an index", "token": "a token"}


def checks(context: Context) -> Iterator[Check]:
    """Run every check in order. A problem that stops several checks is reported once."""
    reported: dict[str, str] = {}
    with closing(context), ThreadPoolExecutor(len(AHEAD)) as executor:
        for work in AHEAD:
            context.begin(work, executor)
        for name, function in CHECKS:
            found = run_check(name, function, context)
            first = name if found.ok else reported.setdefault(found.finding, name)
            if first == name:
                yield found
            else:
                yield Check(name, Status.SKIPPED, f"(needs {_ARTICLES.get(first, first)})")
