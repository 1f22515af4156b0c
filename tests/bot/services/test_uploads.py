from __future__ import annotations

import asyncio

from bot.config import MAX_UPLOADS, UPLOAD_LIFETIME
from bot.services.uploads import Upload, Uploads
from embeddings.documents.converter import ConvertedFile
from tests.embeddings.fixtures.reviews import review

UPLOAD = Upload(1, 7, ConvertedFile(review("ferryman", {"Introduction": ["He rows."]}), "text", converted=False), None)


def test_an_upload_can_be_confirmed_once_by_its_member_in_its_server_for_a_while() -> None:
    now = [0.0]

    async def tried() -> None:
        uploads = Uploads(lambda: now[0])
        key = uploads.put(UPLOAD)
        assert uploads.take(key, 2, 7) is None
        assert uploads.take(key, 1, 8) is None
        assert uploads.take(key, 1, None) is None
        assert uploads.take("other", 1, 7) is None
        assert uploads.take(key, 1, 7) == UPLOAD
        assert uploads.take(key, 1, 7) is None
        late = uploads.put(UPLOAD)
        now[0] = UPLOAD_LIFETIME
        assert uploads.take(late, 1, 7) is None

    asyncio.run(tried())


def test_the_oldest_upload_makes_room() -> None:
    async def tried() -> None:
        uploads = Uploads(lambda: 0.0)
        keys = [uploads.put(UPLOAD) for _ in range(MAX_UPLOADS + 1)]
        assert [uploads.take(key, 1, 7) is None for key in keys] == [True] + [False] * MAX_UPLOADS

    asyncio.run(tried())
