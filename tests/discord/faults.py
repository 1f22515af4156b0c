"""`python -m tests.discord.faults [--json FILE] [--only N,N] [--times N] [--jobs N]`: every promise, counted.

Each attempt is a test of `test_faults.py`, `test_running.py` or `long_faults.py`, with a Discord and a bot of its own;
where a fault has several forms, the attempts take them in turn. Faults of many questions at once count the questions.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bot.app.runner import Exit
from tests.discord import long_faults
from tests.discord.club import furnish
from tests.discord.launch import point_at
from tests.discord.logs import watch
from tests.discord.loopback.server import ThreadedServer
from tests.discord.loopback.state import Permission
from tests.discord.running import test_faults
from tests.discord.running import test_run as test_running

PATIENCE = 300.0
"""Seconds after which an attempt has failed."""
_SHOWN = 3  # failures of one fault that are told in full


@dataclass(frozen=True, slots=True)
class Case:
    """One form of a fault: a test, and what it is given besides the fixtures that it names."""

    test: Callable[..., Awaitable[object]]
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table.

    Attributes:
        number: its number in the table of promises.
        name: what goes wrong.
        promise: what the bot does all the same.
        cases: its forms.
        tries: how often they are tried, all together.
        at_once: whether one run of the only case counts all the tries, which it is given as `tries`.
        alone: whether it measures time, so that nothing may run beside it.
    """

    number: int
    name: str
    promise: str
    cases: tuple[Case, ...]
    tries: int = 20
    at_once: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a fault was survived, how long all attempts took in seconds, and what the first failures were."""

    number: int
    survived: int
    tried: int
    seconds: float
    failures: tuple[str, ...]


def _away(**disturbance: Any) -> Case:
    return Case(test_faults.test_a_question_asked_while_the_bot_is_away_is_answered, {"disturbance": disturbance})


def _lost_session(**disturbance: Any) -> Case:
    return Case(long_faults.a_lost_session_is_begun_anew, {"disturbance": disturbance})


def _callback(**fault: Any) -> Case:
    return Case(test_faults.test_a_callback_that_fails_is_sent_again_in_time, {"fault": fault})


def _edit(kind: str, *, after: bool) -> Case:
    return Case(test_faults.test_an_edit_that_is_cut_off_is_sent_again, {"kind": kind, "after": after})


def _no_permission(missing: Permission) -> Case:
    return Case(test_faults.test_where_the_bot_may_not_speak_it_does_not_try, {"missing": missing})


def _end(exit_code: Exit, said: str, **disturbance: Any) -> Case:
    given = {"disturbance": disturbance, "exit_code": exit_code, "said": said}
    return Case(long_faults.what_ends_the_program, given)


def _start(route: str, said: str) -> Case:
    return Case(long_faults.a_start_is_tried_again, {"route": route, "said": said})


FAULTS = (
    Fault(
        1,
        "reconnect (op 7), question while away",
        "answered, one IDENTIFY in all",
        (Case(long_faults.many_reconnects),),
        tries=100,
        at_once=True,
    ),
    Fault(2, "websocket reset", "answered", (_away(action="reset"),), tries=100),
    Fault(
        3,
        "close 1000, 1001, 4000, 4007, 4009",
        "answered, 20 of 20 each",
        (
            *(_away(action="close", code=code) for code in (1000, 1001, 4000)),
            *(_lost_session(action="close", code=code) for code in (4007, 4009)),
        ),
        tries=100,
    ),
    Fault(
        4,
        "close 4004, 4014, bad token",
        "clear message, own exit code, no restart loop",
        (
            _end(Exit.TOKEN_REFUSED, "refuses the token", action="close", code=4004),
            _end(Exit.INTENTS_REFUSED, "disallows the intents", action="close", code=4014),
            Case(long_faults.a_refused_token_ends_the_program, {"token": test_running.SAMPLE}),
        ),
    ),
    Fault(
        5,
        "invalid session, resumable or not",
        "answered",
        (_away(action="invalidate", resumable=True), _lost_session(action="invalidate", resumable=False)),
    ),
    Fault(
        6,
        "no heartbeat acknowledgement",
        "reconnects, answers",
        (Case(long_faults.a_heartbeat_without_acknowledgement_leads_to_a_new_connection),),
    ),
    Fault(
        7,
        "malformed event, corrupt frame",
        "non-zero exit, logged",
        (
            _end(Exit.CONNECTION, '"level": "error"', action="event", name="MESSAGE_CREATE", data={}),
            _end(Exit.CONNECTION, '"level": "error"', action="raw", hex="0011223344"),
        ),
    ),
    Fault(
        8,
        "gateway handshake 503",
        "retried with backoff",
        (
            Case(test_faults.test_a_handshake_that_fails_on_the_way_back_loses_no_question),
            _start("GET /gateway/", "Discord's gateway doesn't answer"),
        ),
    ),
    Fault(
        9,
        "503 at login or command sync",
        "retried; not fatal",
        (
            _start("GET /users/@me", "trying again"),
            Case(test_running.test_the_commands_are_put_when_they_have_changed_and_only_then),
        ),
    ),
    Fault(
        10,
        "429 with Via on a callback",
        "acknowledged, answered",
        (_callback(kind="status", status=429, via=True, retry_after=0.2),),
    ),
    Fault(
        11,
        "429 without Via",
        "logged, no storm",
        (Case(test_faults.test_a_429_from_outside_discords_gate_raises_no_storm),),
    ),
    Fault(
        12,
        "one 500 or 503 on a callback",
        "acknowledged, answered",
        (_callback(kind="status", status=500), _callback(kind="status", status=503)),
    ),
    Fault(
        13,
        "two or more 500s on a callback",
        "no retry past 2.5 s; counted",
        (
            Case(test_faults.test_a_callback_is_not_sent_again_when_it_would_be_too_late),
            _callback(kind="status", status=500, times=2),
        ),
    ),
    Fault(
        14,
        "reset on callback or edit",
        "acknowledged, answered by a retry",
        (_callback(kind="reset"), _edit("reset", after=False), _callback(kind="close"), _edit("close", after=False)),
        tries=100,
    ),
    Fault(
        15,
        "callback processed, response lost",
        "40060 counts as acknowledged",
        (
            _callback(kind="reset", after=True),
            _callback(kind="close", after=True),
            Case(test_faults.test_a_callback_that_is_never_answered_is_sent_again),
        ),
    ),
    Fault(
        16,
        "the same interaction twice",
        "one callback sent",
        (Case(test_faults.test_the_same_interaction_twice_is_one_callback),),
    ),
    Fault(
        17,
        "late acknowledgement",
        "dropped quietly, counted, nothing posted",
        (Case(test_faults.test_a_late_acknowledgement_is_dropped_quietly_and_counted),),
    ),
    Fault(
        18,
        "token expired before the edit",
        "posted in the channel where allowed",
        (
            Case(test_faults.test_an_answer_whose_token_has_expired_is_posted_in_the_channel),
            Case(test_faults.test_a_private_answer_whose_token_has_expired_is_not_posted),
        ),
    ),
    Fault(
        19,
        "missing permission, archived or locked",
        "checked before, suppressed per channel",
        (
            _no_permission(Permission.SEND_MESSAGES),
            _no_permission(Permission.VIEW_CHANNEL),
            Case(test_faults.test_without_the_history_the_answer_is_no_reply),
            Case(test_faults.test_a_locked_thread_is_left_alone_and_an_unknown_refusal_is_not_repeated),
        ),
    ),
    Fault(
        20,
        "401s in a row",
        "stops after a few",
        (Case(test_faults.test_a_refused_token_ends_the_bot_after_a_few_tries),),
    ),
    Fault(
        21,
        "bucket empty, global 429",
        "no 429 caused; callbacks unaffected",
        (
            Case(test_faults.test_a_spent_bucket_is_waited_for_and_no_429_caused),
            Case(long_faults.a_global_limit_leaves_callbacks_alone),
        ),
    ),
    Fault(
        22,
        "slow model",
        '"heartbeat blocked" never logged',
        (Case(long_faults.a_slow_model),),
        at_once=True,
    ),
    Fault(
        23,
        "SIGTERM with 20 in flight",
        "answered, exit 0",
        (Case(long_faults.a_stop_with_questions_in_flight),),
        at_once=True,
    ),
    Fault(
        24,
        "restart, then an old button",
        "works; an unknown one says it expired",
        (
            Case(test_running.test_an_old_button_works_after_a_restart),
            Case(test_faults.test_an_unknown_button_says_that_it_has_expired),
        ),
    ),
    Fault(
        25,
        "messages of bots, webhooks, itself",
        "0 sent",
        (Case(test_faults.test_bots_webhooks_and_the_bot_itself_are_not_answered),),
    ),
    Fault(26, "DEBUG logs", "no token in any log", (Case(test_running.test_no_token_is_logged_even_at_debug),)),
    Fault(
        27,
        "500 questions at once",
        "acknowledged within 1.5 s, all answered",
        (Case(long_faults.many_questions_at_once),),
        tries=500,
        at_once=True,
        alone=True,
    ),
)


def endure(number: int, data: Path, tries: int) -> Outcome:
    """Try one fault again and again.

    Args:
        number: the fault's.
        data: an indexed data directory, which stays as it is.
        tries: how many attempts.
    """
    fault = next(each for each in FAULTS if each.number == number)
    begun = time.monotonic()
    survived, failures = 0, []
    cases = cycle(fault.cases)
    for case in islice(cases, 1 if fault.at_once else tries):
        try:
            counted = attempt(case, data, tries)
        except Exception as error:  # noqa: BLE001  # whatever an attempt fails of, it is counted and told
            failures.append(_told(case, error))
        else:
            survived += counted if fault.at_once and isinstance(counted, int) else 1
    return Outcome(number, survived, tries, time.monotonic() - begun, tuple(failures[:_SHOWN]))


def attempt(case: Case, data: Path, tries: int) -> object:
    """Run a case with fresh fixtures; what it returns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context(watch())

        def double() -> str:
            url = stack.enter_context(ThreadedServer()).server.url
            point_at(url)
            return url

        fixtures: dict[str, Callable[[], Any]] = {
            "at_the_double": double,
            "reviews": lambda: data,
            "store": lambda: folder / "bot.sqlite3",
            "tmp_path": lambda: folder,
            "log": lambda: log,
            "tries": lambda: tries,
        }
        wanted = [name for name in inspect.signature(case.test).parameters if name not in case.given]
        return asyncio.run(_in_time(case.test(**{name: fixtures[name]() for name in wanted}, **case.given)))


async def _in_time(test: Awaitable[object]) -> object:
    async with asyncio.timeout(PATIENCE):
        return await test


def _told(case: Case, error: Exception) -> str:
    """Where an attempt failed: the line in the tests, and the error."""
    frames = traceback.extract_tb(error.__traceback__)
    place = next((each for each in reversed(frames) if "/tests/discord/" in each.filename), frames[-1])
    name = getattr(case.test, "__name__", "?")
    given = f" with {dict(case.given)}" if case.given else ""
    return f"{name}{given}: {type(error).__name__} at `{place.line}` {str(error)[:4000]}".rstrip()


def outcomes(chosen: list[Fault], times: int | None, jobs: int) -> Iterator[Outcome]:
    """Endure the chosen faults, each in a process of its own; those that measure time come last, alone."""
    spawning = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        for alone, workers in ((False, jobs), (True, 1)):
            with ProcessPoolExecutor(workers, spawning, max_tasks_per_child=1) as pool:
                begun = [
                    pool.submit(endure, fault.number, data, _tries(fault, times))
                    for fault in chosen
                    if fault.alone is alone
                ]
                for each in begun:
                    yield each.result()


def _tries(fault: Fault, times: int | None) -> int:
    """Every form of a fault is tried once at least."""
    return fault.tries if times is None else max(times, len(fault.cases))


def _row(fault: Fault, outcome: Outcome) -> str:
    count = f"{outcome.survived} of {outcome.tried}"
    return f"{fault.number:>2}  {fault.name:<38} {fault.promise:<46} {count:<12} {outcome.seconds:>6.0f} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.discord.faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts there")
    parser.add_argument("--only", metavar="N,N", help="only the faults of these numbers")
    parser.add_argument("--times", type=int, metavar="N", help="attempts of each, instead of what is promised")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="faults endured at the same time")
    return parser.parse_args()


def main() -> int:
    """Print the table; 1 where any fault was not survived every time."""
    arguments = _arguments()
    numbers = {int(each) for each in arguments.only.split(",")} if arguments.only else None
    chosen = [each for each in FAULTS if numbers is None or each.number in numbers]
    named = {each.number: each for each in chosen}
    seen = []
    for outcome in outcomes(chosen, arguments.times, arguments.jobs):
        seen.append(outcome)
        lines = [_row(named[outcome.number], outcome), *(f"      {each}" for each in outcome.failures)]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
    if arguments.json is not None:
        rows = [
            {
                "number": each.number,
                "name": named[each.number].name,
                "survived": each.survived,
                "tried": each.tried,
            }
            for each in seen
        ]
        arguments.json.write_text(json.dumps({"faults": rows}, indent=2) + "\n", encoding="utf-8")
    return int(not all(each.survived == each.tried for each in seen))


if __name__ == "__main__":
    sys.exit(main())
