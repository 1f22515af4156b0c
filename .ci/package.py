"""Build the package twice: the same bytes, not too large, with what it needs, and acceptable for the package index."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parent.parent
MOST_MEGABYTES = 30
NEEDED = (
    "bot/example/never-let-me-go.md",
    "embeddings/reranking/reranker.onnx",
    "embeddings/encoders/packaged_vectors.npy",
)


def main() -> None:
    """Build, compare, check."""
    # The time of every file in the archives. The build takes it from the last commit, as the release does.
    time = subprocess.run(("git", "log", "-1", "--format=%ct"), cwd=PROJECT, capture_output=True, text=True, check=True)
    environment = os.environ | {"SOURCE_DATE_EPOCH": time.stdout.strip()}
    with TemporaryDirectory() as folder:
        builds = [Path(folder) / name for name in ("first", "second")]
        for build in builds:
            command = (sys.executable, "-m", "build", "-q", "--outdir", str(build), str(PROJECT))
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        first, second = ({file.name: file.read_bytes() for file in build.iterdir()} for build in builds)
        files = [str(file) for file in builds[0].iterdir()]
        subprocess.run((sys.executable, "-m", "twine", "check", "--strict", *files), check=True)
        wheel = next(builds[0].glob("*.whl"))
        with zipfile.ZipFile(wheel) as opened:
            missing = set(NEEDED) - set(opened.namelist())
        size = wheel.stat().st_size / 1e6
    if first != second:
        sys.exit("NOT REPRODUCIBLE: two builds of the same commit differ.")
    if missing:
        sys.exit(f"NOT IN THE WHEEL: {', '.join(sorted(missing))}")
    if size > MOST_MEGABYTES:
        sys.exit(f"TOO LARGE: the wheel has {size:.1f} MB, at most {MOST_MEGABYTES}.")
    print(f"package: {wheel.name}, {size:.1f} MB, the same twice")


if __name__ == "__main__":
    main()
