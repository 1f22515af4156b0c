"""What several benchmarks need, made once for a run: an encoder, a bank of vectors, indexes of any size."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import processes
from tests.project import furnish


@dataclass(slots=True)
class Workshop:
    """Where a run works, and how much it does.

    Attributes:
        directory: a folder of its own.
        full: a million passages too.
        small: everything as small as it can be: shows that the benchmarks run, and nothing about speed.
    """

    directory: Path
    full: bool = False
    small: bool = False
    _asked: dict[tuple[int, bool], dict[str, Any]] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Passages of the corpora that cost is plotted over."""
        if self.small:
            return (100, 400)
        return (100, 1_000, 10_000, 100_000, *((1_000_000,) if self.full else ()))

    def sized(self, size: int, small: int) -> int:
        """How much of something, or how little."""
        return small if self.small else size

    @property
    def bank_size(self) -> int:
        """How many real passages vectors are made of."""
        return self.sized(1_500, 50)

    def data(self) -> Path:
        """A data directory with the review that comes with the project, indexed."""
        data = self.directory / "data"
        if not data.exists():
            furnish(data)
            processes.cost([sys.executable, "-m", "bot", "index", "--data", str(data)])
        return data

    def encoder(self) -> Path:
        """The runtime encoder's folder."""
        return next((self.data() / ".index" / "encoders").iterdir())

    def bank(self) -> Path:
        """What `vectors.Synthesised` opens."""
        file = self.directory / "bank.npz"
        if not file.exists():
            processes.apart(prepare_bank, encoder=str(self.encoder()), file=str(file), bank=self.bank_size)
        return file

    def built(self, passages: int, *, real: bool = False) -> dict[str, Any]:
        """What indexing a corpus of that many passages took; see `answering.build`. `index` is its folder."""
        from tests.benchmarks.answering import build

        index = self.directory / f"{'real' if real else 'corpus'}-{passages}"
        took = index.with_suffix(".json")
        if not took.exists():
            shutil.rmtree(index, ignore_errors=True)
            made = processes.apart(
                build,
                index=str(index),
                passages=passages,
                bank=None if real else str(self.bank()),
                encoder=str(self.encoder()),
            )
            took.write_text(json.dumps({"index": str(index)} | made), encoding="utf-8")
        kept: dict[str, Any] = json.loads(took.read_text(encoding="utf-8"))
        return kept

    def asked(self, passages: int, *, real: bool = False) -> dict[str, Any]:
        """What opening that corpus and asking it took, and how often it was right; see `answering.ask`."""
        from tests.benchmarks.answering import ask

        if (passages, real) not in self._asked:
            index = self.built(passages, real=real)["index"]
            self._asked[passages, real] = processes.apart(
                ask, threads=1, index=index, passages=passages, encoder=str(self.encoder())
            )
        return self._asked[passages, real]


def prepare_bank(encoder: str, file: str, bank: int) -> None:
    """`vectors.prepare`, in a process that may import what this one must not."""
    from tests.benchmarks.vectors import prepare

    prepare(encoder, file, bank)
