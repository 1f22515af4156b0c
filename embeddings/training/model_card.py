"""Write the model card of a trained reranker: data and licences, results, limits, digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embeddings.training.datasets import HELD_OUT
from embeddings.training.decontaminate import NGRAM_WORDS, Overlap
from embeddings.training.mixture import Mix
from embeddings.training.trainer import Recipe
from embeddings.training.validate import CARD_MEASURES, RerankerEffect, TaskEvaluation, WindowMetrics

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
    "CLAPNQ": "Apache-2.0, text from Wikipedia (CC BY-SA) (Rosenthal et al., 2024)",
    "Disfl-QA": "CC BY 4.0, about half of SQuAD 2.0's development set (CC BY-SA 4.0) (Gupta et al., 2021)",
}
"""The licence of each set, as its publisher states it."""


def model_card(
    *,
    digest: str,
    size: int,
    recipe: Recipe,
    mean_of: Sequence[str],
    mix: Mix,
    windows: Mapping[str, int],
    overlaps: Sequence[Overlap],
    figures: Mapping[str, WindowMetrics],
    evaluations: Sequence[TaskEvaluation],
) -> str:
    """Return the model card as Markdown, with the digest (SHA-256) and the size in bytes of the reranker's file.

    `mean_of` names the trainings whose weights were averaged, if they were. `windows` counts the training windows of
    each set, and `figures` are the results on the validation windows by
    number format.
    """
    trained_on = [
        f"| {overlap.name} | {LICENCES[overlap.name]} | {windows.get(overlap.name, 0)} | {overlap.paragraphs} | "
        f"{overlap.questions} | {overlap.dropped} |"
        for overlap in overlaps
    ]
    validated = [
        f"| {name} | {found.windows} | {found.auroc:.3f} | {found.first:.3f} |" for name, found in figures.items()
    ]
    trained = f"mean of the weights of {' and '.join(mean_of)}" if mean_of else f"seed {recipe.seed}"
    lines = [
        "# Model card: the reranker",
        "",
        "The reranker reads a question with up to five consecutive sentences, and scores how well each sentence "
        "answers it. It is all-MiniLM-L6-v2 (Apache-2.0) with three heads, fine-tuned; the word embeddings were "
        "frozen.",
        "",
        f"- File: `reranker.onnx`, {size / 1e6:.1f} MB, with int8 weights for each output channel and the tokenizer",
        f"- SHA-256: `{digest}`",
        f"- Training: {trained}, {sum(windows.values())} windows, "
        f"{'one epoch' if recipe.epochs == 1 else f'{recipe.epochs} epochs'}, in {'bf16' if recipe.bf16 else 'fp32'}",
        f"- Windows: {mix.library:.0%} cut as the library cuts them, {mix.opinions:.0%} of opinions, {mix.pairs:.0%} "
        "with a perturbed question",
        "",
        "## Training data",
        "",
        f"The overlap is with the data that the reranker is evaluated on: paragraphs with {NGRAM_WORDS} words in a row "
        "in common, and questions that are the same word for word. Their questions were removed.",
        "",
        "| set | licence, as its publisher states it | windows | overlapping paragraphs | same questions | removed |",
        "| --- | --- | --- | --- | --- | --- |",
        *trained_on,
        "",
        f"Held out: {'; '.join(f'{name}, {LICENCES[name]}' for name in HELD_OUT)}.",
        "",
        "## Validation windows",
        "",
        "| weights | windows | AUROC | right sentence first |",
        "| --- | --- | --- | --- |",
        *validated,
        "",
        "## Held-out sets",
        "",
        "The library without the reranker → with it, then the difference with its 95% interval. Reviews have ten "
        "paragraphs. Half of the questions are unanswerable, because their paragraph was removed, or only the "
        "sentences that answer.",
    ]
    for evaluation in evaluations:
        lines += [
            "",
            f"### {evaluation.task}",
            "",
            f"| questions | {' | '.join(measure.label for measure in CARD_MEASURES)} |",
            f"| --- |{' --- |' * len(CARD_MEASURES)}",
            _row("all", evaluation.all),
            *(_row(kind, effect) for kind, effect in evaluation.by_kind.items()),
        ]
    lines += [
        "",
        "## Limits",
        "",
        "The reranker knows English only. Its training questions were written for a paragraph, so it takes a sentence "
        "about the same people and things for an answer more readily than a person would. Its score is not a "
        "probability. The thresholds are calibrated for one encoder, on questions about reviews.",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, effect: RerankerEffect) -> str:
    cells = []
    for measure in CARD_MEASURES:
        without, reranked = (summary.estimates.get(measure) for summary in (effect.without, effect.reranked))
        if without is None or reranked is None:
            cells.append("")
            continue
        change = f"{without.value:.3f} → {reranked.value:.3f}"
        compared = effect.comparison.measures.get(measure)
        if compared is not None and compared.difference.value:
            difference = compared.difference
            change += f", {difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        cells.append(change)
    return f"| {name} ({effect.without.questions}) | {' | '.join(cells)} |"
