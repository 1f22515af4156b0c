"""A million vectors: search compared with a flat index, opening compared with reading the file."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.harness.processes import apart, memory, peak_memory, spent
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS = 1_000_000
_BLOCK = 1 << 16


def million(workspace: Workspace) -> Results:
    """Measure search, recall and opening of a million vectors in the engine's own index type."""
    found = Results()
    rows = workspace.sized(ROWS, 20_000)
    index, flat = (str(workspace.directory / f"{name}-{rows}.faiss") for name in ("index", "flat"))
    bank, encoder = str(workspace.bank()), str(workspace.encoder())
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
    opened = [apart(open_both, threads=1, index=index) for _ in range(workspace.sized(3, 1))]
    share = statistics.median(each["open_cpu"] / each["read_cpu"] for each in opened)
    found.check(f"opening {rows:,} vectors, CPU / reading them", share, 0.05)
    found.check("opening them, seconds", statistics.median(each["open"] for each in opened), 1.0)
    found.figure("memory once open and searched, a vector", 1024 * searched["memory"] / rows, "bytes")
    found.figure("on disk, a vector", Path(index).stat().st_size / rows, "bytes")
    return found


def build_index(file: str, rows: int, bank: str, encoder: str) -> dict[str, float]:
    """Index made vectors as the engine does. Making them is not counted."""
    from embeddings.index.vectors import encode_fp16, save_codes, save_lists

    made = _made(rows, bank, encoder)
    with spent() as took:
        save_codes(Path(file), made.shape[1], len(made), [encode_fp16(made)])
        save_lists(Path(file))
    return {"cpu": took.cpu, "peak_mib": peak_memory() / 1024}


def build_flat(file: str, rows: int, bank: str, encoder: str) -> None:
    """Write the same vectors in 32 bits to a flat index."""
    import faiss

    flat = faiss.IndexFlatIP(384)
    flat.add(_made(rows, bank, encoder))
    faiss.write_index(flat, file)


def search_both(index: str, flat: str, bank: str) -> dict[str, float]:
    """Find ten neighbours of real vectors in both indexes, in turn; return the share of CPU and of neighbours found."""
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
        with spent() as took:
            near = vectors.nearest(query, 10, 0, len(vectors))
        with spent() as long:
            _, nearest = every.search(query[None, :], 10)
        shares.append(took.cpu / long.cpu)
        ours.append(1000 * took.cpu)
        recall.append(len(set(near.tolist()) & set(nearest[0].tolist())) / 10)
    return {
        "share": statistics.median(shares),
        "milliseconds": statistics.median(ours),
        "recall": statistics.fmean(recall),
        "memory": held,
    }


def open_both(index: str) -> dict[str, float]:
    """Return the seconds of opening an index as the engine does, and of reading its file with FAISS."""
    import faiss

    from embeddings.index.vectors import Vectors

    # Read once before, so that both find the file in the system's memory.
    Path(index).read_bytes()
    with spent() as reading:
        faiss.read_index(index)
    with spent() as opening:
        Vectors.open(Path(index))
    return {"open": opening.wall, "open_cpu": opening.cpu, "read_cpu": reading.cpu}


def _made(rows: int, bank: str, encoder: str) -> NDArray[np.float32]:
    """Return made vectors of passages that have no text."""
    import numpy as np

    from tests.benchmarks.corpus.vectors import SyntheticEncoder

    maker = SyntheticEncoder.open(Path(bank), Path(encoder))
    made = np.empty((rows, maker.identity.dimension), np.float32)
    rng = np.random.default_rng(0)
    for first in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - first)
        numbers = rng.integers(0, 2**32, (count, 7), dtype=np.uint32)
        made[first : first + count] = maker.mixed(numbers[:, 6], numbers[:, :6], np.ones(count, np.bool_))
    return made
