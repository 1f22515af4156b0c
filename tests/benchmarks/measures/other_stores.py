"""This engine compared with chromadb, LanceDB and llama-index: the same passages with the same vectors, in one run.

Each stores the passages with their texts on disk, opens them, and returns the texts of the ten closest. This engine
does that with its own parts, `index/vectors.py` and `index/document_store.py`. Its whole library does more: every
sentence and pair of sentences has a vector too, and there are BM25 and fusion. Its cost is reported beside.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness.processes import apart, spent
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PASSAGES = 10_000
_NEAREST = 10
_MODULES = {"chromadb": "chromadb", "LanceDB": "lancedb", "llama-index": "llama_index"}

Search = Callable[["Floats"], list[str]]
"""Takes a vector; returns the texts of the closest passages."""


def other_stores(workspace: Workspace) -> Results:
    """Compare indexing and a query by CPU with each of the three."""
    missing = [name for name, module in _MODULES.items() if importlib.util.find_spec(module) is None]
    if missing:
        return Results(skipped=f"skipped: without {', '.join(missing)}; install the extra [bench]")
    found = Results()
    passages = workspace.sized(PASSAGES, 400)
    file = str(workspace.directory / f"peers-{passages}.npz")
    apart(prepare, file=file, passages=passages, bank=str(workspace.bank()), encoder=str(workspace.encoder()))
    took: dict[str, list[dict[str, float]]] = {name: [] for name in _STORES}
    for number in range(workspace.sized(3, 1)):
        for name, each in took.items():
            folder = tempfile.mkdtemp(prefix=f"peer-{number}-", dir=workspace.directory)
            each.append(apart(store_and_search, threads=1, name=name, file=file, folder=folder))
    ours = {key: statistics.median(each[key] for each in took["Review Bot"]) for key in took["Review Bot"][0]}
    for name in _MODULES:
        theirs = {key: statistics.median(each[key] for each in took[name]) for key in took[name][0]}
        found.check(f"indexing {passages:,} passages, CPU / {name}", ours["indexing"] / theirs["indexing"], 1.0)
        found.check(f"a query, CPU / {name}", ours["query"] / theirs["query"], 1.0)
    for name, each in took.items():
        for key, unit in (("indexing", "s of CPU"), ("query", "ms of CPU"), ("recall", "")):
            found.figure(f"{name}: {key}", statistics.median(one[key] for one in each), unit)
    whole = workspace.built(passages), workspace.asked(passages)
    found.figure("Review Bot's whole library: indexing", whole[0]["cpu"], "s of CPU")
    found.figure("Review Bot's whole library: a question", whole[1]["milliseconds"], "ms of CPU")
    return found


def prepare(file: str, passages: int, bank: str, encoder: str) -> None:
    """Write the passages' texts, their vectors, and the vectors of real questions."""
    import numpy as np

    from tests.benchmarks.corpus.reviews import Corpus
    from tests.benchmarks.corpus.vectors import SyntheticEncoder

    maker = SyntheticEncoder.open(Path(bank), Path(encoder))
    texts = list(Corpus(passages).texts())
    with np.load(bank, allow_pickle=False) as stored:
        asked = stored["vectors"][::3]
    np.savez(file, texts=np.array(texts), vectors=maker.encode(texts), asked=asked)


def store_and_search(name: str, file: str, folder: str) -> dict[str, float]:
    """Return the processor time of indexing in seconds and of a query in milliseconds (the median), and recall@10."""
    import numpy as np

    with np.load(file, allow_pickle=False) as stored:
        texts, vectors, asked = stored["texts"].tolist(), stored["vectors"], stored["asked"]
    store = _STORES[name]
    # Imports and connections are not compared.
    warm = Path(folder, "warm")
    warm.mkdir()
    store(warm, texts[:100], vectors[:100])(asked[0])
    with spent() as indexing:
        search = store(Path(folder, "index"), texts, vectors)
    search(asked[0])
    times, shared = [], []
    for query in asked:
        with spent() as took:
            near = search(query)
        times.append(1000 * took.cpu)
        true = {texts[place] for place in np.argsort(-(vectors @ query))[:_NEAREST]}
        shared.append(len(true & set(near)) / _NEAREST)
    return {"indexing": indexing.cpu, "query": statistics.median(times), "recall": statistics.fmean(shared)}


def _review_bot(folder: Path, texts: Sequence[str], vectors: Floats) -> Search:
    from embeddings.index.document_store import DocumentStore, write_records
    from embeddings.index.vectors import Vectors, encode_fp16, save_codes, save_lists
    from embeddings.records import review_to_json
    from tests.embeddings.fixtures.reviews import review

    each = 20
    folder.mkdir(exist_ok=True)
    save_codes(folder / "passages.faiss", vectors.shape[1], len(vectors), [encode_fp16(vectors)])
    save_lists(folder / "passages.faiss")
    reviews = [review(str(first), {"Text": texts[first : first + each]}) for first in range(0, len(texts), each)]
    ends = write_records(folder / "reviews.jsonl", map(review_to_json, reviews))
    opened, stored = Vectors.open(folder / "passages.faiss"), DocumentStore(folder / "reviews.jsonl", ends)

    def search(query: Floats) -> list[str]:
        near = []
        for row in opened.nearest(query, _NEAREST, 0, len(opened)).tolist():
            found = stored.get(row // each)
            place = found.sections[0].paragraphs[row % each]
            near.append(found.text[place.start : place.end])
        return near

    return search


def _chromadb(folder: Path, texts: Sequence[str], vectors: Floats) -> Search:
    import chromadb

    client = chromadb.PersistentClient(str(folder), chromadb.Settings(anonymized_telemetry=False))
    kept = client.create_collection("passages", metadata={"hnsw:space": "cosine"}, embedding_function=None)
    most = client.get_max_batch_size()
    for first in range(0, len(texts), most):
        end = min(first + most, len(texts))
        names = [str(row) for row in range(first, end)]
        kept.add(ids=names, embeddings=vectors[first:end], documents=list(texts[first:end]))

    def search(query: Floats) -> list[str]:
        answer = kept.query(query_embeddings=query[None, :], n_results=_NEAREST, include=["documents"])
        return list(answer["documents"][0])

    return search


def _lancedb(folder: Path, texts: Sequence[str], vectors: Floats) -> Search:
    import lancedb
    import pyarrow as pa

    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    table = lancedb.connect(folder).create_table("passages", pa.table({"vector": column, "text": list(texts)}))

    def search(query: Floats) -> list[str]:
        return [row["text"] for row in table.search(query).distance_type("cosine").limit(_NEAREST).to_list()]

    return search


def _llama_index(folder: Path, texts: Sequence[str], vectors: Floats) -> Search:
    from llama_index.core.schema import TextNode
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.core.vector_stores import SimpleVectorStore, VectorStoreQuery

    nodes = [
        TextNode(id_=str(row), text=text, embedding=vector)
        for row, (text, vector) in enumerate(zip(texts, vectors.tolist(), strict=True))
    ]
    store, documents = SimpleVectorStore(), SimpleDocumentStore()
    store.add(nodes)
    documents.add_documents(nodes)
    folder.mkdir(exist_ok=True)
    store.persist(str(folder / "vectors.json"))
    documents.persist(str(folder / "documents.json"))

    def search(query: Floats) -> list[str]:
        answer = store.query(VectorStoreQuery(query_embedding=query.tolist(), similarity_top_k=_NEAREST))
        return [str(documents.get_document(name).get_content()) for name in answer.ids or ()]

    return search


_STORES: dict[str, Callable[[Path, Sequence[str], Any], Search]] = {
    "Review Bot": _review_bot,
    "chromadb": _chromadb,
    "LanceDB": _lancedb,
    "llama-index": _llama_index,
}
