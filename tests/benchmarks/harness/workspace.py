"""What several benchmarks need, made once for a run: an encoder, a bank of vectors, indexes of any size."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import processes
from tests.project import furnish


@dataclass(slots=True)
class Workspace:
    """Where a run works, and how much it does.

    Attributes:
        directory: a folder of its own.
        full: True to go up to a million passages.
        small: True to do as little as possible: it shows that the benchmarks run, and nothing about speed.
    """

    directory: Path
    full: bool = False
    small: bool = False
    _asked: dict[tuple[int, bool], dict[str, Any]] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes in passages of the corpora that show how cost grows."""
        if self.small:
            return (100, 400)
        return (100, 1_000, 10_000, 100_000, *((1_000_000,) if self.full else ()))

    def sized(self, size: int, small: int) -> int:
        """Return a size, or a small one in a small run."""
        return small if self.small else size

    @property
    def bank_size(self) -> int:
        """How many real passages vectors are made of."""
        return self.sized(1_500, 50)

    def data(self) -> Path:
        """Return a data directory with the project's own review, indexed."""
        data = self.directory / "data"
        if not data.exists():
            furnish(data)
            processes.cost([sys.executable, "-m", "bot", "index", "--data", str(data)])
        return data

    def encoder(self) -> Path:
        """Return the runtime encoder's folder."""
        return next((self.data() / ".index" / "encoders").iterdir())

    def bank(self) -> Path:
        """Return the file that `SyntheticEncoder` opens."""
        file = self.directory / "bank.npz"
        if not file.exists():
            processes.apart(
                "tests.benchmarks.corpus.vectors:prepare",
                encoder=str(self.encoder()),
                file=str(file),
                bank=self.bank_size,
            )
        return file

    def built(self, passages: int, *, real: bool = False) -> dict[str, Any]:
        """Index a corpus, its text encoded if `real`; return its folder as `index`, and what `build` returns."""
        index = self.directory / f"{'real' if real else 'corpus'}-{passages}"
        took = index.with_suffix(".json")
        if not took.exists():
            shutil.rmtree(index, ignore_errors=True)
            made = processes.apart(
                "tests.benchmarks.measures.answering:build",
                index=str(index),
                passages=passages,
                bank=None if real else str(self.bank()),
                encoder=str(self.encoder()),
            )
            took.write_text(json.dumps({"index": str(index)} | made), encoding="utf-8")
        built: dict[str, Any] = json.loads(took.read_text(encoding="utf-8"))
        return built

    def asked(self, passages: int, *, real: bool = False) -> dict[str, Any]:
        """Open such a corpus and ask it; return what `measures.answering.ask` returns."""
        if (passages, real) not in self._asked:
            index = self.built(passages, real=real)["index"]
            self._asked[passages, real] = processes.apart(
                "tests.benchmarks.measures.answering:ask",
                threads=1,
                index=index,
                passages=passages,
                encoder=str(self.encoder()),
            )
        return self._asked[passages, real]
