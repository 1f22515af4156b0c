"""Every link, path and command that the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from bot.settings import describe_settings
from tests.project import ROOT

FOLDERS = (".ci", ".github", "bot", "data", "embeddings", "tests")
PAGES = sorted(
    {ROOT / "README.md", ROOT / "data" / "README.md"}
    | {
        page
        for folder in (".github", "bot", "embeddings", "tests")
        for page in (ROOT / folder).rglob("*.md")
        if "corpus" not in page.parts
    }
)
ENTRIES = {
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / folder, *(ROOT / folder).rglob("*"))
    if "__pycache__" not in path.parts
}
"""Every file and folder of the repository, by its path from the root."""

OUTSIDE = {
    "..",
    ".index",
    "bot.lock",
    "bot.sqlite3",
    "collections",
    "feeds.json",
    "folders.json",
    "manifest.json",
    "token",
}
"""Parts of paths that lead out of the repository, or to what a data folder gets when the program runs."""

SUFFIXES = frozenset(".css .html .json .jsonl .md .onnx .png .py .service .svg .timer .txt .yaml".split())


def text(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_broken(link: str, page: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


def is_path(code: str) -> bool:
    """Return True if a span of code looks like a path of the repository."""
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", code) or OUTSIDE & set(code.split("/")):
        return False
    first, *others = code.split("/")
    return (first in FOLDERS and bool(others)) or PurePosixPath(code).suffix in SUFFIXES or code.endswith("/")


def exists(path: str) -> bool:
    """Return True if the repository has the path, or if a package has it when its name is left out."""
    wanted = path.rstrip("/")
    return wanted in ENTRIES or any(entry.endswith(f"/{wanted}") for entry in ENTRIES)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", text(page)) + re.findall(r'src="([^"]+)"', text(page))
    assert [link for link in links if not re.match(r"https?:", link) and is_broken(link, page)] == []


# The changelog also names what is gone.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name)
def test_every_path_and_module_in_backticks_exists(page: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", text(page))
    commands = re.findall(r"python -m ((?:bot|embeddings|tests)[\w.]*)", page.read_text("utf-8"))
    modules = [command.rstrip(".").replace(".", "/") for command in commands]
    assert [span for span in spans if is_path(span) and not exists(span)] == []
    assert [module for module in modules if not {module, f"{module}.py"} & ENTRIES] == []


def test_every_path_in_the_picture_of_a_question_exists() -> None:
    picture = ROOT / "bot" / "docs" / "pictures" / "question.svg"
    assert [path for path in re.findall(r"[\w/]+\.py", picture.read_text("utf-8")) if not exists(path)] == []


def test_ci_runs_the_commands_of_the_readme() -> None:
    commands = [
        line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("python3 -m venv")
    ]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace(" -q ", " ").splitlines()
    *trying, testing = commands
    assert testing in ci
    assert {command.split(" && ")[-1] for command in trying} <= set(ci)


def test_the_documentation_lists_every_setting() -> None:
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "bot" / "docs" / "running.md").read_text(encoding="utf-8")))
    assert {setting.name for setting in describe_settings({})} - documented == set()
