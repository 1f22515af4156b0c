"""Imports run downward only: the order of the layers, and every import of the project held against it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ENGINE = (
    # values, errors, and what is made of text or numbers alone
    "arrays errors records slugs vectors",
    "keys",
    "blocks encoding folders grouping kept_vectors lexical reader splitting stored_reviews weights",
    "calibration casting cross_encoder follow_ups front_matter intents keeping lookup manifest markdown missing_facts"
    " plain_text reference routing spelling unknown_names",
    "confidence freshness index reading tracing",
    "export importing planning ranking",
    "answering bulk half_precision querying rereading sources",
    "building examination",
    "indexing",
    "library",
    "evaluation",
    "training",
)
"""The modules of `embeddings/`, lowest first. `evaluation` and `training` stand for all of their packages'."""

FACE = (
    "buttons catalogue cooldowns downloading gateway health ids journey neutralising parts recent redacting settings"
    " store version work",
    "archives conversations cutting database feedback gaps inviting kept_questions logs servers setting_up shelf",
    "backing_up messages restoring",
    "adding browsing components engine managing privacy reading_back tidying",
    "metrics",
    "delivery examples uploads",
    "asking",
    "replying",
    "commands",
    "client",
    "serving",
    "syncing",
    "checks",
    "terminal",
    "cli",
    "__main__",
)
"""The modules of `bot/`, lowest first, all above the engine; `checks`, `commands` and `terminal` stand for packages."""

PACKAGES = (
    "bot.checks",
    "bot.commands",
    "bot.terminal",
    "embeddings.evaluation",
    "embeddings.importing",
    "embeddings.training",
)

LAYER = {
    f"{package}.{name}": number
    for number, (package, names) in enumerate(
        [("embeddings", names) for names in ENGINE] + [("bot", names) for names in FACE]
    )
    for name in names.split()
}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(file): file for folder in ("embeddings", "bot") for file in sorted((ROOT / folder).rglob("*.py"))}


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Every imported module with its line, those within functions and for type checkers too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: name the package in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node.lineno, inner if inner in MODULES else str(node.module)


def _named(module: str) -> str:
    """The name by which a module stands in the order: its own, or its package's."""
    return next((package for package in PACKAGES if f"{module}.".startswith(f"{package}.")), module)


def _faults(module: str, source: str) -> list[str]:
    if module not in ("embeddings", "bot") and _named(module) not in LAYER:
        return [f"{module}: the order of the layers does not name it"]
    faults = []
    for line, imported in _imports(source):
        if module.startswith("embeddings") and imported.split(".")[0] in ("bot", "discord"):
            faults.append(f"{module}, line {line}: the engine imports {imported}")
        elif imported in MODULES and _named(imported) != _named(module):
            own, other = LAYER.get(_named(module), -1), LAYER.get(_named(imported), len(LAYER))
            if other >= own:
                faults.append(f"{module}, line {line}: imports {imported}, which is not below it")
    return faults


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    assert _faults(module, MODULES[module].read_text(encoding="utf-8")) == []


def test_the_order_names_no_module_that_is_gone() -> None:
    assert LAYER.keys() - set(map(_named, MODULES)) == set()


def test_no_two_modules_import_each_other() -> None:
    graph = {
        module: {name for _, name in _imports(file.read_text(encoding="utf-8")) if name in MODULES and name != module}
        for module, file in MODULES.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(MODULES)


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("embeddings.lexical", "from embeddings import index", "imports embeddings.index, which is not below it"),
        ("embeddings.lexical", "import embeddings.encoding", "imports embeddings.encoding, which is not below it"),
        (
            "embeddings.index",
            "def f():\n    from embeddings.library import Library",
            "line 2: imports embeddings.library",
        ),
        ("embeddings.library", "from bot import messages", "the engine imports bot.messages"),
        ("embeddings.evaluation.report", "import discord.ui", "the engine imports discord.ui"),
        ("embeddings.library", "import embeddings.evaluation.tasks", "imports embeddings.evaluation.tasks"),
        ("bot.messages", "from bot.client import Client", "imports bot.client"),
        ("bot.surprise", "", "the order of the layers does not name it"),
    ],
)
def test_an_import_upward_is_found(module: str, source: str, fault: str) -> None:
    (found,) = _faults(module, source)
    assert fault in found
