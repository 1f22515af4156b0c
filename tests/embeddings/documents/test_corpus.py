"""Files in the forms in which people keep reviews, a few for each, become the reviews that are written beside them.

Each folder of `corpus` holds one kind of form, and `expected.json` what each of its files becomes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.documents.converter import read_candidates
from embeddings.documents.parser import parse_file, parse_review
from embeddings.documents.splitter import split_sentences
from embeddings.records import Fact, Rating, Review

CORPUS = Path(__file__).parent / "corpus"
FILES = {
    f"{folder.name}/{name}": expected
    for folder in sorted(CORPUS.iterdir())
    for name, expected in json.loads((folder / "expected.json").read_text(encoding="utf-8")).items()
}


def record(review: Review) -> dict[str, Any]:
    paragraphs = review.text.split("\n")
    hidden = [section.heading for section in review.sections if section.spoiler]
    return {
        "title": review.title,
        "facts": {name: plain(fact) for name, fact in review.facts.items()},
        "headings": [section.heading for section in review.sections],
        "paragraphs": len(paragraphs),
        "first": paragraphs[0],
        "last": paragraphs[-1],
        "spoilers": [review.text[start:end] for start, end in review.spoilers],
        "quoted": [review.text[start:end] for start, end in review.quoted],
    } | ({"hidden": hidden} if hidden else {})


def plain(fact: Fact) -> object:
    if isinstance(fact, Rating):
        return [fact.text, fact.value, fact.scale]
    return list(fact) if isinstance(fact, tuple) else fact


def test_the_corpus_has_at_least_eighty_files_and_none_without_an_expectation() -> None:
    found = {f"{file.parent.name}/{file.name}" for file in CORPUS.glob("*/*") if file.name != "expected.json"}
    assert found == set(FILES)
    assert len(found) >= 80


@pytest.mark.parametrize("name", FILES)
def test_a_file_becomes_the_reviews_beside_it(name: str) -> None:
    place = Path(Path(name).name)
    parsed = parse_file((CORPUS / name).read_bytes(), place, place)
    assert {"reviews": [*map(record, parsed.reviews)], "mended": [note.kind for note in parsed.notes]} == FILES[name]


@pytest.mark.parametrize("name", FILES)
def test_what_is_stored_of_a_file_reads_as_the_file_does(name: str) -> None:
    place = Path(Path(name).name)
    data = (CORPUS / name).read_bytes()
    reviews = [replace(review, slug="") for review in parse_file(data, place, place).reviews]
    candidates = read_candidates(data, place).reviews
    assert [replace(candidate.review, slug="") for candidate in candidates] == reviews
    stored = [parse_review(each.content.encode(), Path(f"{each.review.slug}.md")) for each in candidates]
    assert [replace(review, slug="") for review in stored] == reviews


def test_sentences_end_at_faces_and_hearts_as_for_a_reader() -> None:
    place = CORPUS / "sentences" / "faces.md"
    (review,) = parse_file(place.read_bytes(), place, Path(place.name)).reviews
    found = split_sentences(review.text, 0, len(review.text))
    assert [review.text[sentence.start : sentence.end] for sentence in found] == [
        "He wept:)",
        "Loved it♥",
        "Great.",
        "And then?!",
        '"No," she said.',
        '"Never."',
    ]


word = st.text("abcdefgh", min_size=1, max_size=7)
sentence = st.lists(word, min_size=2, max_size=8).map(lambda words: f"A{' '.join(words)}.")
heading = st.lists(word, min_size=1, max_size=3).map(lambda words: f"The {' '.join(words)}")
sections = st.lists(st.tuples(heading, st.lists(sentence, min_size=1, max_size=3)), min_size=1, max_size=3)


def _joined(parts: list[tuple[str, list[str]]], head: str, body: str) -> str:
    return "\n\n".join(head.format(text) + "\n\n" + "\n\n".join(map(body.format, own)) for text, own in parts)


WRITERS = {
    "x.md": lambda title, parts: f"---\ntitle: {title}\n---\n" + _joined(parts, "## {}", "{}"),
    "toml.md": lambda title, parts: f'+++\ntitle = "{title}"\n+++\n' + _joined(parts, "## {}", "*{}*"),
    "json.markdown": lambda title, parts: f'{{"title": "{title}"}}\n\n' + _joined(parts, "{}\n---", "{}"),
    "pelican.text": lambda title, parts: f"Title: {title}\n\n" + _joined(parts, "## {}", "{}"),
    "hexo.md": lambda title, parts: f"title: {title}\n---\n" + _joined(parts, "**{}**", "{}"),
    "none.md": lambda title, parts: f"# {title}\n\n" + _joined(parts, "## {}", "{{{{< note >}}}}{}{{{{< /note >}}}}"),
    "html.md": lambda title, parts: f"---\ntitle: {title}\n---\n" + _joined(parts, "<h2>{}</h2>", "<p>{}</p>"),
    "private.md": lambda title, parts: f"# {title}\n\n" + _joined(parts, "## {}", "{} %%not this%%"),
    "x.org": lambda title, parts: f"#+TITLE: {title}\n\n" + _joined(parts, "* {}", "/{}/"),
    "x.rst": lambda title, parts: f"{title}\n{'=' * 80}\n\n" + _joined(parts, "{}\n" + "-" * 80, "{}"),
}


@pytest.mark.parametrize("name", WRITERS)
@given(title=heading.map("Film of {}".format), parts=sections)
@settings(max_examples=25, deadline=None)
@pytest.mark.slow
def test_a_random_review_written_in_any_form_is_read_back_word_for_word(
    name: str, title: str, parts: list[tuple[str, list[str]]]
) -> None:
    text = WRITERS[name](title, parts)
    (review,) = parse_file(text.encode(), Path(name), Path(name)).reviews
    assert review.title == title
    assert review.text.split("\n") == [each for _, body in parts for each in body]
    assert [section.heading for section in review.sections] == [head for head, _ in parts]
