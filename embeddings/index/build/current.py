"""Tell whether an update would change an index at all. Opens nothing of it, and imports nothing that builds one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.documents.splitter import splitter_settings
from embeddings.encoders.weights import DEFAULT_MODEL, DEFAULT_WEIGHTS
from embeddings.errors import LibraryError
from embeddings.index.build.freshness import is_untouched
from embeddings.index.build.unused import unused_folders
from embeddings.index.integrity import check_files
from embeddings.index.manifest import BY_SIZE, EXACT, INDEX_DIRECTORY, Manifest

if TYPE_CHECKING:
    from typing import Unpack

    from embeddings.index.build.options import BuildOptions


def current_index(data: Path, **options: Unpack[BuildOptions]) -> Manifest | None:
    """Return what is indexed if `Library.build` with these options would change nothing, else None.

    None is also returned if that can't be told from the names, sizes and times of the files: `Library.build` reads them
    and repairs what is damaged.

    Args:
        data: the data directory.
        **options: those of `embeddings.index.build.options.BuildOptions`.
    """
    directory = data / INDEX_DIRECTORY
    try:
        manifest = Manifest.open(directory)
        if not (_is_as_asked(manifest, options) and is_untouched(data, manifest)):
            return None
        check_files(directory, manifest)
        return None if unused_folders(directory, manifest) else manifest
    except (LibraryError, OSError):
        # `Library.build` repairs it, or says what is wrong.
        return None


def _is_as_asked(manifest: Manifest, options: BuildOptions) -> bool:
    if options.get("rebuild") or options.get("strict"):
        return False
    exact, bf16, split = options.get("exact"), options.get("bf16"), options.get("split_by_heading")
    # The files of any other model may have changed, which only reading them tells.
    model = manifest.encoder.model, manifest.encoder.weights
    return (
        (*model, options.get("model") or DEFAULT_MODEL) == (DEFAULT_MODEL, DEFAULT_WEIGHTS, DEFAULT_MODEL)
        and manifest.splitter == splitter_settings(manifest.encoder.max_tokens)
        and exact in (None, {EXACT: True, BY_SIZE: False}[manifest.vectors])
        and bf16 in (None, manifest.is_bf16)
        and split in (None, manifest.split_by_heading)
    )
