from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import IndexDamagedError, IndexMissingError, IndexVersionError
from embeddings.index.manifest import FORMAT, MANIFEST_FILE, IndexedCollection, IndexedReview, Manifest

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
)


def test_a_saved_manifest_is_the_same_manifest(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    assert Manifest.open(tmp_path) == MANIFEST
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_FILE]


def test_no_manifest_is_no_index_yet(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "a file"):
        with pytest.raises(IndexMissingError, match="there is no index yet; run `review-bot index`"):
            Manifest.open(place)


@pytest.mark.parametrize("version", [FORMAT + 1, FORMAT - 1, None, "1.0"])
def test_a_manifest_of_another_version_names_both_and_the_way_out(tmp_path: Path, version: object) -> None:
    (tmp_path / MANIFEST_FILE).write_text(json.dumps({"format": version, "anything": []}))
    with pytest.raises(IndexVersionError) as caught:
        Manifest.open(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / MANIFEST_FILE}: the index has format {version}, this program reads format {FORMAT}; "
        "run `review-bot index --rebuild`"
    )


def _check_damaged(directory: Path) -> None:
    with pytest.raises(IndexDamagedError) as caught:
        Manifest.open(directory)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("run `review-bot index --rebuild`")


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 64, b"\xff\xfe", b"[]", b"5", b"null", b"{}", b'{"format": 2}', b'{"format": 2, "encoder": 5}'],
)
def test_what_is_no_manifest_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(content)
    _check_damaged(tmp_path)


def test_a_manifest_cut_short_anywhere_is_damaged(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    content = (tmp_path / MANIFEST_FILE).read_bytes()
    for length in range(0, len(content), 7):
        (tmp_path / MANIFEST_FILE).write_bytes(content[:length])
        _check_damaged(tmp_path)


def test_a_manifest_without_any_one_of_its_parts_is_damaged(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path)
    content = json.loads((tmp_path / MANIFEST_FILE).read_text())
    for part in set(content) - {"format"}:
        for value in ({}, {part: None}, {part: 5}, {part: [5]}):
            if part in ("encoder_folder", "splitter", "vectors", "precision") and value:
                continue
            broken = {key: kept for key, kept in content.items() if key != part} | value
            (tmp_path / MANIFEST_FILE).write_text(json.dumps(broken))
            _check_damaged(tmp_path)


def test_a_folder_in_the_manifests_place_is_damage(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).mkdir()
    _check_damaged(tmp_path)
    with pytest.raises(OSError, match="directory"):
        MANIFEST.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_FILE]
