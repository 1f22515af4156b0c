"""BM25 compared with bm25s and tantivy: the same passages and questions, in one run.

Each engine builds an index of the texts with its own tokenizer and stemmer, writes it, opens it, and finds the best 200
for a question of four words: two of a passage, and two that are frequent in reviews.
"""

from __future__ import annotations

import importlib.util
import random
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from tests.benchmarks.harness.processes import apart, cpu_milliseconds, peak_memory, spent
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

PASSAGES = 100_000
MOST_PASSAGES = 1_000_000
_BEST = 200
_ASKED = 100
_FREQUENT = ("film", "score", "acting", "direction", "story", "heart", "surface", "scene")
_HEAP = 256 << 20

Search = Callable[[Sequence[str]], object]
"""Takes the words of a question; returns the best texts in the engine's own form."""


def bm25(workspace: Workspace) -> Results:
    """Measure building and asking by CPU on one thread, and the size on disk."""
    if importlib.util.find_spec("tantivy") is None:
        return Results(skipped="skipped: without tantivy; install the extra [bench]")
    found = Results()
    passages = workspace.sized(MOST_PASSAGES if workspace.full else PASSAGES, 400)
    for name in _ENGINES:
        folder = workspace.directory / f"lexical-{name.replace(' ', '-')}-{passages}"
        shutil.rmtree(folder, ignore_errors=True)
        took = apart(build_and_search, threads=1, name=name, folder=str(folder), passages=passages)
        for key, (figure, unit) in _FIGURES.items():
            found.figure(f"{name}, {passages:,} passages: {figure}", took[key], unit)
    return found


def build_and_search(name: str, folder: str, passages: int) -> dict[str, float]:
    """Measure one engine. Making the texts is not counted."""
    texts = list(_texts(passages))
    asked = list(_questions(texts))
    # Imports are not compared.
    warm = Path(folder, "warm")
    warm.mkdir(parents=True)
    _ENGINES[name](warm, texts[:100])
    shutil.rmtree(warm)
    with spent() as building:
        search = _ENGINES[name](Path(folder), texts)
    peak = peak_memory() / 1024
    search(asked[0])
    times = [cpu_milliseconds(partial(search, query)) for query in asked]
    return {
        "building": building.cpu,
        "median": statistics.median(times),
        "high": statistics.quantiles(times, n=10)[-1],
        "disk": sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / (1 << 20),
        "peak": peak,
    }


def _texts(passages: int) -> Iterator[str]:
    from tests.benchmarks.corpus.reviews import Corpus

    return islice(Corpus(passages).texts(), passages)


def _questions(texts: Sequence[str]) -> Iterator[list[str]]:
    from embeddings.documents.analyzer import words
    from embeddings.lexicon import STOP_WORDS

    chance = random.Random(3)
    for text in chance.sample(texts, _ASKED):
        own = sorted({word for word in words(text) if word not in STOP_WORDS and word.isalpha()})
        yield [*chance.sample(own, 2), *chance.sample(_FREQUENT, 2)]


def _review_bot(folder: Path, texts: Sequence[str]) -> Search:
    from embeddings.documents.analyzer import terms
    from embeddings.index.arrays import open_record, save_record
    from embeddings.index.bm25 import BM25Index

    file = folder / "terms"
    save_record(file, BM25Index.build(texts))
    index = open_record(file, BM25Index)
    return lambda query: index.top(terms(" ".join(query)), _BEST, 0, len(texts))


def _bm25s(folder: Path, texts: Sequence[str]) -> Search:
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    made = bm25s.BM25()
    made.index(bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    made.save(str(folder))
    index = bm25s.BM25.load(str(folder), mmap=True)

    def search(query: Sequence[str]) -> object:
        tokens = bm25s.tokenize(" ".join(query), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
        return index.retrieve(tokens, k=min(_BEST, len(texts)), show_progress=False)

    return search


def _tantivy(folder: Path, texts: Sequence[str]) -> Search:
    import tantivy

    schema = tantivy.SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").build()
    made = tantivy.Index(schema, path=str(folder))
    writer = made.writer(_HEAP, 1)
    for text in texts:
        writer.add_document(tantivy.Document(text=text))
    writer.commit()
    writer.wait_merging_threads()
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()
    return lambda query: searcher.search(index.parse_query(" ".join(query), ["text"]), _BEST)


_ENGINES: dict[str, Callable[[Path, Sequence[str]], Search]] = {
    "stored columns": _review_bot,
    "bm25s": _bm25s,
    "tantivy": _tantivy,
}
_FIGURES = {
    "building": ("building", "s of CPU"),
    "median": ("a question, median", "ms of CPU"),
    "high": ("a question, 90th percentile", "ms of CPU"),
    "disk": ("on disk", "MiB"),
    "peak": ("peak memory, the texts included", "MiB"),
}
