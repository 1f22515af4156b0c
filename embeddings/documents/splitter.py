"""A review to its passages and sentences, by offsets into its text; pure.

sentencex finds the sentences. What it is known to miss in essays is mended by a few rules of our own, each of which
moves, adds or removes a boundary; none touches the text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from itertools import chain, pairwise

import sentencex

from embeddings.records import Passage, Review, Sentence

_RULES = 1

SPLITTER = f"rules {_RULES}, sentencex {version('sentencex')}"
"""Names all that sentences depend on, for an index's manifest: it changes whenever they can."""

CHARACTERS_PER_TOKEN = 8
"""The most code points that a token of a limit stands for.

A tokenizer may read a word of any length as one unknown token: what holds more characters than this counts as too
long, whatever its tokens.
"""

_WINDOW = 4_000
"""Code points given to sentencex at once: its time grows with the square of a text's unbalanced quotes."""

_TAIL = 32
"""Code points on either side of a boundary that the rules look at."""
_OPENERS = "\"'“‘«‹(\\[{「『（¿¡"
_CLOSERS = "\"'”’»›)\\]}」』）"
_BRACKETS = {"(": ")", "[": "]"}

_STRAY = re.compile(r"[”’»›)\]}」』）]+(?=\s|$)")
_NOTE_MARK = re.compile(r"[⁰¹²³⁴-⁹*†‡§]+(?=\s|$)")
_ELLIPSIS = re.compile(rf"…[{_CLOSERS}]*\s+(?=[{_OPENERS}]*(\w))")
_BRACKET_END = re.compile(r"[.!?…][\"'”’]*[)\]](?=\s)")
_MARKER = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]")
_EXCLAIMED = re.compile(rf"[!?…][{_CLOSERS}]*$")
_EXCLAIMED_QUOTE = re.compile(r"[!?…][\"”’»]$")
_ATTRIBUTION = re.compile(
    r"(?!(?:He|She|It|They|We|You|I)\b)[A-Z][\w’'-]* "
    r"(?:says?|said|asks?|asked|cries|cried|replies|replied|answers|answered|shouts|shouted|whispers|whispered)\b"
)
_LINKING = re.compile(r"\b(?:cf|viz|vs|e\.g|i\.e|Mr|Mrs|Ms|Dr|Prof|Gen|Capt|Col|Lt|Sgt|Rev|Sen|Gov)\.$")
_COUNTED = re.compile(
    r"\b(?:[pc]|[Vv]ols?|[Nn]os?|[Pp]p|[Cc]h|[Cc]hap|[Ff]igs?|[Ss]ec|[Bb]k|[Pp]ts?|[Ee]ps?|[Oo]p|[Cc]a|approx|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_ET_AL = re.compile(r"\bet al\.$")
_JOINER = "\u200d"
_DASHES = "—–-―"

_CLAUSE_END = re.compile(rf"(?:[;:,.!?…][{_CLOSERS}]*|[—–])\s+|[；：，、。！？]+[{_CLOSERS}]*\s*")
_SPACE = re.compile(r"\s+")


def split_sentences(text: str, start: int, end: int) -> tuple[Sentence, ...]:
    """The sentences of `text[start:end]`, by offsets into the whole `text`.

    They follow one another, leave out only white space, and none is empty or without a letter or digit unless the
    whole stretch is.
    """
    paragraph = text[start:end]
    cuts = list(_joined(paragraph, list(_divided(paragraph, list(_boundaries(paragraph))))))
    sentences = (_trimmed(text, start + left, start + right) for left, right in pairwise([0, *cuts]))
    return tuple(sentence for sentence in sentences if sentence.start < sentence.end)


def split_review(
    review: Review, *, limit: int, count_tokens: Callable[[Sequence[str]], Sequence[int]]
) -> tuple[Passage, ...]:
    """The passages of a review, in the order of its text.

    A paragraph is a passage. One of more than `limit` tokens becomes the fewest runs of its sentences that fit, as
    even in length as they can be; a sentence that is too long by itself is first cut between clauses, else between
    words, else between characters.

    Args:
        review: what to split.
        limit: the most tokens that the encoder reads of a passage, counted as `count_tokens` counts; at least 1.
        count_tokens: the number of tokens of each text; called for all paragraphs at once, then for the sentences
            of the long ones. The tokens of a run are taken to be at most the sum of its sentences' tokens.
    """
    places = [(section.slug, paragraph) for section in review.sections for paragraph in section.paragraphs]
    spans = [Sentence(paragraph.start, paragraph.end) for _, paragraph in places]
    weights = _weights(review.text, spans, count_tokens)
    sentences = [split_sentences(review.text, span.start, span.end) for span in spans]
    long = [i for i, weight in enumerate(weights) if weight > limit]
    runs = dict(zip(long, _runs(review.text, [sentences[i] for i in long], limit, count_tokens), strict=True))
    return tuple(
        Passage(
            collection=review.collection,
            review=review.slug,
            section=slug,
            paragraph=paragraph.number,
            start=run[0].start,
            end=run[-1].end,
            sentences=run,
        )
        for i, (slug, paragraph) in enumerate(places)
        for run in runs.get(i, [sentences[i]])
    )


def _behind_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _trimmed(text: str, start: int, end: int) -> Sentence:
    start = _behind_space(text, start, end)
    while start < end and text[end - 1].isspace():
        end -= 1
    return Sentence(start, end)


def _boundaries(paragraph: str) -> Iterator[int]:
    """Where sentencex ends each sentence, a window at a time."""
    at = 0
    while at < len(paragraph):
        window = paragraph[at : at + _WINDOW]
        ends = [int(boundary["end_index"]) for boundary in sentencex.get_sentence_boundaries("en", window)]
        if at + len(window) < len(paragraph):
            # The last one may go on beyond the window, and is found again at the start of the next.
            ends = ends[:-1] or [_last_space(paragraph, at, at + len(window)) - at]
        yield from (at + end for end in ends)
        at += ends[-1]


def _last_space(text: str, start: int, end: int) -> int:
    """Where a sentence longer than a window is cut: behind the last space of its second half, if there is one."""
    spaces = [match.end() for match in _SPACE.finditer(text, (start + end) // 2, end)]
    return spaces[-1] if spaces else _between_characters(text, end, start)


def _divided(paragraph: str, cuts: Sequence[int]) -> Iterator[int]:
    """The boundaries, moved behind what belongs to the sentence before, and those that are missing."""
    start = 0
    for cut in cuts:
        if cut <= start:
            continue
        spaced = paragraph[cut - 1].isspace()
        stray = _STRAY.match(paragraph, cut) or (None if spaced else _NOTE_MARK.match(paragraph, cut))
        end = stray.end() if stray else cut
        yield from _missing(paragraph, start, end)
        yield end
        start = end


def _missing(paragraph: str, start: int, end: int) -> Iterator[int]:
    """Boundaries inside a sentence: after a whole sentence in brackets, and after `…` before a capital."""
    start = _behind_space(paragraph, start, end)
    while paragraph[start : start + 1] in _BRACKETS:
        close = _BRACKET_END.search(paragraph, start, end)
        if close is None or paragraph[start + 1 : close.end() - 1].count(paragraph[start]):
            break
        start = _behind_space(paragraph, close.end(), end)
        if start == end:
            break
        yield start
    for match in _ELLIPSIS.finditer(paragraph, start, end):
        if match.group(1).isupper() and not _is_open(paragraph[start : match.end()]):
            yield match.end()
            start = match.end()


def _is_open(piece: str) -> bool:
    """Whether a quotation or a bracket is still open at the end of this."""
    return piece.count("“") > piece.count("”") or piece.count("(") > piece.count(")") or piece.count('"') % 2 == 1


def _joined(paragraph: str, cuts: Sequence[int]) -> Iterator[int]:
    """The boundaries without those that part what is one sentence."""
    start = 0
    content = False
    left = 0
    for cut, following in pairwise([*cuts, len(paragraph)]):
        content = content or _has_content(paragraph, left, cut)
        left = cut
        if content and _has_content(paragraph, cut, following) and not _belongs(paragraph, start, cut):
            yield cut
            start = cut
            content = False
    if paragraph:
        yield len(paragraph)


def _has_content(paragraph: str, start: int, end: int) -> bool:
    return any(paragraph[i].isalnum() for i in range(start, end))


def _belongs(paragraph: str, start: int, cut: int) -> bool:
    """Whether what follows a boundary belongs to the sentence before it."""
    before = paragraph[max(start, cut - _TAIL) : cut]
    tail = before.rstrip()
    head = paragraph[cut : cut + _TAIL].lstrip()
    following = head[:1]
    if following and following in _DASHES:
        return tail == before or head.lstrip(_DASHES).lstrip()[:1].islower()
    if _ATTRIBUTION.match(head) and _EXCLAIMED_QUOTE.search(tail):
        return True
    if following.islower():
        return bool(_EXCLAIMED.search(tail) or _COUNTED.search(tail) or _ET_AL.search(tail))
    if following.isdigit() and _COUNTED.search(tail):
        return True
    return bool(_LINKING.search(tail)) or (cut - start <= _TAIL and _MARKER.fullmatch(before.strip()) is not None)


def _weights(text: str, spans: Sequence[Sentence], count_tokens: Callable[[Sequence[str]], Sequence[int]]) -> list[int]:
    """The tokens of each span, or what its length stands for if that is more."""
    if not spans:
        return []
    tokens = count_tokens([text[span.start : span.end] for span in spans])
    return [
        max(count, math.ceil((span.end - span.start) / CHARACTERS_PER_TOKEN))
        for span, count in zip(spans, tokens, strict=True)
    ]


def _runs(
    text: str,
    paragraphs: Sequence[tuple[Sentence, ...]],
    limit: int,
    count_tokens: Callable[[Sequence[str]], Sequence[int]],
) -> list[list[tuple[Sentence, ...]]]:
    """The runs of each paragraph's sentences, once those that are too long by themselves are cut."""
    pieces = [list(_with_space(sentences)) for sentences in paragraphs]
    counts = iter(_weights(text, list(chain.from_iterable(pieces)), count_tokens))
    weighed = [[(piece, next(counts)) for piece in paragraph] for paragraph in pieces]
    while any(_is_cuttable(text, piece, weight, limit) for piece, weight in chain.from_iterable(weighed)):
        weighed = _cut_once(text, weighed, limit, count_tokens)
    return [
        [tuple(_trimmed(text, piece.start, piece.end) for piece in run) for run in _balanced(paragraph, limit)]
        for paragraph in weighed
    ]


def _with_space(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """The sentences with the space behind them, so that what is counted adds up to their run."""
    for sentence, following in pairwise(sentences):
        yield Sentence(sentence.start, following.start)
    yield from sentences[-1:]


def _is_cuttable(text: str, piece: Sentence, weight: int, limit: int) -> bool:
    if weight <= limit:
        return False
    body = _trimmed(text, piece.start, piece.end)
    return body.end - body.start > 1


def _cut_once(
    text: str,
    weighed: Sequence[Sequence[tuple[Sentence, int]]],
    limit: int,
    count_tokens: Callable[[Sequence[str]], Sequence[int]],
) -> list[list[tuple[Sentence, int]]]:
    """Every piece that is too long, cut to as many parts as its weight asks for, and these weighed."""
    cut = {
        piece: list(_parts(text, piece, math.ceil(weight / limit)))
        for piece, weight in chain.from_iterable(weighed)
        if _is_cuttable(text, piece, weight, limit)
    }
    parts = list(chain.from_iterable(cut.values()))
    weights = dict(zip(parts, _weights(text, parts, count_tokens), strict=True))
    return [
        [
            (part, weights[part] if piece in cut else weight)
            for piece, weight in paragraph
            for part in cut.get(piece, [piece])
        ]
        for paragraph in weighed
    ]


def _parts(text: str, piece: Sentence, count: int) -> Iterator[Sentence]:
    """About `count` parts of like length, and at least two, none of them white space alone."""
    body = _trimmed(text, piece.start, piece.end)
    length = body.end - body.start
    count = min(count, length)
    start = body.start
    for number in range(1, count):
        target = body.start + length * number // count
        reach = max(1, length // (2 * count))
        cut = _best_cut(text, target, max(start, target - reach), min(body.end, target + reach))
        if start < cut < body.end and not text[start:cut].isspace():
            yield Sentence(start, cut)
            start = cut
    yield Sentence(start, piece.end)


def _best_cut(text: str, target: int, low: int, high: int) -> int:
    """The end, between two offsets, of the clause nearest to a target, else of a word, else of a character."""
    for boundary in (_CLAUSE_END, _SPACE):
        ends = [match.end() for match in boundary.finditer(text, low, high) if low < match.end() < high]
        if ends:
            return min(ends, key=lambda end: abs(end - target))
    return _between_characters(text, target, low)


def _between_characters(text: str, at: int, low: int) -> int:
    """`at`, or the nearest place between `low` and it that doesn't part a letter from its marks, if one is near."""
    for place in range(at, max(at - _TAIL, low), -1):
        joined = unicodedata.category(text[place])[0] == "M" or _JOINER in (text[place], text[place - 1])
        if not joined:
            return place
    return at


def _balanced(weighed: Sequence[tuple[Sentence, int]], limit: int) -> list[list[Sentence]]:
    """The fewest runs of at most `limit`, and of these the ones whose heaviest run is lightest."""
    fewest = len(_filled(weighed, limit))
    # The smallest capacity that needs no more runs lies between an even share and the limit.
    capacity = bisect_left(range(limit), True, key=lambda tried: len(_filled(weighed, tried)) <= fewest)
    return _filled(weighed, capacity)


def _filled(weighed: Sequence[tuple[Sentence, int]], capacity: int) -> list[list[Sentence]]:
    """Runs filled in order, each up to the capacity; what is heavier by itself is a run of its own."""
    runs: list[list[Sentence]] = []
    load = 0
    for sentence, weight in weighed:
        if runs and load + weight <= capacity:
            runs[-1].append(sentence)
            load += weight
        else:
            runs.append([sentence])
            load = weight
    return runs
