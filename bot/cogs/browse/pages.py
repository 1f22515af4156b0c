"""Reading on in Discord: a quote in its context, whole sections, tables of contents, the list of reviews.

Pages of text are counted in pieces (`bot.ui.truncate`), so that a button has one number to carry. Numbers out of
range, from before a review was edited, lead to the nearest page that there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.services.stable_keys import review_key, section_key
from bot.ui.custom_ids import Action, Contents, PickReview, PickSection, ReadInContext, ReviewList, SectionPage, encode
from bot.ui.elements import MAX_OPTIONS, Button, Element, Menu, Message, Option, Row, Style, Text
from bot.ui.escape import bold, escape, spoiler
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, is_hidden, plain_line, safe_link
from bot.ui.truncate import Piece, page_before, page_end, split_paragraphs, width
from embeddings import Review, Section

PAGE_ROOM = 2900
"""UTF-16 units of a review's text on one page; with title, place and link it stays below `MAX_TEXT`."""

_PIECE_ROOM = 1200
_LINE_ROOM = 120
_BETWEEN = "\n\n"


def context_message(
    review: Review, section: Section, start: int, end: int, options: RenderOptions, *, action: ReadInContext
) -> Message:
    """A quote among its neighbours, in bold, for the member alone who pressed the button.

    Args:
        review: the review that the quote is from.
        section: the section that it stands in.
        start: where the quote begins in the review's text.
        end: where it ends.
        options: the words, and how spoilers are shown.
        action: the button that was pressed; its `first` chooses the page.
    """
    parts = _pieces(review, section)
    sizes = _sizes(review, parts)
    first = _quote_page(parts, sizes, start) if action.first is None else _clamped(action.first, len(parts))
    paging = _paging(sizes, first, options.words, lambda to: ReadInContext(action.passage, to, action.spot))
    last = page_end(sizes, first, PAGE_ROOM)
    key = review_key(review)
    if last - first < len(parts):
        onward = Button(options.words.whole_section, encode(SectionPage(key, section_key(section))), "📄")
    else:
        onward = Button(options.words.contents, encode(Contents(key)), "📑")
    page = parts[first:last]
    body = _body(review, section, page, options, marked=(start, end))
    return Message((*body, Row((*paging, onward))), Style.READING, private=True)


def section_message(
    review: Review, section: Section, options: RenderOptions, *, first: int = 0, private: bool = True
) -> Message:
    """A page of a section, from its piece number `first`, counted from 0."""
    parts = _pieces(review, section)
    sizes = _sizes(review, parts)
    first = _clamped(first, len(parts))
    key = review_key(review)
    paging = _paging(sizes, first, options.words, lambda to: SectionPage(key, section_key(section), to))
    buttons = (*paging, Button(options.words.contents, encode(Contents(key)), "📑"))
    page = parts[first : page_end(sizes, first, PAGE_ROOM)]
    body = _body(review, section, page, options, marked=(0, 0))
    return Message((*body, Row(buttons)), Style.READING, private)


def contents_message(
    review: Review, options: RenderOptions, *, page: int = 0, private: bool = True, missed: str | None = None
) -> Message:
    """A page of a review's table of contents, with a menu that opens a section; `missed` is what was not found."""
    words = options.words
    title = escaped_line(review.title, words.untitled)
    sections = review.sections
    page, first, last = _list_page(page, len(sections))
    shown = list(enumerate(sections[first:last], first + 1))
    key = review_key(review)
    parts: list[Element] = [Text(f"### {title}{_range(words.contents_of, first, last, len(sections))}")]
    if missed:
        parts.insert(0, Text(words.no_such_section.format(section=escaped_line(missed, words.untitled, _LINE_ROOM))))
    if shown:
        lines = [f"**{number}.** {_heading(section, options)}" for number, section in shown]
        entries = [
            Option(plain_line(f"{number}. {_plain_heading(section, options)}"), section_key(section))
            for number, section in shown
        ]
        parts += [
            Text("\n".join(lines)),
            Menu(encode(PickSection(key, page)), plain_line(words.pick_section), tuple(entries)),
        ]
    else:
        parts.append(Text(words.no_sections))
    buttons = _list_paging(page, last < len(sections), words, lambda to: Contents(key, to))
    parts.append(Row((*buttons, Button(words.all_reviews, encode(ReviewList()), "📚"))))
    return Message(tuple(parts), Style.READING, private)


def reviews_message(
    reviews: Sequence[Review], options: RenderOptions, *, page: int = 0, private: bool = True
) -> Message:
    """A page of the reviews that the member may see, with a menu that opens a table of contents."""
    words = options.words
    page, first, last = _list_page(page, len(reviews))
    shown = list(enumerate(reviews[first:last], first + 1))
    if not shown:
        return Message((Text(f"### {words.reviews_heading}\n{words.no_reviews}"),), Style.READING, private)
    lines = [
        f"**{number}.** {escaped_line(_review_line(review, words), words.untitled, _LINE_ROOM)}"
        for number, review in shown
    ]
    entries = [
        Option(plain_line(f"{number}. {plain_line(review.title, default=words.untitled)}"), review_key(review))
        for number, review in shown
    ]
    parts: list[Element] = [
        Text(f"### {words.reviews_heading}{_range(words.reviews_of, first, last, len(reviews))}"),
        Text("\n".join(lines)),
        Menu(encode(PickReview(page)), plain_line(words.pick_review), tuple(entries)),
    ]
    buttons = _list_paging(page, last < len(reviews), words, ReviewList)
    if buttons:
        parts.append(Row(buttons))
    return Message(tuple(parts), Style.READING, private)


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
    hidden = is_hidden(section, options)
    paragraphs = [_piece_shown(review.text, piece, marked, hidden=hidden) for piece in page]
    text = _BETWEEN.join(paragraph for paragraph in paragraphs if paragraph.strip())
    return [head, Text(text)] if text else [head]


def _piece_shown(text: str, piece: Piece, marked: tuple[int, int], *, hidden: bool) -> str:
    start = min(max(marked[0], piece.start), piece.end)
    end = min(max(marked[1], start), piece.end)
    before, quote, after = text[piece.start : start], text[start:end], text[end : piece.end]
    shown = escape(before) + bold(escape(quote)) + escape(after)
    return spoiler(shown) if hidden else shown


def _pieces(review: Review, section: Section) -> tuple[Piece, ...]:
    return split_paragraphs(review.text, section.paragraphs, _PIECE_ROOM, _widest)


def _sizes(review: Review, parts: Sequence[Piece]) -> list[int]:
    return [_widest(review.text[part.start : part.end]) + len(_BETWEEN) for part in parts]


def _widest(text: str) -> int:
    """The room that a text takes whatever is marked in it, so that pages don't depend on that."""
    lines = text.count("\n") + 1
    return width(spoiler(escape(text))) + lines * len("****|||||\u200b\u200b")


def _quote_page(parts: Sequence[Piece], sizes: Sequence[int], start: int) -> int:
    """The piece before the quote's where both fit on a page, else the quote's own."""
    own = next((number for number, part in enumerate(parts) if start < part.end), len(parts) - 1)
    return own - 1 if own > 0 and sizes[own - 1] + sizes[own] <= PAGE_ROOM else max(own, 0)


def _paging(sizes: Sequence[int], first: int, words: Catalogue, action: Callable[[int], Action]) -> tuple[Button, ...]:
    buttons = []
    if first > 0:
        buttons.append(Button(words.earlier, encode(action(page_before(sizes, first, PAGE_ROOM))), "◀️"))
    following = page_end(sizes, first, PAGE_ROOM)
    if following < len(sizes):
        buttons.append(Button(words.later, encode(action(following)), "▶️"))
    return tuple(buttons)


def _list_paging(page: int, more: bool, words: Catalogue, action: Callable[[int], Action]) -> tuple[Button, ...]:
    buttons = []
    if page > 0:
        buttons.append(Button(words.earlier, encode(action(page - 1)), "◀️"))
    if more:
        buttons.append(Button(words.later, encode(action(page + 1)), "▶️"))
    return tuple(buttons)


def _list_page(page: int, total: int) -> tuple[int, int, int]:
    """The page's number within bounds, its first entry and the one behind its last, counted from 0."""
    page = _clamped(page, -(-total // MAX_OPTIONS))
    return page, page * MAX_OPTIONS, min((page + 1) * MAX_OPTIONS, total)


def _clamped(number: int, count: int) -> int:
    return max(0, min(number, count - 1))


def _range(form: str, first: int, last: int, total: int) -> str:
    """Which part of a list is shown, on a line of its own; nothing where it is all of it."""
    return f"\n-# {form.format(first=first + 1, last=last, total=total)}" if last - first < total else ""


def _heading(section: Section, options: RenderOptions) -> str:
    heading = escaped_line(section.heading, options.words.untitled, _LINE_ROOM)
    return spoiler(heading) if is_hidden(section, options) else heading


def _plain_heading(section: Section, options: RenderOptions) -> str:
    """A heading for a menu, which has no spoiler marks."""
    if is_hidden(section, options):
        return options.words.spoiler_heading
    return plain_line(section.heading, default=options.words.untitled)


def _review_line(review: Review, words: Catalogue) -> str:
    title = plain_line(review.title, default=words.untitled)
    work = plain_line(review.work or "", default="")
    about = [each for each in (work if work != title else "", str(review.year or ""), review.author) if each]
    return words.review_line.format(title=title, about=", ".join(about)) if about else title
