"""Install the small installation into an environment of its own, use it from nothing, and compare it with the full one.

The full installation is that of the Python that runs this script.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parent.parent
QUESTIONS = PROJECT / "data" / "questions" / "never-let-me-go.jsonl"
# Megabytes as installed, and processor seconds of the first `ask`, index included. A machine that does
# something else needs more, so CI allows twice the target of 5.
MOST_MEGABYTES, MOST_SECONDS = 385, 10.0

_OF_VENV = re.compile("pip|setuptools|pkg_resources|_distutils_hack")

QUOTES = """
import json, sys
from pathlib import Path
from embeddings import Library

library = Library.open(Path(sys.argv[1]))
for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines():
    asked = json.loads(line)
    if asked["split"] == "dev":
        answer = library.ask(asked["question"], review=asked["review"], context=tuple(asked["context"]))
        print(asked["id"], answer.state, [(quote.start, quote.end) for quote in answer.quotes])
"""


def run(*command: str | Path, **options: str) -> str:
    """Run a command outside the clone, and return what it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ran = subprocess.run(command, cwd=options.get("cwd"), env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def size(folder: Path) -> float:
    """Return how many megabytes the packages in a folder take, without those that every new environment has."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.stat().st_size for file in files if not _OF_VENV.match(str(file.relative_to(folder)))) / 1e6


def main() -> None:
    """Install, use, measure, compare."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        venv.create(root / "venv", with_pip=True)
        binary = root / "venv" / ("Scripts" if os.name == "nt" else "bin")
        pip, command = binary / "pip", binary / "review-bot"
        run(pip, "install", "-q", "--no-compile", "--no-deps", ".", "-r", "bot/deploy/serving.txt", cwd=str(PROJECT))
        packages = Path(run(binary / "python", "-c", "import sysconfig as s; print(s.get_path('purelib'))").strip())
        installed = size(packages)
        data = root / "data"
        shutil.copytree(PROJECT / "data" / "reviews", data / "reviews")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(command, "ask", "What is a deferral?", "--data", data)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        used = size(packages)
        quotes = run(binary / "python", "-c", QUOTES, data, QUESTIONS)
        full = run(sys.executable, "-c", QUOTES, data, QUESTIONS, cwd=str(PROJECT))
        (root / "whales.md").write_text("---\ntitle: Whales\n---\nThe cook sings to his kettle.\n", encoding="utf-8")
        run(command, "add", root / "whales.md", "--yes", "--data", data)
        answer = json.loads(run(command, "ask", "What does the cook sing to?", "--json", "--data", data))
        run(binary / "python", "-c", "import bot.app.client, bot.app.runner")
        # In a folder without `data`, the reviews are in the user's own folder.
        os.environ["XDG_DATA_HOME"] = str(root / "own")
        (root / "empty").mkdir()
        made = run(command, "init", "--example", "--yes", "--no-sync", cwd=str(root / "empty"))
    print(f"small installation: {installed:.0f} MB, {used:.0f} after the first answer, which took {seconds:.1f} s")
    failed = [
        name
        for name, met in {
            f"at most {MOST_MEGABYTES} MB": installed <= MOST_MEGABYTES,
            f"at most {MOST_SECONDS} s of processor time": seconds <= MOST_SECONDS,
            "the quotes of the full installation": quotes == full and quotes.count("\n") > 0,
            "a folder of the user's own": f"1 in {root / 'own' / 'review-bot' / 'reviews'}" in made,
            "an added review": "kettle" in answer["quotes"][0]["text"],
        }.items()
        if not met
    ]
    print(f"quotes of {quotes.count(chr(10))} questions compared")
    if failed:
        sys.exit(f"NOT MET: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
