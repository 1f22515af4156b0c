"""Run pytest with the patches of `patches.py`, which every process that the tests start has as well.

They are in a `.pth` file of a temporary virtual environment, which Python reads also where `PYTHONPATH` is ignored.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from tests.project import ROOT

PATCHES = Path(__file__).with_name("patches.py")


def main() -> int:
    """Return pytest's exit code."""
    with tempfile.TemporaryDirectory(prefix="simulated windows ") as folder:
        venv.create(folder, symlinks=True)
        python = Path(folder, "bin", "python")
        paths = sysconfig.get_paths(vars={"base": folder, "platbase": folder})
        lines = [
            f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})",
            f"import runpy; runpy.run_path({str(PATCHES)!r})",
        ]
        Path(paths["purelib"], "simulated_windows.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(python), "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
