"""Reviews as lines of JSON: how the index stores them, and how the sandbox returns them."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from embeddings.records import Paragraph, Review, Section

_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (Review, Section, Paragraph)}


def review_to_json(review: Review) -> bytes:
    """Return a review as one line of JSON, with its line end."""
    content = json.dumps(review, ensure_ascii=False, separators=(",", ":"), default=_as_dict)
    return content.encode(errors="surrogatepass") + b"\n"


def review_from_json(content: dict[str, Any]) -> Review:
    """Return the review of a parsed JSON object."""
    sections = tuple(
        Section(**section | {"paragraphs": tuple(Paragraph(**paragraph) for paragraph in section["paragraphs"])})
        for section in content["sections"]
    )
    return Review(**content | {"sections": sections, "aliases": tuple(content["aliases"])})


def _as_dict(value: Review | Section | Paragraph) -> dict[str, Any]:
    # `dataclasses.asdict` copies every value, which took two thirds of the time of storing a review.
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}
