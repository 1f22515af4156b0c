from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.services.gaps import ExportError, Gap, Wording, find_gaps, gaps_record, write_questions
from bot.storage.records import StoredQuestion
from embeddings.errors import OutputError
from embeddings.evaluation.annotate import UnlabelledQuestion, read_unlabelled
from embeddings.records import State

DAY = date(2026, 11, 22)
NETFLIX = StoredQuestion(1, 1, 40, DAY, "Is it on Netflix?", State.UNANSWERED, 0.2, None, ("shared",))


def by_first_word(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors that are the same for texts with the same first word, and at right angles for others."""
    words = [text.split()[0].casefold() for text in texts]
    return np.eye(len(texts), dtype=np.float32)[[words.index(word) for word in words]]


def test_questions_with_no_answer_or_only_a_near_one_are_gaps() -> None:
    asked = [
        NETFLIX,
        replace(NETFLIX, text="who plays Kathy?", state=State.ANSWERED),
        replace(NETFLIX, text="is it  on netflix?", day=DAY.replace(day=1)),
        replace(NETFLIX, text="Is there a sequel?", state=State.NEAREST),
        replace(NETFLIX, text="Why?", context=("Is it sad?",), review="other"),
    ]
    netflix = Wording("Is it on Netflix?", (), None, ("shared",), ((State.UNANSWERED, 2),), DAY.replace(day=1), DAY)
    sequel = replace(netflix, text="Is there a sequel?", states=((State.NEAREST, 1),), first=DAY)
    why = replace(
        netflix, text="Why?", context=("Is it sad?",), review="other", states=((State.UNANSWERED, 1),), first=DAY
    )
    # "Why?" leans on the question before it, whose words it is grouped by.
    assert find_gaps(asked, by_first_word) == (Gap((netflix, sequel, why)),)
    assert len(find_gaps(asked, by_first_word, answered=True)) == 2
    assert find_gaps(asked[1:2], by_first_word) == ()


def test_an_exported_question_file_can_be_labelled_and_names_nobody(tmp_path: Path) -> None:
    asked = [NETFLIX, replace(NETFLIX, text="Why “that”?", context=("Is it sad?",), review="other")]
    found = find_gaps(asked, by_first_word)
    file = tmp_path / "new" / "asked.jsonl"
    assert write_questions(found, file) == 2
    assert set(read_unlabelled(file)) == {
        UnlabelledQuestion("Is it on Netflix?", (), None, "asked"),
        UnlabelledQuestion("Why “that”?", ("Is it sad?",), "other", "asked"),
    }
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert {key for record in records for key in record} == {
        "id", "question", "context", "review", "kind", "count", "collections",
    }  # fmt: skip
    assert [path.name for path in file.parent.iterdir()] == ["asked.jsonl"]


def test_a_file_that_can_not_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"asked\.jsonl: The file can't be written: "):
        write_questions((), tmp_path / "file" / "asked.jsonl")


def test_an_export_replaces_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    write_questions(find_gaps([NETFLIX, replace(NETFLIX, text="Who sings?")], by_first_word), file)
    assert write_questions(find_gaps([NETFLIX], by_first_word), file) == 1
    assert read_unlabelled(file) == (UnlabelledQuestion("Is it on Netflix?", (), None, "asked"),)


@pytest.mark.parametrize(
    "content",
    [
        '{"id": "q1", "question": "Is it sad?", "relevant": []}\n',
        (
            '{"id": "asked-0001", "question": "Is it sad?", "kind": "asked"}\n\n'
            '{"id": "q1", "question": "Is it sad?", "kind": "asked", "relevant": []}\n'
        ),
        "Shopping: bread, butter\n",
    ],
    ids=["labelled questions", "partly labelled questions", "notes"],
)
def test_an_export_replaces_no_other_file_unless_forced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(OutputError, match=r"mine\.jsonl: There is a file of this name already"):
        write_questions(find_gaps([NETFLIX], by_first_word), file)
    assert file.read_text(encoding="utf-8") == content
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"]
    assert write_questions(find_gaps([NETFLIX], by_first_word), file, force=True) == 1


def test_gaps_in_json_have_counts_by_state() -> None:
    asked = [NETFLIX, replace(NETFLIX, text="Is there more?", state=State.NEAREST)]
    record = gaps_record(find_gaps(asked, by_first_word), (3, 1))
    assert record["questions"] == 2
    assert record["verdicts"] == {"helpful": 3, "not_helpful": 1}
    assert [(group["question"], group["nearest"], group["unanswered"]) for group in record["groups"]] == [  # type: ignore[attr-defined]
        ("Is it on Netflix?", 1, 1)
    ]
