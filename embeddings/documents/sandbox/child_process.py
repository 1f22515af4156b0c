"""Run a module of this program in another process that imports exactly this program's code.

`python -m` puts the current folder first on the import path, so a file `html.py` there would run as code, and a newer
copy of the program there would run instead of this one. The child is this file, started by path without the current
folder and without `PYTHONPATH`. It loads the packages `bot` and `embeddings` from the folders that the parent has
loaded them from, and finds everything else where Python's own installation has it.
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType

_ROOT = Path(__file__).resolve().parents[3]
_PACKAGES = ("embeddings", "bot")
_SECRETS = "DISCORD_"
_WITHHELD = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")


def child_command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module of this program in another process."""
    return [
        sys.executable,
        "-P",
        "-E",
        # What it prints is read as UTF-8, whatever the console's encoding is.
        "-X",
        "utf8",
        str(Path(__file__).resolve()),
        os.pathsep.join(_import_path()),
        module,
        *arguments,
    ]


def child_environment() -> dict[str, str]:
    """Return the child's environment: the parent's without Discord's secrets and what changes Python's imports."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_SECRETS) and name not in _WITHHELD
    }


def child_folder() -> Path:
    """Return the folder that a child runs in: Python's own installation, where nobody keeps files."""
    return Path(sys.prefix)


def _import_path() -> list[str]:
    """Return the parent's import path without the current folder, where anybody may have put files."""
    here = Path.cwd().resolve()
    return [entry for entry in sys.path if Path(entry).is_absolute() and Path(entry).resolve() not in (here, _ROOT)]


def _pin(name: str) -> None:
    """Import a package from the folder beside this one, whatever the import path says."""
    file = _ROOT / name / "__init__.py"
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(file.parent)])
    if spec is None or spec.loader is None or not file.exists():
        return
    package: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


def _main() -> None:
    path, module, *arguments = sys.argv[1:]
    sys.path.extend(entry for entry in path.split(os.pathsep) if entry not in sys.path)
    for name in _PACKAGES:
        _pin(name)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
