"""Writing an index: beside the live one, then swapped in.

What is written goes to a folder of its own; the manifest, replaced in one step at the end, is what makes it the
index. Killed at any moment before, the old manifest still names the old files; what is left over is swept away by
the next build. Only texts that the old index doesn't hold are encoded.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import filelock
import numpy as np
from numpy.typing import NDArray

from embeddings import index as layout
from embeddings.arrays import save_array
from embeddings.encoding import Encoder
from embeddings.errors import IndexBusyError, IndexDamagedError, IndexWriteError
from embeddings.index import PASSAGE_ROW, SENTENCE_ROW, CollectionIndex
from embeddings.lexical import LexicalIndex
from embeddings.manifest import IndexedCollection, IndexedReview, Manifest
from embeddings.records import Passage, Review
from embeddings.spelling import WordList
from embeddings.splitting import SPLITTER, split_review
from embeddings.stored_reviews import save_reviews
from embeddings.vectors import INDEX_TYPE, Vectors, unit

Progress = Callable[[int, int], None]
"""Called with the number of texts encoded so far, and of all that have to be."""


@dataclass(frozen=True, slots=True)
class Source:
    """A review to index, with the file that it was read from where there is one.

    Attributes:
        review: what to index.
        digest: SHA-256 (hex) of the file, or of the review's content.
        file: the file's name within its folder.
        size: the file's size in bytes.
        modified: the file's modification time in nanoseconds.
    """

    review: Review
    digest: str
    file: str | None = None
    size: int = 0
    modified: int = 0

    @classmethod
    def of(cls, review: Review) -> Source:
        """A review that has no file."""
        content = json.dumps(asdict(review), ensure_ascii=False, sort_keys=True)
        return cls(review, hashlib.sha256(content.encode()).hexdigest())


@contextmanager
def writing(directory: Path, *, wait: float = 0.0) -> Iterator[None]:
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
    return f"{SPLITTER}, at most {encoder.identity.max_tokens} tokens"


def build_index(
    directory: Path,
    sources: Mapping[str, Sequence[Source]],
    encoder: Encoder,
    encoder_folder: str,
    *,
    previous: Manifest | None,
    progress: Progress | None = None,
) -> Manifest:
    """Index each collection's sources and make the result the index in `directory`; the lock must be held.

    Args:
        directory: the index's folder.
        sources: each collection's reviews, by the collection's name.
        encoder: what encodes them.
        encoder_folder: where the encoder stands under `directory`.
        previous: the index to take over unchanged texts from, or None to encode everything.
        progress: told how far the encoding is.

    Raises:
        IndexWriteError: the folder can't be written, or the disk is full; the old index is untouched.
    """
    reusable = previous if previous is not None and _reusable(previous, encoder) else None
    planned = [
        _plan(name, sorted(sources[name], key=lambda source: source.review.slug), encoder, reusable, directory)
        for name in sorted(sources)
        if sources[name]
    ]
    total = sum(len(plan.missing) for plan in planned)
    done = 0
    collections = []
    for plan in planned:
        if plan.unchanged is not None:
            collections.append(plan.unchanged)
            continue

        def count(more: int) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress(done, total)

        collections.append(_write(directory / layout.COLLECTIONS, plan, encoder, count))
    manifest = Manifest(
        encoder=encoder.identity,
        encoder_folder=encoder_folder,
        splitter=splitter(encoder),
        vectors=INDEX_TYPE,
        collections=tuple(collections),
    )
    try:
        manifest.save(directory)
    except OSError as error:
        raise _write_error(directory, error) from error
    _sweep(directory, manifest)
    return manifest


def _reusable(previous: Manifest, encoder: Encoder) -> bool:
    return (
        previous.encoder == encoder.identity
        and previous.splitter == splitter(encoder)
        and previous.vectors == INDEX_TYPE
    )


class _Texts(NamedTuple):
    """What is encoded of one collection, and how it goes together by row."""

    sentences: list[str]
    pairs: list[str]
    passages: list[str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A collection about to be written."""

    name: str
    sources: Sequence[Source]
    passages: tuple[tuple[Passage, ...], ...]
    texts: _Texts
    known: dict[str, NDArray[np.float32]]
    missing: tuple[str, ...]
    unchanged: IndexedCollection | None


def _plan(name: str, sources: Sequence[Source], encoder: Encoder, previous: Manifest | None, directory: Path) -> _Plan:
    old = _opened(previous, name, directory)
    try:
        if old is not None and [(review.slug, review.digest, review.file) for review in old.entry.reviews] == [
            (source.review.slug, source.digest, source.file) for source in sources
        ]:
            unchanged = _restamped(old.entry, sources)
            return _Plan(name, sources, (), _Texts([], [], []), {}, (), unchanged)
        passages = tuple(
            split_review(source.review, limit=encoder.identity.max_tokens, count_tokens=encoder.count_tokens)
            for source in sources
        )
        texts = _texts(sources, passages)
        known = _known(old) if old is not None else {}
    finally:
        if old is not None:
            old.close()
    missing = dict.fromkeys(text for kind in texts for text in kind if text not in known)
    return _Plan(name, sources, passages, texts, known, tuple(missing), None)


def _opened(previous: Manifest | None, name: str, directory: Path) -> CollectionIndex | None:
    for entry in previous.collections if previous is not None else ():
        if entry.name == name:
            try:
                return CollectionIndex(directory / layout.COLLECTIONS / name / entry.generation, entry)
            except IndexDamagedError:
                # Nothing to take over from; the build encodes everything anew.
                return None
    return None


def _restamped(entry: IndexedCollection, sources: Sequence[Source]) -> IndexedCollection:
    """The same collection with its files' present times, so that a touched file is not read again and again."""
    reviews = (
        IndexedReview(
            slug=review.slug,
            title=review.title,
            aliases=review.aliases,
            digest=review.digest,
            file=source.file,
            size=source.size,
            modified=source.modified,
            passages=review.passages,
            sentences=review.sentences,
        )
        for review, source in zip(entry.reviews, sources, strict=True)
    )
    return IndexedCollection(entry.name, entry.generation, tuple(reviews), entry.files)


def _texts(sources: Sequence[Source], passages: Sequence[Sequence[Passage]]) -> _Texts:
    texts = _Texts([], [], [])
    for source, split in zip(sources, passages, strict=True):
        review = source.review.text
        section, previous = None, ""
        for passage in split:
            if passage.section != section:
                section, previous = passage.section, ""
            texts.passages.append(review[passage.start : passage.end])
            for sentence in passage.sentences:
                text = review[sentence.start : sentence.end]
                texts.sentences.append(text)
                texts.pairs.append(f"{previous} {text}" if previous else text)
                previous = text
    return texts


def _known(old: CollectionIndex) -> dict[str, NDArray[np.float32]]:
    """The vectors that the old index holds, by text."""
    reviews = [old.review(review.slug) for review in old.entry.reviews]
    passages = [tuple(old.passage(row) for row in range(*indexed.passages)) for indexed in old.entry.reviews]
    texts = _texts([Source(review, "") for review in reviews], passages)
    known: dict[str, NDArray[np.float32]] = {}
    for kind, vectors in zip(texts, (old.sentence_vectors, old.pair_vectors, old.passage_vectors), strict=True):
        known.update(zip(kind, vectors.rows(0, len(vectors)), strict=True))
    return known


def _write(root: Path, plan: _Plan, encoder: Encoder, count: Callable[[int], None]) -> IndexedCollection:
    # An encoder's word is not enough: a row of another length would be taken for closer than it is.
    encoded = unit(encoder.encode(plan.missing, progress=count))
    vectors = plan.known | dict(zip(plan.missing, encoded, strict=True))

    def rows(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([vectors[text] for text in texts])

    partial = root / plan.name / ".partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        Vectors.build(rows(plan.texts.sentences)).save(partial / layout.SENTENCE_VECTORS)
        Vectors.build(rows(plan.texts.pairs)).save(partial / layout.PAIR_VECTORS)
        Vectors.build(rows(plan.texts.passages)).save(partial / layout.PASSAGE_VECTORS)
        LexicalIndex.build(plan.texts.sentences).save(partial, layout.SENTENCE_TERMS)
        LexicalIndex.build(plan.texts.passages).save(partial, layout.PASSAGE_TERMS)
        WordList.build(_words(plan)).save(partial / layout.WORDS)
        reviews = _write_tables(partial, plan)
        save_reviews(partial / layout.REVIEWS, (source.review for source in plan.sources))
        generation = _synced(partial)
        final = root / plan.name / generation
        if final.exists() and _synced(final) == generation:
            shutil.rmtree(partial)
        else:
            # What bears the name without having the content was damaged.
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise _write_error(root, error) from error
    files = {file.name: file.stat().st_size for file in sorted(final.iterdir())}
    return IndexedCollection(plan.name, generation, reviews, files)


def _words(plan: _Plan) -> Iterator[str]:
    """What people may mean by a misspelt word: titles and aliases stand in no passage, but in questions."""
    for source in plan.sources:
        yield source.review.title
        yield from source.review.aliases
    yield from plan.texts.passages


def _write_tables(directory: Path, plan: _Plan) -> tuple[IndexedReview, ...]:
    passage_rows: list[tuple[int, ...]] = []
    sentence_rows: list[tuple[int, ...]] = []
    reviews = []
    for number, (source, passages) in enumerate(zip(plan.sources, plan.passages, strict=True)):
        sections = {section.slug: place for place, section in enumerate(source.review.sections)}
        first_passage, first_sentence = len(passage_rows), len(sentence_rows)
        for passage in passages:
            begin = len(sentence_rows)
            sentence_rows.extend((sentence.start, sentence.end, len(passage_rows)) for sentence in passage.sentences)
            passage_rows.append(
                (
                    number,
                    sections[passage.section],
                    passage.paragraph,
                    passage.start,
                    passage.end,
                    begin,
                    len(sentence_rows),
                )
            )
        reviews.append(
            IndexedReview(
                slug=source.review.slug,
                title=source.review.title,
                aliases=source.review.aliases,
                digest=source.digest,
                file=source.file,
                size=source.size,
                modified=source.modified,
                passages=(first_passage, len(passage_rows)),
                sentences=(first_sentence, len(sentence_rows)),
            )
        )
    save_array(directory / layout.PASSAGE_TABLE, np.array(passage_rows, PASSAGE_ROW))
    save_array(directory / layout.SENTENCE_TABLE, np.array(sentence_rows, SENTENCE_ROW))
    return tuple(reviews)


def _synced(directory: Path) -> str:
    """Flush every file to the disk; return a name made of their content."""
    digest = hashlib.sha256()
    for file in sorted(directory.iterdir()):
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
            os.fsync(stream.fileno())
    return digest.hexdigest()[:16]


def _sweep(directory: Path, manifest: Manifest) -> None:
    """Remove what the manifest doesn't name. A reader that has such a file open keeps it."""
    live = {entry.name: entry.generation for entry in manifest.collections}
    for collection in _folders(directory / layout.COLLECTIONS):
        for generation in _folders(collection):
            if live.get(collection.name) != generation.name:
                shutil.rmtree(generation, ignore_errors=True)
        if collection.name not in live:
            shutil.rmtree(collection, ignore_errors=True)
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
