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
