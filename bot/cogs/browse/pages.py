"""Pages to read: a quote in context, sections, tables of contents, the list of reviews.

A text page starts at a piece (`bot.ui.truncate`), so that a button carries one number. A number out of range, from
before the review was edited, leads to the nearest page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.config import EDGE_TEXT, PAGE_TEXT, PIECE_TEXT
from bot.services.stable_keys import review_key, section_key
from bot.ui.custom_ids import Action, Contents, PickReview, PickSection, ReadInContext, ReviewList, SectionPage, encode
from bot.ui.elements import MAX_OPTIONS, Button, Element, Menu, Message, Option, Row, Style, Text
from bot.ui.escape import bold, escape, is_boundary, spoiler
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, is_hidden, is_passage_hidden, notice, plain_line, safe_link
from bot.ui.truncate import Piece, fit, page_before, page_end, split_paragraphs, width
from embeddings import Review, Section

_BETWEEN = "\n\n"


def context_message(
    review: Review, section: Section, start: int, end: int, options: RenderOptions, *, action: ReadInContext
) -> Message:
    """Return the paragraph of a quote, with the quote in bold, between the edges of its neighbours.

    Args:
        review: the quote's review.
        section: the quote's section.
        start: the quote's offset in the review's text.
        end: the offset of its end.
        options: how to render.
        action: the button. Its `first` chooses the paragraph, or the piece of a very long one.
    """
    parts = _pieces(review, section)
    own = next((number for number, part in enumerate(parts) if start < part.end), 0)
    shown = own if action.first is None else _clamp(action.first, len(parts))
    last = len(parts) - 1
    paging = _buttons(
        shown - 1 if shown > 0 else None,
        shown + 1 if shown < last else None,
        options.words,
        lambda to: ReadInContext(action.passage, to, action.spot),
    )
    key = review_key(review)
    if last > 0:
        more = Button(options.words.whole_section, encode(SectionPage(key, section_key(section))), "📄")
    else:
        more = Button(options.words.contents, encode(Contents(key)), "📑")
    before = [_edge(review, section, parts[shown - 1], options, is_end=True)] if shown > 0 else []
    after = [_edge(review, section, parts[shown + 1], options, is_end=False)] if shown < last else []
    head, *body = _body(review, section, parts[shown : shown + 1], options, marked=(start, end))
    return Message((head, *before, *body, *after, Row((*paging, more))), Style.READING, private=True)


def section_message(review: Review, section: Section, options: RenderOptions, *, first: int = 0) -> Message:
    """Return a page of a section that starts at piece `first`, counted from 0."""
    parts = _pieces(review, section)
    sizes = _sizes(review, parts)
    first = _clamp(first, len(parts))
    key = review_key(review)
    paging = _paging(sizes, first, options.words, lambda to: SectionPage(key, section_key(section), to))
    buttons = (*paging, Button(options.words.contents, encode(Contents(key)), "📑"))
    page = parts[first : page_end(sizes, first, PAGE_TEXT)]
    body = _body(review, section, page, options, marked=(0, 0))
    return Message((*body, Row(buttons)), Style.READING, private=True)


def contents_message(review: Review, options: RenderOptions, *, page: int = 0, missed: str | None = None) -> Message:
    """Return a page of a review's table of contents, with a menu that opens a section.

    Args:
        review: the review.
        options: how to render.
        page: the page's number, from 0.
        missed: the section that the member looked for and that isn't there.
    """
    words = options.words
    title = escaped_line(review.title, words.untitled)
    sections = review.sections
    page, first, last = _list_page(page, len(sections))
    shown = list(enumerate(sections[first:last], first + 1))
    key = review_key(review)
    elements: list[Element] = [Text(f"### {title}{_range(words.contents_of, first, last, len(sections))}")]
    if missed:
        elements.insert(0, Text(words.no_such_section.format(section=escaped_line(missed, words.untitled))))
    if shown:
        lines = [f"**{number}.** {_heading(section, options)}" for number, section in shown]
        entries = [
            Option(plain_line(f"{number}. {_plain_heading(section, options)}"), section_key(section))
            for number, section in shown
        ]
        elements += [
            Text("\n".join(lines)),
            Menu(encode(PickSection(key, page)), plain_line(words.pick_section), tuple(entries)),
        ]
    else:
        elements.append(Text(words.no_sections))
    buttons = _list_paging(page, last < len(sections), words, lambda to: Contents(key, to))
    elements.append(Row((*buttons, Button(words.all_reviews, encode(ReviewList()), "📚"))))
    return Message(tuple(elements), Style.READING, private=True)


def reviews_message(
    reviews: Sequence[Review],
    options: RenderOptions,
    *,
    page: int = 0,
    heading: str | None = None,
    turn: Callable[[int], Action] = ReviewList,
) -> Message:
    """Return a page of the list of reviews, with a menu that opens a table of contents.

    Args:
        reviews: the reviews.
        options: how to render.
        page: the page's number, from 0.
        heading: how the filter that chose them was understood, or why there are none; None lists every review.
        turn: makes the action of the button to another page.
    """
    words = options.words
    title = escaped_line(heading, words.reviews_heading) if heading else words.reviews_heading
    page, first, last = _list_page(page, len(reviews))
    shown = list(enumerate(reviews[first:last], first + 1))
    if not shown:
        return notice(title if heading else f"### {title}\n{words.no_reviews}", style=Style.READING)
    lines = [f"**{number}.** {escaped_line(_review_line(review, words), words.untitled)}" for number, review in shown]
    entries = [
        Option(plain_line(f"{number}. {plain_line(review.title, default=words.untitled)}"), review_key(review))
        for number, review in shown
    ]
    elements: list[Element] = [
        Text(f"### {title}{_range(words.reviews_of, first, last, len(reviews))}"),
        Text("\n".join(lines)),
        Menu(encode(PickReview(page)), plain_line(words.pick_review), tuple(entries)),
    ]
    buttons = _list_paging(page, last < len(reviews), words, turn)
    if buttons:
        elements.append(Row(buttons))
    return Message(tuple(elements), Style.READING, private=True)


def _body(
    review: Review, section: Section, page: Sequence[Piece], options: RenderOptions, *, marked: tuple[int, int]
) -> list[Text]:
    words = options.words
    title = escaped_line(review.title, words.untitled)
    heading = _heading(section, options)
    source = safe_link(review.source)
    total = len(section.paragraphs)
    if not page:
        place = words.empty_section
    elif page[0].paragraph == page[-1].paragraph:
        place = words.paragraph_of.format(first=page[0].paragraph, total=total)
    else:
        place = words.paragraphs_of.format(first=page[0].paragraph, last=page[-1].paragraph, total=total)
    if source:
        place = f"{place} · [{words.source}]({source})"
    head = Text(f"### {title} › {heading}\n-# {place}")
    paragraphs = [
        _piece_shown(
            review.text, piece, marked, hidden=is_passage_hidden(review, section, piece.start, piece.end, options)
        )
        for piece in page
    ]
    text = _BETWEEN.join(paragraph for paragraph in paragraphs if paragraph.strip())
    return [head, Text(text)] if text else [head]


def _edge(review: Review, section: Section, piece: Piece, options: RenderOptions, *, is_end: bool) -> Text:
    """Return the last or the first words of a paragraph, in small print."""
    text = review.text[piece.start : piece.end].rstrip()
    if is_end:
        start = max(0, len(text) - EDGE_TEXT)
        space = text.find(" ", start) if start else -1
        start = space + 1 if space >= 0 else next(at for at in range(start, len(text) + 1) if is_boundary(text, at))
        words, shown = text[start:], "… {}" if start else "{}"
    else:
        end = fit(text, EDGE_TEXT)
        words, shown = text[:end].rstrip(), "{} …" if end < len(text) else "{}"
    line = shown.format(escaped_line(words, "…", EDGE_TEXT * 2))
    hidden = is_passage_hidden(review, section, piece.start, piece.end, options)
    return Text(f"-# {spoiler(line) if hidden else line}")


def _piece_shown(text: str, piece: Piece, marked: tuple[int, int], *, hidden: bool) -> str:
    start = min(max(marked[0], piece.start), piece.end)
    end = min(max(marked[1], start), piece.end)
    before, quote, after = text[piece.start : start], text[start:end], text[end : piece.end]
    shown = escape(before) + bold(escape(quote)) + escape(after)
    return spoiler(shown) if hidden else shown


def _pieces(review: Review, section: Section) -> tuple[Piece, ...]:
    return split_paragraphs(review.text, section.paragraphs, PIECE_TEXT, _widest)


def _sizes(review: Review, parts: Sequence[Piece]) -> list[int]:
    return [_widest(review.text[part.start : part.end]) + len(_BETWEEN) for part in parts]


def _widest(text: str) -> int:
    """Return the width of a text with anything marked in it, so that the marks don't change the pages."""
    lines = text.count("\n") + 1
    return width(spoiler(escape(text))) + lines * len("****|||||\u200b\u200b")


def _paging(sizes: Sequence[int], first: int, words: Catalogue, action: Callable[[int], Action]) -> tuple[Button, ...]:
    """Return the buttons to the pages of text before and after the one that starts at `first`."""
    before = page_before(sizes, first, PAGE_TEXT) if first > 0 else None
    after = page_end(sizes, first, PAGE_TEXT)
    return _buttons(before, after if after < len(sizes) else None, words, action)


def _list_paging(page: int, more: bool, words: Catalogue, action: Callable[[int], Action]) -> tuple[Button, ...]:
    return _buttons(page - 1 if page > 0 else None, page + 1 if more else None, words, action)


def _buttons(
    before: int | None, after: int | None, words: Catalogue, action: Callable[[int], Action]
) -> tuple[Button, ...]:
    earlier = () if before is None else (Button(words.earlier, encode(action(before)), "◀️"),)
    later = () if after is None else (Button(words.later, encode(action(after)), "▶️"),)
    return (*earlier, *later)


def _list_page(page: int, total: int) -> tuple[int, int, int]:
    """Return the nearest existing page, its first entry, and the entry after its last, counted from 0."""
    page = _clamp(page, -(-total // MAX_OPTIONS))
    return page, page * MAX_OPTIONS, min((page + 1) * MAX_OPTIONS, total)


def _clamp(number: int, count: int) -> int:
    return max(0, min(number, count - 1))


def _range(form: str, first: int, last: int, total: int) -> str:
    """Return a line that says which part of a list the page shows, or nothing if it shows all."""
    return f"\n-# {form.format(first=first + 1, last=last, total=total)}" if last - first < total else ""


def _heading(section: Section, options: RenderOptions) -> str:
    heading = escaped_line(section.heading, options.words.untitled)
    return spoiler(heading) if is_hidden(section, options) else heading


def _plain_heading(section: Section, options: RenderOptions) -> str:
    """Return a heading for a menu, where Discord hides no spoilers."""
    if is_hidden(section, options):
        return options.words.spoiler_heading
    return plain_line(section.heading, default=options.words.untitled)


def _review_line(review: Review, words: Catalogue) -> str:
    title = plain_line(review.title, default=words.untitled)
    work = plain_line(review.work or "", default="")
    about = [each for each in (work if work != title else "", str(review.year or ""), review.author) if each]
    return words.review_line.format(title=title, about=", ".join(about)) if about else title
