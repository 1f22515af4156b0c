from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import REBUILD, IndexDamagedError, IndexMissingError, IndexVersionError
from embeddings.index.manifest import FORMAT, MANIFEST_FILE, FileNote, IndexedCollection, IndexedReview, Manifest

MANIFEST = Manifest(
    encoder=EncoderIdentity("model", "ab" * 32, 384, 256, "onnx-fp32"),
    encoder_folder="encoders/abab",
    splitter="rules 1, at most 256 tokens",
    vectors="by size",
    precision="bf16",
    collections=(
        IndexedCollection(
            "shared",
            "0123",
            (IndexedReview("amélie", "Amélie", ("映画",), "cd" * 32, "amélie.md", 7, 12, (0, 3), (0, 9)),),
            {"sentences.npy": 12},
            {"sentences.faiss": "SQfp16"},
        ),
    ),
    notes=(FileNote("shared", "2024/a.md", True, "unreadable", "It is broken.", 3, "ef" * 32, 5, 6),),
)


def test_a_saved_manifest_opens_as_the_same_manifest(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    assert Manifest.open(tmp_path) == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_FILE]


def test_without_a_manifest_there_is_no_index_yet(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "a file"):
        with pytest.raises(IndexMissingError, match=r"There is no index yet\. Run `review-bot index`\."):
            Manifest.open(folder)


@pytest.mark.parametrize("version", [FORMAT + 1, FORMAT - 1, None, "1.0"])
def test_a_manifest_in_another_format_is_refused_with_both_formats(tmp_path: Path, version: object) -> None:
    (tmp_path / MANIFEST_FILE).write_text(json.dumps({"format": version, "anything": []}))
    with pytest.raises(IndexVersionError) as caught:
        Manifest.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / MANIFEST_FILE}: The index has format {version}, and this program reads format {FORMAT}. {REBUILD}"
    )


def _check_damaged(directory: Path) -> None:
    with pytest.raises(IndexDamagedError) as caught:
        Manifest.open(directory)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(REBUILD)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 64,
        b"\xff\xfe",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b'{"format": %d}' % FORMAT,
        b'{"format": %d, "encoder": 5}' % FORMAT,
    ],
)
def test_other_content_is_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(content)
    _check_damaged(tmp_path)


def test_a_truncated_manifest_is_damage(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    content = (tmp_path / MANIFEST_FILE).read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / MANIFEST_FILE).write_bytes(content[:length])
        _check_damaged(tmp_path)


def test_a_missing_or_wrong_part_is_damage(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    content = json.loads((tmp_path / MANIFEST_FILE).read_text())
    for part in set(content) - {"format"}:
        for value in ({}, {part: None}, {part: 5}, {part: [5]}):
            if part in ("encoder_folder", "splitter", "vectors", "precision", "split_by_heading") and value:
                continue
            broken = {key: other for key, other in content.items() if key != part} | value
            (tmp_path / MANIFEST_FILE).write_text(json.dumps(broken))
            _check_damaged(tmp_path)


def test_a_folder_in_the_manifests_place_is_damage(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).mkdir()
    _check_damaged(tmp_path)
    with pytest.raises(OSError, match="directory"):
        MANIFEST.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_FILE]
