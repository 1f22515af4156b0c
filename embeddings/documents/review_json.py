"""TBD."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from embeddings.records import Paragraph, Review, Section


def review_to_json(review: Review) -> bytes:
    """The line that stands for a review."""
    content = json.dumps(review, ensure_ascii=False, separators=(",", ":"), default=_fields)
    return content.encode(errors="surrogatepass") + b"\n"


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Review, Section, Paragraph)}


def _fields(value: Review | Section | Paragraph) -> dict[str, Any]:
    # `dataclasses.asdict` copies what is only to be written, and took two thirds of the time of storing a review.
    return {name: getattr(value, name) for name in _NAMES[type(value)]}


def review_from_json(content: dict[str, Any]) -> Review:
    """The review whose fields, and their fields, JSON was made of."""
    sections = tuple(
        Section(
            slug=section["slug"],
            heading=section["heading"],
            paragraphs=tuple(Paragraph(**paragraph) for paragraph in section["paragraphs"]),
            spoiler=section["spoiler"],
        )
        for section in content["sections"]
    )
    return Review(**content | {"sections": sections, "aliases": tuple(content["aliases"])})
