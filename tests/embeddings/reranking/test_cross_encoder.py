"""A CrossEncoder of the user's own as the reranker."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

from embeddings.errors import RerankerError
from embeddings.library import Library
from embeddings.reranking.cross_encoder import CrossEncoderReranker
from tests.embeddings.fixtures.tiny_rerankers import WORDS, bert_config, tiny_tokenizer

WINDOWS = [("the film is quiet .", "she is a film ."), ("what is she ?",)]


def save_cross_encoder(folder: Path, labels: int) -> Path:
    tokenizer = tiny_tokenizer()
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = bert_config(WORDS, 512)
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("cross"), labels=1)


def test_its_scores_are_the_cross_encoders_own_logits(folder: Path) -> None:
    expected = CrossEncoder(str(folder), device="cpu").predict(
        [("what is it ?", sentence) for window in WINDOWS for sentence in window], activation_fn=torch.nn.Identity()
    )
    scores = CrossEncoderReranker.load(str(folder)).score("what is it ?", WINDOWS)
    assert [len(window) for window in scores] == [2, 1]
    assert [score for window in scores for score in window] == pytest.approx(expected.tolist())
    assert CrossEncoderReranker.load(str(folder)).score("what is it ?", []) == []


def test_a_library_reranks_with_it(library: Library, folder: Path) -> None:
    opened = library.reopened(models=library.models.replaced(reranker=str(folder)))
    assert opened.models.reranker_problem is None
    assert opened.models.reranker is not None
    assert opened.models.reranker.identity.name == str(folder.resolve())
    assert not opened.models.calibrated
    assert opened.ask("What is a deferral?").confidence != library.ask("What is a deferral?").confidence


def test_a_model_with_two_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerError, match="The model gives 2 scores for a pair"):
        CrossEncoderReranker.load(str(save_cross_encoder(tmp_path, labels=2)))


@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder"])
def test_a_model_that_is_missing_is_reported_and_the_encoder_answers_alone(library: Library, name: str) -> None:
    opened = library.reopened(models=library.models.replaced(reranker=name))
    assert opened.ask("What is a deferral?").quotes
    assert opened.models.reranker_problem is not None
    assert name in opened.models.reranker_problem
    assert "\n" not in opened.models.reranker_problem
