"""What is known of a trained reranker, as a page to read: data and licences, figures, limits, digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from embeddings.training.datasets import LEFT_OUT
from embeddings.training.decontaminate import RUN, Overlap
from embeddings.training.trainer import Recipe
from embeddings.training.validate import SHOWN, Judged, WindowMetrics, Worth

LICENCES: Mapping[str, str] = {
    "SQuAD 2.0": "CC BY-SA 4.0 (half of the development set; Rajpurkar, Jia and Liang, 2018)",
    "XQuAD English": "CC BY-SA 4.0 (Artetxe, Ruder and Yogatama, 2020)",
    "SQuADShifts reddit": "CC BY 4.0 by its dataset card (Miller et al., 2020)",
    "SQuADShifts new_wiki": "CC BY 4.0 by its dataset card, text CC BY-SA from Wikipedia (Miller et al., 2020)",
    "SQuADShifts amazon_reviews": "CC BY 4.0 by its dataset card (Miller et al., 2020)",
    "FairytaleQA": "Apache-2.0, stories in the public domain (Xu et al., 2022)",
    "SelQA": "Apache-2.0, sentences from Wikipedia (Jurczyk, Zhai and Choi, 2016)",
    "QAMR": "MIT, sentences from Wikipedia (CC BY-SA) and Wikinews (CC BY) (Michael et al., 2018)",
    "QED": "CC BY-SA 3.0 (Lamm et al., 2021)",
}
"""What each set's publisher says."""


def model_card(
    *,
    digest: str,
    size: int,
    recipe: Recipe,
    windows: Mapping[str, int],
    overlaps: Sequence[Overlap],
    figures: Mapping[str, WindowMetrics],
    judged: Sequence[Judged],
) -> str:
    """The model card, as Markdown.

    Args:
        digest: SHA-256 of the reranker's file.
        size: of the file, in bytes.
        recipe: of the training.
        windows: how many windows each set gave.
        overlaps: what the sets share with what the reranker is judged by.
        figures: on the windows that were kept back, by the name of the weights' form.
        judged: what the library makes of the sets that were left out.
    """
    return "\n".join(_lines(digest, size, recipe, windows, overlaps, figures, judged)) + "\n"


def _lines(
    digest: str,
    size: int,
    recipe: Recipe,
    windows: Mapping[str, int],
    overlaps: Sequence[Overlap],
    figures: Mapping[str, WindowMetrics],
    judged: Sequence[Judged],
) -> Iterator[str]:
    yield from (
        "# Model card: the reranker",
        "",
        "Reads a question with up to five consecutive sentences and scores each: does it answer? all-MiniLM-L6-v2 "
        "(Apache-2.0) with three heads, trained further; word embeddings as they were.",
        "",
        f"- file: `reranker.onnx`, {size / 1e6:.1f} MB, int8 weights for each output channel, the tokenizer inside",
        f"- SHA-256: `{digest}`",
        f"- seed {recipe.seed}, {sum(windows.values())} windows, "
        f"{'one epoch' if recipe.epochs == 1 else f'{recipe.epochs} epochs'}, "
        f"trained in {'bf16' if recipe.bf16 else 'fp32'}",
        "",
        "## Learned from",
        "",
        "| set | licence as its publisher states it | windows | shares text with what it is judged by |",
        "| --- | --- | --- | --- |",
    )
    for overlap in overlaps:
        yield (
            f"| {overlap.name} | {LICENCES[overlap.name]} | {windows.get(overlap.name, 0)} | "
            f"{len(overlap.paragraphs)} paragraphs ({RUN} words in a row), {overlap.questions} questions word for "
            f"word: {overlap.dropped} questions left out |"
        )
    yield from (
        "",
        f"Left out whole: {'; '.join(f'{name}, {LICENCES[name]}' for name in LEFT_OUT)}.",
        "",
        "## Windows of documents that were kept back from training",
        "",
        "| weights | windows | AUROC | right sentence first |",
        "| --- | --- | --- | --- |",
    )
    for name, found in figures.items():
        yield f"| {name} | {found.windows} | {found.auroc:.3f} | {found.first:.3f} |"
    yield from (
        "",
        "## The sets that were left out: the library without the reranker → with it, difference, 95% interval",
        "",
        "Reviews of ten paragraphs. Half of the questions are not answered: their paragraph is not there, or is there "
        "without the sentences that answer.",
    )
    for one in judged:
        yield from (
            "",
            f"### {one.task}",
            "",
            f"| questions | {' | '.join(measure.label for measure in SHOWN)} |",
            f"| --- |{' --- |' * len(SHOWN)}",
        )
        yield _row("all", one.all)
        for kind, worth in one.by_kind.items():
            yield _row(kind, worth)
    yield from (
        "",
        "## Limits",
        "",
        "English only. Trained on questions that were written for a paragraph, so it takes a sentence about the same "
        "people and things for an answer more readily than a person would. Its score is no probability: the "
        "thresholds are calibrated, for one encoder, on questions about reviews.",
    )


def _row(name: str, worth: Worth) -> str:
    cells = []
    for measure in SHOWN:
        without, reading = (summary.estimates.get(measure) for summary in (worth.without, worth.reading))
        if without is None or reading is None:
            cells.append("")
            continue
        change = f"{without.value:.3f} → {reading.value:.3f}"
        found = worth.pair.measures.get(measure)
        if found is not None and found.difference.value:
            change += f", {found.difference.value:+.3f} [{found.difference.low:+.3f}, {found.difference.high:+.3f}]"
        cells.append(change)
    return f"| {name} ({worth.without.questions}) | {' | '.join(cells)} |"
