"""Write a collection's files into a new generation."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from embeddings.config import VECTOR_BLOCK_ROWS
from embeddings.index import collection
from embeddings.index.arrays import save_arrays, save_record
from embeddings.index.bm25 import BM25Index
from embeddings.index.build.planner import Plan
from embeddings.index.build.vector_cache import VectorCache
from embeddings.index.document_store import write_records
from embeddings.index.facts import FactTable
from embeddings.index.integrity import generation_of
from embeddings.index.manifest import BY_SIZE, COLLECTIONS, IndexedCollection
from embeddings.index.titles import TitleTable
from embeddings.index.vectors import EXACT_TYPE, save_codes, save_lists


def write_collection(
    directory: Path, plan: Plan, vectors: VectorCache, dimension: int, choice: str
) -> IndexedCollection:
    """Write a collection as planned, with the vectors of all its texts, and return its entry for the manifest.

    `choice` is `BY_SIZE` or `EXACT`.
    """
    folder = directory / COLLECTIONS / plan.name
    partial = folder / ".partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        types = _write_vectors(partial, plan, vectors, dimension, choice)
        titles = [(review.title, *review.aliases) for review in plan.reviews]
        save_record(partial / collection.SENTENCE_TERMS, BM25Index.from_postings(plan.sentence_postings))
        save_record(partial / collection.PASSAGE_TERMS, BM25Index.from_postings(plan.passage_postings))
        save_record(partial / collection.TITLE_TERMS, BM25Index.build(map("\n".join, titles)))
        save_record(partial / collection.TITLES, TitleTable.build(titles, [review.people for review in plan.reviews]))
        save_record(partial / collection.VOCABULARY, plan.vocabulary)
        save_record(partial / collection.FACTS, FactTable.build(plan.facts))
        tables = {
            collection.SENTENCES: plan.sentences,
            collection.PASSAGES: plan.passages,
            collection.DIGESTS: np.concatenate(plan.digests),
            collection.REVIEW_ENDS: write_records(partial / collection.REVIEWS, plan.records()),
        }
        save_arrays(partial / collection.TABLES, tables)
        generation = generation_of(partial, flush=True)
        final = folder / generation
        if final.exists() and generation_of(final, flush=True) == generation:
            shutil.rmtree(partial)
        else:
            # A folder with the name but not the content was damaged.
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    files = {file.name: file.stat().st_size for file in sorted(final.iterdir())}
    return IndexedCollection(plan.name, generation, plan.reviews, files, types)


def _write_vectors(directory: Path, plan: Plan, vectors: VectorCache, dimension: int, choice: str) -> dict[str, str]:
    """Write the three kinds of vectors, and return the index type of each."""
    types = {}
    kinds = collection.SENTENCE_VECTORS, collection.PAIR_VECTORS, collection.PASSAGE_VECTORS
    for name, digests in zip(kinds, plan.digests, strict=True):
        found = vectors.find(digests)
        starts = range(0, len(found), VECTOR_BLOCK_ROWS)
        blocks = (vectors.gather(found[first : first + VECTOR_BLOCK_ROWS], 2 * dimension) for first in starts)
        save_codes(directory / name, dimension, len(found), blocks)
        # Pairs are scored, never searched: a pair near a query has a sentence or a passage near it.
        is_searched = choice == BY_SIZE and name != collection.PAIR_VECTORS
        types[name] = save_lists(directory / name) if is_searched else EXACT_TYPE
    return types
