"""The tree reads like a table of contents: short folders, standard names, no scraps of modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.project import ROOT

PRODUCT = ("bot", "embeddings")
MOST_ENTRIES = 14
FEWEST_LINES = 30
NOT_COUNTED = frozenset({"__init__.py", "__main__.py", "__pycache__", "README.md", "py.typed"})

STANDARD_GERUNDS = frozenset({"answering", "clustering", "pooling", "reranking", "spelling", "training", "wording"})
"""Names in -ing that the field uses."""

OWN_WRITERS = (
    "bot.cli.reference",
    "bot.storage.restore",
    "embeddings.documents.files",
    "embeddings.documents.outputs",
    "embeddings.encoders",
    "embeddings.index",
    "embeddings.training",
)
"""What writes files that no user names, or that a developer makes. Everything else writes by `outputs`."""

FOLDERS = [path for name in PRODUCT for path in (ROOT / name, *(ROOT / name).rglob("*")) if path.is_dir()]
MODULES = [path for name in PRODUCT for path in (ROOT / name).rglob("*.py") if path.name not in NOT_COUNTED]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _imported(source: str) -> set[str]:
    """Return every name that could be an imported module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize(
    "folder",
    [folder for folder in FOLDERS if folder.name not in ("training", "__pycache__")],
    ids=lambda folder: str(folder.relative_to(ROOT)),
)
def test_a_folder_has_at_most_fourteen_entries(folder: Path) -> None:
    entries = {path.name for path in folder.iterdir()} - NOT_COUNTED
    assert len(entries) <= MOST_ENTRIES, sorted(entries)


def test_no_module_is_named_with_a_gerund_that_the_field_does_not_use() -> None:
    names = {path.stem for path in (*MODULES, *FOLDERS)}
    assert {name for name in names if name.endswith("ing")} <= STANDARD_GERUNDS


def test_no_module_of_a_few_lines_has_one_importer() -> None:
    imports = {path: _imported(path.read_text(encoding="utf-8")) for path in (ROOT / "bot").rglob("*.py")}
    imports |= {path: _imported(path.read_text(encoding="utf-8")) for path in (ROOT / "embeddings").rglob("*.py")}
    scraps = [
        _name(path)
        for path in MODULES
        if len(path.read_text(encoding="utf-8").splitlines()) < FEWEST_LINES
        and sum(_name(path) in names for other, names in imports.items() if other != path) <= 1
    ]
    assert scraps == []


def _writes(source: str) -> list[int]:
    """Return the lines that write a file by other means than `outputs`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            # A file in an archive is no file of the user's.
            is_archive = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "archive"
            is_opened = (
                name in ("open", "fdopen")
                and not is_archive
                and any(set("wax") & set(mode) and len(mode) < 4 for mode in modes)
            )
            if name in ("write_text", "write_bytes", "copyfile", "copy2", "mkstemp") or is_opened:
                found.append(node.lineno)
    return found


def test_every_file_that_a_user_names_is_written_by_outputs() -> None:
    assert _writes("path.write_text('a')\nopen(path, 'wb')\npath.open('x')\npath.open('rb')") == [1, 2, 3]
    assert {
        _name(path): lines
        for path in MODULES
        if not _name(path).startswith(OWN_WRITERS) and (lines := _writes(path.read_text(encoding="utf-8")))
    } == {}
