"""Real models small enough to be made by a test: random weights, a vocabulary of a few words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

DIMENSION = 32
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_WORDS = ("what", "is", "a", "film", "the", "she", "quiet", "##s", ".", ",", "?")


def save_bert(folder: Path, *, padding_side: str = "right") -> Path:
    """A BERT of two layers that reads 48 tokens, and its tokenizer, without modules of sentence-transformers'."""
    _save_tokenizer(folder, padding_side=padding_side, model_max_length=48)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(_SPECIAL + _WORDS),
        hidden_size=DIMENSION,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
        # Wide enough for random weights to tell texts apart.
        initializer_range=0.3,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def save_t5(folder: Path) -> Path:
    """A T5 encoder of two layers: neither it nor its tokenizer says how much it reads."""
    _save_tokenizer(folder)
    torch.manual_seed(0)
    config = T5Config(vocab_size=len(_SPECIAL + _WORDS), d_model=DIMENSION, d_kv=16, d_ff=64, num_layers=2, num_heads=2)
    T5EncoderModel(config).save_pretrained(folder)
    return folder


def _save_tokenizer(folder: Path, **settings: str | int) -> None:
    vocabulary = {token: number for number, token in enumerate(_SPECIAL + _WORDS)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "attention_mask"],
        **settings,
    ).save_pretrained(folder)


def save_model(
    folder: Path,
    *,
    pooling: str | tuple[str, ...] = "mean",
    normalise: bool = True,
    include_prompt: bool = True,
    more: Sequence[torch.nn.Module] = (),
    prompt: str | None = None,
    padding_side: str = "right",
) -> Path:
    """A sentence-transformers folder of a tiny BERT with this pooling, and what else is asked for."""
    bert = save_bert(folder.with_name(f"{folder.name}-bert"), padding_side=padding_side)
    modules: list[torch.nn.Module] = [
        Transformer(str(bert)),
        Pooling(DIMENSION, pooling_mode=pooling, include_prompt=include_prompt),
        *more,
    ]
    if normalise:
        modules.append(Normalize())
    prompts = {"ask": prompt} if prompt is not None else None
    model = SentenceTransformer(
        modules=modules, device="cpu", prompts=prompts, default_prompt_name="ask" if prompts else None
    )
    model.save(str(folder), create_model_card=False)
    return folder
