"""A real reader small enough to be trained by a test: it learns that sentences with `quiet` answer."""

from __future__ import annotations

import random

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from embeddings.reader import prepare_tokenizer
from embeddings.training.batches import Features, featurise
from embeddings.training.examples import Answer
from embeddings.training.fitting import Recipe, fit
from embeddings.training.model import ReaderModel
from embeddings.training.windows import Window

QUESTION = "what is the film ?"
ANSWERING = "the film is quiet ."
OTHERS = ("she is a film .", "what the film is .", "is she the film ?", "a film , a film .")

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_WORDS = ("what", "is", "a", "film", "the", "she", "quiet", ".", ",", "?")


def tiny_tokenizer() -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate(_SPECIAL + _WORDS)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return prepare_tokenizer(tokenizer)


def tiny_model(seed: int = 0) -> ReaderModel:
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(_SPECIAL + _WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.3,
    )
    return ReaderModel(BertModel(config))


def tiny_windows(count: int, seed: int = 0) -> list[Window]:
    chance = random.Random(seed)
    windows = []
    for number in range(count):
        sentences = [chance.choice(OTHERS) for _ in range(chance.randint(1, 4))]
        if number % 2:
            windows.append(Window(QUESTION, tuple(sentences), ()))
            continue
        place = chance.randrange(len(sentences))
        sentences[place] = ANSWERING
        windows.append(Window(QUESTION, tuple(sentences), (place,), Answer(place, 12, 17)))
    return windows


def tiny_features(count: int, seed: int = 0) -> list[Features]:
    tokenizer = tiny_tokenizer()
    return [featurise(window, tokenizer) for window in tiny_windows(count, seed)]


def trained(seed: int = 0) -> ReaderModel:
    model = tiny_model(seed)
    fit(model, tiny_features(48), Recipe(epochs=12, batch=8, rate=3e-3, head_rate=3e-3))
    return model
