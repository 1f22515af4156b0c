"""Backups: all or nothing both ways, whatever stands in the archive, and while the database is in use."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from threading import Event, Thread

import filelock
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import __version__
from bot.storage.backup import MANIFEST, ArchivedFile, BackupError, Manifest, back_up, belongs
from bot.storage.database import Database
from bot.storage.records import ServerSettings, StorageError, StorageVersionError
from bot.storage.restore import LOCK, STAGING, interrupted, restore, undo_interrupted
from bot.storage.schema import VERSION
from bot.storage.server_settings import load_server_settings, save_server_settings
from embeddings import allows_others
from tests.project import needs_modes

CHOSEN = ServerSettings(private_answers=True, default_review="whales")
CONTENT = {
    "calibration.json": b"{}",
    "feeds.json": b'{"feeds": []}',
    "collections/77/own.md": b"---\ntitle: Own\n---\nSeen by one server alone.\n",
    "questions/whales.jsonl": b'{"id": "q1"}\n',
    "reviews/whales.md": "---\ntitle: Whales\n---\nÜber den Walgesang.\n".encode(),
}
LEFT_OUT = {
    "token": b"secret",
    ".index/manifest.json": b"{}",
    "reviews/.whales.md.swp": b"half",
    "collections/.partial/own.md": b"half",
}


def put(data: Path, content: dict[str, bytes]) -> Path:
    for name, written in content.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(written)
    return data


def tree(data: Path) -> dict[str, bytes]:
    """Every file but the lock, and the database, whose bytes differ between copies of the same content."""
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and not path.name.startswith("bot.sqlite3") and path.name != LOCK
    }


def chosen(data: Path) -> ServerSettings:
    with Database(data / "bot.sqlite3") as store:
        return load_server_settings(store, 77)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a bit of everything."""
    folder = put(tmp_path / "data", CONTENT | LEFT_OUT)
    with Database(folder / "bot.sqlite3") as store:
        save_server_settings(store, 77, CHOSEN)
    return folder


@pytest.fixture
def archive(data: Path, tmp_path: Path) -> Path:
    """Its backup."""
    back_up(data, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def forged(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other members, by name."""
    with zipfile.ZipFile(archive) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    change(members)
    file = archive.with_name("forged.zip")
    with zipfile.ZipFile(file, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return file


def told(members: dict[str, bytes], **said: object) -> None:
    """Make the manifest say something else."""
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | said).encode()


def renamed(members: dict[str, bytes], old: str, new: str) -> None:
    """Give a member another name, in the manifest too."""
    members[new] = members.pop(old)
    files = json.loads(members[MANIFEST])["files"]
    told(members, files=[file | {"name": new} if file["name"] == old else file for file in files])


def test_a_backup_restored_elsewhere_is_the_same(data: Path, archive: Path, tmp_path: Path) -> None:
    contents = restore(archive, tmp_path / "new" / "data")
    assert tree(tmp_path / "new" / "data") == CONTENT
    assert chosen(tmp_path / "new" / "data") == CHOSEN
    assert (contents.version, contents.database, contents.reviews) == (__version__, VERSION, 2)
    assert not allows_others(tmp_path / "new" / "data" / "bot.sqlite3", stat.S_IRWXG | stat.S_IRWXO)
    assert tree(data) == CONTENT | LEFT_OUT


@needs_modes
def test_a_backup_is_readable_by_its_owner_alone_and_holds_no_token(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with zipfile.ZipFile(archive) as opened:
        assert sorted(opened.namelist()) == sorted([*CONTENT, "bot.sqlite3", MANIFEST])
    assert [path.name for path in sorted(archive.parent.iterdir())] == ["backup.zip", "data"]


def test_a_backup_replaces_the_last_one(data: Path, archive: Path, tmp_path: Path) -> None:
    (data / "reviews" / "whales.md").unlink()
    back_up(data, archive)
    restore(archive, tmp_path / "new")
    assert tree(tmp_path / "new") == {name: CONTENT[name] for name in CONTENT if name != "reviews/whales.md"}


def test_a_backup_is_made_while_the_database_is_written(data: Path, tmp_path: Path) -> None:
    ended, started = Event(), Event()

    def write() -> None:
        with Database(data / "bot.sqlite3") as store:
            number = 0
            while not ended.is_set():
                number += 1
                # A call that was copied halfway would leave a gap.
                save_server_settings(store, 5, ServerSettings(mention_channels=tuple(range(1, number % 50 + 1))))
                started.set()

    writer = Thread(target=write)
    writer.start()
    try:
        assert started.wait(20)
        for number in range(5):
            back_up(data, tmp_path / f"{number}.zip")
    finally:
        ended.set()
        writer.join()
    for number in range(5):
        restore(tmp_path / f"{number}.zip", tmp_path / str(number))
        assert chosen(tmp_path / str(number)) == CHOSEN
        with Database(tmp_path / str(number) / "bot.sqlite3") as store:
            channels = load_server_settings(store, 5).mention_channels
        assert channels == tuple(range(1, len(channels) + 1))


def test_without_a_database_there_is_none_afterwards(tmp_path: Path) -> None:
    put(tmp_path / "data", CONTENT)
    back_up(tmp_path / "data", tmp_path / "backup.zip")
    put(tmp_path / "other", {"reviews/old.md": b"Old."})
    Database(tmp_path / "other" / "bot.sqlite3").close()
    assert restore(tmp_path / "backup.zip", tmp_path / "other", replace=True).database is None
    assert tree(tmp_path / "other") == CONTENT
    assert not (tmp_path / "other" / "bot.sqlite3").exists()


def test_nothing_is_replaced_without_the_option(archive: Path, tmp_path: Path) -> None:
    other = put(tmp_path / "other", {"reviews/old.md": b"Old.", "token": b"mine", ".index/x": b"kept"})
    with pytest.raises(BackupError, match=r"The folder is not empty \(reviews\)"):
        restore(archive, other)
    assert tree(other) == {"reviews/old.md": b"Old.", "token": b"mine", ".index/x": b"kept"}
    restore(archive, other, replace=True)
    assert tree(other) == CONTENT | {"token": b"mine", ".index/x": b"kept"}


def test_a_database_in_use_is_not_replaced(data: Path, archive: Path) -> None:
    with Database(data / "bot.sqlite3") as store:
        with pytest.raises(BackupError, match="Stop the bot first"):
            restore(archive, data, replace=True)
        save_server_settings(store, 78, CHOSEN)
    assert tree(data) == CONTENT | LEFT_OUT
    assert chosen(data) == CHOSEN
    restore(archive, data, replace=True)


def test_a_damaged_database_can_be_replaced(data: Path, archive: Path) -> None:
    (data / "bot.sqlite3").write_bytes(b"no database" * 1000)
    restore(archive, data, replace=True)
    assert chosen(data) == CHOSEN


def test_a_damaged_database_is_not_backed_up(data: Path, archive: Path) -> None:
    before = archive.read_bytes()
    content = bytearray((data / "bot.sqlite3").read_bytes())
    content[4096:8192] = b"\xff" * 4096
    (data / "bot.sqlite3").write_bytes(content)
    with pytest.raises(StorageError, match=r"bot\.sqlite3"):
        back_up(data, archive)
    assert archive.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda members: members.pop(MANIFEST), "it has no manifest.json"),
        (lambda members: members.update({MANIFEST: b"{"}), "manifest.json is invalid"),
        (lambda members: members.update({MANIFEST: b"[" * 100_000}), "manifest.json is invalid"),
        (lambda members: told(members, format=2), "Update review-bot"),
        (lambda members: told(members, files=[]), "does not say which database"),
        (lambda members: told(members, database=None), "does not say which database"),
        (lambda members: told(members, database=VERSION - 1), "has another version"),
        (lambda members: members.pop("reviews/whales.md"), "does not hold the files"),
        (lambda members: members.update({"reviews/more.md": b"More."}), "does not hold the files"),
        (lambda members: members.update({"reviews/whales.md": b"Other."}), "not the file that was backed up"),
        (
            lambda members: members.update({"reviews/whales.md": bytes(10_000_000)}),
            "not the file that was backed up",
        ),
        (lambda members: renamed(members, "reviews/whales.md", "../whales.md"), "not a file of a data folder"),
        (lambda members: renamed(members, "reviews/whales.md", "/etc/whales.md"), "not a file of a data folder"),
        (lambda members: renamed(members, "reviews/whales.md", "reviews/../token"), "not a file of a data folder"),
        (lambda members: renamed(members, "reviews/whales.md", "token"), "not a file of a data folder"),
        (lambda members: renamed(members, "reviews/whales.md", ".index/manifest.json"), "not a file of a data folder"),
    ],
)
def test_a_forged_archive_changes_nothing(
    data: Path, archive: Path, change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    file = forged(archive, change)
    with pytest.raises(BackupError) as caught:
        restore(file, data, replace=True)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")
    assert tree(data) == CONTENT | LEFT_OUT
    assert chosen(data) == CHOSEN
    assert not (data / STAGING).exists()


def test_a_database_of_a_newer_version_is_refused(data: Path, archive: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "bot.sqlite3")) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StorageVersionError, match="newer version") as refused:
        back_up(data, tmp_path / "newer.zip")
    assert str(refused.value).startswith(f"{data / 'bot.sqlite3'}: ")
    assert not (tmp_path / "newer.zip").exists()
    restore(archive, data, replace=True)


def test_a_read_only_data_folder_is_named(data: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mkdir(path: Path, *_: object, **__: object) -> None:
        if STAGING in path.parts:
            raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(BackupError) as refused:
        restore(archive, data, replace=True)
    assert str(refused.value) == f"{data}: Read-only file system. Nothing was changed."


@cache
def sound() -> bytes:
    """An archive, the same throughout: its length depends on when it was made."""
    with tempfile.TemporaryDirectory() as folder:
        back_up(put(Path(folder, "data"), CONTENT), Path(folder, "backup.zip"))
        return Path(folder, "backup.zip").read_bytes()


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_archive_is_refused_or_restored_whole(drawn: st.DataObject) -> None:
    content = bytearray(sound())
    for place in drawn.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = drawn.draw(st.integers(0, 255))
    del content[drawn.draw(st.integers(len(content) - 40, len(content))) :]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "backup.zip")
        archive.write_bytes(content)
        other = put(Path(folder, "other"), {"reviews/old.md": b"Old."})
        refused = ""
        try:
            restore(archive, other, replace=True)
        except BackupError as error:
            refused = str(error)
        assert "\n" not in refused
        assert tree(other) == ({"reviews/old.md": b"Old."} if refused else CONTENT)


@pytest.mark.parametrize("moves", range(13))
def test_a_restore_that_fails_or_is_killed_leaves_the_earlier_state(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    put(tmp_path / "other", {"reviews/new.md": b"New.", "questions/new.jsonl": b""})
    back_up(tmp_path / "other", tmp_path / "other.zip")
    left = moves
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(5, "Input/output error", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    if moves < 10:
        with pytest.raises(BackupError, match="Input/output error"):
            restore(tmp_path / "other.zip", data, replace=True)
    else:
        restore(tmp_path / "other.zip", data, replace=True)
    monkeypatch.undo()
    # What is left is what a kill at that moment leaves: putting things back has failed as well.
    undo_interrupted(data)
    assert not interrupted(data)
    if moves < 10:
        assert tree(data) == CONTENT | LEFT_OUT
        assert chosen(data) == CHOSEN
    else:
        kept = ("token", ".index/manifest.json")
        assert tree(data) == {"reviews/new.md": b"New.", "questions/new.jsonl": b""} | {
            name: LEFT_OUT[name] for name in kept
        }


def test_reviews_that_keep_changing_are_not_backed_up(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = zipfile.ZipFile.writestr

    def disturb(archive: zipfile.ZipFile, *arguments: object) -> None:
        write(archive, *arguments)  # type: ignore[arg-type]  # passed on as they come
        (data / "reviews" / "whales.md").write_bytes(os.urandom(8))

    monkeypatch.setattr(zipfile.ZipFile, "writestr", disturb)
    with pytest.raises(BackupError, match="are being changed"):
        back_up(data, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


def test_a_target_that_can_not_be_a_file_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="This is a folder"):
        back_up(data, tmp_path)
    with pytest.raises(BackupError) as caught:
        back_up(data, tmp_path / "missing" / "backup.zip")
    assert str(caught.value) == (
        f"{tmp_path / 'missing'}: There is no such folder. Create it, or name another one for the backup."
    )


def test_an_empty_folder_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is nothing to back up"):
        back_up(tmp_path, tmp_path / "backup.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_a_file_that_is_not_an_archive_creates_no_folder(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "backup.zip").write_bytes(content)
    with pytest.raises(BackupError, match="Nothing was changed"):
        restore(tmp_path / "backup.zip", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_backup_too_big_for_the_disk_is_refused(archive: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        files = json.loads(members[MANIFEST])["files"]
        told(members, files=[file | {"size": 1 << 60} for file in files])

    with pytest.raises(BackupError, match=r"are free\. Nothing was changed"):
        restore(forged(archive, change), tmp_path / "new")


@given(st.text() | st.lists(st.sampled_from(["reviews", "..", ".", "", "a", "bot.sqlite3"])).map("/".join))
def test_no_name_leads_out_of_the_data_folder(name: str) -> None:
    if belongs(name):
        root = Path("/srv/data")
        assert Path(os.path.normpath(root / name)) == root / name
        assert (root / name).is_relative_to(root)
        assert (root / name).name not in ("token", MANIFEST)


def test_the_manifest_names_every_file_with_its_digest(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        contents = Manifest.from_json(opened.read(MANIFEST))
    questions = CONTENT["questions/whales.jsonl"]
    named = ArchivedFile("questions/whales.jsonl", len(questions), hashlib.sha256(questions).hexdigest())
    assert named in contents.files
    assert [file.name for file in contents.files] == sorted([*CONTENT, "bot.sqlite3"])


def test_only_one_restore_runs_at_a_time(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "new"
    target.mkdir()
    with filelock.FileLock(target / LOCK), pytest.raises(BackupError, match="Another restore is running"):
        restore(archive, target)
    restore(archive, target)
