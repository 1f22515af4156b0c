"""Writing an index: beside the live one, then swapped in.

What is written goes to a folder of its own; the manifest, replaced in one step at the end, is what makes it the
index. Killed at any moment before, the old manifest still names the old files; what is left over is swept away by
the next build. Only texts that the old index doesn't hold are encoded.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import filelock
import numpy as np

from embeddings.documents.files import REVIEWS
from embeddings.documents.splitter import SPLITTER
from embeddings.encoders.base import Encoder
from embeddings.encoders.bfloat16 import Bfloat16Encoder
from embeddings.encoders.export import open_encoder, prepare_encoder
from embeddings.encoders.weights import find_model
from embeddings.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMissingError,
    IndexVersionError,
    IndexWriteError,
    ModelMissingError,
    NoReviewsError,
    ReviewFilesError,
)
from embeddings.index import collection as layout
from embeddings.index.arrays import save_arrays
from embeddings.index.bm25 import BM25Index
from embeddings.index.build.embed import Progress, discard_small_journals, encode_missing
from embeddings.index.build.freshness import explain_lost_reviews
from embeddings.index.build.planner import Plan, Source, passage_tokens, plan_collection
from embeddings.index.build.sources import Sources, no_reviews, read_sources
from embeddings.index.build.vector_cache import VectorCache
from embeddings.index.collection import CollectionIndex
from embeddings.index.document_store import write_records
from embeddings.index.manifest import BF16, BY_SIZE, EXACT, FP32, IndexedCollection, Manifest
from embeddings.index.titles import TitleTable
from embeddings.index.vectors import EXACT_TYPE, save_codes, save_lists
from embeddings.records import SHARED, Review

_BLOCK_ROWS = 1 << 16


@contextmanager
def index_lock(directory: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of the one writer, creating `directory` where there is none.

    Args:
        directory: the index's folder.
        wait: for how many seconds to wait for another writer.

    Raises:
        IndexBusyError: another process kept the lock.
        IndexWriteError: the folder can't be written, or the disk is full; the old index is untouched.
    """
    lock = filelock.FileLock(directory / "lock")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait)
    except filelock.Timeout:
        raise IndexBusyError(
            f"{directory}: another process is building this index; try again when it has finished"
        ) from None
    except OSError as error:
        raise _write_error(directory, error) from error
    try:
        yield
    finally:
        lock.release()


def splitter(encoder: Encoder) -> str:
    """What decides how reviews are split for this encoder: the splitter's version and the passages' limit."""
    return f"{SPLITTER}, at most {passage_tokens(encoder)} tokens"


def build_index(
    directory: Path,
    sources: Mapping[str, Sequence[Source]],
    encoder: Encoder,
    encoder_folder: str,
    *,
    previous: Manifest | None,
    vectors: str = BY_SIZE,
    bf16: Encoder | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Index each collection's sources and make the result the index in `directory`; the lock must be held.

    Args:
        directory: the index's folder.
        sources: each collection's reviews, by the collection's name.
        encoder: what encodes them, and the questions.
        encoder_folder: where the encoder stands under `directory`.
        previous: the index to take over unchanged texts from, or None to encode everything.
        vectors: `BY_SIZE` or `EXACT`: how the closest vectors are found.
        bf16: what encodes the reviews in bfloat16 instead, or None.
        progress: told how far the encoding is.

    Raises:
        IndexWriteError: the folder can't be written, or the disk is full; the old index is untouched.
        ReviewFileError: a file can't be read any more; the old index is untouched.
    """
    precision = FP32 if bf16 is None else BF16
    reusable = previous if previous is not None and _reusable(previous, encoder, precision) else None
    collections, plans = [], []
    for name in sorted(sources):
        ordered = sorted(sources[name], key=lambda source: source.slug)
        old = _opened(reusable, name, directory)
        unchanged = _unchanged(old, ordered) if reusable is not None and reusable.vectors == vectors else None
        if unchanged is not None:
            collections.append(unchanged)
        elif ordered:
            plans.append(plan_collection(name, ordered, _sound(old), encoder))
    try:
        made = encode_missing(plans, directory / layout.JOURNALS, bf16 or encoder, progress)
        dimension = encoder.identity.dimension
        collections.extend(_write(directory / layout.COLLECTIONS, plan, made, dimension, vectors) for plan in plans)
    except OSError as error:
        discard_small_journals(directory / layout.JOURNALS)
        raise _write_error(directory, error) from error
    manifest = Manifest(
        encoder=encoder.identity,
        encoder_folder=encoder_folder,
        splitter=splitter(encoder),
        vectors=vectors,
        precision=precision,
        collections=tuple(sorted(collections, key=lambda collection: collection.name)),
    )
    try:
        manifest.save(directory)
    except OSError as error:
        raise _write_error(directory, error) from error
    _sweep(directory, manifest)
    return manifest


def _reusable(previous: Manifest, encoder: Encoder, precision: str) -> bool:
    before = previous.encoder, previous.splitter, previous.precision
    return before == (encoder.identity, splitter(encoder), precision)


def _opened(previous: Manifest | None, name: str, directory: Path) -> CollectionIndex | None:
    for entry in previous.collections if previous is not None else ():
        if entry.name == name:
            try:
                return CollectionIndex(directory / layout.COLLECTIONS / name / entry.generation, entry)
            except IndexDamagedError:
                # Nothing to take over from; the build encodes everything anew.
                return None
    return None


def _sound(old: CollectionIndex | None) -> CollectionIndex | None:
    """What rows may be taken over from: copied from a damaged index, they would pass for sound in the new one."""
    try:
        if old is not None:
            old.verify()
    except IndexDamagedError:
        return None
    return old


def _unchanged(old: CollectionIndex | None, sources: Sequence[Source]) -> IndexedCollection | None:
    """The same collection with its files' present times, so that a touched file is not read again and again."""
    if old is None or [(review.slug, review.digest, review.file) for review in old.entry.reviews] != [
        (source.slug, source.digest, source.file) for source in sources
    ]:
        return None
    reviews = (
        replace(review, file=source.file, size=source.size, modified=source.modified)
        for review, source in zip(old.entry.reviews, sources, strict=True)
    )
    return replace(old.entry, reviews=tuple(reviews))


def _write(root: Path, plan: Plan, vectors: VectorCache, dimension: int, choice: str) -> IndexedCollection:
    partial = root / plan.name / ".partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        types = _write_vectors(partial, plan, vectors, dimension, choice)
        BM25Index.of(plan.sentence_postings).save(partial / layout.SENTENCE_TERMS)
        BM25Index.of(plan.passage_postings).save(partial / layout.PASSAGE_TERMS)
        names = [(review.title, *review.aliases) for review in plan.reviews]
        BM25Index.build(map("\n".join, names)).save(partial / layout.NAME_TERMS)
        TitleTable.build(names).save(partial / layout.NAMES)
        plan.words.save(partial / layout.WORDS)
        tables = {
            layout.SENTENCES: plan.sentences,
            layout.PASSAGES: plan.passages,
            layout.DIGESTS: np.concatenate(plan.digests),
            layout.REVIEW_ENDS: write_records(partial / layout.REVIEWS, plan.records()),
        }
        save_arrays(partial / layout.TABLES, tables)
        generation = layout.generation_of(partial, flush=True)
        final = root / plan.name / generation
        if final.exists() and layout.generation_of(final, flush=True) == generation:
            shutil.rmtree(partial)
        else:
            # What bears the name without having the content was damaged.
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    files = {file.name: file.stat().st_size for file in sorted(final.iterdir())}
    return IndexedCollection(plan.name, generation, plan.reviews, files, types)


def _write_vectors(directory: Path, plan: Plan, vectors: VectorCache, dimension: int, choice: str) -> dict[str, str]:
    """Write the three kinds of vectors; say which type each has."""
    types = {}
    for name, digests in zip(
        (layout.SENTENCE_VECTORS, layout.PAIR_VECTORS, layout.PASSAGE_VECTORS), plan.digests, strict=True
    ):
        found = vectors.find(digests)
        save_codes(
            directory / name,
            dimension,
            len(found),
            (
                vectors.take(found[first : first + _BLOCK_ROWS], 2 * dimension)
                for first in range(0, len(found), _BLOCK_ROWS)
            ),
        )
        # Pairs are scored, never searched: what is close to a pair is close to its sentence or its passage.
        searched = choice == BY_SIZE and name != layout.PAIR_VECTORS
        types[name] = save_lists(directory / name) if searched else EXACT_TYPE
    return types


def _sweep(directory: Path, manifest: Manifest) -> None:
    """Remove what the manifest doesn't name. A process that has such a file open keeps it."""
    live = {entry.name: entry.generation for entry in manifest.collections}
    for collection in _folders(directory / layout.COLLECTIONS):
        for generation in _folders(collection):
            if live.get(collection.name) != generation.name:
                shutil.rmtree(generation, ignore_errors=True)
        if collection.name not in live:
            shutil.rmtree(collection, ignore_errors=True)
    shutil.rmtree(directory / layout.JOURNALS, ignore_errors=True)
    for encoder in _folders(directory / layout.ENCODERS):
        if encoder != directory / manifest.encoder_folder:
            shutil.rmtree(encoder, ignore_errors=True)


def _folders(directory: Path) -> list[Path]:
    return [entry for entry in directory.iterdir() if entry.is_dir()] if directory.is_dir() else []


def _write_error(directory: Path, error: OSError) -> IndexWriteError:
    kept = "the old index, if there was one, is untouched"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return IndexWriteError(f"{directory}: the disk is full; make room and try again ({kept})")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return IndexWriteError(
            f"{directory}: this folder can't be written ({error.strerror}); "
            f"make it writable, or name another with --data ({kept})"
        )
    return IndexWriteError(f"{directory}: the index can't be written ({error}); {kept}")


Notify = Callable[[str], None]
"""Called with one line for the person at the terminal."""


class BuildOptions(TypedDict, total=False):
    """The options of `update_index` and `Library.build`.

    Attributes:
        model: the encoder, by path or name; None keeps the index's, or takes the default for a new one.
        allow_download: whether a model that isn't on this machine may be downloaded.
        rebuild: whether everything is encoded again, whatever the old index has.
        exact: whether all vectors are scanned, however many there are; None keeps what the index has.
        bf16: whether the reviews are encoded in bfloat16; None keeps what the index has.
        skip_broken: whether files that can't be read are left out, instead of changing nothing.
        wait: seconds to wait for another writer.
        notify: called with one line about what was left out or done in another way than asked.
        progress: called with how much is encoded.
    """

    model: str | None
    allow_download: bool
    rebuild: bool
    exact: bool | None
    bf16: bool | None
    skip_broken: bool
    wait: float
    notify: Notify
    progress: Progress | None


def _ignore(_: str) -> None:
    pass


def update_index(
    data: Path,
    *,
    model: str | None = None,
    allow_download: bool = False,
    rebuild: bool = False,
    exact: bool | None = None,
    bf16: bool | None = None,
    skip_broken: bool = False,
    wait: float = 0.0,
    notify: Notify = _ignore,
    progress: Progress | None = None,
) -> tuple[Manifest, Encoder]:
    """Index what was added or changed, and leave out what is gone; return what was indexed, and with what.

    `BuildOptions` describes the options. The errors are those of `Library.build`.
    """
    directory = data / layout.INDEX_DIRECTORY
    sources = _sources(data, open_previous(directory), rebuild=rebuild, skip_broken=skip_broken, notify=notify)
    with index_lock(directory, wait=wait):
        previous = open_previous(directory)
        wanted = model or (previous.encoder.model if previous is not None else None)
        vectors = previous.vectors if previous is not None and exact is None else EXACT if exact else BY_SIZE
        if bf16 is None:
            bf16 = previous is not None and previous.precision == BF16
        if rebuild:
            previous = None
        try:
            weights = find_model(wanted, allow_download=allow_download).weights
        except ModelMissingError:
            # A small installation has no model, but what was made of it is with the index.
            if previous is None or wanted != previous.encoder.model:
                raise
            folder = previous.encoder_folder
            encoder = open_encoder(directory / folder, previous.encoder)
        else:
            folder = f"{layout.ENCODERS}/{weights[:16]}"
            encoder = prepare_encoder(wanted, directory / folder, notify=notify, allow_download=allow_download)
        manifest = build_index(
            directory,
            sources.collections,
            encoder,
            folder,
            previous=previous,
            vectors=vectors,
            bf16=Bfloat16Encoder(encoder, allow_download=allow_download) if bf16 else None,
            progress=progress,
        )
    return manifest, encoder


def open_previous(directory: Path) -> Manifest | None:
    """What can be taken over from; None where there is nothing, or nothing that can be read: it is built anew."""
    try:
        return Manifest.open(directory)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        return None


def _sources(data: Path, before: Manifest | None, *, rebuild: bool, skip_broken: bool, notify: Notify) -> Sources:
    """The reviews to index, unless something about them must be put right first."""
    sources = read_sources(data, None if rebuild else before)
    if sources.errors and not skip_broken:
        raise ReviewFilesError(sources.errors)
    for error in sources.errors:
        notify(f"left out: {error}")
    if not sources.count:
        raise NoReviewsError(no_reviews(data))
    found = SHARED in sources.collections
    lost = explain_lost_reviews(data, before, found=found) if before is not None else None
    # An empty folder may be meant, and to rebuild is to say so; one that is missing never is.
    if lost is not None and not (rebuild and (data / REVIEWS).is_dir()):
        raise NoReviewsError(
            f"{lost} (where an empty folder is meant, run `review-bot index --rebuild`); the index stays as it was"
        )
    return sources


def index_reviews(
    reviews: Sequence[Review], directory: Path, encoder: Encoder, *, exact: bool, progress: Progress | None
) -> Manifest:
    """Index reviews in memory; return what was indexed. The arguments are those of `Library.of`."""
    sources: dict[str, list[Source]] = {}
    for review in reviews:
        sources.setdefault(review.collection, []).append(Source.of(review))
    with index_lock(directory):
        return build_index(
            directory,
            sources,
            encoder,
            "",
            previous=open_previous(directory),
            vectors=EXACT if exact else BY_SIZE,
            progress=progress,
        )
