"""The report page, as text and in headless Chromium."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from embeddings.answering.calibration import Thresholds
from embeddings.answering.models import Models
from embeddings.config import REPORT_QUESTIONS
from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    SectionText,
    Span,
    Task,
    build_review,
    paragraph_judgements,
    paragraph_of_hit,
)
from embeddings.evaluation.evaluator import Evaluation, evaluate
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.report.page import question_loss, render_report, write_report
from embeddings.library import Library
from embeddings.records import State

HOSTILE = '<img src=x onerror="document.title=1"> & <!-- kinds --> </script><script>document.title = 1</script>'
TEXT = f"The clock is broken. {HOSTILE} It never struck twelve."
THRESHOLDS = Thresholds(answered=0.4, nearest=0.3)
VOID = {"meta", "input"}


@pytest.fixture(scope="module")
def asked(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A review that tries to inject HTML."""
    review = build_review("clock", HOSTILE, [SectionText("a", HOSTILE, (TEXT, "The sea is calm at dawn."))])
    asked = Library.of(
        [review],
        tmp_path_factory.mktemp("clock"),
        Models(library.models.encoder, thresholds=Thresholds(answered=0.4, nearest=0.3)),
    )
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def evaluation(asked: Library) -> Evaluation:
    """Questions that try the same."""
    (review,) = asked.reviews()
    answer = Span("clock", 0, len("The clock is broken."))
    judged = paragraph_judgements([answer], {"clock": review})
    questions = (
        JudgedQuestion("q1", "Is the clock broken?", (answer,), judged, kind="lexical"),
        JudgedQuestion("q2", HOSTILE, (), (), kind=HOSTILE),
        JudgedQuestion("q3", "How do I cook rice?", (), (), context=(HOSTILE,), kind="off-topic"),
    )
    return evaluate(asked, Task("clock", (review,), questions, paragraph_of_hit), name=HOSTILE)


class Page(HTMLParser):
    """Collect the elements of a page, and check that they are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses.extend(value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"})
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    parsed = Page(page)
    assert parsed.open == []
    assert parsed.addresses == []
    assert "//" not in re.sub(r"https?:(?=\s)", "", page)
    assert "url(" not in page


def test_the_text_of_questions_and_reviews_is_escaped(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    parsed = Page(page)
    assert "img" not in parsed.tags
    assert parsed.tags.count("script") == 1
    assert html.escape(HOSTILE) in page
    assert HOSTILE not in page


def test_quotes_and_relevant_spans_are_marked(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    assert re.search(r'<mark class="quoted relevant">The clock is broken\.</mark>', page)
    assert "<b class=yes>right</b>" in page


def test_every_measure_has_its_interval(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    assert "<th scope=col>95% interval</th><th scope=col>value</th>" in page
    assert "<th scope=row>passages nDCG@10</th><td>[0.207, 1.000]</td><td>1.000</td>" in page
    assert "3 questions, 1 of them answerable; 1 review; " in page
    assert "answered from 0.40" in page


def test_every_measure_is_explained(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    for measure in Measure:
        if f"{measure.group} {measure.label}</th>" in page:
            explanation = html.escape(measure.meaning)
            assert f"<dt>{measure.group} {measure.label}</dt><dd>{explanation}</dd>" in page


def test_the_worst_questions_come_first(evaluation: Evaluation) -> None:
    page = render_report(evaluation, THRESHOLDS)
    worst = sorted(evaluation.run.results, key=lambda result: (-question_loss(result), result.id))
    places = [page.index(f"<span class=facts>{result.id} ") for result in worst]
    assert places == sorted(places)
    assert question_loss(worst[-1]) < 0.1


@pytest.mark.slow
def test_the_number_of_questions_is_limited(asked: Library) -> None:
    many = tuple(JudgedQuestion(f"q{number}", "Is it raining?", (), ()) for number in range(REPORT_QUESTIONS + 5))
    page = render_report(evaluate(asked, Task("many", asked.reviews(), many, paragraph_of_hit)), THRESHOLDS)
    assert page.count("<details") == REPORT_QUESTIONS
    assert "<th scope=col>value</th><th scope=col>95% interval</th>" in page
    assert f"The page shows the {REPORT_QUESTIONS} worst of {REPORT_QUESTIONS + 5} questions." in page


def test_a_report_is_written_in_one_step(evaluation: Evaluation, tmp_path: Path) -> None:
    write_report(evaluation, THRESHOLDS, tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_report(evaluation, THRESHOLDS)


# Press keys and use the filters as a person would, and write the result into the page.
VISIT = """<script>
const seen = {};
const shown = () => [...document.querySelectorAll("details.question")].filter((one) => one.checkVisibility()).length;
const press = (key) => (document.activeElement ?? document.body).dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true }));
const choose = (id, value) => {
  const control = document.getElementById(id);
  control.value = value;
  control.dispatchEvent(new Event("input"));
};
seen.title = document.title;
seen.all = shown();
choose("kind", "off-topic"); seen.kind = shown(); choose("kind", "");
choose("state", "answered"); seen.state = shown(); choose("state", "");
choose("text", "COOK"); seen.text = shown(); seen.count = document.getElementById("count").textContent;
choose("text", "");
const at = () => [...document.querySelectorAll("summary")].indexOf(document.activeElement);
press("j"); seen.first = at(); press("j"); seen.second = at(); press("k"); seen.back = at();
press("/"); seen.find = document.activeElement.id;
choose("text", "COOK"); press("Escape"); seen.left = document.activeElement.id;
seen.emptied = document.getElementById("text").value; seen.again = shown();
for (const one of document.querySelectorAll("details")) one.open = true;
seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
seen.cut = [...document.querySelectorAll(".wide")].map((one) => one.scrollWidth - one.clientWidth);
seen.paper = getComputedStyle(document.body).backgroundColor;
document.body.innerHTML = "";
document.body.append(JSON.stringify(seen));
</script></body>"""


def visited(page: str, directory: Path, *options: str) -> dict[str, object]:
    """Return what headless Chromium shows."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    file = directory / "visit.html"
    file.write_text(page.replace("</body>", VISIT), encoding="utf-8")
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={directory / 'profile'}",
            *options,
            "--dump-dom",
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    found = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert found is not None
    seen: dict[str, object] = json.loads(html.unescape(found[1]))
    return seen


def test_filters_and_keys_work_in_chromium(evaluation: Evaluation, tmp_path: Path) -> None:
    seen = visited(render_report(evaluation, THRESHOLDS), tmp_path, "--window-size=500,900")

    answered = sum(outcome.answer.state is State.ANSWERED for outcome in evaluation.outcomes)
    paper = seen.pop("paper")
    assert seen == {
        "title": HOSTILE,
        "all": 3,
        "kind": 1,
        "state": answered,
        "text": 1,
        "count": "1 of 3",
        "first": 0,
        "second": 1,
        "back": 0,
        "find": "text",
        "left": "",
        "emptied": "",
        "again": 3,
        "overflow": 0,
        # The measures, the states, the calibration and the kinds.
        "cut": [0, 0, 0, 0],
    }
    assert paper == "rgb(251, 250, 247)"


def test_chromium_uses_the_dark_theme_if_preferred(evaluation: Evaluation, tmp_path: Path) -> None:
    seen = visited(render_report(evaluation, THRESHOLDS), tmp_path, "--blink-settings=preferredColorScheme=0")
    assert seen["paper"] == "rgb(23, 23, 26)"
