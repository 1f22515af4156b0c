from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import CONVERSATION_QUESTIONS
from bot.services.conversations import Conversation, Conversations, Turn
from tests.bot.fixtures.clock import Clock

ANN, BEN = 1, 2
CHANNEL, THREAD = 10, 11


@pytest.fixture
def conversations() -> Conversations:
    return Conversations(Clock())


def asked(
    conversations: Conversations,
    question: str,
    *,
    place: int = CHANNEL,
    member: int = ANN,
    answer: int | None = None,
    private: bool = False,
    review: str | None = None,
) -> Conversation:
    """Record a member's next question in their conversation in a place."""
    turn = Turn(question, review, private, answer, member)
    return conversations.record(place, member, turn, earlier=conversations.current(place, member))


def test_a_follow_up_has_the_earlier_questions_newest_last(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?")
    asked(conversations, "Who plays her?")
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?", "Who plays her?")


def test_a_first_question_has_no_context() -> None:
    assert Conversations(Clock()).current(CHANNEL, ANN) == Conversation()


def test_two_people_in_one_channel_never_mix(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", member=ANN)
    asked(conversations, "Who is Tommy?", member=BEN)
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?",)
    assert conversations.current(CHANNEL, BEN).context == ("Who is Tommy?",)


def test_one_person_in_two_places_has_two_conversations(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", place=CHANNEL)
    assert conversations.current(THREAD, ANN) == Conversation()


@given(st.lists(st.tuples(st.sampled_from((CHANNEL, THREAD)), st.sampled_from((ANN, BEN)), st.text())))
def test_a_conversation_has_its_members_own_questions(turns: list[tuple[int, int, str]]) -> None:
    conversations = Conversations(Clock())
    for place, member, question in turns:
        asked(conversations, question, place=place, member=member)
    for place in (CHANNEL, THREAD):
        for member in (ANN, BEN):
            own = [question for where, who, question in turns if (where, who) == (place, member)]
            assert conversations.current(place, member).context == tuple(own[-CONVERSATION_QUESTIONS:])


def test_a_reply_to_an_older_answer_continues_from_there(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", answer=100)
    asked(conversations, "How does it end?", answer=101)
    earlier = conversations.up_to(100, ANN)
    assert earlier is not None
    assert earlier.context == ("Who is Kathy?",)
    conversations.record(CHANNEL, ANN, Turn("Who plays her?"), earlier=earlier)
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?", "Who plays her?")


def test_somebody_elses_reply_starts_a_conversation_of_their_own(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", answer=100)
    earlier = conversations.up_to(100, BEN)
    assert earlier is not None
    conversations.record(CHANNEL, BEN, Turn("Who plays her?"), earlier=earlier)
    assert conversations.current(CHANNEL, BEN).context == ("Who is Kathy?", "Who plays her?")
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?",)


def test_others_never_see_private_questions(conversations: Conversations) -> None:
    asked(conversations, "Does Ruth die?", private=True, review="never-let-me-go")
    asked(conversations, "Who is Kathy?", answer=100)
    seen = conversations.up_to(100, BEN)
    assert seen == Conversation((Turn("Who is Kathy?", "never-let-me-go", answer=100, member=ANN),))
    own = conversations.up_to(100, ANN)
    assert own is not None
    assert own.context == ("Does Ruth die?", "Who is Kathy?")


def test_a_private_conversation_is_empty_for_others(conversations: Conversations) -> None:
    asked(conversations, "Does Ruth die?", private=True, review="never-let-me-go", answer=100)
    assert conversations.up_to(100, BEN) == Conversation()


def test_an_answer_from_before_a_restart_is_not_known() -> None:
    assert Conversations(Clock()).up_to(100, ANN) is None


def test_a_conversation_is_about_one_review_until_another_is_named(conversations: Conversations) -> None:
    assert asked(conversations, "Who is Kathy?", review="never-let-me-go").review == "never-let-me-go"
    assert asked(conversations, "Who plays her?").review == "never-let-me-go"
    assert asked(conversations, "And who is the hero?", review="another").review == "another"


def test_an_unused_conversation_ends() -> None:
    clock = Clock()
    conversations = Conversations(clock, lifetime=60)
    asked(conversations, "Who is Kathy?", answer=100)
    clock.now = 59.0
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?",)
    clock.now = 118.0
    assert conversations.current(CHANNEL, ANN).context == ("Who is Kathy?",)
    assert conversations.up_to(100, ANN) is None
    clock.now = 178.0
    assert conversations.current(CHANNEL, ANN) == Conversation()


def test_the_least_recently_used_conversation_makes_room() -> None:
    conversations = Conversations(Clock(), limit=2)
    for place in (1, 2):
        asked(conversations, f"Question {place}", place=place)
    conversations.current(1, ANN)
    asked(conversations, "Question 3", place=3)
    assert len(conversations) == 2
    assert [conversations.current(place, ANN).context for place in (1, 2, 3)] == [("Question 1",), (), ("Question 3",)]


def test_a_deleted_answer_leaves_the_conversation_as_it_was_before(conversations: Conversations) -> None:
    before = asked(conversations, "Who is Kathy?", answer=100, review="never-let-me-go")
    asked(conversations, "Who drowns?", answer=101, review="lighthouse")
    conversations.forget(101)
    assert conversations.up_to(101, ANN) is None
    assert conversations.current(CHANNEL, ANN) == before


def test_an_older_answer_that_is_deleted_is_in_no_conversation(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", answer=100)
    asked(conversations, "Who plays her?", answer=101)
    earlier = conversations.up_to(100, BEN)
    assert earlier is not None
    conversations.record(CHANNEL, BEN, Turn("And Ruth?", answer=102), earlier=earlier)
    conversations.forget(100)
    conversations.forget(999)
    assert conversations.current(CHANNEL, ANN).context == ("Who plays her?",)
    assert conversations.current(CHANNEL, BEN).context == ("And Ruth?",)
    known = conversations.up_to(101, ANN)
    assert known is not None
    assert known.context == ("Who plays her?",)


def test_a_deleted_answer_stays_deleted_while_the_conversation_continues() -> None:
    clock = Clock()
    conversations = Conversations(clock, lifetime=60)
    asked(conversations, "Who is Kathy?", answer=100)
    asked(conversations, "Who plays her?", answer=101)
    conversations.forget(100)
    for now in (40.0, 80.0, 120.0):
        clock.now = now
        assert conversations.current(CHANNEL, ANN).context == ("Who plays her?",)


def test_a_page_opened_from_an_answer_continues_the_same_conversation(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", answer=100)
    conversations.add_alias(500, 100)
    conversations.add_alias(501, 999)
    assert conversations.up_to(500, ANN) == conversations.up_to(100, ANN)
    assert conversations.up_to(501, ANN) is None
    conversations.forget(100)
    assert conversations.up_to(500, ANN) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=20))
def test_a_conversation_has_the_turns_whose_answers_were_not_deleted(steps: list[tuple[int, bool]]) -> None:
    conversations = Conversations(Clock())
    expected: list[int] = []
    deleted: set[int] = set()
    for number, (target, asks) in enumerate(steps):
        if asks:
            asked(conversations, f"Question {number}", answer=number)
            expected = [each for each in (*expected, number) if each not in deleted][-CONVERSATION_QUESTIONS:]
        else:
            conversations.forget(target)
            deleted.add(target)
            expected = [each for each in expected if each != target]
        assert [turn.answer for turn in conversations.current(CHANNEL, ANN).turns] == expected


def test_a_members_questions_are_forgotten_in_the_conversations_of_others_too(conversations: Conversations) -> None:
    asked(conversations, "Who is Kathy?", member=ANN, answer=100)
    seen = conversations.up_to(100, BEN)
    assert seen is not None
    conversations.record(CHANNEL, BEN, Turn("Who plays her?", answer=101, member=BEN), earlier=seen)
    asked(conversations, "Is it sad?", member=ANN, place=THREAD)
    assert conversations.questions_of(ANN) == ("Who is Kathy?", "Is it sad?")
    conversations.forget_member(ANN)
    assert conversations.questions_of(ANN) == ()
    assert conversations.up_to(100, BEN) is None
    assert conversations.current(THREAD, ANN) == Conversation()
    left = Conversation((Turn("Who plays her?", answer=101, member=BEN),))
    assert (conversations.current(CHANNEL, BEN), conversations.up_to(101, BEN)) == (left, left)
