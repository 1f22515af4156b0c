from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.config import MAX_UPLOAD_CHARACTERS, MAX_UPLOADS, UPLOAD_LIFETIME
from bot.services.engine import Plan
from bot.services.uploads import Upload, Uploads
from embeddings.documents.converter import ConvertedFile
from embeddings.documents.sources.additions import Addition, Step
from tests.embeddings.fixtures.reviews import review

FERRYMAN = ConvertedFile(review("ferryman", {"Introduction": ["He rows."]}), "text", converted=False)
UPLOAD = Upload(1, 7, (FERRYMAN,), Plan((Addition(FERRYMAN, Step.ADD),)))


def test_an_upload_can_be_confirmed_once_by_its_member_in_its_server_for_a_while() -> None:
    now = [0.0]

    async def tried() -> None:
        uploads = Uploads(lambda: now[0])
        key = uploads.put(UPLOAD)
        assert uploads.take(key, 2, 7) is None
        assert uploads.take(key, 1, 8) is None
        assert uploads.take(key, 1, None) is None
        assert uploads.take("other", 1, 7) is None
        assert uploads.get(key, 1, 7) is UPLOAD
        changed = replace(UPLOAD, excluded=frozenset({0}))
        assert uploads.change(key, UPLOAD, changed)
        assert not uploads.change(key, UPLOAD, UPLOAD)
        assert uploads.take(key, 1, 7) is changed
        assert not uploads.change(key, changed, UPLOAD)
        assert uploads.take(key, 1, 7) is None
        late = uploads.put(UPLOAD)
        now[0] = UPLOAD_LIFETIME
        assert uploads.take(late, 1, 7) is None

    asyncio.run(tried())


def test_long_uploads_make_room_before_they_take_too_much() -> None:
    async def tried() -> None:
        uploads = Uploads(lambda: 0.0)
        long = replace(UPLOAD, candidates=(replace(FERRYMAN, content="a" * (MAX_UPLOAD_CHARACTERS // 3)),))
        keys = [uploads.put(long) for _ in range(3)]
        assert [uploads.get(key, 1, 7) is None for key in keys] == [True, False, False]

    asyncio.run(tried())


def test_what_happens_to_a_candidate_is_known_by_its_number() -> None:
    additions = tuple(Addition(FERRYMAN, step) for step in (Step.ADD, Step.KEEP))
    upload = Upload(1, 7, (FERRYMAN,) * 4, Plan(additions), excluded=frozenset({0, 2}))
    assert [upload.addition(number) for number in range(4)] == [None, additions[0], None, additions[1]]
    assert len(upload.included) == 2


def test_the_oldest_upload_makes_room() -> None:
    async def tried() -> None:
        uploads = Uploads(lambda: 0.0)
        keys = [uploads.put(UPLOAD) for _ in range(MAX_UPLOADS + 1)]
        assert [uploads.take(key, 1, 7) is None for key in keys] == [True] + [False] * MAX_UPLOADS

    asyncio.run(tried())
