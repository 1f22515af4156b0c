"""Any number of synthetic reviews, made one at a time, with facts planted among them. A seed gives the same reviews.

A review has a title, sections, and characters whose names come back. The sentences' patterns have function words and a
reviewer's stock phrases. Their gaps are filled by Zipf's law twice: with words of the encoder's vocabulary (20,362
whole English words, ordered by frequency), a word of rank r with a probability proportional to 1/r, and with the few
words that the review is about. Surnames are made of syllables and hardly run out, so that the vocabulary grows with the
text, as it does in books.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from embeddings.documents.slugs import UniqueSlugs, slugify
from embeddings.encoders.weights import find_model
from embeddings.records import Paragraph, Review, Section
from tests.benchmarks.corpus.facts import FACTS, Fact

PASSAGES = range(10, 27)
"""Passages of a review: 18 on average, as the project's own review has."""

_SENTENCES = (
    "{Person} {acts} the {word} with a {quality} {word} that {person} never {acts} again.",
    "The {craft} is {quality}, and the {word} of the {place} {acts} every {word} in it.",
    "There is a {quality} {word} at the heart of {person}, though the {craft} rarely lets it show.",
    "What {person} wants is {word}; what the {place} offers instead is {word} and {word}.",
    "In one {quality} scene {person} {acts} {person2} beside a {word}, and nothing is said about the {word}.",
    "It is a {word} more than a {word}, and {person} knows it long before {person2} does.",
    "The {place} has rarely looked so {quality} as it does here, under its {word} and its {word}.",
    "{Person} is played with {quality} restraint, even where the script asks for {word}.",
    "By the time {person2} {acts} the {word}, the {craft} has become almost {quality}.",
    "One remembers the {word}, the {word}, and the way in which {person} {acts} them both.",
    "As a study of {word} it is {quality}; as a story of {word} it is rather less so.",
    "The director trusts the {craft} to carry the {word}, and for the most part it does.",
    "{Person} and {person2} argue about {word} in a {place}, and the camera stays on the {word}.",
    "Few films about {word} are so {quality} in their {craft}, or so honest about {word}.",
    "Nothing in the {place} prepares {person} for the {word} that {person2} {acts}.",
    "Its second half moves to a {place}, where the {word} gives way to {quality} {word}.",
    "The {word} is a metaphor, of course, but {person} {acts} it as though it were a {word}.",
    "Perhaps the {craft} insists too much on {word}, and perhaps {person} is too {quality} to mind.",
    "When {person} at last {acts} the {place}, the {word} seems both {quality} and inevitable.",
    "Behind its {quality} surface the film asks what {word} is worth without {word}.",
    "A {quality} {craft} follows {person} through the {place} and past the {word}.",
    "{Person} has learned to live with the {word}, and the film has learned to wait for it.",
    "That the {word} belongs to {person2} is the kind of irony that the {craft} leaves alone.",
    "Between the {word} and the {word} there is room for a {quality} silence.",
)
_HEADINGS = (
    "{Word} and {Word}",
    "The {Quality} {Word}",
    "A {Word} in the {Place}",
    "{Person}",
    "The {Craft}",
    "On {Word}",
    "What the {Word} Knows",
)
_TITLES = (
    "The {Word} of {Word}",
    "{Quality} {Word}",
    "The {Quality} {Word}",
    "{Word} by the {Place}",
    "{Name}’s {Word}",
)
_CRAFT = """
    acting camerawork cinematography colouring costume cutting dialogue direction editing framing lighting
    makeup music narration pacing photography plotting screenplay score script sound soundtrack staging writing
""".split()
_PLACE = """
    airport attic barn bay cafe canal cellar chapel church city coast cottage desert farm field flat forest
    garden garage harbour hospital hotel house island kitchen lake library market marsh mill mine museum office
    orchard park palace pier prison quarry restaurant river road school shop square station street studio suburb
    theatre town valley village warehouse
""".split()
_QUALITY = """
    absurd angry austere awkward beautiful bitter bleak blunt brave bright brittle careful clumsy cold cruel
    dark delicate distant dry elegant faint familiar fierce flat fragile frank gentle grave grim hollow honest
    intimate lonely loud mild muted naive narrow nervous odd pale patient plain playful precise private proud
    quiet raw restless rich rough sad serious sharp shy simple slow sly sober soft solemn spare stern still
    strange stubborn subtle tender tense tired uneasy vague violent warm weary wild
""".split()
_ACTS = """
    accepts admits avoids betrays carries conceals confronts defends denies describes discovers doubts earns
    enters forgets forgives gathers guards haunts ignores imagines inherits invents leaves loses measures mourns
    names notices observes offers opens outlives paints promises protects questions reads rebuilds recalls
    refuses regrets remembers repairs resents reveals shares steals studies suspects teaches touches understands
    uses visits wants watches welcomes
""".split()
_FIRST_NAMES = """
    Ada Agnes Albert Alma Amir Anna Arthur Asta Bela Bruno Carla Cecil Clara Daniel Dora Edgar Edith Elias Elsa
    Emil Erik Esther Ethel Felix Frank Greta Hana Harold Hedda Helen Hugo Ida Igor Ingrid Irene Ivan Jakob Joan
    Josef Julia Karl Katya Lars Lena Leo Lidia Lotte Louis Lucia Magda Marcel Maria Martha Max Milan Mina Nadia
    Nils Nina Olga Oscar Otto Paula Pavel Petra Rafael Rita Rosa Ruben Samuel Selma Simon Sofia Stefan Sven
    Teresa Thomas Tilda Ursula Vera Victor Walter Wanda Yusuf
""".split()
_SYLLABLES = """
    al an ar bel ber bo bran cor dal dar del den dor el en fal fen ga gar gor had hal hol il is jan jor kal kel
    kor la lan len lor mal mar mel mon mor na nel nor ol or pal pel por ra ran ren rin ro sal sel ser sim sol
    sor ta tal ten ter tor ul va val vel ver vin vor wal wen yar zan zel
""".split()


@dataclass(frozen=True, slots=True)
class Planted:
    """A question and where its answer is.

    Attributes:
        kind: `lexical`, `paraphrase`, or `titled`: the paraphrase with the review's title.
        question: the question.
        review: the slug of the review with the answer.
        sentence: the sentence that answers.
    """

    kind: str
    question: str
    review: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A review without offsets: its sections' headings, each with its paragraphs."""

    slug: str
    title: str
    author: str
    year: int
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def review(self) -> Review:
        """Return the review as the engine reads it."""
        sections, offset, slugs = [], 0, UniqueSlugs()
        for heading, paragraphs in self.sections:
            places = []
            for number, text in enumerate(paragraphs, 1):
                places.append(Paragraph(number, offset, offset + len(text)))
                offset += len(text) + 1
            sections.append(Section(slugs.assign(heading), heading, tuple(places)))
        text = "\n".join(text for _, paragraphs in self.sections for text in paragraphs)
        return Review(self.slug, self.title, text, tuple(sections), self.title, self.year, self.author)

    def markdown(self) -> str:
        """Return the review as a file of `data/reviews/`."""
        head = f'---\ntitle: "{self.title}"\nauthor: "{self.author}"\nyear: {self.year}\n---\n'
        return head + "".join(
            f"\n## {heading}\n\n" + "\n\n".join(paragraphs) + "\n" for heading, paragraphs in self.sections
        )


@dataclass(frozen=True, slots=True)
class Corpus:
    """Reviews of a number of passages in total, one for each paragraph.

    Attributes:
        passages: how many passages.
        seed: another seed gives other reviews with the same facts.
        sizes: how many passages a review may have.
    """

    passages: int
    seed: int = 0
    sizes: range = PASSAGES

    def drafts(self) -> Iterator[Draft]:
        """Yield each review; only one is in memory at a time."""
        for outline in self.outlines():
            yield outline.draft()

    def reviews(self) -> Iterator[Review]:
        """Yield each review as the engine reads it."""
        return (draft.review() for draft in self.drafts())

    def texts(self) -> Iterator[str]:
        """Yield the text of each passage."""
        return (text for draft in self.drafts() for _, paragraphs in draft.sections for text in paragraphs)

    def planted(self) -> tuple[Planted, ...]:
        """Return every question, and where its answer is."""
        return tuple(
            Planted(kind, question, outline.slug, fact.sentence)
            for outline in self.outlines()
            for _, fact in outline.facts
            for kind, question in (
                ("lexical", fact.lexical),
                ("paraphrase", fact.paraphrase),
                ("titled", f"In {outline.title}, {fact.paraphrase[0].lower()}{fact.paraphrase[1:]}"),
            )
        )

    def outlines(self) -> Iterator[Outline]:
        """Yield each review by name, before it is written."""
        waiting = [((number * 2 + 1) * self.passages // (2 * len(FACTS)), number) for number in range(len(FACTS))]
        first = number = 0
        while first < self.passages:
            seed = f"{self.seed}/{number}"
            size = min(random.Random(f"size {seed}").choice(self.sizes), self.passages - first)
            facts: list[tuple[int, Fact]] = []
            while waiting and waiting[0][0] < first + size and len(facts) < size:
                fact = waiting.pop(0)[1]
                facts.append((fact, FACTS[fact]))
            yield Outline(seed, number, size, tuple(facts))
            first += size
            number += 1


def carrier(number: int) -> tuple[str, ...]:
    """Return the one paragraph of a planted fact's section. It is the same in every corpus, and so are its vectors."""
    rng = random.Random(f"fact {number}")
    writer = _Writer(rng)
    sentences = [writer.sentence() for _ in range(3)]
    sentences.insert(rng.randrange(4), FACTS[number].sentence)
    return (" ".join(sentences),)


@dataclass(frozen=True, slots=True)
class Outline:
    """A review that is not written yet: its seed, its number, its number of passages, and its facts by number."""

    seed: str
    number: int
    passages: int
    facts: tuple[tuple[int, Fact], ...]

    @property
    def title(self) -> str:
        return self._begun()[2]

    @property
    def slug(self) -> str:
        """The review's unique slug."""
        return f"{slugify(self.title)}-{self.number}"

    def draft(self) -> Draft:
        """Write the review. It is the same each time."""
        rng, writer, title = self._begun()
        sections = [(fact.heading, carrier(number)) for number, fact in self.facts]
        left = self.passages - len(sections)
        while left > 0:
            size = min(rng.randint(2, 5), left)
            sections.append((writer.heading(_HEADINGS), tuple(writer.paragraph() for _ in range(size))))
            left -= size
        rng.shuffle(sections)
        author = f"{rng.choice(_FIRST_NAMES)} {_surname(rng)}"
        slug = f"{slugify(title)}-{self.number}"
        return Draft(slug, title, author, rng.randint(1921, 2025), tuple(sections))

    def _begun(self) -> tuple[random.Random, _Writer, str]:
        rng = random.Random(self.seed)
        writer = _Writer(rng)
        return rng, writer, writer.heading(_TITLES)


class _Writer:
    """Writes a review's sentences about its few words and people."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._topic = [_word(rng, least=300) for _ in range(80)]
        self._people = [f"{rng.choice(_FIRST_NAMES)} {_surname(rng)}" for _ in range(6)]

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self._rng.randint(3, 5)))

    def sentence(self) -> str:
        """Fill a pattern: with people by surname or first name, and mostly with the review's own words."""
        rng = self._rng
        pattern = rng.choice(_SENTENCES)
        one, other = self._called(), self._called()
        text = pattern.replace("{person2}", other).replace("{Person}", one).replace("{person}", one)
        return self._filled(text)

    def heading(self, patterns: Sequence[str]) -> str:
        rng = self._rng
        text = rng.choice(patterns).replace("{Person}", rng.choice(self._people))
        text = text.replace("{Name}", rng.choice(_FIRST_NAMES))
        filled = self._filled(
            text.replace("{Word}", "{word}")
            .replace("{Quality}", "{quality}")
            .replace("{Place}", "{place}")
            .replace("{Craft}", "{craft}")
        )
        small = ("of", "and", "the", "by", "in", "a")
        kept = [word if word in small else word[:1].upper() + word[1:] for word in filled.split()]
        return " ".join([kept[0][:1].upper() + kept[0][1:], *kept[1:]])

    def _called(self) -> str:
        person = self._rng.choice(self._people)
        return person if self._rng.random() < 0.1 else person.split()[self._rng.random() < 0.5]

    def _filled(self, pattern: str) -> str:
        rng = self._rng
        parts = pattern.split("{")
        filled = [parts[0]]
        for part in parts[1:]:
            slot, rest = part.split("}", 1)
            filled.append(self._word() if slot == "word" else rng.choice(_SLOTS[slot]))
            filled.append(rest)
        return "".join(filled)

    def _word(self) -> str:
        rng = self._rng
        if rng.random() < 0.6:
            # The review's own words follow Zipf's law among themselves.
            return self._topic[int(len(self._topic) ** rng.random()) - 1]
        return _word(rng)


_SLOTS = {"craft": _CRAFT, "place": _PLACE, "quality": _QUALITY, "acts": _ACTS}


def _word(rng: random.Random, least: int = 1) -> str:
    """Return a word of rank `least` or more by Zipf's law: ranks are uniform in their logarithm."""
    words = _vocabulary()
    low, high = math.log(least), math.log(len(words) + 1)
    return words[min(int(math.exp(low + rng.random() * (high - low))), len(words)) - 1]


def _surname(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4))).capitalize()


@cache
def _vocabulary() -> tuple[str, ...]:
    """Return the encoder's whole words of four letters or more, the most frequent first."""
    lines = (find_model(None).folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if len(line) >= 4 and line.isascii() and line.isalpha())
