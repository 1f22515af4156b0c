"""Change what a review file says of its review, and nothing of its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from embeddings.documents.converter import ConvertedFile, slug_for
from embeddings.documents.formats.article import front_matter, markdown_body
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.facts import apart_from_reviewer
from embeddings.documents.formats.headers.fields import Value
from embeddings.documents.formats.headers.split import split_header
from embeddings.documents.formats.markdown.reader import markdown_article
from embeddings.documents.parser import parse_file, parse_review
from embeddings.errors import ConversionError
from embeddings.lexicon import FIELD_NAMES
from embeddings.records import SHARED, Review, ReviewFields


def edit_review(
    data: bytes, name: str, wanted: ReviewFields, *, slug: str | None = None, collection: str = SHARED
) -> ConvertedFile:
    """Return a Markdown review with other fields. Its text and all else that its header says stay.

    Nothing is written; use `edit_in_sandbox` for files of others.

    Args:
        data: the file's bytes.
        name: its name, which may say something of the review.
        wanted: what to set of it.
        slug: the review's slug, or None to make it of the title.
        collection: the review's collection.

    Raises:
        ReviewFileError: the file can't be read.
        ConversionError: it holds several reviews, or has marks that would be read otherwise with these fields.
    """
    file = Path(name)
    text, _ = decode_text(data, file)
    review, *others = parse_file(data, file, file, collection=collection).reviews
    if others:
        raise ConversionError(
            f"{file}: The file holds {1 + len(others)} reviews, and a form changes a file of one. Who runs the bot can "
            "change the file, or add it with `review-bot add`, which makes a file of each review."
        )
    header, body = split_header(text, file)
    article = markdown_article(header, body, (), file)
    fields = change_fields(header.fields, review, wanted)
    # The body as it is, unless its first heading has been the title and would become a section.
    plain = markdown_body(replace(article, title=review.title))
    for own, rest in ((fields, body.lstrip("\n")), ({**article.facts, **fields}, plain)):
        content = front_matter(own) + rest
        edited = parse_review(content.encode(), file, collection=collection)
        if _words(edited) == _words(review):
            return ConvertedFile(replace(edited, slug=slug or slug_for(edited.title)), content, converted=False)
    raise ConversionError(f"{file}: These fields can't be set, because the text would be read otherwise.")


def change_fields(fields: Mapping[str, Value], review: Review, wanted: ReviewFields) -> dict[str, object]:
    """Return a header's fields with those changed in which `wanted` differs from the review that they describe.

    All other fields stay, in their order.
    """
    given = fields_of(review)
    changes: dict[str, object] = {}
    if wanted.title != given.title:
        changes["title"] = wanted.title
    if wanted.year != given.year:
        changes["year"] = wanted.year
    if wanted.author != given.author:
        changes["author"] = wanted.author
    if wanted.aliases != given.aliases:
        changes["aliases"] = list(wanted.aliases)
    if wanted.spoilers != given.spoilers:
        is_all = len(wanted.spoilers) == len(review.sections)
        flagged = [section.slug for number, section in enumerate(review.sections, 1) if number in wanted.spoilers]
        # "false" says that a section is no spoiler, whatever its heading says.
        changes["spoilers"] = is_all or flagged or "false"
    kept: dict[str, object] = {}
    replaced: set[str] = set()
    for key, value in apart_from_reviewer(fields).items():
        name = FIELD_NAMES.get(key, key)
        # Of several fields with one meaning the first counts, and the others are facts.
        if name not in changes or name in replaced or not value:
            kept[key] = value
            continue
        replaced.add(name)
        if name == "author" and given.author is None:
            # So far the author of the book.
            kept["author_of_work"] = value
        elif name == "aliases" and isinstance(value, list):
            # Former addresses of a page, as Hugo and Jekyll write them, stay what they are.
            changes["aliases"] = [*wanted.aliases, *(item for item in value if isinstance(item, str) and "/" in item)]
    return {name: value for name, value in changes.items() if value} | kept


def fields_of(review: Review) -> ReviewFields:
    """Return what a review's fields say now."""
    flagged = tuple(number for number, section in enumerate(review.sections, 1) if section.spoiler)
    return ReviewFields(review.title, review.year, review.author, review.aliases, flagged)


def _words(review: Review) -> tuple[object, ...]:
    """Return what a change of its fields leaves as it is."""
    sections = [(section.slug, section.heading, section.paragraphs) for section in review.sections]
    return review.text, sections, review.spoilers, review.quoted
