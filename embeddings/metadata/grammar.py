"""A small grammar of questions about the collection.

A question is understood only as a whole: each of its words belongs to a form below, or to a name or a tag in its place.
All else is left to the search, because a question about one review ("which film is it based on") must never be
answered from a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, partial

from embeddings.config import EXTREMES, MOST_WORDS, RECOMMENDATIONS
from embeddings.documents.analyzer import fold
from embeddings.documents.formats.headers.values import read_rating
from embeddings.index.facts import CREATORS, REVIEWER
from embeddings.lexicon import (
    ARTICLES,
    AVAILABLE,
    CLOSERS,
    DECADE_WORDS,
    MENTION_VERBS,
    NAMED_ROLES,
    NUMBER_WORDS,
    OPENERS,
    POINTING_WORDS,
    REVIEW_NOUNS,
    STOP_WORDS,
    SUPERLATIVES,
    WORK_KINDS,
)
from embeddings.metadata.filters import ReviewFilter, Sort, read_years
from embeddings.metadata.phrase import Phrase, alternatives
from embeddings.metadata.table import PEOPLE, ReviewTable
from embeddings.metadata.work_facts import answer_fact, asked_fact
from embeddings.records import Rating


class Kind(StrEnum):
    """What is asked about the collection."""

    WHICH = "which"
    COUNT = "count"
    MOST = "most"
    """The first few reviews in an order."""
    REVIEWED = "reviewed"
    """Whether a work is reviewed."""
    REVIEWERS = "reviewers"
    """Who reviewed a work."""
    PEOPLE = "people"
    """Who has a role."""
    TAGS = "tags"
    MENTION = "mention"
    COMPARE = "compare"
    FACT = "fact"
    """A fact of one work, such as who directed it, that its header has."""


@dataclass(frozen=True, slots=True)
class CollectionQuestion:
    """A question about the collection, understood.

    Attributes:
        kind: what is asked.
        noun: what the reviews are called in the answer's heading.
        wanted: which reviews are asked for.
        limit: how many, for `MOST`.
        names: the works, the role or the words that are asked about; for `FACT` the fact and the title, which is ""
            where a pronoun stands for it.
        point: on which point works are compared, or "".
    """

    kind: Kind
    noun: str = "reviews"
    wanted: ReviewFilter = field(default_factory=ReviewFilter)
    limit: int = 1
    names: tuple[str, ...] = ()
    point: str = ""


def understand(question: str, table: ReviewTable, context: Sequence[str] = ()) -> CollectionQuestion | None:
    """Return a question about the collection, understood with those before it, or None if it is any other question.

    Args:
        question: as `check_question` returns it.
        table: the reviews that the asker sees.
        context: the earlier questions, oldest first.
    """
    grammar = _Grammar(Phrase(question, _words()), table)
    found = grammar.question()
    if found is not None or not context or not grammar.may_follow_up():
        return found
    before = understand(context[-1], table, context[:-1])
    return (
        grammar.changed(before) if before is not None and before.kind in (Kind.WHICH, Kind.COUNT, Kind.MOST) else None
    )


_Fields = dict[str, object]
_KIND_OF = {name: kind for kind, names in WORK_KINDS.items() for name in (kind, *names.split())}
_PLURAL = {name for name in (*_KIND_OF, *REVIEW_NOUNS) if name.endswith("s")}
_NOUN = alternatives((*_KIND_OF, *REVIEW_NOUNS))
_SORT_OF = {word.replace("-", " "): Sort(sort) for sort, phrases in SUPERLATIVES.items() for word in phrases.split()}
_SUPERLATIVE = alternatives(word for phrases in SUPERLATIVES.values() for word in phrases.split())
_COUNT = rf"\d{{1,3}}|{'|'.join(word for word, number in NUMBER_WORDS.items() if len(word) > 2 and number.isdigit())}"
_AVAILABLE = re.compile(rf"(?:{alternatives(AVAILABLE)})(?: |$)")
_MENTION = rf"(?:{alternatives(MENTION_VERBS)})"
_REVIEWS = alternatives(REVIEW_NOUNS)
_ALL = r"(?:(?:the|all|any|some|every|each|your|our|of|these|other|more|different) )*"

_WHICH = re.compile(r"(?:which|what)(?: (?:are|is|were|was))? " + _ALL)
_HAVE = re.compile(
    r"(?:do (?:you|we|they) have|have (?:you|we) got|are there|is there|there are|got|you got|have you reviewed"
    r"|did you review|has anyone reviewed) (?:(?:a|an|the|any|some|other|more|all|of|your) )*"
)
_ANY = re.compile(r"(?:all|any|every|the|your|our) " + _ALL)
_HOW_MANY = re.compile(r"(?:(?:how many|count|(?:what is )?(?:the )?(?:total )?number of) )" + _ALL)
_NP = re.compile(
    rf"(?:(?P<n>{_COUNT}) )?(?:(?P<sup>{_SUPERLATIVE}) )?(?:(?P<n2>{_COUNT}) )?"
    rf"(?P<pre>(?:(?!(?:{_NOUN}) )\S+ ){{0,5}}?)(?P<noun>(?:{_NOUN})(?:(?:,| and| or) (?:{_NOUN}))*)(?: |$)"
)
_TAG_NOUN = re.compile(
    rf"(?:(?P<n>{_COUNT}) )?(?:(?P<sup>{_SUPERLATIVE}) )?(?:(?P<n2>{_COUNT}) )?(?P<tag>\S+(?: \S+)??)(?: |$)"
)
_WHAT = re.compile(rf"what(?: else)? (?:{alternatives(AVAILABLE)})(?: |$)|what (?:has|have) been reviewed(?: |$)")
_ANYTHING = re.compile(
    r"(?:(?:is there|do (?:you|we) have|have (?:you|we) got|have you reviewed|got) )?"
    r"(?:anything|something|stuff)(?: else)? "
)
_SUP_LAST = re.compile(
    rf"(?:which|what) (?P<pre>(?:\S+ ){{0,5}}?)(?P<noun>{_NOUN})(?P<rest>(?: .+?)?) (?:is|are|was|were) "
    rf"(?:the |your )?(?P<sup>{_SUPERLATIVE}|(?P<rated>(?:rated )?(?P<high>highest|lowest)(?: rated)?))(?: one| ones)?"
)
_HAS_RATING = re.compile(
    rf"(?:which|what)(?: (?P<pre>(?:\S+ ){{0,5}}?)(?P<noun>{_NOUN})(?P<rest>(?: .+?)?))? "
    r"(?:has|have|had|got|get|gets|received|with) (?:the )?(?P<high>highest|best|top|lowest|worst) "
    r"(?:rating|ratings|score|scores|grade|mark|marks)"
)
# Without a noun, it takes a word of ratings or a number to tell that reviews are asked for.
_NO_NOUN = re.compile(
    rf"(?:(?:which|what) (?:is|are|was|were) )?(?:the |your )?(?:(?P<n>{_COUNT}) )?(?P<sup>{_SUPERLATIVE})"
    rf"(?: (?P<n2>{_COUNT}))?(?P<one> one| ones)?(?P<rating> by (?:rating|ratings|score|their ratings?))?"
)
_WHEN = r"(?: next| first| now| today| tonight| this week| this weekend)?"
_RECOMMENDS = tuple(
    map(
        re.compile,
        (
            rf"(?:what|which (?P<noun>{_NOUN})) (?:should|could|can|shall) (?:i|we) (?:watch|read|see|try|play|pick)"
            rf"{_WHEN}",
            rf"(?:(?:can|could) you )?(?:recommend|suggest) (?:me |us )?(?:something|anything|one|(?:a|an|some|any)"
            rf"(?: good)? (?P<noun>{_NOUN}))(?: to (?:watch|read|see|play))?{_WHEN}",
        ),
    )
)
_GOT_STARS = re.compile(r"what(?: else)? (?:got|gets|has|received|was given|is rated|was rated) (?P<stars>.+)")

_TITLE = r"(?P<title>.+?)"
_ASKS_IF_REVIEWED = tuple(
    (re.compile(pattern), is_explicit)
    for pattern, is_explicit in (
        (rf"(?:is|was|has|have) {_TITLE} (?:been )?reviewed", True),
        (
            rf"(?:have|did|has) (?:you|anyone|anybody|someone|somebody|we|they|the club) "
            rf"(?:already |ever )?(?:reviewed|review|covered|written about) {_TITLE}",
            True,
        ),
        (
            r"(?:(?:do (?:you|we|they) have|have (?:you|we) got|is there|are there|got|any) )"
            rf"(?:(?:a|an|any|some|the|your) )?(?:{_REVIEWS}) (?:of|for|on|about) {_TITLE}",
            True,
        ),
        (rf"(?:do (?:you|we|they) have|have (?:you|we) got|got) {_TITLE}", False),
        (rf"is {_TITLE} (?:available|in|included|covered|reviewed)", False),
    )
)
_ASKS_WHO_REVIEWED = tuple(
    map(
        re.compile,
        (
            rf"who (?:has |have )?reviewed {_TITLE}",
            rf"who (?:wrote|did|has written|is the (?:author|writer) of) (?:the|a|this|your) (?:{_REVIEWS}) "
            rf"(?:of|on|about|for) {_TITLE}",
            rf"who is the (?:reviewer|critic) of {_TITLE}",
            rf"(?:by whom|who) (?:is|was) {_TITLE} reviewed(?: by)?",
            rf"{_TITLE} (?:is|was) reviewed by (?:who|whom)",
        ),
    )
)
_PEOPLE = re.compile(
    rf"(?:who are|which|what|list|how many|what are|the|all|all the|name)? ?(?:the |your |our |all the |all )?"
    rf"(?P<role>{alternatives(name for names in NAMED_ROLES.values() for name in names.split())})(?: (?P<rest>.+))?"
)
_WRITERS = re.compile(
    rf"who (?:writes|write|wrote|has written|have written) (?:the |these |your |all |all the )*(?:{_REVIEWS})"
)
_WHOSE = re.compile(rf"(?:whose (?P<noun>{_NOUN})|whom|who) (?P<rest>.+)")
_TAGS = re.compile(r"(?:which|what|list|how many|what are|the|all|all the)? ?(?:the |your |all )?"
                   r"(?P<tags>genres|tags|categories)(?: (?P<rest>.+))?")  # fmt: skip
_ASKS_WHAT_MENTIONS = tuple(
    map(
        re.compile,
        (
            r"(?:(?:which|what|how many|do any|does any|any|all|every|all the) )?(?:(?:of|the|other|your) )*"
            rf"(?:{_REVIEWS})(?: (?:that|which|do|does|also))* {_MENTION} (?P<words>.+)",
            rf"(?:in )?(?:which|what) (?:{_REVIEWS}) (?:is|are|does|do) (?P<words>.+?) "
            r"(?:mentioned|named|discussed|quoted|appear|come up)(?: in)?",
        ),
    )
)
_SEPARATORS = re.compile(r" (?:and|with|to|against|versus|vs|or|than) | (?:compare|compares) (?:with|to|against) ")
_COMPARES = tuple(
    map(
        re.compile,
        (
            r"compare (?:the )?(?:(?P<point>[^,]+?) (?:of|in) )?(?P<both>.+)",
            r"(?P<both>.+ (?:vs|versus) .+)",
            rf"(?:which|what)(?: one| {_NOUN}| do you prefer)* (?:is |was )?(?:the )?better (?:(?:{_NOUN}) )?"
            r"(?P<both>.+ or .+)",
            r"(?:is|was) (?P<both>.+ better than .+)",
            r"how (?:does|do|did) (?P<both>.+ (?:compare|compares) (?:with|to|against) .+)",
            r"how (?:does|do|did) (?P<both>.+ and .+) compare",
            r"(?:what is )?(?:the )?(?:difference|differences|comparison) (?:between|of) (?P<both>.+ and .+)",
        ),
    )
)
_POINT = re.compile(r" (?:on|for|in terms of|regarding|when it comes to|as to) (?:the |their )?(?P<point>[^,]+)$")

_BY = re.compile(
    r"(?P<reviewed>reviewed by |(?:review|reviews) by )|(?P<made>(?:directed|made|composed|illustrated|translated"
    r"|created|filmed|performed|recorded|designed) by )|(?P<written>written by )|(?P<with>starring |featuring |with "
    r"|from |of )|by (?:the )?"
)
_DID_REVIEW = re.compile(
    r"(?:did|has|have|does|do) (?P<name>.+?) (?P<verb>review|reviewed|cover|covered|write|written)(?: |$)"
)
_OF_KIND = re.compile(rf"(?:of|about|on|for) (?:the |any |all )?(?P<noun>{alternatives(_KIND_OF)})(?: |$)")
_LINK = re.compile(r"(?:and|that|which|who|are|is|were|was|have been|has been|been|reviewed|also|there)(?: |$)")
_YEARS_BEFORE = re.compile(
    r"(?P<written>(?:written|posted|reviewed) )?"
    r"(?:(?:made|released|published|filmed|shot|that came out|came out|out) )?"
    r"(?:from |in |of |during )?"
)
_TAGGED = re.compile(
    r"(?:tagged(?: as| with)?|with (?:the )?tags?|(?:in|of|with) the (?:genre|category|tag)|labelled) "
)
_RATED = re.compile(r"(?:rated|(?:that |which )?(?:got|has|have|with|scored)(?: a rating of| a score of)?|given) ")
_STARS = re.compile(
    rf"(?P<stars>\d+(?:\.5)?|{_COUNT})(?: and a half)? stars?|(?P<share>\d+(?:\.\d+)? ?/ ?\d+|\d+ out of \d+)"
)
_SORTED = re.compile(
    r"(?:(?:sorted|ordered) by |in order of |by )(?P<by>date|rating|ratings|title|name|length|year)(?: |$)"
    rf"|(?P<sup>{_SUPERLATIVE}) first(?: |$)|(?P<alphabet>alphabetically)(?: |$)"
)
_SORTS = {"date": Sort.NEWEST, "rating": Sort.RATING, "ratings": Sort.RATING, "title": Sort.TITLE, "name": Sort.TITLE,
          "length": Sort.LONGEST, "year": Sort.LATEST_WORK}  # fmt: skip
_ABOUT = re.compile(r"(?P<about>about )|(?:of|on|for) ")
_FOLLOW_UP = re.compile(
    r"(?:(?:and|or|what about|how about|and what about|and how about|only|just|but|the ones|those|only those) )*"
)
_NUMBERS = {word: int(number) for word, number in NUMBER_WORDS.items() if number.isdigit()}
_LONGEST_NAME = 6
_PARTICLES = frozenset("de da di du des van von der den la le el al of the and".split())


class _Grammar:
    """Parses one question."""

    def __init__(self, phrase: Phrase, table: ReviewTable) -> None:
        self._phrase = phrase
        self._text = phrase.text
        self._table = table
        self._read: dict[tuple[int, int, bool], _Fields | None] = {}

    def question(self) -> CollectionQuestion | None:
        """Return the question as the first form that it has."""
        start, end = self._phrase.start, self._phrase.end
        if start >= end or self._text.count(" ") > MOST_WORDS:
            return None
        forms: tuple[Callable[[int, int], CollectionQuestion | None], ...] = (
            self._people,
            self._mention,
            self._compare,
            self._which,
            self._who_reviewed,
            self._if_reviewed,
            self._fact,
        )
        return next((found for form in forms if (found := form(start, end)) is not None), None)

    def may_follow_up(self) -> bool:
        """Return True if the question is short enough to change one thing of the question before."""
        return self._text.count(" ") < _LONGEST_NAME

    def changed(self, before: CollectionQuestion) -> CollectionQuestion | None:
        """Return the question before with what this one changes of it."""
        found = _FOLLOW_UP.match(self._text)
        start, end = found.end() if found else 0, self._phrase.end
        fields = self._modifiers(start, end, is_review=before.noun == "reviews")
        limit, kind = before.limit, before.kind
        if not fields:
            superlative = re.compile(rf"(?:the )?(?P<sup>{_SUPERLATIVE})(?: one| ones)?").fullmatch(
                self._text, start, end
            )
            if superlative:
                fields = self._extreme(superlative["sup"], before.noun)
                kind = Kind.MOST
            elif tag := self._tag(start, end):
                fields = {"tag": tag}
        if not fields:
            return None
        if {"by", "creator", "reviewer"} & fields.keys():
            fields = {"by": None, "creator": None, "reviewer": None} | fields
        return replace(before, kind=kind, limit=limit, wanted=replace(before.wanted, **fields))  # type: ignore[arg-type]

    def _people(self, start: int, end: int) -> CollectionQuestion | None:
        """Who the reviewers are, which directors there are, which genres."""
        if _WRITERS.fullmatch(self._text, start, end):
            return CollectionQuestion(Kind.PEOPLE, names=(REVIEWER,))
        if found := _PEOPLE.fullmatch(self._text, start, end):
            role = next(role for role, names in NAMED_ROLES.items() if found["role"] in names.split())
            is_asked = self._phrase.asks_for_list or (self._text.startswith("who are", start) and role == REVIEWER)
            if self._is_available(found, "rest", or_none=is_asked):
                return CollectionQuestion(Kind.PEOPLE, names=(role,))
        if (found := _WHOSE.fullmatch(self._text, start, end)) and found["noun"] and self._is_available(found, "rest"):
            return CollectionQuestion(Kind.PEOPLE, names=("creator",))
        if re.compile(rf"(?:who|whom) are (?:the |your )?(?:{_REVIEWS}) about").fullmatch(self._text, start, end):
            return CollectionQuestion(Kind.PEOPLE, names=("creator",))
        if (found := _TAGS.fullmatch(self._text, start, end)) and (
            self._is_available(found, "rest") or (self._phrase.asks_for_list and not found["rest"])
        ):
            return CollectionQuestion(Kind.TAGS)
        return None

    def _is_available(self, found: re.Match[str], group: str, *, or_none: bool = False) -> bool:
        if not found[group]:
            return or_none
        return _AVAILABLE.fullmatch(self._text, found.start(group), found.end(group)) is not None

    def _mention(self, start: int, end: int) -> CollectionQuestion | None:
        for pattern in _ASKS_WHAT_MENTIONS:
            if found := pattern.fullmatch(self._text, start, end):
                words = self._phrase.typed(*found.span("words"))
                words = re.sub(
                    r"^(?:the )?(?:words?|phrase|name) |^(?:an?|any|the) (?=\w)|[“”\"]", "", words, flags=re.IGNORECASE
                )
                return CollectionQuestion(Kind.MENTION, names=(words,)) if _says_something(words) else None
        return None

    def _compare(self, start: int, end: int) -> CollectionQuestion | None:
        """Two works that are both reviewed."""
        for pattern in _COMPARES:
            found = pattern.fullmatch(self._text, start, end)
            if found is None:
                continue
            point = found.groupdict().get("point")
            first, last = found.span("both")
            if (named := self._two_titles(first, last)) is None and (after := _POINT.search(self._text[first:last])):
                point, last = after["point"], first + after.start()
                named = self._two_titles(first, last)
            if named is None and found.groupdict().get("point"):
                # The point may be a part of the title: "compare Days of Fog and ...".
                named, point = self._two_titles(found.start("point"), last), None
            if named is not None:
                return CollectionQuestion(Kind.COMPARE, names=named, point=point or "")
        return None

    def _two_titles(self, start: int, end: int) -> tuple[str, str] | None:
        for separator in _SEPARATORS.finditer(self._text, start, end):
            first = self._title(start, separator.start())
            second = self._title(separator.end(), end)
            if first and second and first != second:
                return first, second
        return None

    def _title(self, start: int, end: int) -> str:
        """Return the words of a range if they are a title, else ""."""
        if start >= end:
            return ""
        typed = self._phrase.typed(start, end)
        for name in _titles_in(typed):
            if self._table.titled(name):
                return name
        return ""

    def _which(self, start: int, end: int) -> CollectionQuestion | None:
        """Reviews by their facts: which, how many, the newest, the best."""
        if found := _HOW_MANY.match(self._text, start, end):
            return self._counted(found.end(), end)
        if (found := _HAS_RATING.fullmatch(self._text, start, end)) or (
            found := _SUP_LAST.fullmatch(self._text, start, end)
        ):
            return self._with_last(found)
        if (found := _NO_NOUN.fullmatch(self._text, start, end)) and (found["rating"] or "rated" in found["sup"]):
            number = found["n"] or found["n2"]
            limit = _number(number) if number else EXTREMES if found["one"] == " ones" else 1
            return self._listed("reviews", self._extreme(found["sup"], "reviews") or {}, Kind.MOST, limit)
        if found := next((found for form in _RECOMMENDS if (found := form.fullmatch(self._text, start, end))), None):
            kind = _KIND_OF.get(found["noun"] or "")
            noun = self._kind_noun(found["noun"]) if kind else "reviews"
            wanted = (self._extreme("best", noun) or {}) | ({"kind": kind} if kind else {})
            return self._listed(noun, wanted, Kind.MOST, RECOMMENDATIONS)
        found = _GOT_STARS.fullmatch(self._text, start, end)
        if found and (rating := self._rating(*found.span("stars"))):
            return CollectionQuestion(Kind.WHICH, wanted=ReviewFilter(rating=rating))
        if found := _WHAT.match(self._text, start, end):
            fields = self._modifiers(found.end(), end)
            return None if fields is None else self._listed("reviews", fields)
        if found := _ANYTHING.match(self._text, start, end):
            fields = self._modifiers(found.end(), end)
            return self._listed("reviews", fields) if fields else None
        if found := re.compile(r"what (?=(?:did|has|have|does) )").match(self._text, start, end):
            fields = self._modifiers(found.end(), end)
            return self._listed("reviews", fields) if fields and "reviewer" in fields else None
        for prefix, has in ((_WHICH, False), (_HAVE, True), (_ANY, False), (re.compile(""), False)):
            if found := prefix.match(self._text, start, end):
                is_bare = found.end() == start and not self._phrase.asks_for_list
                is_which = prefix is _WHICH
                parsed = self._noun_phrase(found.end(), end, has=has, is_bare=is_bare, is_which=is_which)
                if parsed is not None:
                    return parsed
        return None

    def _noun_phrase(
        self, start: int, end: int, *, has: bool, is_bare: bool, is_which: bool
    ) -> CollectionQuestion | None:
        found = _NP.match(self._text, start, end)
        fields = self._described(found, end) if found else None
        if found is None or fields is None:
            return self._tag_phrase(start, end, has=has, is_which=is_which)
        names = re.split(r",? and |,? or |, ", found["noun"])
        is_review = names[0] in REVIEW_NOUNS or len(names) > 1
        noun = "reviews" if is_review else self._kind_noun(names[0])
        available = self._ends_available(found.end(), end)
        if found["sup"]:
            extreme = self._extreme(found["sup"], noun)
            if extreme is None:
                return None
            number = found["n"] or found["n2"]
            limit = _number(number) if number else EXTREMES if names[0] in _PLURAL else 1
            return self._listed(noun, fields | extreme, Kind.MOST, limit)
        if found["n"] or found["n2"]:
            return None
        is_plural = names[0] in _PLURAL
        if not is_plural:
            if not (fields and (has or self._text.startswith("any ", self._phrase.start))):
                return None
        elif is_review:
            if is_bare and not fields and found.group().strip() != self._phrase.core:
                return None
        elif not (fields or available or has or self._phrase.asks_for_list or (len(names) > 1 and available)) or (
            len(names) == 1 and fields.keys() <= {"kind"} and not (available or has or self._phrase.asks_for_list)
        ):
            return None
        return self._listed(noun, fields)

    def _tag_phrase(self, start: int, end: int, *, has: bool, is_which: bool) -> CollectionQuestion | None:
        """A tag in the place of the noun: "which comedies are there", "any science fiction"."""
        for found in self._tag_nouns(start, end):
            tag = self._tag(*found.span("tag"))
            fields = self._modifiers(found.end(), end) if tag else None
            if not tag or fields is None:
                continue
            fields = {"tag": tag} | fields
            if found["sup"]:
                extreme = self._extreme(found["sup"], "reviews")
                number = found["n"] or found["n2"]
                limit = _number(number) if number else 1
                return None if extreme is None else self._listed("reviews", fields | extreme, Kind.MOST, limit)
            is_plural = found["tag"].endswith("s") and not found["tag"].endswith("ss")
            available = self._ends_available(found.end(), end)
            said = self._text.startswith(("any ", "do you have", "have you", "got ", "do we have"), self._phrase.start)
            if self._phrase.asks_for_list or said or (is_which and available) or (has and is_plural):
                return self._listed("reviews", fields)
        return None

    def _tag_nouns(self, start: int, end: int) -> Iterator[re.Match[str]]:
        if found := _TAG_NOUN.match(self._text, start, end):
            yield found
            longer = re.compile(_TAG_NOUN.pattern.replace(")??)", ")?)"))
            if (other := longer.match(self._text, start, end)) and other.span("tag") != found.span("tag"):
                yield other

    def _counted(self, start: int, end: int) -> CollectionQuestion | None:
        found = _NP.match(self._text, start, end)
        if found is None or found["sup"] or found["n"] or found["n2"]:
            return self._counted_tag(start, end)
        fields = self._described(found, end)
        if fields is None or found["noun"] not in _PLURAL:
            return None
        is_review = found["noun"] in REVIEW_NOUNS
        if not (is_review or fields.keys() - {"kind"} or self._ends_available(found.end(), end)):
            return None
        return self._listed("reviews" if is_review else self._kind_noun(found["noun"]), fields, Kind.COUNT)

    def _counted_tag(self, start: int, end: int) -> CollectionQuestion | None:
        for found in self._tag_nouns(start, end):
            tag = self._tag(*found.span("tag"))
            if tag and self._ends_available(found.end(), end):
                return self._listed("reviews", {"tag": tag}, Kind.COUNT)
        return None

    def _with_last(self, found: re.Match[str]) -> CollectionQuestion | None:
        """A superlative at the end: "which film is the longest", "which film has the best rating"."""
        groups = found.groupdict()
        noun = groups["noun"] or "reviews"
        is_review = noun in REVIEW_NOUNS
        fields = self._before_noun(*found.span("pre")) if groups["noun"] else {}
        rest = (
            self._modifiers(found.start("rest") + 1, found.end("rest"), is_review=is_review)
            if groups.get("rest")
            else {}
        )
        if fields is None or rest is None:
            return None
        high = groups.get("high")
        word = found["sup"] if high is None else "worst" if high in ("lowest", "worst") else "best"
        extreme = self._extreme(word, "reviews" if is_review else noun)
        if extreme is None:
            return None
        if not is_review:
            fields = {"kind": _KIND_OF[noun]} | fields
        limit = EXTREMES if groups["noun"] in _PLURAL else 1
        return self._listed(
            "reviews" if is_review else self._kind_noun(noun), fields | rest | extreme, Kind.MOST, limit
        )

    def _described(self, found: re.Match[str], end: int) -> _Fields | None:
        """Return the fields of a noun with the words before and after it, or None if one of them is none of ours."""
        names = re.split(r",? and |,? or |, ", found["noun"])
        is_review = names[0] in REVIEW_NOUNS
        before = self._before_noun(*found.span("pre"))
        after = self._modifiers(found.end(), end, is_review=is_review)
        if before is None or after is None:
            return None
        kind: _Fields = {} if is_review or len(names) > 1 else {"kind": _KIND_OF[names[0]]}
        return kind | before | after

    def _before_noun(self, start: int, end: int) -> _Fields | None:
        """Return the fields of the words before a noun: a tag, years, whose, a kind of works."""
        words = self._text[start:end].split()
        if not words:
            return {}
        places = [start]
        for word in words[:-1]:
            places.append(places[-1] + len(word) + 1)
        for length in range(len(words), 0, -1):
            stop = places[length - 1] + len(words[length - 1])
            fields = self._adjective(start, stop)
            if fields is not None:
                rest = self._before_noun(stop + 1, end) if length < len(words) else {}
                if rest is not None:
                    return fields | rest
        return None

    def _adjective(self, start: int, end: int) -> _Fields | None:
        text = self._text[start:end]
        if text in ("reviewed", "rated", "of", "the", "and"):
            return {}
        if text in _KIND_OF:
            return {"kind": _KIND_OF[text]}
        if years := read_years(text):
            return {"years": years}
        if tag := self._tag(start, end):
            return {"tag": tag}
        if text.endswith(("'s", "s'", "'")):
            name = re.sub(r"'s?$", "", self._phrase.typed(start, end))
            if self._table.people(name):
                return {"by": name}
        return None

    def _tag(self, start: int, end: int) -> str | None:
        typed = self._phrase.typed(start, end)
        return typed if typed and fold(typed) not in STOP_WORDS and self._table.tagged(typed) else None

    def _modifiers(self, start: int, end: int, *, is_review: bool = True) -> _Fields | None:
        """Return the fields of the words after a noun, or None if some of them are none of ours."""
        place = start, end, is_review
        # Without this, the time would double with every word that may begin a name.
        if place not in self._read:
            self._read[place] = self._read_modifiers(start, end, is_review=is_review)
        return self._read[place]

    def _read_modifiers(self, start: int, end: int, *, is_review: bool) -> _Fields | None:
        if start >= end:
            return {}
        text = self._text
        found = _AVAILABLE.match(text, start, end)
        if found and (rest := self._modifiers(found.end(), end, is_review=is_review)) is not None:
            return rest
        for fields, stop in (*self._years_at(start, end), *self._sort_at(start, end), *self._rating_at(start, end)):
            if (rest := self._modifiers(stop, end, is_review=is_review)) is not None:
                return fields | rest
        if found := _DID_REVIEW.match(text, start, end):
            name = self._phrase.typed(*found.span("name"))
            is_fit = is_review or not found["verb"].startswith("writ")
            if is_fit and self._table.people(name, (REVIEWER,)):
                rest = self._modifiers(found.end(), end, is_review=is_review)
                return None if rest is None else {"reviewer": name} | rest
        if is_review and (found := _OF_KIND.match(text, start, end)):
            rest = self._modifiers(found.end(), end, is_review=False)
            return None if rest is None else {"kind": _KIND_OF[found["noun"]]} | rest
        if found := _TAGGED.match(text, start, end):
            return self._slot(found.end(), end, is_review, lambda name, _: self._tag_named(name))
        if found := _BY.match(text, start, end):
            by = partial(self._by, found, is_review)
            if (named := self._slot(found.end(), end, is_review, by)) is not None:
                return named
        if (found := _ABOUT.match(text, start, end)) and (is_review or found["about"]):
            named = self._slot(found.end(), end, is_review, lambda name, _: self._about(name))
            if named is not None:
                return named
        if found := _LINK.match(text, start, end):
            return self._modifiers(found.end(), end, is_review=is_review)
        return None

    def _slot(
        self, start: int, end: int, is_review: bool, read: Callable[[str, bool], _Fields | None]
    ) -> _Fields | None:
        """Return the fields of a name that begins at a place, and of what follows it: a known name before any other."""
        stops = [end, *(found.start() for found in re.compile(" ").finditer(self._text, start, end))][::-1]
        for sure in (True, False):
            for stop in (stops[0], *stops[:0:-1]) if not sure else (end, *sorted(stops[:-1], reverse=True)):
                if stop <= start:
                    continue
                rest = self._modifiers(stop + 1, end, is_review=is_review)
                fields = read(self._phrase.typed(start, stop), sure) if rest is not None else None
                if fields is not None and rest is not None:
                    return fields | rest
        return None

    def _by(self, found: re.Match[str], is_review: bool, name: str, sure: bool) -> _Fields | None:
        name = re.sub(r"'s$", "", name)
        if found["reviewed"] or (found["written"] and is_review):
            role, kinds = "reviewer", frozenset({REVIEWER})
        elif found["made"] or found["written"]:
            role, kinds = "creator", CREATORS
        else:
            role, kinds = "by", PEOPLE
        if self._table.people(name, kinds):
            return {role: name}
        if sure or found["with"] or not _is_name(name):
            return None
        return {"creator" if role == "by" and not is_review else role: name}

    def _tag_named(self, name: str) -> _Fields | None:
        is_fit = self._table.tagged(name) or (name.count(" ") < 2 and STOP_WORDS.isdisjoint(fold(name).split()))
        return {"tag": name} if is_fit else None

    def _about(self, name: str) -> _Fields | None:
        return {"about": name} if fold(name) not in POINTING_WORDS and self._table.about(name) else None

    def _years_at(self, start: int, end: int) -> Iterator[tuple[_Fields, int]]:
        found = _YEARS_BEFORE.match(self._text, start, end)
        begin = found.end() if found else start
        places = [each.start() for each in re.compile(" |$").finditer(self._text, begin, end)][:_LONGEST_NAME]
        if end not in places:
            places.append(end)
        for first in dict.fromkeys((begin, start)):
            for stop in sorted({place for place in places if place <= end}, reverse=True):
                years = read_years(self._text[first:stop])
                if years is not None:
                    field = "written" if found and found["written"] and first == begin else "years"
                    yield {field: years}, stop + 1

    def _sort_at(self, start: int, end: int) -> Iterator[tuple[_Fields, int]]:
        if found := _SORTED.match(self._text, start, end):
            sort = Sort.TITLE if found["alphabet"] else _SORTS[found["by"]] if found["by"] else _sort_of(found["sup"])
            yield {"sort": sort}, found.end()

    def _rating_at(self, start: int, end: int) -> Iterator[tuple[_Fields, int]]:
        before = _RATED.match(self._text, start, end)
        found = _STARS.match(self._text, before.end(), end) if before else None
        if found and (rating := self._rating(*found.span())):
            yield {"rating": rating}, found.end() + 1

    def _rating(self, start: int, end: int) -> Rating | None:
        found = _STARS.fullmatch(self._text, start, end)
        if found is None:
            return None
        text = found["share"] or f"{_NUMBERS.get(found['stars'], found['stars'])} stars"
        rating = read_rating(text)
        return rating if rating.value is not None and rating.scale else None

    def _ends_available(self, start: int, end: int) -> bool:
        return _AVAILABLE.search(self._text, start, end) is not None

    def _extreme(self, word: str, noun: str) -> _Fields | None:
        sort = _sort_of(word)
        if sort in (Sort.LONGEST, Sort.SHORTEST) and noun != "reviews":
            # How long a work is, no fact tells.
            return None
        if noun != "reviews":
            sort = {Sort.NEWEST: Sort.LATEST_WORK, Sort.OLDEST: Sort.EARLIEST_WORK}.get(sort, sort)
        return {"sort": sort, "is_rated": sort in (Sort.RATING, Sort.LOWEST)}

    def _kind_noun(self, name: str) -> str:
        return (
            name
            if name in _PLURAL
            else next((f"{name}{end}" for end in ("s",) if f"{name}s" in _PLURAL), _KIND_OF[name])
        )

    def _listed(self, noun: str, fields: _Fields, kind: Kind = Kind.WHICH, limit: int = 1) -> CollectionQuestion:
        wanted = ReviewFilter(**fields)  # type: ignore[arg-type]
        return CollectionQuestion(kind, noun, wanted, limit)

    def _who_reviewed(self, start: int, end: int) -> CollectionQuestion | None:
        for pattern in _ASKS_WHO_REVIEWED:
            if found := pattern.fullmatch(self._text, start, end):
                title = self._title(*found.span("title"))
                name = title or self._phrase.typed(*found.span("title"))
                if title or _is_name(name):
                    return CollectionQuestion(Kind.REVIEWERS, names=(name,))
        return None

    def _fact(self, start: int, end: int) -> CollectionQuestion | None:
        asked = asked_fact(self._text, start, end)
        if asked is None:
            return None
        fact, place = asked
        title = self._title(*place) if place else ""
        if place and (not title or answer_fact(self._table, fact, title) is None):
            return None
        return CollectionQuestion(Kind.FACT, names=(fact, title))

    def _if_reviewed(self, start: int, end: int) -> CollectionQuestion | None:
        for pattern, is_explicit in _ASKS_IF_REVIEWED:
            if found := pattern.fullmatch(self._text, start, end):
                title = self._title(*found.span("title"))
                name = title or self._phrase.typed(*found.span("title"))
                if title or (is_explicit and _is_name(name)):
                    return CollectionQuestion(Kind.REVIEWED, names=(name,))
        return None


def _titles_in(typed: str) -> Iterator[str]:
    """Yield a title as it is written, and without what people write around it."""
    yield typed
    kinds = "|".join((*_KIND_OF, *REVIEW_NOUNS))
    short = re.sub(
        rf"^(?:the )?(?:{kinds}) (?:called |named |of )?|,? (?:the )?(?:{kinds})$| by .+$",
        "",
        typed,
        flags=re.IGNORECASE,
    )
    if short != typed:
        yield short


def _is_name(text: str) -> bool:
    """Return True if words may name somebody or something that no review knows."""
    parts = fold(text).split()
    if not 0 < len(parts) <= _LONGEST_NAME or POINTING_WORDS & set(parts):
        return False
    content = [part for part in parts if part not in STOP_WORDS and part not in _PARTICLES]
    is_odd = any(part in STOP_WORDS and part not in _PARTICLES and part not in ARTICLES for part in parts)
    return not is_odd and bool(content) and (len(content) > 1 or text[:1].isupper()) and content[0] not in _GENERIC


def _says_something(text: str) -> bool:
    parts = set(fold(text).split())
    return (
        bool(parts) and not parts <= STOP_WORDS and not parts & (POINTING_WORDS - {"one", "ones"}) and len(parts) <= 8
    )


def _sort_of(word: str) -> Sort:
    return _SORT_OF[word.replace("-", " ")]


def _number(text: str) -> int:
    return _NUMBERS.get(text) or int(text)


_GENERIC = frozenset((*_KIND_OF, *REVIEW_NOUNS))


@cache
def _words() -> frozenset[str]:
    """Return the words of the grammar, by which slips are put right."""
    phrases = (
        *_KIND_OF, *REVIEW_NOUNS, *_SORT_OF, *MENTION_VERBS, *OPENERS, *CLOSERS, *AVAILABLE, *DECADE_WORDS,
        *NUMBER_WORDS,
        *(name for names in NAMED_ROLES.values() for name in names.split()),
        *"which compare between better tagged directed written reviewed starring genres anything before after".split(),
    )  # fmt: skip
    return frozenset(word for phrase in phrases for word in re.split("[ -]", phrase) if len(word) > 3)
