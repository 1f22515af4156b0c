"""Find and remove what an index's manifest doesn't name: earlier generations, and what killed builds left."""

from __future__ import annotations

from pathlib import Path

from embeddings.documents.filesystem import remove_unused_folder
from embeddings.index.manifest import COLLECTIONS, ENCODERS, Manifest


def remove_unused(directory: Path, manifest: Manifest) -> None:
    """Remove what the manifest doesn't name. A process that has such a file open can still read it."""
    for folder in unused_folders(directory, manifest):
        remove_unused_folder(folder)


def unused_folders(directory: Path, manifest: Manifest) -> tuple[Path, ...]:
    """Return the folders of an index that the manifest doesn't name."""
    live = {entry.name: entry.generation for entry in manifest.collections}
    collections = _folders(directory / COLLECTIONS)
    return (
        *(
            generation
            for folder in collections
            if folder.name in live
            for generation in _folders(folder)
            if live[folder.name] != generation.name
        ),
        *(folder for folder in collections if folder.name not in live),
        *(folder for folder in _folders(directory / ENCODERS) if folder != directory / manifest.encoder_folder),
        *(folder for folder in _folders(directory) if folder.name not in (COLLECTIONS, ENCODERS)),
    )


def _folders(directory: Path) -> list[Path]:
    return [entry for entry in directory.iterdir() if entry.is_dir()] if directory.is_dir() else []
