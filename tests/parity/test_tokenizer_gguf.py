"""The vocabularies of llama.cpp: its recorded ids, and Hugging Face's tokenizers with the tokenizer.json made of each."""

import pytest
from tokenizers import Tokenizer
from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

from tokenizer_tools import ALL, Ours, assert_same, gguf_metadata, save

SEPARATOR = "\n__ggml_vocab_test__\n"
WITH_FIXTURE = ["bert-bge", "command-r", "deepseek-coder", "deepseek-llm", "falcon", "gemma-4", "gpt-2", "llama-bpe", "llama-spm",
                "mpt", "phi-3", "qwen2", "qwen35", "refact", "starcoder"]
WITHOUT = ["aquila", "baichuan", "gpt-neox", "nomic-bert-moe"]


@pytest.mark.full
@pytest.mark.parametrize("name", WITH_FIXTURE)
def test_recorded_ids(automodel, asset, tmp_path, name):
    """The ids that llama.cpp's authors recorded with each model's own tokenizer."""
    base = asset("vocabularies", f"ggml-vocab-{name}.gguf")
    with open(f"{base}.inp", encoding="utf-8", newline="") as file:
        inputs = file.read().split(SEPARATOR)
    with open(f"{base}.out", encoding="utf-8") as file:
        expected = [[int(word) for word in line.split()] for line in file.read().split("\n")][:len(inputs)]
    ours = Ours(automodel, save(tmp_path / "metadata.json", gguf_metadata(base)))
    assert ours.ids(inputs, "--no-special") == expected


@pytest.mark.full
@pytest.mark.parametrize("name", [*WITH_FIXTURE, *WITHOUT])
def test_tokenizer_json_of_each(automodel, asset, texts, tmp_path, name):
    """What is written for Hugging Face's tokenizers is what is used here, on every line."""
    source = save(tmp_path / "metadata.json", gguf_metadata(asset("vocabularies", f"ggml-vocab-{name}.gguf")))
    done = automodel("tokenize", source, "--export", tmp_path / "folder", timeout=300)
    assert done.returncode == 0, done.stderr
    assert_same(Tokenizer.from_file(str(tmp_path / "folder" / "tokenizer.json")), Ours(automodel, source), texts(ALL))


@pytest.mark.full
def test_unigram_is_xlm_roberta(automodel, asset, texts, tmp_path):
    """nomic-bert-moe has the vocabulary of XLM-R, which Transformers puts together by itself."""
    metadata = gguf_metadata(asset("vocabularies", "ggml-vocab-nomic-bert-moe.gguf"))
    vocabulary = list(zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.scores"], strict=True))
    charsmap = bytes(byte % 256 for byte in metadata["tokenizer.ggml.precompiled_charsmap"])
    theirs = XLMRobertaTokenizer(vocab=vocabulary, _spm_precompiled_charsmap=charsmap)
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    lines = texts(ALL)[::5]
    assert ours.ids(lines) == theirs(lines)["input_ids"]
