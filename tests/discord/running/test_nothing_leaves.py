"""A running bot talks to Discord alone, and writes nothing outside its data folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.discord.harness.club import QUESTION
from tests.discord.harness.programs import PATIENCE, channel_and_member, loopback_process, program
from tests.discord.loopback.client import answered

STRACE = shutil.which("strace")
CALLS = "connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat"
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|\b(?:creat|mkdir|mkdirat|rename|renameat2?|link|linkat)\(")
DEVICES = ("/dev/", "/proc/")


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.slow
async def test_a_running_bot_looks_up_no_other_host_and_writes_no_other_file(data: Path, tmp_path: Path) -> None:
    log, home = tmp_path / "strace.txt", tmp_path / "home"
    home.mkdir()
    # The tracer is the grandchild, so that a signal to the process ends the bot.
    prefix = (str(STRACE), "-D", "-f", "-qq", "-s", "400", "-e", f"trace={CALLS}", "-o", str(log))
    async with loopback_process() as loopback:
        with program(
            loopback.url,
            data,
            "run",
            token=loopback.token,
            prefix=prefix,
            HOME=str(home),
            TMPDIR=str(home),
            XDG_CACHE_HOME=str(home),
            PYTHONDONTWRITEBYTECODE="1",
        ) as bot:
            await loopback.ready(timeout=2 * PATIENCE)
            general, ana = await channel_and_member(loopback)
            assert "deferrals" in (await answered(ana.slash(general, "ask", question=QUESTION))).text
            assert bot.stop() == 0
    calls = log.read_text(encoding="utf-8", errors="replace").splitlines()
    port = loopback.url.rpartition(":")[2]
    addresses = {found for call in calls for found in re.findall(r"sin6?_port=htons\((\d+)\).*?\"([^\"]+)\"", call)}
    written = {
        path
        for call in calls
        if WRITING.search(call) and "= -1 " not in call
        for path in re.findall(r"\"([^\"]+)\"", call)
    }
    assert str(data / "bot.sqlite3") in written
    elsewhere = {path for path in written if not path.startswith((str(data), *DEVICES))}
    assert (addresses, elsewhere, list(home.iterdir())) == ({(port, "127.0.0.1")}, set(), [])
