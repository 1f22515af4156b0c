"""Opening the library for a command: an index that is missing, out of date, unreadable or not writable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest

from embeddings.documents.filesystem import HAS_MODES
from embeddings.library import Library
from tests.bot.cli.conftest import (
    COMMANDS,
    QUESTION,
    SHORT,
    SHORT_QUESTION,
    TOKEN,
    Outcome,
    Run,
    Session,
    add_whales,
    process,
    start,
)
from tests.project import QUESTIONS, copy_data, furnish


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder, except for the encoder and the lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "encoders" not in path.parts and path.name != "lock"
    }


def edit(data: Path) -> None:
    """Change a word of the review."""
    review = data / "reviews" / "never-let-me-go.md"
    review.write_text(review.read_text(encoding="utf-8").replace("quietly", "silently"), encoding="utf-8")


def truncate(file: Path) -> None:
    """Cut a file in half, but not the other links to it."""
    half = file.read_bytes()[: file.stat().st_size // 2]
    file.unlink()
    file.write_bytes(half)


def collection_file(data: Path, name: str) -> Path:
    """Return a file of the shared collection's index."""
    (file,) = data.glob(f".index/collections/shared/*/{name}")
    return file


@pytest.fixture(scope="module")
def unprivileged() -> Iterator[Session]:
    """A process that may write only to files and folders that their modes let it write to."""
    if not HAS_MODES:
        pytest.skip("this system has no file modes")
    # Root may write everywhere, unless it gives up its privileges.
    prefix = ("setpriv", "--bounding-set=-all") if os.geteuid() == 0 else ()
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip("this user can't give up the right to write everywhere")
    with Session(prefix=prefix) as session:
        yield session


@pytest.fixture
def read_only(unprivileged: Session, data: Path, tmp_path: Path) -> Iterator[Callable[..., Outcome]]:
    """Run the command on the test's data folder, which it can't write to."""
    tmp_path.chmod(0o555)

    def run(*arguments: str) -> Outcome:
        folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(0o555)
        try:
            return unprivileged.run(*arguments, "--data", data)
        finally:
            for folder in folders:
                folder.chmod(0o755)

    yield run
    tmp_path.chmod(0o755)


@pytest.fixture
def another_user(read_only: Callable[..., Outcome], data: Path) -> Callable[..., Outcome]:
    """Run the command as a user who may not read some of the data folder's files."""

    def run(*arguments: str, unreadable: str) -> Outcome:
        files = [path for path in data.glob(unreadable) if path.is_file()]
        assert files
        for path in files:
            path.chmod(0)
        try:
            return read_only(*arguments)
        finally:
            for path in files:
                path.chmod(0o644)

    return run


@pytest.mark.slow
def test_the_first_question_builds_the_index_and_says_so(tmp_path: Path, run: Run) -> None:
    furnish(tmp_path, reviews=SHORT)
    first = process("ask", SHORT_QUESTION, "--json", "--data", tmp_path)
    assert (first.code, first.json["state"]) == (0, "answered")
    assert first.err == "Building the index of 1 review. This happens only once…\n"
    assert run("ask", SHORT_QUESTION, "--json", "--data", tmp_path) == Outcome(0, first.out, "")


@pytest.mark.slow
def test_two_first_questions_at_once_are_both_answered(fresh: Path) -> None:
    runs = [start("ask", SHORT_QUESTION, "--json", "--data", fresh) for _ in range(2)]
    outcomes = [Outcome(run.wait(60), *run.communicate()) for run in runs]
    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert outcomes[0].json == outcomes[1].json


@pytest.mark.parametrize("command", [("section", "1"), ("chat",)])
def test_any_command_builds_the_index_first(run: Run, fresh: Path, command: tuple[str, ...]) -> None:
    first = run(*command, "--data", fresh)
    assert (first.code, first.err) == (0, "Building the index of 1 review. This happens only once…\n")
    assert run(*command, "--data", fresh).err == ""


def test_a_changed_review_is_indexed_before_the_answer(run: Run, data: Path) -> None:
    edit(data)
    first = run("section", "introduction", "--data", data)
    assert first.err == "The index was out of date (never-let-me-go). It has been updated.\n"
    assert "a silently devastating film" in first.out
    assert run("section", "introduction", "--data", data) == Outcome(0, first.out, "")


def test_only_the_first_changed_reviews_are_named(run: Run, data: Path) -> None:
    for number in range(5):
        (data / "reviews" / f"new-{number}.txt").write_text(f"The new film number {number} is fine.\n")
    assert run("reviews", "--no-update", "--data", data).err == (
        "The index is out of date (new-0, new-1, new-2 and 2 more). Answers come from it as it is.\n"
    )


@pytest.fixture
def damageable(short: Path, tmp_path: Path) -> Path:
    """A data folder with the index of a short review, which is soon built again."""
    return copy_data(short, tmp_path / "data")


@pytest.fixture
def with_a_servers_own(data: Path) -> Path:
    """A data folder whose index has the shared review and a review of one server."""
    add_whales(data, "collections/42")
    Library.build(data).close()
    return data


def test_without_the_reviews_folder_the_index_stays_as_it_is(run: Run, with_a_servers_own: Path) -> None:
    data = with_a_servers_own
    before = run("ask", QUESTION, "--json", "--data", data)
    index = contents(data / ".index")
    (data / "reviews").rename(data / "away")
    refused = f"{data}/reviews: The folder is missing. Put it back with its reviews. The index was not changed. "
    for arguments in ((), ("--rebuild",), ("--skip-broken",)):
        complaint = run("index", *arguments, "--data", data).complaint
        assert complaint.startswith(refused)
        assert complaint.endswith(
            f"If the folder is meant to be empty, run `review-bot index --rebuild --data {data}`."
        )
    after = run("ask", QUESTION, "--json", "--data", data)
    assert (after.code, after.out) == (before.code, before.out)
    assert after.err.startswith(
        "The index can't be updated (removed: never-let-me-go), so answers come from the old one. " + refused
    )
    assert contents(data / ".index") == index
    (data / "away").rename(data / "reviews")
    assert run("ask", QUESTION, "--json", "--data", data) == before


def test_an_empty_reviews_folder_empties_the_index_only_on_rebuild(run: Run, with_a_servers_own: Path) -> None:
    data = with_a_servers_own
    (data / "reviews" / "never-let-me-go.md").unlink()
    assert "The indexed reviews are gone" in run("index", "--data", data).complaint
    assert run("index", "--rebuild", "--data", data).code == 0
    assert run("index", "--check", "--data", data).out.startswith("The index is intact and up to date: 1 review, ")


def test_an_index_altered_to_the_same_size_is_an_error(run: Run, damageable: Path) -> None:
    data = damageable
    file = collection_file(data, "sentences.faiss")
    content = file.read_bytes()
    file.write_bytes(content[:2000] + b"\xff" * (len(content) - 2000))
    for command, said in (
        (("ask", QUESTION), "The index is damaged (it gives impossible scores). Run"),
        (("index", "--check"), "The index has changed since it was written. Run"),
    ):
        complaint = run(*command, "--data", data).complaint
        assert complaint.startswith(f"{file.parent}: {said} `review-bot index --rebuild")
    assert run("index", "--rebuild", "--data", data).code == 0
    assert file.read_bytes() == content


def test_a_removed_review_is_named_as_removed(run: Run, data: Path) -> None:
    whales = add_whales(data)
    assert run("index", "--data", data).code == 0
    whales.unlink()
    assert run("index", "--check", "--data", data).complaint.startswith(
        "The index is out of date (removed: whales). Run `review-bot index"
    )
    assert run("reviews", "--data", data).err == ("The index was out of date (removed: whales). It has been updated.\n")


def test_no_update_answers_from_an_index_that_is_out_of_date(run: Run, data: Path) -> None:
    before = run("ask", QUESTION, "--json", "--data", data)
    edit(data)
    index = contents(data / ".index")
    after = run("ask", QUESTION, "--json", "--no-update", "--data", data)
    assert after.err == "The index is out of date (never-let-me-go). Answers come from it as it is.\n"
    assert (after.code, after.out) == (0, before.out)
    assert contents(data / ".index") == index


def test_an_unreadable_review_stops_neither_the_index_nor_the_answers(run: Run, data: Path) -> None:
    before = run("ask", QUESTION, "--json", "--data", data)
    (data / "reviews" / "broken.md").write_bytes(b"one line\n\0")
    (data / "reviews" / "empty.txt").write_bytes(b"")
    after = run("ask", QUESTION, "--json", "--data", data)
    assert after.err.splitlines() == [
        "Read 1 review, left out 2 files (unreadable: 1, without text: 1). "
        f"`review-bot index --list --data {data}` names each file.",
        "The index was out of date (broken, empty). It has been updated.",
    ]
    assert (after.code, after.out) == (0, before.out)
    assert run("ask", QUESTION, "--json", "--data", data) == before
    strictly = run("index", "--strict", "--data", data)
    assert strictly.code == 1
    assert strictly.err.splitlines() == [
        f"{data}/reviews/broken.md, line 2: The line has the control character U+0000, so this is not text.",
        f"{data}/reviews/empty.txt: The file has no text. Write the review, or remove the file.",
    ]
    assert run("index", "--list", "--data", data).out.splitlines()[1:] == [
        "Left out (unreadable): broken.md, line 2: The line has the control character U+0000, so this is not text.",
        "Left out (without text): empty.txt: The file has no text. Write the review, or remove the file.",
    ]


def test_answers_come_from_the_old_index_while_another_process_writes(run: Run, data: Path) -> None:
    before = run("ask", QUESTION, "--json", "--data", data)
    edit(data)
    with filelock.FileLock(data / ".index" / "lock"):
        during = run("ask", QUESTION, "--json", "--data", data)
    assert during.err == (
        "The index can't be updated (never-let-me-go), so answers come from the old one. "
        f"{data / '.index'}: Another process is building this index. Try again when it has finished.\n"
    )
    assert (during.code, during.out) == (0, before.out)


def test_the_first_question_waits_for_another_process_that_builds(run: Run, fresh: Path) -> None:
    lock = filelock.FileLock(fresh / ".index" / "lock", thread_local=False)
    lock.acquire()
    threading.Timer(1.0, lock.release).start()
    assert run("ask", SHORT_QUESTION, "--data", fresh).code == 0


@pytest.mark.parametrize(
    "name",
    [
        ".index/manifest.json",
        ".index/collections/shared/*/sentences.faiss",
        ".index/collections/shared/*/tables.bin",
        ".index/collections/shared/*/reviews.jsonl",
        ".index/encoders/*/encoder.json",
        ".index/encoders/*/*.onnx",
    ],
)
@pytest.mark.parametrize("command", [("ask", QUESTION), ("index", "--check"), ("index",)])
def test_an_index_that_this_user_may_not_read_needs_no_rebuild(
    another_user: Callable[..., Outcome], data: Path, name: str, command: tuple[str, ...]
) -> None:
    (file,) = data.glob(name)
    ended = another_user(*command, unreadable=name)
    if command == ("index",) and not name.endswith(".json") and ended.code == 0:
        # Nothing has changed, so nothing is read.
        return
    assert ended.complaint.endswith(
        f"{file}: The file can't be read (Permission denied). Give access to it to the user that runs this program."
    )


def test_a_machine_without_proc_is_no_damage(data: Path) -> None:
    prefix = ("unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$0" "$@"')
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user can't hide /proc")
    ended = process("ask", QUESTION, "--data", data, prefix=prefix)
    said = ended.err.splitlines()[-1]
    assert ended.code == 1
    assert said.startswith(f"{data / '.index' / 'encoders'}")
    assert "/proc" in said
    assert said.endswith(
        "Its files are intact, so correct what this machine lacks. "
        f"`review-bot doctor --data {data}` checks the packages."
    )


def test_too_few_open_files_are_no_damage(data: Path) -> None:
    resource = pytest.importorskip("resource")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))

    assert process("ask", QUESTION, "--data", data, preexec_fn=limit).complaint.endswith(
        "(Too many open files). Allow more open files (`ulimit -n`) and try again."
    )


def test_a_read_only_folder_serves_a_current_index(read_only: Callable[..., Outcome], run: Run, data: Path) -> None:
    assert read_only("ask", QUESTION) == run("ask", QUESTION, "--data", data)


def test_a_read_only_folder_serves_an_old_index_and_says_why(
    read_only: Callable[..., Outcome], run: Run, data: Path
) -> None:
    before = run("ask", QUESTION, "--data", data)
    edit(data)
    after = read_only("ask", QUESTION)
    (line,) = after.err.splitlines()
    assert line.startswith("The index can't be updated (never-let-me-go), so answers come from the old one. ")
    assert "can't be written (Permission denied). Make it writable" in line
    assert (after.code, after.out) == (0, before.out)


@pytest.mark.parametrize("command", [("index",), ("ask", QUESTION)])
def test_a_read_only_folder_without_an_index_is_an_error(
    read_only: Callable[..., Outcome], data: Path, command: tuple[str, ...]
) -> None:
    shutil.rmtree(data / ".index")
    ended = read_only(*command)
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith(
        f"{data / '.index'}: The folder can't be written (Permission denied). Make it writable"
    )
    assert not (data / ".index").exists()


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_the_old_index_still_answers(run: Run, data: Path) -> None:
    before = run("ask", QUESTION, "--json", "--data", data)
    edit(data)
    index = contents(data / ".index")

    resource = pytest.importorskip("resource")

    def limit() -> None:
        # For a process that may not write a longer file, every disk is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    ended = process("index", "--data", data, preexec_fn=limit)
    assert "The disk is full. Make room and try again." in ended.complaint
    assert contents(data / ".index") == index
    after = run("ask", QUESTION, "--json", "--no-update", "--data", data)
    assert (after.code, after.out) == (0, before.out)


def truncate_encoder(data: Path) -> None:
    (weights,) = (file for file in data.glob(".index/encoders/*/*") if file.stat().st_size > 1_000_000)
    truncate(weights)


def change_format(data: Path) -> None:
    manifest = data / ".index" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 0}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: truncate(collection_file(data, "sentences.faiss")),
        lambda data: truncate(collection_file(data, "reviews.jsonl")),
        truncate_encoder,
        change_format,
    ],
    ids=["vectors", "reviews", "encoder", "format"],
)
@pytest.mark.slow
def test_a_damaged_index_is_an_error_and_the_advised_command_repairs_it(
    run: Run, damageable: Path, damage: Callable[[Path], None]
) -> None:
    data = damageable
    before = run("ask", SHORT_QUESTION, "--json", "--data", data)
    damage(data)
    for command in [("ask", SHORT_QUESTION), ("ask", SHORT_QUESTION, "--json"), ("index", "--check")]:
        complaint = run(*command, "--data", data).complaint
        assert complaint.startswith(f"{data / '.index'}")
        assert complaint.endswith(f"Run `review-bot index --rebuild --data {data}`.")
    assert run("index", "--rebuild", "--data", data).code == 0
    assert run("ask", SHORT_QUESTION, "--json", "--data", data) == before


@pytest.mark.parametrize("command", [("ask", QUESTION), ("chat",), ("reviews", "--json"), ("index",)])
def test_a_folder_without_reviews_is_an_error(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert run(*command, "--data", tmp_path).complaint == (
        f"{tmp_path / 'reviews'}: There are no reviews. Add one with `review-bot add FILE --data {tmp_path}`, or name "
        "another data folder with --data or REVIEW_BOT_DATA."
    )
    assert list(tmp_path.iterdir()) == []


ADVICE = "Name the data folder with --data or REVIEW_BOT_DATA, or make a new one with `review-bot init{}`."
MISSING = "{}: There is no such folder. " + ADVICE
READING = {
    "ask": (QUESTION,),
    "chat": (),
    "search": (QUESTION,),
    "reviews": (),
    "sections": (),
    "section": ("1",),
    "index": (),
    "backup": ("backup.zip",),
    "sync": (),
    "evaluate": (QUESTIONS,),
    "calibrate": ("--reset",),
    "sweep": ("sweep.toml",),
    "label": ("questions.jsonl",),
    "gaps": (),
}
"""The commands that need a data folder, with arguments."""


@pytest.mark.slow
def test_without_its_data_folder_a_command_names_the_place_and_creates_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    for command, arguments in READING.items():
        here = run(command, *arguments)
        assert here.complaint == MISSING.format(tmp_path / "data", "")
        elsewhere = run(command, *arguments, "--data", "missing")
        assert elsewhere.complaint == MISSING.format(tmp_path / "missing", " --data missing")
    for command in ("run", "doctor", "config", "invite"):
        run(command)
    assert MISSING.format(tmp_path / "data", "") in run("doctor").out
    assert run("run").err == f"{MISSING.format(tmp_path / 'data', '')}\n"
    monkeypatch.delenv("DISCORD_TOKEN")
    assert run("invite").err.endswith(f" {MISSING.format(tmp_path / 'data', '')}\n")
    assert list(tmp_path.iterdir()) == []
    assert {*READING, "run", "doctor", "config", "invite", "init", "add", "restore", "compare"} == {*COMMANDS}


def test_a_file_in_place_of_the_data_folder_is_an_error(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("not a folder")
    assert run("ask", QUESTION, "--data", file).complaint == (
        f"{file}: This is not a folder. {ADVICE.format(f' --data {file}')}"
    )


def test_thresholds_of_another_encoder_are_an_error(run: Run, data: Path) -> None:
    (data / "calibration.json").write_text(json.dumps({"f" * 64: {"model": "x", "answered": 0.5, "nearest": 0.4}}))
    complaint = run("ask", QUESTION, "--data", data).complaint
    assert complaint.startswith(f"{data / 'calibration.json'}: ")
    assert f"Run `review-bot calibrate --data {data}`" in complaint


@pytest.mark.slow
def test_an_encoder_without_calibration_gets_a_notice(run: Run, data: Path) -> None:
    manifest = data / ".index" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["encoder"] |= {"model": "a-model-of-ours", "weights": "f" * 64}
    manifest.write_text(json.dumps(content))
    # Commands that need no encoder work with such an index.
    assert run("reviews", "--data", data).err == (
        "a-model-of-ours is not calibrated, so what counts as an answer is a guess. "
        f"Run `review-bot calibrate --data {data}`.\n"
    )
