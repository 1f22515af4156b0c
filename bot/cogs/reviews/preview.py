"""What a member sees of an upload before anything is added: one review, or the list of several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.cogs.reviews.message import preview_texts
from bot.config import PREVIEW_FACT, PREVIEW_NOTES, PREVIEW_REASON, PREVIEW_REVIEWS, PREVIEW_TITLE
from bot.services.titles import Title
from bot.services.uploads import Upload
from bot.ui.custom_ids import (
    AddReview,
    Cancel,
    EditUploaded,
    ExcludeUploaded,
    PickUploaded,
    UploadPage,
    encode,
)
from bot.ui.elements import (
    MAX_OPTION,
    MAX_PLACEHOLDER,
    Button,
    ButtonStyle,
    Element,
    Menu,
    Message,
    Option,
    Row,
    Style,
    Text,
)
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, plain_line
from embeddings import Candidates, ConvertedFile, LeftOutFile, Step


def upload_message(
    upload: Upload,
    key: str,
    options: RenderOptions,
    titles: Sequence[Title],
    *,
    page: int = 0,
    problem: str | None = None,
) -> Message:
    """Return a page that shows what an upload would add, and asks whether to.

    Args:
        upload: the upload.
        key: its key.
        options: how to render.
        titles: the reviews that the server sees.
        page: the page of the list, from 0. A single review has none.
        problem: why adding it has failed, or None.
    """
    if len(upload.candidates) == 1:
        return uploaded_message(upload, key, 0, options, titles, problem=problem)
    words = options.words
    pages = -(-len(upload.candidates) // PREVIEW_REVIEWS)
    page = max(0, min(page, pages - 1))
    first = page * PREVIEW_REVIEWS
    shown = range(first, min(first + PREVIEW_REVIEWS, len(upload.candidates)))
    todo = len(upload.plan.todo)
    about = words.counted_reviews(len(upload.candidates))
    heading = words.add_many_heading(todo) if todo else words.add_nothing_heading
    range_of = words.reviews_of.format(first=shown.start + 1, last=shown.stop, total=len(upload.candidates))
    head = f"### {heading}\n-# {about}" + (f" · {range_of}" if pages > 1 else "")
    elements: list[Element] = [Text(head), Text("\n".join(_line(upload, number, words) for number in shown))]
    notes = [*_mended(upload.candidates, words), *_left_out(upload.left_out, words), *_problem(upload, problem, words)]
    if notes:
        elements.append(Text("\n".join(notes)))
    picked = tuple(
        Option(plain_line(f"{number + 1}. {upload.candidates[number].review.title}", MAX_OPTION), str(number))
        for number in shown
    )
    elements.append(Menu(encode(PickUploaded(key)), plain_line(words.pick_uploaded, MAX_PLACEHOLDER), picked))
    earlier = (Button(words.earlier, encode(UploadPage(key, page - 1)), "◀️"),) if page else ()
    later = (Button(words.later, encode(UploadPage(key, page + 1)), "▶️"),) if page + 1 < pages else ()
    cancel = Button(words.cancel, encode(Cancel(key)))
    elements.append(Row((*_confirm(upload, key, words), cancel, *earlier, *later)))
    return Message(tuple(elements), Style.READING, private=True)


def uploaded_message(
    upload: Upload,
    key: str,
    number: int,
    options: RenderOptions,
    titles: Sequence[Title],
    *,
    problem: str | None = None,
) -> Message:
    """Return a page that shows one review of an upload. The arguments are those of `upload_message`."""
    words = options.words
    number = max(0, min(number, len(upload.candidates) - 1))
    candidate, addition = upload.candidates[number], upload.addition(number)
    review = addition.candidate.review if addition is not None else candidate.review
    replaced = addition is not None and addition.step is Step.REPLACE
    namesakes = (title for title in titles if title.text == review.title)
    other = next((each for each in namesakes if not replaced or each.slug != review.slug), None)
    total = len(upload.candidates)
    if total > 1:
        heading = words.uploaded_heading.format(number=number + 1, total=total)
    else:
        heading = words.replace_heading if replaced else words.add_heading
    elements = preview_texts(
        review, options, heading=heading, replaced=replaced, namesake=other, converted=candidate.converted
    )
    notes = [*_mended((candidate,), words)]
    if addition is None or addition.step is Step.KEEP:
        notes.append(words.add_is_excluded if addition is None else words.add_is_stored)
    if total == 1:
        notes += [*_left_out(upload.left_out, words), *_problem(upload, problem, words)]
    if notes:
        elements.append(Text("\n".join(notes)))
    edit = Button(words.edit_it, encode(EditUploaded(key, number)))
    if total == 1:
        buttons = (*_confirm(upload, key, words), edit, Button(words.cancel, encode(Cancel(key))))
    else:
        included = addition is not None
        exclude = Button(
            words.exclude_it if included else words.include_it, encode(ExcludeUploaded(key, number, included))
        )
        back = Button(words.back_to_upload, encode(UploadPage(key, number // PREVIEW_REVIEWS)), "◀️")
        buttons = (edit, exclude, back)
    return Message((*elements, Row(buttons)), Style.READING, private=True)


def refusal_message(found: Candidates, words: Catalogue) -> Message:
    """Return why an upload has no review at all, in a line for each file."""
    lines = _left_out(found.left_out, words, 2 * PREVIEW_REASON)
    if len(found.left_out) == 1:
        lines = [lines[1].removeprefix("- ")]
    else:
        lines[0] = words.nothing_to_add
    return Message((Text("\n".join(lines)),), Style.PROBLEM, private=True)


def _confirm(upload: Upload, key: str, words: Catalogue) -> tuple[Button, ...]:
    """Return the button that adds everything, if that is possible."""
    replaced = sum(each.step is Step.REPLACE for each in upload.plan.todo)
    added = len(upload.plan.todo) - replaced
    if upload.plan.problem is not None or not added + replaced:
        return ()
    if len(upload.candidates) == 1:
        label = words.replace_it if replaced else words.add_it
    else:
        text = words.add_several if not replaced else words.add_and_replace if added else words.replace_several
        label = text.format(added=added, replaced=replaced)
    return (Button(label, encode(AddReview(key)), style=ButtonStyle.DANGER if replaced else ButtonStyle.PRIMARY),)


def _line(upload: Upload, number: int, words: Catalogue) -> str:
    review, addition = upload.candidates[number].review, upload.addition(number)
    flagged = sum(section.spoiler for section in review.sections)
    steps = {None: words.add_excluded, Step.REPLACE: words.add_replacing, Step.KEEP: words.add_stored, Step.ADD: ""}
    about = (
        str(review.year or ""),
        escaped_line(review.author or "", "", PREVIEW_FACT),
        words.counted_sections(len(review.sections)),
        words.add_spoilers.format(count=flagged) if flagged else "",
        steps[addition.step if addition is not None else None],
    )
    return " · ".join(
        filter(None, (f"**{number + 1}.** {escaped_line(review.title, words.untitled, PREVIEW_TITLE)}", *about))
    )


def _mended(candidates: Iterable[ConvertedFile], words: Catalogue) -> list[str]:
    notes = [(each.file, note.line, note.reason) for each in candidates for note in each.notes]
    return _notes(words.add_mended, notes, words, PREVIEW_REASON)


def _left_out(left_out: Iterable[LeftOutFile], words: Catalogue, limit: int = PREVIEW_REASON) -> list[str]:
    # First what somebody may miss.
    first = sorted(left_out, key=lambda each: each.kind.is_intended)
    return _notes(words.add_left_out, [(each.file, each.line, each.reason) for each in first], words, limit)


def _notes(heading: str, notes: Sequence[tuple[str, int | None, str]], words: Catalogue, limit: int) -> list[str]:
    if not notes:
        return []
    lines = []
    for file, line, reason in notes[:PREVIEW_NOTES]:
        shown = escaped_line(file, words.untitled, PREVIEW_TITLE)
        why = escaped_line(reason.removeprefix(f"{file}: "), "", limit)
        text = words.add_note if line is None else words.add_note_with_line
        lines.append(text.format(file=shown, line=line, reason=why))
    if len(notes) > PREVIEW_NOTES:
        lines.append(words.add_more_sections.format(count=len(notes) - PREVIEW_NOTES))
    return [heading.format(count=len(notes)), *lines]


def _problem(upload: Upload, problem: str | None, words: Catalogue) -> list[str]:
    known = problem or upload.plan.problem
    return [words.add_problem.format(problem=escaped_line(known, "", 2 * PREVIEW_REASON))] if known else []
