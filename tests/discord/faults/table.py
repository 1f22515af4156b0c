"""The table of faults: what goes wrong, what the bot promises, and the tests that try it."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.app.runner import Exit
from tests.discord.faults import cases
from tests.discord.loopback.state.objects import Permission
from tests.discord.running import test_faults, test_gateway, test_run

Case = partial[Coroutine[Any, Any, Any]]
"""One form of a fault: a test with some arguments given. The runner adds the fixtures that it also names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table.

    Attributes:
        number: its number in the table.
        name: what goes wrong.
        promise: what the bot does then.
        cases: its forms, which the attempts take in turn.
        tries: attempts in total.
        at_once: True if one run of the only case makes all attempts, which it receives as `tries`.
        alone: True if it measures time, so that nothing may run beside it.
    """

    number: int
    name: str
    promise: str
    cases: tuple[Case, ...]
    tries: int = 20
    at_once: bool = False
    alone: bool = False


def _away(**disturbance: Any) -> Case:
    return partial(test_faults.test_a_question_asked_during_a_reconnect_gets_an_answer, disturbance=disturbance)


def _lost(**disturbance: Any) -> Case:
    return partial(cases.a_lost_session_starts_again, disturbance=disturbance)


def _callback(**fault: Any) -> Case:
    return partial(test_faults.test_a_failed_callback_is_sent_again_in_time, fault=fault)


def _edit(kind: str) -> Case:
    return partial(test_faults.test_an_interrupted_edit_is_sent_again, kind=kind, after=False)


def _silent(missing: Permission) -> Case:
    return partial(test_faults.test_the_bot_posts_nothing_where_it_lacks_the_permission, missing=missing)


def _end(exit_code: Exit, said: str, **disturbance: Any) -> Case:
    test = test_run.test_a_connection_that_ends_for_good_ends_the_program
    return partial(test, disturbance=disturbance, code=exit_code, said=said)


def _unread(**disturbance: Any) -> Case:
    test = test_run.test_the_bot_connects_again_after_a_frame_that_it_cannot_read
    return partial(test, disturbance=disturbance)


def _fault(number: int, name: str, promise: str, *forms: Case, **how: Any) -> Fault:
    return Fault(number, name, promise, forms, **how)


FAULTS = (
    _fault(
        1, "reconnect (op 7), question while away", "answered, one IDENTIFY in all",
        partial(cases.many_reconnects), tries=100, at_once=True,
    ),
    _fault(2, "websocket reset", "answered", _away(action="reset"), tries=100),
    _fault(
        3, "close 1000, 1001, 4000, 4007, 4009", "answered, 20 of 20 each",
        *(_away(action="close", code=code) for code in (1000, 1001, 4000)),
        *(_lost(action="close", code=code) for code in (4007, 4009)),
        tries=100,
    ),
    _fault(
        4, "close 4004, 4014, bad token", "clear message, own exit code, no restart loop",
        _end(Exit.TOKEN_REFUSED, "refuses the token", action="close", code=4004),
        _end(Exit.INTENTS_REFUSED, "intents", action="close", code=4014),
        partial(test_run.test_a_bot_that_cannot_start_says_why_in_one_line_and_has_its_own_exit_code),
    ),
    _fault(
        5, "invalid session, resumable or not", "answered",
        _away(action="invalidate", resumable=True), _lost(action="invalidate", resumable=False),
    ),
    _fault(
        6, "no heartbeat acknowledgement", "reconnects, answers",
        partial(test_faults.test_a_heartbeat_without_acknowledgement_leads_to_a_new_connection),
    ),
    _fault(
        7, "malformed event, corrupt frame", "skipped or connected again, logged, answered",
        partial(test_gateway.test_no_event_that_cannot_be_read_ends_the_connection, data={}),
        _unread(action="event", name="READY", data={}), _unread(action="raw", hex="0011223344"),
    ),
    _fault(
        8, "gateway handshake 503", "retried with backoff",
        partial(test_faults.test_a_failed_handshake_during_a_reconnect_loses_no_question),
        partial(test_run.test_the_bot_waits_for_a_discord_that_is_down),
    ),
    _fault(
        9, "503 at login or command sync", "retried; not fatal",
        partial(test_run.test_the_bot_waits_for_a_discord_that_is_down),
        partial(test_run.test_sync_sends_the_commands_only_if_they_changed),
    ),
    _fault(
        10, "429 with Via on a callback", "acknowledged, answered",
        _callback(kind="status", status=429, via=True, retry_after=0.2),
    ),
    _fault(
        11, "429 without Via", "logged, no storm",
        partial(test_faults.test_a_429_from_outside_discord_is_not_repeated),
    ),
    _fault(
        12, "one 500 or 503 on a callback", "acknowledged, answered",
        _callback(kind="status", status=500), _callback(kind="status", status=503),
    ),
    _fault(
        13, "two or more 500s on a callback", "no retry past 2.5 s; counted",
        partial(test_faults.test_a_callback_is_not_sent_again_after_the_deadline),
        _callback(kind="status", status=500, times=2),
    ),
    _fault(
        14, "reset on callback or edit", "acknowledged, answered by a retry",
        _callback(kind="reset"), _edit("reset"), _callback(kind="close"), _edit("close"), tries=100,
    ),
    _fault(
        15, "callback processed, response lost", "40060 counts as acknowledged",
        _callback(kind="reset", after=True), _callback(kind="close", after=True),
        partial(test_faults.test_a_callback_without_a_response_is_sent_again),
    ),
    _fault(
        16, "the same interaction twice", "one callback sent",
        partial(test_faults.test_a_repeated_interaction_gets_one_callback),
    ),
    _fault(
        17, "late acknowledgement", "counted, answered in the channel where allowed",
        partial(test_faults.test_a_question_that_is_acknowledged_too_late_is_answered_in_the_channel),
    ),
    _fault(
        18, "token expired before the edit", "posted in the channel where allowed",
        *(
            partial(
                test_faults.test_an_answer_with_an_expired_token_is_posted_in_the_channel_unless_it_is_private,
                private=private,
            )
            for private in (False, True)
        ),
    ),
    _fault(
        19, "missing permission, archived or locked", "checked before, suppressed per channel",
        _silent(Permission.SEND_MESSAGES), _silent(Permission.VIEW_CHANNEL),
        partial(test_faults.test_without_the_message_history_the_answer_is_not_a_reply),
        partial(test_faults.test_a_thread_that_refused_a_post_gets_no_other),
    ),
    _fault(
        20, "401s in a row", "stops after a few",
        partial(test_faults.test_a_refused_token_ends_the_bot_after_a_few_requests),
    ),
    _fault(
        21, "bucket empty, global 429", "no 429 caused; callbacks unaffected",
        partial(test_faults.test_an_empty_rate_limit_causes_no_429),
        partial(test_faults.test_a_global_limit_leaves_callbacks_alone),
    ),
    _fault(22, "slow model", '"heartbeat blocked" never logged', partial(cases.a_slow_model), at_once=True),
    _fault(
        23, "SIGTERM with 20 in flight", "answered, exit 0",
        partial(cases.a_stop_with_questions_in_flight), at_once=True,
    ),
    _fault(
        24, "restart, then an old button", "works; an unknown one says it expired",
        partial(test_run.test_an_old_button_works_after_a_restart),
        partial(test_faults.test_an_unknown_button_has_expired),
    ),
    _fault(
        25, "messages of bots, webhooks, itself", "0 sent",
        partial(test_faults.test_the_bot_ignores_bots_webhooks_and_itself),
    ),
    _fault(26, "DEBUG logs", "no token in any log", partial(test_run.test_the_debug_log_has_no_token)),
    _fault(
        27, "500 questions at once", "acknowledged within 1.5 s, all answered",
        partial(cases.many_questions_at_once), tries=500, at_once=True, alone=True,
    ),
)  # fmt: skip
