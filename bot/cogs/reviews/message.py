"""What a server's managers see when they add or remove a review."""

from __future__ import annotations

from collections.abc import Sequence

from bot.config import PREVIEW_FACT, PREVIEW_HEADING, PREVIEW_OPENING, PREVIEW_SECTIONS
from bot.services.titles import Title
from bot.ui.custom_ids import Cancel, RemoveReview, encode
from bot.ui.elements import Button, ButtonStyle, Element, Message, Row, Style, Text
from bot.ui.escape import block_quote, escape, spoiler
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, is_hidden, is_passage_hidden, notice, title_apart
from bot.ui.truncate import fit, width
from embeddings import Review, Section


def preview_texts(
    review: Review, options: RenderOptions, *, heading: str, replaced: bool, namesake: Title | None, converted: bool
) -> list[Element]:
    """Return what a review that may be added looks like.

    Args:
        review: the review.
        options: how to render.
        heading: what stands above it.
        replaced: whether it replaces a stored one.
        namesake: another review of the same title that this server sees, or None.
        converted: whether it was converted from another format than Markdown.
    """
    words = options.words
    about = words.add_about.format(
        slug=escaped_line(review.slug, words.untitled),
        sections=words.counted_sections(len(review.sections)),
        words=words.counted_words(len(review.text.split())),
    )
    author = escaped_line(review.author or "", "", PREVIEW_FACT)
    facts = (str(review.year or ""), words.add_by.format(author=author) if author else "")
    flagged = sum(section.spoiler for section in review.sections)
    spoilers = words.add_flagged.format(count=flagged) if flagged else words.add_none_flagged
    warnings = []
    if replaced:
        warnings.append(words.add_replaces)
    if namesake is not None:
        warnings.append(words.add_namesake.format(slug=escaped_line(namesake.slug, words.untitled)))
    if not review.has_headings:
        warnings.append(words.add_one_section)
    if converted:
        warnings.append(words.add_converted)
    title = escaped_line(review.title, words.untitled)
    elements: list[Element] = [
        Text(f"### {heading}\n**{title}**\n-# {' · '.join(filter(None, (about, *facts)))}"),
        *([Text(opening)] if (opening := _opening(review, options)) else []),
        Text("\n".join((*_sections(review, options), f"-# {spoilers}"))),
    ]
    return [*elements, Text("\n".join(warnings))] if warnings else elements


def removal_message(title: Title, words: Catalogue, namesakes: Sequence[Title] = ()) -> Message:
    """Return a page that asks whether to remove a review. `namesakes` are the others of its title."""
    shown = escaped_line(title_apart(title, title.text, namesakes, words), words.untitled)
    about = words.remove_about.format(sections=words.counted_sections(len(title.headings)))
    text = Text(f"### {words.remove_heading}\n**{shown}**\n-# {about}\n{words.remove_warning}")
    remove = Button(words.remove_it, encode(RemoveReview(title.key)), style=ButtonStyle.DANGER)
    return Message((text, Row((remove, Button(words.cancel, encode(Cancel()))))), Style.READING, private=True)


def outcome_message(line: str, title: str, words: Catalogue, *, style: Style = Style.ANSWERED) -> Message:
    """Return one of the catalogue's lines about a review."""
    return notice(line.format(title=escaped_line(title, words.untitled)), style=style)


def _opening(review: Review, options: RenderOptions) -> str:
    first = review.sections[0]
    # Not beyond the first section, because the next may be flagged as a spoiler.
    text = review.text[: max((each.end for each in first.paragraphs), default=0)]
    end = fit(text, PREVIEW_OPENING, lambda each: width(escape(each)))
    shown = escape(text[:end].strip())
    if not shown.strip():
        return ""
    ending = " …" if end < len(text) else ""
    return block_quote((spoiler(shown) if is_passage_hidden(review, first, 0, end, options) else shown) + ending)


def _sections(review: Review, options: RenderOptions) -> list[str]:
    lines = [_section(number, section, options) for number, section in enumerate(review.sections, 1)]
    if len(lines) > PREVIEW_SECTIONS:
        more = options.words.add_more_sections.format(count=len(lines) - PREVIEW_SECTIONS)
        return [*lines[:PREVIEW_SECTIONS], more]
    return lines


def _section(number: int, section: Section, options: RenderOptions) -> str:
    heading = escaped_line(section.heading, options.words.untitled, PREVIEW_HEADING)
    shown = spoiler(heading) if is_hidden(section, options) else heading
    return f"**{number}.** {shown}{options.words.add_flag if section.spoiler else ''}"
