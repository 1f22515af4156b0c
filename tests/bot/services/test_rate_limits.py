"""Limits per member and per server."""

from __future__ import annotations

from bot.services.rate_limits import RateLimits
from tests.bot.fixtures.clock import Clock

CLUB, OTHER = 1, 2
ANA, BEA = 11, 12


def test_a_member_waits_between_questions_and_a_refused_question_does_not_count() -> None:
    clock = Clock()
    limits = RateLimits(clock, member_wait=3.0, server_rate=0)
    assert limits.claim(ANA, CLUB) == 0
    assert limits.claim(BEA, CLUB) == 0
    clock.now += 1
    assert limits.claim(ANA, OTHER) == 2
    clock.now += 2
    assert limits.claim(ANA, OTHER) == 0


def test_a_member_who_has_asked_may_look_further_once() -> None:
    clock = Clock()
    limits = RateLimits(clock, member_wait=3.0, server_rate=0)
    assert limits.claim(ANA, CLUB) == 0
    assert [limits.claim(ANA, CLUB, pressed=True) for _ in range(2)] == [0, 3]
    clock.now += 3
    assert limits.claim(ANA, CLUB, pressed=True) == 0


def test_a_servers_rate_counts_questions_and_presses() -> None:
    limits = RateLimits(Clock(), member_wait=0.0, server_rate=2)
    assert [limits.claim(ANA, CLUB, pressed=each) for each in (False, True, True)] == [0, 0, 60]


def test_a_server_has_a_number_of_questions_per_minute() -> None:
    clock = Clock()
    limits = RateLimits(clock, member_wait=0.0, server_rate=2)
    assert [limits.claim(ANA, CLUB) for _ in range(3)] == [0, 0, 60]
    assert limits.claim(ANA, OTHER) == 0
    assert limits.claim(ANA, None) == 0
    clock.now += 60
    assert limits.claim(ANA, CLUB) == 0


def test_without_limits_nobody_waits() -> None:
    limits = RateLimits(Clock(), member_wait=0.0, server_rate=0)
    assert [limits.claim(ANA, CLUB) for _ in range(100)] == [0] * 100
