"""Writing an array to a file so that a full disk is told from any other fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray


def save_array(file: Path, array: NDArray[Any]) -> None:
    """Write an array as `np.save` does, for `np.load`.

    Raises:
        OSError: it can't be written, with the system's own number for why, which `np.save` leaves out.
    """
    rows = np.ascontiguousarray(array)
    with file.open("wb") as stream:
        npy.write_array_header_1_0(stream, npy.header_data_from_array_1_0(rows))
        stream.write(rows.tobytes())
