"""Reviews become passages and sentences. Nothing is lost or doubled, and sentences end where people end them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.config import CHARACTERS_PER_TOKEN
from embeddings.documents.parser import read_review
from embeddings.documents.splitter import SPLITTER, split_review, split_sentences
from embeddings.records import Passage, Review, Sentence
from tests.embeddings.documents.parsing import markdown, plain
from tests.project import OWNERS


def sentences(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in split_sentences(text, 0, len(text))]


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def texts(review: Review, limit: int, count: Callable[[Sequence[str]], Sequence[int]] = count_words) -> list[str]:
    return [
        review.text[passage.start : passage.end] for passage in split_review(review, limit=limit, count_tokens=count)
    ]


# Sentences


@pytest.mark.parametrize(
    "parts",
    [
        # Dialogue, and quotes after full stops.
        ["“Do you love me?” she asked.", "“No.”", "He left."],
        ["“Stop!” he cried.", "“Stop!” Tom cried.", "She stayed."],
        ["“Stop!”", "He left."],
        ["He said “no.”", "Then he left."],
        ["She said, ‘Go.’", "He went."],
        ["‘It’s over.’", "‘Is it?’"],
        ['"Who?"', '"Me."', '"Why?"'],
        ["He asked: “Why? Why not?” and left."],
        ["One—two.", "Is he?—Yes.", "No."],
        ["Is he? — that is it.", "— No."],
        # Abbreviations.
        ["Dr. Smith met Mrs. Jones at 5 p.m. on Friday.", "They spoke."],
        ["We saw Dr. No.", "It was fun."],
        ["Froude admires Henry VIII. and Louis XIV.; they built.", "So did Henry VIII.", "Then came Elizabeth."],
        ["See Kramer vs. Kramer, i.e. the film, e.g. its end.", "It won."],
        ["It is in Vol. 2 of the set, pp. 3–4, ch. 3 and Ep. 4.", "See Fig. 3."],
        ["It came out on Sept. 15, 2010.", "It was No. 1."],
        ["It was praised by Smith et al. (2010).", "By Jones et al. too."],
        ["See Smith et al.", "The rest is silence."],
        ["U.S. cinema is big.", "He lives in the U.S.", "He works."],
        # Ellipses.
        ["He waited...", "Then he left.", "He waited… and left."],
        ["He waited…", "She left.", "“I waited… I left,” he said."],
        ["What...?", "Who knows!"],
        # Initials.
        ["J. R. R. Tolkien wrote it.", "J.K. Rowling and Samuel L. Jackson liked it."],
        ["World War I.", "It ended."],
        # Numbers and brackets.
        ["The film (2010) is good.", "It was made in 2010.", "(2011 was better.)", "Fine."],
        ["(He left.)", "She stayed (until noon).", "[It rained.]", "(Then.)", "It ended."],
        ["(He left. She (too.) left.)", "It ended."],
        ["A 3.5 rating.", "It cost $2.5 million."],
        ["1. First thing.", "2. Second thing.", "a) Third."],
        ["He left.¹", "She stayed.*", "It ended.[1]", "Yes."],
        ["He left. ”", "She stayed. )", "It ended."],
        ["He left.", "Really!!*"],
        # Marks without words, questions, and exclamations within a sentence.
        ["What a film!!! ???", "Really?!", "Mamma Mia! is fun."],
        ["!!! So it goes."],
        ["!!! ??? ..."],
        # No-break spaces, characters outside the basic plane, combining marks, other scripts.
        ["He left.", "😀 Yes.", "𝒜 b. Ça e\u0301tait."],
        ["Он ушёл.", "Она осталась."],
        ["هل ذهب؟", "نعم."],
        ["मैं गया।", "वह रुकी।"],
    ],
    ids=lambda parts: parts[0][:24],
)
def test_sentences_end_where_people_end_them(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("他走了。她留下了！真的吗？是的。", ["他走了。", "她留下了！", "真的吗？", "是的。"]),
        ("He left.\u00a0She stayed.", ["He left.", "She stayed."]),
        (" \u00a0(He left.) (She stayed.) \n", ["(He left.)", "(She stayed.)"]),
    ],
    ids=["a script without spaces", "a no-break space", "white space at either end"],
)
def test_sentences_are_separated_by_any_white_space_or_none(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_offsets_are_into_the_whole_text() -> None:
    text = "😀 skipped. He left.  She stayed. skipped"
    found = split_sentences(text, 11, 33)
    assert [(sentence.start, text[sentence.start : sentence.end]) for sentence in found] == [
        (11, "He left."),
        (21, "She stayed."),
    ]
    assert split_sentences("He left.", 3, 3) == split_sentences("a   b", 1, 4) == ()


def test_a_quotation_left_open_for_pages_is_still_split() -> None:
    text = "He left the house. " * 2_000
    assert sentences(f"“{text}") == [f"“{text[:18]}", *[text[:18]] * 1_999]


essay = st.lists(
    st.one_of(
        st.sampled_from(
            ["He left.", "Dr.", "No.", "“Why?”", "(Yes.)", "…", "—", "J.", "2", "!", "She", "et al.", "\u00a0", "”",
             ")", "”¹", "vs.", "他走了。", "e\u0301", "😀", "said", "p.", "*"]
        ),
        st.text(max_size=8),
    )
)  # fmt: skip


@given(essay.map(" ".join) | essay.map("".join) | st.text())
@example("a\x1f\x85b.")
def test_sentences_cover_a_text_except_white_space_and_never_overlap(text: str) -> None:
    found = split_sentences(text, 0, len(text))
    ends = [0, *(sentence.end for sentence in found)]
    starts = [*(sentence.start for sentence in found), len(text)]
    assert all(text[end:start].strip() == "" and end <= start for end, start in zip(ends, starts, strict=True))
    parts = [text[sentence.start : sentence.end] for sentence in found]
    assert all(part and part == part.strip() for part in parts)
    if len(parts) > 1:
        assert all(any(character.isalnum() for character in part) for part in parts)


# Passages


def test_a_paragraph_that_fits_is_a_passage() -> None:
    review = read_review(OWNERS)
    passages = split_review(review, limit=256, count_tokens=count_words)
    paragraphs = [(section.slug, paragraph) for section in review.sections for paragraph in section.paragraphs]
    assert passages == tuple(
        Passage(
            collection="shared",
            review="never-let-me-go",
            section=slug,
            paragraph=paragraph.number,
            start=paragraph.start,
            end=paragraph.end,
            sentences=split_sentences(review.text, paragraph.start, paragraph.end),
        )
        for slug, paragraph in paragraphs
    )
    assert (len(passages), sum(len(passage.sentences) for passage in passages)) == (18, 75)


def test_a_long_paragraph_is_the_fewest_even_runs_of_its_sentences() -> None:
    review = plain("One two three four. Five six. Seven eight nine. Ten. Eleven twelve.\nNext one.")
    assert texts(review, 10) == ["One two three four. Five six.", "Seven eight nine. Ten. Eleven twelve.", "Next one."]


def test_a_sentence_of_exactly_the_limit_stays_whole() -> None:
    review = plain("One two three four five. Six seven eight nine ten.")
    assert texts(review, 5) == ["One two three four five.", "Six seven eight nine ten."]


def test_a_sentence_that_is_too_long_is_cut_between_clauses_then_between_words() -> None:
    clauses = plain("He came home late at night; she had long since left him, and the house was dark and cold.")
    assert texts(clauses, 10) == [
        "He came home late at night;",
        "she had long since left him,",
        "and the house was dark and cold.",
    ]
    assert texts(plain("one two three four five six seven eight."), 4) == [
        "one two three four",
        "five six seven eight.",
    ]


def test_a_long_unspaced_run_is_cut_between_characters() -> None:
    review = plain("他走了而且" * 40)
    found = texts(review, 60, count_characters)
    assert "".join(found) == review.text
    assert [len(text) for text in found] == [50] * 4


def test_a_long_word_of_one_token_is_cut_by_its_length() -> None:
    review = plain("x" * 10_000)
    found = texts(review, 256)
    assert "".join(found) == review.text
    assert [len(text) for text in found] == [2_000] * 5
    assert max(map(len, found)) <= 256 * CHARACTERS_PER_TOKEN


def test_a_cut_keeps_letters_with_their_marks_if_they_fit() -> None:
    found = texts(plain("e\u0301" * 50), 25, count_characters)
    assert "".join(found) == "e\u0301" * 50
    assert all(text.startswith("e") and text.endswith("\u0301") for text in found)
    found = texts(plain("e" + "\u0301" * 99), 25, count_characters)
    assert [len(text) for text in found] == [25] * 4


def test_tokens_are_counted_for_all_paragraphs_at_once_then_for_the_sentences_of_the_long_ones() -> None:
    calls: list[list[str]] = []

    def count(texts: Sequence[str]) -> list[int]:
        calls.append(list(texts))
        return count_words(texts)

    split_review(plain("One two. Three four.\nFive.\nSix seven. Eight nine."), limit=3, count_tokens=count)
    assert calls == [
        ["One two. Three four.", "Five.", "Six seven. Eight nine."],
        ["One two. ", "Three four.", "Six seven. ", "Eight nine."],
    ]


reviews = st.lists(st.tuples(st.booleans(), essay.map(" ".join)), min_size=1, max_size=6).map(
    lambda blocks: "".join(f"\n\n## {text}" if heading else f"\n\n{text}" for heading, text in blocks)
)


@given(reviews, st.integers(1, 12), st.sampled_from([count_words, count_characters]))
@example("\n\nDr. No. He left.", 4, count_characters)
def test_passages_cover_every_paragraph_within_the_limit(
    body: str, limit: int, count: Callable[[Sequence[str]], list[int]]
) -> None:
    printable = "".join(character for character in body if character.isprintable() or character == "\n")
    review = markdown(f"Start. {printable}")
    passages = split_review(review, limit=limit, count_tokens=count)
    for section in review.sections:
        for paragraph in section.paragraphs:
            own = [
                passage
                for passage in passages
                if (passage.section, passage.paragraph) == (section.slug, paragraph.number)
            ]
            assert [passage for passage in passages if paragraph.start <= passage.start < paragraph.end] == own
            assert_follow_one_another(review.text, paragraph.start, paragraph.end, own)
            for passage in own:
                assert_follow_one_another(review.text, passage.start, passage.end, passage.sentences)
    for passage in passages:
        text = review.text[passage.start : passage.end]
        assert text == text.strip()
        assert count([text])[0] <= limit


def assert_follow_one_another(text: str, start: int, end: int, spans: Sequence[Passage | Sentence]) -> None:
    """Check that the spans begin and end with the stretch, and leave out only white space."""
    assert (spans[0].start, spans[-1].end) == (start, end)
    assert all(span.start < span.end for span in spans)
    assert all(
        before.end <= after.start and text[before.end : after.start].strip() == "" for before, after in pairwise(spans)
    )


def test_the_splitters_version_contains_that_of_sentencex() -> None:
    assert version("sentencex") in SPLITTER


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ["Er lief am 3. Oktober an.", "Siehe Nr. 7 bzw. den Abspann.", "Das war 2010.", "Gut!"]),
        ("es", ["La Sra. Pérez, p. ej. aquí, gana.", "Véase pág. 5."]),
        ("ja", ["この映画は静かだ。", "音楽がいい。"]),
    ],
)
def test_sentences_end_as_in_their_language(language: str, sentences: list[str]) -> None:
    text = ("" if language == "ja" else " ").join(sentences)
    found = split_sentences(text, 0, len(text), language)
    assert [text[sentence.start : sentence.end] for sentence in found] == sentences
