"""The vocabularies of llama.cpp: its recorded ids, and Hugging Face's tokenizers with the tokenizer.json made of each."""

import unicodedata

import pytest
from tokenizers import Tokenizer
from transformers.models.qwen3_5.tokenization_qwen3_5 import Qwen3_5Tokenizer
from transformers.models.xlm_roberta.tokenization_xlm_roberta import XLMRobertaTokenizer

from byte_tokenizer import byte_names
from tokenizer_tools import ALL, KeptBytes, Ours, assert_same, given_spans, gguf_metadata, save

SEPARATOR = "\n__ggml_vocab_test__\n"
WITH_FIXTURE = ["bert-bge", "command-r", "deepseek-coder", "deepseek-llm", "falcon", "gemma-4", "gpt-2", "llama-bpe", "llama-spm",
                "mpt", "phi-3", "qwen2", "qwen35", "refact", "starcoder"]
WITHOUT = ["aquila", "baichuan", "gpt-neox", "nomic-bert-moe"]
UNNAMED = {"aquila": "gpt-2", "gpt-neox": "gpt-2"}  # older than tokenizer.ggml.pre
LACKS_BYTES = {"falcon"}  # 0x1C for one


def small_metadata(pre, tokens, merges):
    """A vocabulary of `tokens` and what `merges` make of them."""
    return {"general.architecture": "any", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre,
            "tokenizer.ggml.tokens": [*tokens, *(merge.replace(" ", "") for merge in merges)], "tokenizer.ggml.merges": merges}


def qwen35(metadata):
    """Transformers' tokenizer of Qwen3.5 with a file's vocabulary."""
    vocabulary = {token: i for i, token in enumerate(metadata["tokenizer.ggml.tokens"])}
    return Qwen3_5Tokenizer(vocab=vocabulary, merges=[tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]])


def with_nfc(metadata, inputs, recorded):
    """The ids that Qwen3.5's tokenizer gives. Those recorded beside llama.cpp's file (pull request 22110; the vocabulary is
    qwen2's) are that tokenizer's without its normalizer, NFC, and differ where a text is not in NFC."""
    tokenizer = qwen35(metadata)
    ids = tokenizer(inputs)["input_ids"]
    tokenizer.backend_tokenizer.normalizer = None
    assert tokenizer(inputs)["input_ids"] == recorded
    differing = [text for text, ours, theirs in zip(inputs, ids, recorded, strict=True) if ours != theirs]
    assert differing == [text for text in inputs if not unicodedata.is_normalized("NFC", text)] and len(differing) == 3
    return ids


@pytest.mark.full
@pytest.mark.parametrize("name", WITH_FIXTURE)
def test_recorded_ids(automodel, asset, tmp_path, name):
    """The ids that llama.cpp's authors recorded with each model's own tokenizer."""
    base = asset("vocabularies", f"ggml-vocab-{name}.gguf")
    with open(f"{base}.inp", encoding="utf-8", newline="") as file:
        inputs = file.read().split(SEPARATOR)
    with open(f"{base}.out", encoding="utf-8") as file:
        expected = [[int(word) for word in line.split()] for line in file.read().split("\n")][:len(inputs)]
    metadata = gguf_metadata(base)
    if name == "qwen35":
        expected = with_nfc(metadata, inputs, expected)
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    assert ours.ids(inputs, "--no-special") == expected


@pytest.mark.full
@pytest.mark.parametrize("name", [*WITH_FIXTURE, *WITHOUT])
def test_tokenizer_json_of_each(automodel, asset, texts, tmp_path, name):
    """What is written for Hugging Face's tokenizers is what is used here, on every line."""
    metadata = gguf_metadata(asset("vocabularies", f"ggml-vocab-{name}.gguf"))
    if name in UNNAMED:
        refused = automodel("tokenize", save(tmp_path / "without.json", metadata), "text")
        assert refused.returncode == 2 and "the byte-level vocabulary has no tokenizer.ggml.pre" in refused.stderr
        metadata["tokenizer.ggml.pre"] = UNNAMED[name]
    source = save(tmp_path / "metadata.json", metadata)
    done = automodel("tokenize", source, "--export", tmp_path / "folder", timeout=300)
    assert done.returncode == 0, done.stderr
    theirs = Tokenizer.from_file(str(tmp_path / "folder" / "tokenizer.json"))
    assert_same(theirs, Ours(automodel, source), texts(ALL), KeptBytes(theirs).spans if name in LACKS_BYTES else given_spans)


def test_bytes_that_the_vocabulary_lacks(automodel, tmp_path):
    names = byte_names()
    metadata = small_metadata("falcon", [name for byte, name in enumerate(names) if byte != 0x1C], ["ï ¿", "ï¿ ¿", "¿ ï", "S t"])
    source = save(tmp_path / "metadata.json", metadata)
    done = automodel("tokenize", source, "--export", tmp_path / "folder")
    assert done.returncode == 0, done.stderr
    theirs = Tokenizer.from_file(str(tmp_path / "folder" / "tokenizer.json"))
    kept = KeptBytes(theirs)
    assert kept.lacking == {0x1C}
    whole = ["", "Str é 123", "\uffff\uffff\u3000😀 x"]
    assert [kept.counted(text, theirs.encode(text).tokens) for text in whole] == [given_spans(text, theirs.encode(text)) for text in whole]
    lacking = ["\x1c", "\x1c\x1c\uffff\u3000Str", "a\x1c b", "\x1c\xad /\x0b", "\uffbf\x1c\uffff", "\uffff\x1c\uffff"]
    assert_same(theirs, Ours(automodel, source), [*whole, *lacking], kept.spans)
    assert given_spans("", theirs.encode("\x1c\uffff")) == [(0, 2)]  # the slip: without it KeptBytes has no reason
    assert Ours(automodel, source).encode(["\x1c\uffff"])[0]["offsets"] == [(1, 2)]


def test_qwen35_is_transformers_with_its_nfc(automodel, tmp_path):
    merges = ["Ã ©", "Ì ģ", "q Ì", "qÌ £", "e Ì", "eÌ ģ"]  # "é"; U+0301; "q" and a mark behind it, if they are one word; "e" and one
    metadata = small_metadata("qwen35", byte_names(), merges)
    inputs = ["é", "e\u0301", "re\u0301sume\u0301", "q\u0323\u0301", "e\u0323\u0301 1\u0301 \u0301", "हिं q\u0323!\u0301"]
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    assert ours.ids(inputs) == qwen35(metadata)(inputs)["input_ids"]


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
