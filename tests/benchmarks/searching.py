"""A million vectors: searching them against going through all, opening them against reading them."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import apart, memory, peak_memory, spent
from tests.benchmarks.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

ROWS = 1_000_000
_BLOCK = 1 << 16

Result = TypeVar("Result")


def million(workshop: Workshop) -> Findings:
    """Search, recall and opening of as many vectors as a million passages have, in the engine's own index type."""
    found = Findings()
    rows = workshop.sized(ROWS, 20_000)
    index, flat = (str(workshop.directory / f"{name}-{rows}.faiss") for name in ("index", "flat"))
    bank, encoder = str(workshop.bank()), str(workshop.encoder())
    if not Path(index).exists():
        built = apart(build_index, file=index, rows=rows, bank=bank, encoder=encoder)
        found.figure("building", built["cpu"], "s of CPU")
        found.figure("building, peak memory", built["peak_mib"], "MiB")
    if not Path(flat).exists():
        apart(build_flat, file=flat, rows=rows, bank=bank, encoder=encoder)
    searched = apart(search_both, threads=1, index=index, flat=flat, bank=bank)
    found.check(f"search at {rows:,} vectors, CPU / flat", searched["share"], 0.05)
    found.check("its recall@10", searched["recall"], 0.95, at_least=True)
    found.figure("search", searched["milliseconds"], "ms of CPU")
    opened = [apart(open_both, threads=1, index=index) for _ in range(workshop.sized(3, 1))]
    share = statistics.median(each["open_cpu"] / each["read_cpu"] for each in opened)
    found.check(f"opening {rows:,} vectors, CPU / reading them", share, 0.05)
    found.check("opening them, seconds", statistics.median(each["open"] for each in opened), 1.0)
    found.figure("memory once open and searched, a vector", 1024 * searched["memory"] / rows, "bytes")
    found.figure("on disk, a vector", Path(index).stat().st_size / rows, "bytes")
    return found


def build_index(file: str, rows: int, bank: str, encoder: str) -> dict[str, float]:
    """Index made vectors as the engine does; making them is not counted."""
    from embeddings.index.vectors import Vectors

    made = _made(rows, bank, encoder)
    with spent() as took:
        Vectors.build(made).save(Path(file))
    return {"cpu": took.cpu, "peak_mib": peak_memory() / 1024}


def build_flat(file: str, rows: int, bank: str, encoder: str) -> None:
    """The same vectors in 32 bits, to be gone through one by one."""
    import faiss

    flat = faiss.IndexFlatIP(384)
    flat.add(_made(rows, bank, encoder))
    faiss.write_index(flat, file)


def search_both(index: str, flat: str, bank: str) -> dict[str, float]:
    """Ten neighbours of each of some real vectors in both, in turn: the share of CPU, and of neighbours found."""
    import faiss
    import numpy as np

    from embeddings.index.vectors import Vectors

    before = memory()
    vectors = Vectors.open(Path(index))
    with np.load(bank, allow_pickle=False) as stored:
        asked = stored["vectors"][:: max(1, len(stored["vectors"]) // 100)]
    for query in asked:
        vectors.nearest(query, 10, 0, len(vectors))
    held = memory() - before
    every = faiss.read_index(flat)
    faiss.omp_set_num_threads(1)
    shares, ours, recall = [], [], []
    for query in asked:
        near, took = _timed(lambda query=query: vectors.nearest(query, 10, 0, len(vectors)))  # type: ignore[misc]  # mypy can't infer a lambda's default
        (_, nearest), long = _timed(lambda query=query: every.search(query[None, :], 10))  # type: ignore[misc]  # the same
        shares.append(took / long)
        ours.append(1000 * took)
        recall.append(len(set(near.tolist()) & set(nearest[0].tolist())) / 10)
    return {
        "share": statistics.median(shares),
        "milliseconds": statistics.median(ours),
        "recall": statistics.fmean(recall),
        "memory": held,
    }


def open_both(index: str) -> dict[str, float]:
    """Seconds of opening an index as the engine does, and of reading its file into memory with FAISS."""
    import faiss

    from embeddings.index.vectors import Vectors

    # Once before, so that neither finds the file where the other left it: on the disk or in the system's memory.
    Path(index).read_bytes()
    with spent() as reading:
        faiss.read_index(index)
    with spent() as opening:
        Vectors.open(Path(index))
    return {"open": opening.wall, "open_cpu": opening.cpu, "read_cpu": reading.cpu}


def _made(rows: int, bank: str, encoder: str) -> NDArray[np.float32]:
    """Made vectors of passages, of which there need be no text."""
    import numpy as np

    from tests.benchmarks.vectors import Synthesised

    maker = Synthesised.open(Path(bank), Path(encoder))
    made = np.empty((rows, maker.identity.dimension), np.float32)
    rng = np.random.default_rng(0)
    for first in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - first)
        numbers = rng.integers(0, 2**32, (count, 7), dtype=np.uint32)
        made[first : first + count] = maker.mixed(numbers[:, 6], numbers[:, :6], np.ones(count, np.bool_))
    return made


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    began = time.process_time()
    result = work()
    return result, time.process_time() - began
