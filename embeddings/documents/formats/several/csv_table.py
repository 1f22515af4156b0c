"""Tables of reviews: the exports of Letterboxd, Goodreads and StoryGraph, and any sheet with a title and a review."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from embeddings.config import MAX_REVIEWS_OF_FILE
from embeddings.documents.formats.article import Article
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.fields import Header, Value, field_name
from embeddings.documents.formats.markdown.reader import read_markdown
from embeddings.documents.notes import Mended, Note
from embeddings.errors import LeftOut, ReviewFileError
from embeddings.lexicon import FIELD_NAMES, PRIVATE_COLUMNS, REVIEW_COLUMNS

_BREAKS = re.compile(r"(?:\s*<br\s*/?>\s*){2,}", re.IGNORECASE)
_DELIMITERS = ",;\t|"


def read_csv(data: bytes, path: Path) -> tuple[list[Article], tuple[Note, ...]]:
    """Return a review for each row that has a title and a text, with the other columns as its fields.

    Raises:
        ReviewFileError: the bytes are no text, no column holds reviews, or there are too many.
    """
    text, found = decode_text(data, path)
    notes = list(found)
    first = text[: text.find("\n") + 1 or len(text)]
    rows = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=first.count))
    articles: list[Article] = []
    empty = 0
    try:
        names = [field_name(name.removeprefix("\ufeff")) for name in next(rows, [])]
        title = next((at for at, name in enumerate(names) if FIELD_NAMES.get(name, name) in ("title", "work")), None)
        columns = [name.removeprefix("my_") for name in names]
        body = next((columns.index(name) for name in REVIEW_COLUMNS if name in columns), None)
        if title is None or body is None:
            reason = "The table has no column for the title and one for the review. Name them 'title' and 'review'."
            # Most tables of an export have none.
            raise ReviewFileError(path, 1, reason, LeftOut.NO_REVIEW)
        for row in rows:
            if len(row) <= max(title, body) or not row[title].strip() or not row[body].strip():
                empty += any(row)
                continue
            if len(articles) == MAX_REVIEWS_OF_FILE:
                reason = f"The table has more than {MAX_REVIEWS_OF_FILE:,} reviews. Split it."
                raise ReviewFileError(path, rows.line_num, reason)
            read = read_markdown(_BREAKS.sub("\n\n", row[body]), 0, Path("x.md"))
            fields: dict[str, Value] = {
                # In such a table the author is the work's.
                "author_of_work" if FIELD_NAMES.get(name, name) == "author" else name: value
                for at, (name, value) in enumerate(zip(names, row, strict=False))
                if at not in (title, body) and name not in PRIVATE_COLUMNS and value.strip(' ="')
            }
            if str(fields.pop("spoiler", "")).lower() in ("true", "yes", "1"):
                fields["spoilers"] = "true"
            articles.append(Article(row[title].strip(), read.blocks, header=Header(fields), facts=read.facts))
    except csv.Error as error:
        raise ReviewFileError(path, rows.line_num, f"The table can't be read ({error}).") from error
    if empty:
        notes.append(Note(Mended.ROWS, f"{empty:,} {'row has' if empty == 1 else 'rows have'} no review."))
    return articles, tuple(notes)
