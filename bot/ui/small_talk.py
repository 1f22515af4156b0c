"""Recognise small talk, such as "thanks!" or "who are you", which is no question about a review."""

from __future__ import annotations

import re

_PHRASES = """
hi, hiya, hello, hello there, hullo, hey, yo, howdy, greetings, good morning, good afternoon, good evening, good day,
sup, what's up, whats up, how are you, how are you doing, how's it going, nice to meet you, hallo, hola, bonjour, ciao,
bye, bye bye, goodbye, good bye, good night, see you, see ya, see you later, see you soon, cya, take care, have a nice
day, have a good day, thanks, thank you, thank u, thankyou, thx, ty, tysm, cheers, many thanks, much appreciated, i
appreciate it, merci, danke, gracias, no thanks, never mind, nevermind, no problem, you're welcome, sorry, my bad,
oops, ok, okay, k, yes, yeah, yep, yup, no, nope, sure, alright, all right, fine, cool, nice, great, awesome, amazing,
perfect, excellent, brilliant, lovely, wow, lol, haha, hm, oh, ah, aha, i see, got it, understood, well done, good job,
great job, nice one, good one, good bot, bad bot, good answer, great answer, nice answer, that's great, that's nice,
that's cool, that's helpful, that helps, that was helpful, very helpful, so helpful, love you, i love you, help, help
me, i need help, need help, can you help, can you help me, could you help me, how can you help, how can you help me,
who are you, what are you, who r u, what can you do, what can you do for me, what do you do, what do you know, what can
you help me with, what can i ask, what can i ask you, what should i ask, what should i ask you, what questions can i
ask, what questions can i ask you, what can i do here, what can i do, how do you work, how do i use you, how do i use
this bot, how does this bot work, what does this bot do, what is this bot, how do i ask, how do i ask you, how do i ask
a question, what's your name, what is your name, are you a bot, are you a robot, are you human, are you a human, are
you an ai, are you real, are you there, are you online, you there, anyone there, is anyone there, who made you, who
created you, who built you, tell me about yourself, introduce yourself, commands, test, testing, ping
"""
"""By themselves, or in a row, they say nothing to search for. A phrase that may ask about a film ("how does it end?",
"tell me more", "how does it work?") is not among them."""

_ADDRESSES = """
there, all, everyone, everybody, folks, guys, friend, friends, mate, my friend, dear, bot, review bot, reviewbot, again,
please, then, now, too, and, so much, very much, a lot, a bunch, for that, for this, for your help, for the help,
for your answer, for the answer, for answering, for your time, today
"""
"""They come with small talk, and are none alone."""


def _any_of(phrases: str) -> str:
    """Return a pattern of any of the phrases, the longest that fits."""
    each = sorted((" ".join(phrase.split()) for phrase in phrases.split(",")), key=len, reverse=True)
    return "|".join(map(re.escape, each))


_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
# Without backtracking, so that a long row of phrases takes no longer than it has words.
_SMALL_TALK = re.compile(
    rf"(?>(?:(?:{_any_of(_ADDRESSES)}) )*)(?:(?:{_any_of(_PHRASES)}) )"
    rf"(?>(?:(?:{_any_of(f'{_PHRASES},{_ADDRESSES}')}) )*)"
)


def is_small_talk(text: str) -> bool:
    """Return True if a text greets, thanks or asks about the bot, and says nothing else, or has no word at all."""
    words = _WORD.findall(_DRAWN_OUT.sub(r"\1", text.casefold().replace("’", "'")))
    return not words or _SMALL_TALK.fullmatch(" ".join(words) + " ") is not None
