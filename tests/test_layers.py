"""Imports run downward, by package; no feature of `bot/cogs/` imports another; no two modules import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.project import ROOT

ORDER = (
    "embeddings.errors",
    "embeddings.records",
    "embeddings.lexicon",
    "embeddings.config",
    "embeddings.documents",
    "embeddings.encoders",
    "embeddings.index",
    "embeddings.retrieval",
    "embeddings.metadata",
    "embeddings.reranking",
    "embeddings.answering",
    "embeddings.library",
    "embeddings",
    "embeddings.evaluation",
    "embeddings.training",
    "bot",
    "bot.config",
    "bot.data_folder",
    "bot.token",
    "bot.settings",
    "bot.storage",
    "bot.services",
    "bot.ui",
    "bot.observability",
    "bot.transport",
    "bot.cogs",
    "bot.app",
    "bot.cli",
    "bot.__main__",
)
"""The packages and the modules that stand alone, lowest first; `embeddings` and `bot` are their `__init__.py`."""

FACES = ("embeddings", "embeddings.evaluation")
"""The only modules of the engine that `bot/` imports."""

LEVEL = {name: level for level, name in enumerate(ORDER)}
FEATURES = {path.name for path in (ROOT / "bot" / "cogs").iterdir() if path.is_dir() and path.name != "__pycache__"}


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_module(file): file for folder in ("embeddings", "bot") for file in sorted((ROOT / folder).rglob("*.py"))}


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield each imported module with its line, also those within functions and for type checkers."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: name the package in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else str(node.module)


def _package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _feature(module: str) -> str | None:
    """Return the feature of `bot/cogs/` that a module belongs to, or None."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["bot", "cogs"] and len(parts) > 2 and parts[2] in FEATURES else None


def _faults(module: str, source: str) -> list[str]:
    own = LEVEL.get(_package(module))
    if own is None:
        return [f"{module}: the order of the packages does not name {_package(module)}"]
    faults = []
    for line, imported in _imports(source):
        if module.startswith("embeddings") and imported.split(".")[0] in ("bot", "discord"):
            faults.append(f"{module}, line {line}: the engine imports {imported}")
        elif module.startswith("bot") and imported.startswith("embeddings") and imported not in FACES:
            faults.append(f"{module}, line {line}: imports {imported}, which is inside the engine")
        elif imported in MODULES and _package(imported) != _package(module):
            if LEVEL.get(_package(imported), len(ORDER)) > own:
                faults.append(f"{module}, line {line}: imports {imported}, which is not below it")
        elif _feature(module) and _feature(imported) not in (None, _feature(module)):
            faults.append(f"{module}, line {line}: a feature imports another, {imported}")
    return faults


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    assert _faults(module, MODULES[module].read_text(encoding="utf-8")) == []


def test_the_order_names_no_package_that_is_gone() -> None:
    assert LEVEL.keys() - set(map(_package, MODULES)) == set()


def test_no_two_modules_import_each_other() -> None:
    graph = {
        module: {name for _, name in _imports(file.read_text(encoding="utf-8")) if name in MODULES and name != module}
        for module, file in MODULES.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(MODULES)


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("embeddings.index.bm25", "from embeddings.retrieval import query", "which is not below it"),
        ("embeddings.index.bm25", "import embeddings.answering.quotes", "imports embeddings.answering.quotes"),
        (
            "embeddings.index.collection",
            "def f():\n    from embeddings.library import Library",
            "line 2: imports embeddings.library",
        ),
        ("embeddings.library", "from bot.ui import text", "the engine imports bot.ui.text"),
        ("embeddings.evaluation.metrics", "import discord.ui", "the engine imports discord.ui"),
        ("bot.ui.text", "from bot.app.client import ReviewBot", "imports bot.app.client"),
        ("bot.cogs.ask.cog", "from bot.cogs.gaps import page", "a feature imports another, bot.cogs.gaps.page"),
        ("bot.ui.text", "from embeddings.records import Review", "which is inside the engine"),
        ("bot.surprise", "", "the order of the packages does not name bot.surprise"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str, fault: str) -> None:
    (found,) = _faults(module, source)
    assert fault in found
