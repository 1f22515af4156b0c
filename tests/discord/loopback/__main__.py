"""`python -m tests.discord.loopback [--port N]`: run the loopback Discord in a process of its own.

It prints one line, `listening URL`, and runs until SIGTERM, SIGINT or the end of its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import stat
import sys

from tests.discord.loopback.server import Server


async def serve(port: int) -> None:
    server = Server()
    await server.start(port)
    sys.stdout.write(f"listening {server.url}\n")
    sys.stdout.flush()
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        # The process that started this one has ended without stopping it.
        loop.add_reader(sys.stdin.fileno(), lambda: done.set() if not os.read(0, 4096) else None)
    await done.wait()
    await server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.discord.loopback")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
