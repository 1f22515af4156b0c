"""Update an index: write it beside the live one, then swap it in.

Everything is written to folders of its own. The manifest, replaced in one step at the end, makes them the index. A
process that is killed before leaves the old manifest, which still names the old files, and the next build removes what
is left over. Only texts that the old index doesn't have are encoded.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import filelock

from embeddings.documents.files import REVIEWS
from embeddings.documents.splitter import splitter_settings
from embeddings.encoders.base import Encoder
from embeddings.encoders.bfloat16 import Bfloat16Encoder
from embeddings.encoders.export import open_encoder, prepare_encoder
from embeddings.encoders.weights import find_model
from embeddings.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexWriteError,
    ModelMissingError,
    NoReviewsError,
    ReviewFilesError,
    remedy,
)
from embeddings.index.build.embed import discard_small_journals, encode_missing
from embeddings.index.build.freshness import explain_lost_reviews
from embeddings.index.build.options import BuildOptions, Notify, Progress
from embeddings.index.build.planner import plan_collection
from embeddings.index.build.sources import Source, Sources, no_reviews, open_previous, read_sources, summarise_notes
from embeddings.index.build.unused import remove_unused
from embeddings.index.build.writer import write_collection
from embeddings.index.collection import CollectionIndex
from embeddings.index.manifest import (
    BF16,
    BY_SIZE,
    COLLECTIONS,
    ENCODERS,
    EXACT,
    FP32,
    INDEX_DIRECTORY,
    JOURNALS,
    FileNote,
    IndexedCollection,
    Manifest,
)
from embeddings.records import Review

LOCK_FILE = "lock"


def update_index(data: Path, options: BuildOptions) -> tuple[Manifest, Encoder]:
    """Index what was added or changed, and leave out what is gone; return what was indexed, and its encoder.

    The errors are those of `Library.build`.
    """
    directory = data / INDEX_DIRECTORY
    allow_download = options.get("allow_download", False)
    notify: Notify = options.get("notify", lambda _: None)
    before = open_previous(directory)
    split_by_heading = options.get("split_by_heading")
    if split_by_heading is None:
        split_by_heading = before is not None and before.split_by_heading
    sources = _sources(data, before, options, split_by_heading=split_by_heading)
    with index_lock(directory, wait=options.get("wait", 0.0)):
        previous = open_previous(directory)
        wanted = options.get("model") or (previous.encoder.model if previous is not None else None)
        vectors, bf16 = BY_SIZE, False
        if previous is not None:
            vectors, bf16 = previous.vectors, previous.is_bf16
        if (exact := options.get("exact")) is not None:
            vectors = EXACT if exact else BY_SIZE
        if (asked := options.get("bf16")) is not None:
            bf16 = asked
        if options.get("rebuild"):
            previous = None
        try:
            source = find_model(wanted, allow_download=allow_download)
        except ModelMissingError:
            # A small installation has no model, but the index has the encoder made from it.
            if previous is None or wanted != previous.encoder.model:
                raise
            folder = previous.encoder_folder
            encoder = open_encoder(directory / folder, previous.encoder)
        else:
            folder = f"{ENCODERS}/{source.weights[:16]}"
            encoder = prepare_encoder(source, directory / folder, notify=notify)
        manifest = build_index(
            directory,
            sources.collections,
            encoder,
            folder,
            previous=previous,
            vectors=vectors,
            bf16=Bfloat16Encoder(encoder, allow_download=allow_download) if bf16 else None,
            notes=sources.notes,
            split_by_heading=split_by_heading,
            progress=options.get("progress"),
        )
    for problem in sources.absent:
        notify(str(problem))
    noted = before.notes if before is not None else ()
    if list(map(_shown, manifest.notes)) != list(map(_shown, noted)):
        notify(summarise_notes(sources.count, manifest.notes))
    return manifest, encoder


def _shown(note: FileNote) -> tuple[object, ...]:
    return note.collection, note.file, note.kind, note.reason, note.line


def index_reviews(reviews: Sequence[Review], directory: Path, encoder: Encoder, progress: Progress | None) -> Manifest:
    """Index reviews in memory; return what was indexed. The arguments are those of `Library.of`."""
    sources: dict[str, list[Source]] = {}
    for review in reviews:
        sources.setdefault(review.collection, []).append(Source.from_review(review))
    with index_lock(directory):
        return build_index(directory, sources, encoder, "", previous=open_previous(directory), progress=progress)


def build_index(
    directory: Path,
    sources: Mapping[str, Sequence[Source]],
    encoder: Encoder,
    encoder_folder: str,
    *,
    previous: Manifest | None,
    vectors: str = BY_SIZE,
    bf16: Encoder | None = None,
    notes: tuple[FileNote, ...] = (),
    split_by_heading: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Index each collection's sources, and make the result the index in `directory`. The lock must be held.

    Args:
        directory: the index's folder.
        sources: each collection's reviews, by the collection's name.
        encoder: encodes the questions, and the reviews unless `bf16` does.
        encoder_folder: the encoder's folder, relative to `directory`.
        previous: the index to take unchanged texts from, or None to encode everything.
        vectors: `BY_SIZE` or `EXACT`: how the nearest vectors are found.
        bf16: encodes the reviews in bfloat16, or None.
        notes: what was put right in the files, and left out.
        split_by_heading: whether round-ups are several reviews.
        progress: receives how much is encoded.

    Raises:
        IndexWriteError: the folder can't be written, or the disk is full; the old index is untouched.
        ReviewFileError: a file can't be read any more; the old index is untouched.
    """
    precision = FP32 if bf16 is None else BF16
    splitter = splitter_settings(encoder.identity.max_tokens)
    same = encoder.identity, splitter, precision
    if previous is not None and (previous.encoder, previous.splitter, previous.precision) != same:
        previous = None
    collections, plans = [], []
    for name in sorted(sources):
        ordered = sorted(sources[name], key=lambda source: source.slug)
        old = _open_collection(previous, name, directory)
        unchanged = _unchanged(old, ordered) if previous is not None and previous.vectors == vectors else None
        if unchanged is not None:
            collections.append(unchanged)
        elif ordered:
            plans.append(plan_collection(name, ordered, _if_undamaged(old), encoder))
    try:
        encoded = encode_missing(plans, directory / JOURNALS, bf16 or encoder, progress)
        dimension = encoder.identity.dimension
        collections.extend(write_collection(directory, plan, encoded, dimension, vectors) for plan in plans)
    except OSError as error:
        discard_small_journals(directory / JOURNALS)
        raise _write_error(directory, error) from error
    manifest = Manifest(
        encoder=encoder.identity,
        encoder_folder=encoder_folder,
        splitter=splitter,
        vectors=vectors,
        precision=precision,
        collections=tuple(sorted(collections, key=lambda collection: collection.name)),
        notes=notes,
        split_by_heading=split_by_heading,
    )
    try:
        manifest.save(directory)
    except OSError as error:
        raise _write_error(directory, error) from error
    remove_unused(directory, manifest)
    return manifest


@contextmanager
def index_lock(directory: Path, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of the one writer, creating `directory` if it is missing; wait so many seconds for another writer.

    Raises:
        IndexBusyError: another process holds the lock.
        IndexWriteError: the folder can't be written, or the disk is full; the old index is untouched.
    """
    lock = filelock.FileLock(directory / LOCK_FILE)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait)
    except filelock.Timeout:
        reason = "Another process is building this index. Try again when it has finished."
        raise IndexBusyError(f"{directory}: {reason}") from None
    except OSError as error:
        raise _write_error(directory, error) from error
    try:
        yield
    finally:
        lock.release()


def _sources(data: Path, before: Manifest | None, options: BuildOptions, *, split_by_heading: bool) -> Sources:
    """Return the reviews to index, or raise what has to be corrected first."""
    rebuild = options.get("rebuild", False)
    sources = read_sources(data, None if rebuild else before, split_by_heading=split_by_heading)
    if sources.errors and options.get("strict"):
        raise ReviewFilesError(sources.errors)
    if not sources.count:
        raise NoReviewsError(no_reviews(data, sources.errors))
    lost = explain_lost_reviews(data, before, found=sources.has_own)
    # Rebuilding confirms an empty folder, but not a missing one.
    if lost is not None and not (rebuild and (data / REVIEWS).is_dir()):
        raise NoReviewsError(
            f"{lost} The index was not changed. If the folder is meant to be empty, run `review-bot index --rebuild`."
        )
    return sources


def _open_collection(previous: Manifest | None, name: str, directory: Path) -> CollectionIndex | None:
    for entry in previous.collections if previous is not None else ():
        if entry.name == name:
            try:
                return CollectionIndex(directory / COLLECTIONS / name / entry.generation, entry)
            except IndexDamagedError:
                # Everything is encoded again.
                return None
    return None


def _if_undamaged(old: CollectionIndex | None) -> CollectionIndex | None:
    """Return the old index unless it is damaged: rows copied from it would pass as undamaged in the new one."""
    try:
        if old is not None:
            old.verify()
    except IndexDamagedError:
        return None
    return old


def _unchanged(old: CollectionIndex | None, sources: Sequence[Source]) -> IndexedCollection | None:
    """Return the old collection if no review changed, with the files' present times, so that none is digested again."""
    if old is None or [(review.slug, review.digest, review.file, review.part) for review in old.entry.reviews] != [
        (source.slug, source.digest, source.file, source.part) for source in sources
    ]:
        return None
    reviews = (
        replace(review, file=source.file, size=source.size, modified=source.modified)
        for review, source in zip(old.entry.reviews, sources, strict=True)
    )
    return replace(old.entry, reviews=tuple(reviews))


def _write_error(directory: Path, error: OSError) -> IndexWriteError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        reason = "The disk is full. Make room and try again."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        advice = "Make it writable, or choose another folder with --data."
        reason = f"The folder can't be written ({error.strerror}). {advice}"
    else:
        reason = f"The index can't be written ({error}). {remedy(error)}"
    return IndexWriteError(f"{directory}: {reason} The old index, if there was one, is untouched.")
