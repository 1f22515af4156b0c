"""Split a review into passages and sentences, as offsets into its text.

sentencex finds the sentences. A few rules correct what it misses in essays. Each moves, adds or removes a boundary, and
none changes the text.
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

from embeddings.config import CHARACTERS_PER_TOKEN, PASSAGE_TOKENS, SENTENCE_WINDOW_CHARACTERS
from embeddings.documents.analyzer import ENGLISH
from embeddings.lexicon import ATTRIBUTION_VERBS, COUNTING_ABBREVIATIONS, LINKING_ABBREVIATIONS, SENTENCE_PRONOUNS
from embeddings.records import Passage, Review, Sentence

_RULES = 4

SPLITTER = f"rules {_RULES}, sentencex {version('sentencex')}"
"""The splitter's version, for an index's manifest. It changes whenever sentences may."""

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""The number of tokens of each text."""

_CONTEXT = 32
"""How many characters on either side of a boundary the rules look at."""
_OPENERS = "\"'“‘«‹(\\[{「『（¿¡"
_CLOSERS = "\"'”’»›)\\]}」』）"
_BRACKETS = {"(": ")", "[": "]"}

_STRAY_CLOSERS = re.compile(r"[”’»›)\]}」』）]+(?=\s|$)")
_NOTE_MARK = re.compile(r"[⁰¹²³⁴-⁹*†‡§]+(?=\s|$)")
_FACE = r"(?:[:;=]['^-]?[)\](DPp]|<3|[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?)+"
_PAUSE = re.compile(rf"(?:…[{_CLOSERS}]*|(?<=\w)\s?(?P<face>{_FACE}))\s+(?=[{_OPENERS}]*(?P<next>\w))")
_BRACKET_END = re.compile(r"[.!?…][\"'”’]*[)\]](?=\s)")
_MARKER = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]")
_EXCLAIMED = re.compile(rf"[!?…][{_CLOSERS}]*$")
_EXCLAIMED_QUOTE = re.compile(r"[!?…][\"”’»]$")
_ATTRIBUTION = re.compile(rf"(?!(?:{'|'.join(SENTENCE_PRONOUNS)})\b)[A-Z][\w’'-]* (?:{'|'.join(ATTRIBUTION_VERBS)})\b")
_LINKING = re.compile(rf"\b(?:{'|'.join(map(re.escape, LINKING_ABBREVIATIONS))})\.$")
_COUNTING = re.compile(rf"\b(?:{'|'.join(COUNTING_ABBREVIATIONS)})\.$")
_ET_AL = re.compile(r"\bet al\.$")
_ROMAN_NUMERAL = re.compile(r"\b[A-Z]\w+ [IVX]+\.$")  # "Henry VIII. was"
# In these languages "3." is "3rd", as in "am 3. Oktober".
_ORDINAL_LANGUAGES = frozenset("cs da de et fi hr hu is lv no pl sk sl".split())
_ORDINAL = re.compile(r"(?<![\w.,:])\d{1,2}\.\s*$")
_JOINER = "\u200d"
_DASHES = "—–-―"

_CLAUSE_END = re.compile(rf"(?:[;:,.!?…][{_CLOSERS}]*|[—–])\s+|[；：，、。！？]+[{_CLOSERS}]*\s*")
_SPACE = re.compile(r"\s+")


def passage_tokens(limit: int) -> int:
    """Return the most tokens of a passage: those that the encoder reads, or `PASSAGE_TOKENS` if that is fewer."""
    return limit if PASSAGE_TOKENS is None else min(PASSAGE_TOKENS, limit)


def splitter_settings(limit: int) -> str:
    """Return the splitter's version and settings for an encoder that reads so many tokens, as a manifest has them."""
    return f"{SPLITTER}, at most {passage_tokens(limit)} tokens"


def split_sentences(text: str, start: int, end: int, language: str = ENGLISH) -> tuple[Sentence, ...]:
    """Return the sentences of `text[start:end]`, as offsets into the whole `text`.

    Between them is only white space. None is empty or without a letter or digit, unless the whole stretch is.
    """
    paragraph = text[start:end]
    cuts = list(
        _without_false(paragraph, list(_with_missing(paragraph, list(_boundaries(paragraph, language)))), language)
    )
    sentences = (_trim(text, start + left, start + right) for left, right in pairwise([0, *cuts]))
    return tuple(sentence for sentence in sentences if sentence.start < sentence.end)


def split_review(
    review: Review, *, limit: int, count_tokens: CountTokens, language: str = ENGLISH
) -> tuple[Passage, ...]:
    """Return the passages of a review, in the order of its text.

    A paragraph is a passage. A paragraph of more than `limit` tokens, at least 1, becomes the fewest runs of its
    sentences that fit, as even in length as possible. A sentence that is too long by itself is cut between clauses,
    else between words, else between characters.

    `count_tokens` is called for all paragraphs at once, then for the sentences of the long ones. A run has at most as
    many tokens as its sentences together.
    """
    paragraphs = [(section.slug, paragraph) for section in review.sections for paragraph in section.paragraphs]
    spans = [Sentence(paragraph.start, paragraph.end) for _, paragraph in paragraphs]
    weights = _weights(review.text, spans, count_tokens)
    sentences = [split_sentences(review.text, span.start, span.end, language) for span in spans]
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
        for i, (slug, paragraph) in enumerate(paragraphs)
        for run in runs.get(i, [sentences[i]])
    )


def _skip_space(text: str, start: int, end: int) -> int:
    while start < end and text[start].isspace():
        start += 1
    return start


def _trim(text: str, start: int, end: int) -> Sentence:
    start = _skip_space(text, start, end)
    while start < end and text[end - 1].isspace():
        end -= 1
    return Sentence(start, end)


def _boundaries(paragraph: str, language: str) -> Iterator[int]:
    """Yield where sentencex ends each sentence. It gets one window of the text at a time."""
    at = 0
    while at < len(paragraph):
        window = paragraph[at : at + SENTENCE_WINDOW_CHARACTERS]
        ends = [int(boundary["end_index"]) for boundary in sentencex.get_sentence_boundaries(language, window)]
        if at + len(window) < len(paragraph):
            # The last sentence may go on beyond the window, so the next window starts with it.
            ends = ends[:-1] or [_last_space(paragraph, at, at + len(window)) - at]
        yield from (at + end for end in ends)
        at += ends[-1]


def _last_space(text: str, start: int, end: int) -> int:
    """Return where to cut a sentence longer than a window: behind the last space of its second half, if it has one."""
    spaces = [match.end() for match in _SPACE.finditer(text, (start + end) // 2, end)]
    return spaces[-1] if spaces else _between_characters(text, end, start)


def _with_missing(paragraph: str, cuts: Sequence[int]) -> Iterator[int]:
    """Yield the boundaries, moved behind stray quotes, brackets and note marks, and the boundaries that are missing."""
    start = 0
    for cut in cuts:
        if cut <= start:
            continue
        spaced = paragraph[cut - 1].isspace()
        stray = _STRAY_CLOSERS.match(paragraph, cut) or (None if spaced else _NOTE_MARK.match(paragraph, cut))
        end = stray.end() if stray else cut
        yield from _missing(paragraph, start, end)
        yield end
        start = end


def _missing(paragraph: str, start: int, end: int) -> Iterator[int]:
    """Yield boundaries inside a sentence: after one in brackets, and after `…` or a face before a capital."""
    start = _skip_space(paragraph, start, end)
    while paragraph[start : start + 1] in _BRACKETS:
        close = _BRACKET_END.search(paragraph, start, end)
        if close is None or paragraph[start + 1 : close.end() - 1].count(paragraph[start]):
            break
        start = _skip_space(paragraph, close.end(), end)
        if start == end:
            break
        yield start
    for match in _PAUSE.finditer(paragraph, start, end):
        # A face may look like a bracket.
        before = match.start() if match["face"] else match.end()
        if match["next"].isupper() and not _is_open(paragraph[start:before]):
            yield match.end()
            start = match.end()


def _is_open(piece: str) -> bool:
    """Return True if a quotation or a bracket is still open at the end of `piece`."""
    return piece.count("“") > piece.count("”") or piece.count("(") > piece.count(")") or piece.count('"') % 2 == 1


def _without_false(paragraph: str, cuts: Sequence[int], language: str) -> Iterator[int]:
    """Yield the boundaries except those inside a sentence."""
    has_ordinals = language in _ORDINAL_LANGUAGES
    start = 0
    content = False
    left = 0
    for cut, following in pairwise([*cuts, len(paragraph)]):
        content = content or _has_content(paragraph, left, cut)
        left = cut
        if has_ordinals and _ORDINAL.search(paragraph, start, cut):
            continue
        if content and _has_content(paragraph, cut, following) and not _is_false(paragraph, start, cut):
            yield cut
            start = cut
            content = False
    if paragraph:
        yield len(paragraph)


def _has_content(paragraph: str, start: int, end: int) -> bool:
    return any(paragraph[i].isalnum() for i in range(start, end))


def _is_false(paragraph: str, start: int, cut: int) -> bool:
    """Return True if the text after a boundary belongs to the sentence before it."""
    before = paragraph[max(start, cut - _CONTEXT) : cut]
    tail = before.rstrip()
    head = paragraph[cut : cut + _CONTEXT].lstrip()
    following = head[:1]
    if following and following in _DASHES:
        return tail == before or head.lstrip(_DASHES).lstrip()[:1].islower()
    if _ATTRIBUTION.match(head) and _EXCLAIMED_QUOTE.search(tail):
        return True
    if following.islower() or following in {",", ";", ":"}:
        return any(end.search(tail) for end in (_EXCLAIMED, _COUNTING, _ET_AL, _ROMAN_NUMERAL))
    if following.isdigit() and _COUNTING.search(tail):
        return True
    return bool(_LINKING.search(tail)) or (cut - start <= _CONTEXT and _MARKER.fullmatch(before.strip()) is not None)


def _weights(text: str, spans: Sequence[Sentence], count_tokens: CountTokens) -> list[int]:
    """Return the tokens of each span, or the tokens that its length counts for if those are more."""
    if not spans:
        return []
    tokens = count_tokens([text[span.start : span.end] for span in spans])
    return [
        max(count, math.ceil((span.end - span.start) / CHARACTERS_PER_TOKEN))
        for span, count in zip(spans, tokens, strict=True)
    ]


def _runs(
    text: str, paragraphs: Sequence[tuple[Sentence, ...]], limit: int, count_tokens: CountTokens
) -> list[list[tuple[Sentence, ...]]]:
    """Return the runs of each paragraph's sentences, after sentences that are too long by themselves are cut."""
    pieces = [list(_with_space(sentences)) for sentences in paragraphs]
    counts = iter(_weights(text, list(chain.from_iterable(pieces)), count_tokens))
    weighed = [
        [part for piece in paragraph for part in _fitting(text, piece, next(counts), limit, count_tokens)]
        for paragraph in pieces
    ]
    return [
        [tuple(_trim(text, piece.start, piece.end) for piece in run) for run in _balanced(paragraph, limit)]
        for paragraph in weighed
    ]


def _with_space(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Yield the sentences with the space behind them, so that their tokens add up to those of a run."""
    for sentence, following in pairwise(sentences):
        yield Sentence(sentence.start, following.start)
    yield from sentences[-1:]


def _fitting(
    text: str, piece: Sentence, weight: int, limit: int, count_tokens: CountTokens
) -> Iterator[tuple[Sentence, int]]:
    """Yield a piece with its weight, cut into parts until each fits or is one character."""
    body = _trim(text, piece.start, piece.end)
    if weight <= limit or body.end - body.start <= 1:
        yield piece, weight
        return
    parts = list(_parts(text, piece, math.ceil(weight / limit)))
    for part, count in zip(parts, _weights(text, parts, count_tokens), strict=True):
        yield from _fitting(text, part, count, limit, count_tokens)


def _parts(text: str, piece: Sentence, count: int) -> Iterator[Sentence]:
    """Yield about `count` parts of similar length, at least two, none of them only white space."""
    body = _trim(text, piece.start, piece.end)
    length = body.end - body.start
    count = min(count, length)
    # From the piece's own start, so that a space in front counts where parts are joined again.
    start = piece.start
    for number in range(1, count):
        target = body.start + length * number // count
        reach = max(1, length // (2 * count))
        cut = _best_cut(text, target, max(start, target - reach), min(body.end, target + reach))
        if start < cut < body.end and not text[start:cut].isspace():
            yield Sentence(start, cut)
            start = cut
    yield Sentence(start, piece.end)


def _best_cut(text: str, target: int, low: int, high: int) -> int:
    """Return the end of the clause nearest to a target between two offsets, else of the word, else of the character."""
    for boundary in (_CLAUSE_END, _SPACE):
        ends = [match.end() for match in boundary.finditer(text, low, high) if low < match.end() < high]
        if ends:
            return min(ends, key=lambda end: abs(end - target))
    return _between_characters(text, target, low)


def _between_characters(text: str, at: int, low: int) -> int:
    """Return `at`, or the nearest offset before it and after `low` that doesn't split a letter from its marks."""
    for offset in range(at, max(at - _CONTEXT, low), -1):
        if unicodedata.category(text[offset])[0] != "M" and _JOINER not in (text[offset], text[offset - 1]):
            return offset
    return at


def _balanced(weighed: Sequence[tuple[Sentence, int]], limit: int) -> list[list[Sentence]]:
    """Return the fewest runs of at most `limit`, chosen so that the heaviest run is as light as possible."""
    fewest = len(_fill(weighed, limit))
    capacity = bisect_left(range(limit), True, key=lambda tried: len(_fill(weighed, tried)) <= fewest)
    return _fill(weighed, capacity)


def _fill(weighed: Sequence[tuple[Sentence, int]], capacity: int) -> list[list[Sentence]]:
    """Return runs filled in order, each up to the capacity. A sentence heavier than that is a run of its own."""
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
