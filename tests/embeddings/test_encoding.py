from __future__ import annotations

import numpy as np

from embeddings.encoding import RuntimeEncoder


def test_every_vector_has_length_one(encoder: RuntimeEncoder) -> None:
    vectors = encoder.encode(["a", "", "word " * 2000, "🙂"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
