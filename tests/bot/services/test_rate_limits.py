"""RateLimits per member and per server, on a clock that the test turns."""

from __future__ import annotations

from bot.services.rate_limits import RateLimits

CLUB, OTHER = 1, 2
ANA, BEA = 11, 12


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_member_waits_between_questions_and_a_refused_one_doesnt_count() -> None:
    clock = Clock()
    cooldowns = RateLimits(clock, member_wait=3.0, server_rate=0)
    assert cooldowns.claim(ANA, CLUB) == 0
    assert cooldowns.claim(BEA, CLUB) == 0
    clock.now += 1
    assert cooldowns.claim(ANA, OTHER) == 2
    clock.now += 2
    assert cooldowns.claim(ANA, OTHER) == 0


def test_who_has_asked_may_look_further_at_once_but_not_again_and_again() -> None:
    clock = Clock()
    cooldowns = RateLimits(clock, member_wait=3.0, server_rate=0)
    assert cooldowns.claim(ANA, CLUB) == 0
    assert [cooldowns.claim(ANA, CLUB, pressed=True) for _ in range(2)] == [0, 3]
    clock.now += 3
    assert cooldowns.claim(ANA, CLUB, pressed=True) == 0


def test_a_servers_share_holds_questions_and_presses() -> None:
    cooldowns = RateLimits(Clock(), member_wait=0.0, server_rate=2)
    assert [cooldowns.claim(ANA, CLUB, pressed=each) for each in (False, True, True)] == [0, 0, 60]


def test_a_server_has_so_many_questions_a_minute() -> None:
    clock = Clock()
    cooldowns = RateLimits(clock, member_wait=0.0, server_rate=2)
    assert [cooldowns.claim(ANA, CLUB) for _ in range(3)] == [0, 0, 60]
    assert cooldowns.claim(ANA, OTHER) == 0
    assert cooldowns.claim(ANA, None) == 0
    clock.now += 60
    assert cooldowns.claim(ANA, CLUB) == 0


def test_without_limits_nobody_waits() -> None:
    cooldowns = RateLimits(Clock(), member_wait=0.0, server_rate=0)
    assert [cooldowns.claim(ANA, CLUB) for _ in range(100)] == [0] * 100


def test_who_goes_on_asking_is_told_to_wait_only_now_and_then() -> None:
    clock = Clock()
    cooldowns = RateLimits(clock, member_wait=3.0, server_rate=0)
    assert [cooldowns.may_notify(ANA), cooldowns.may_notify(ANA), cooldowns.may_notify(BEA)] == [True, False, True]
    clock.now += 10
    assert cooldowns.may_notify(ANA)
