"""Ids, offsets and decoded text equal those of Hugging Face's tokenizers on mixed real text."""

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer
from transformers.tokenization_utils_base import generate_merges

from tokenizer_tools import ALL, SAMPLE, Ours, assert_same, full, gguf_metadata, save, whole


@pytest.mark.parametrize(("name", "file", "count"), [
    ("llama3", "tokenizer.json", SAMPLE),
    ("deepseek", "tokenizer.json", SAMPLE),
    ("minilm", "tokenizer.json", SAMPLE),
    full("llama3", "tokenizer.json", ALL),
    full("deepseek", "tokenizer.json", ALL),
    full("minilm", "tokenizer.json", ALL),
    full("litellm", "anthropic_tokenizer.json", ALL),
    full("litellm", "deepseek_tokenizer.json", ALL),
])
def test_tokenizer_json(automodel, asset, texts, name, file, count):
    path = asset(name, file)
    assert_same(whole(Tokenizer.from_file(str(path))), Ours(automodel, path), texts(count))


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


@pytest.mark.parametrize("count", [SAMPLE, full(ALL)])
def test_smollm2(automodel, real_model, texts, tmp_path, count):
    metadata = gguf_metadata(real_model("smollm2-135m"))
    theirs = byte_level_of(metadata, [pre_tokenizers.Digits(individual_digits=True)])
    ours = Ours(automodel, save(tmp_path / "metadata.json", metadata))
    assert_same(theirs, ours, texts(count))
    assert ours.ids(["The quick brown fox", "x  12"]) == [[504, 2365, 6354, 16438], [104, 256, 33, 34]]


def test_exported_folder_loads_in_transformers(automodel, real_model, texts, tmp_path):
    metadata = gguf_metadata(real_model("smollm2-135m"))
    source = save(tmp_path / "metadata.json", metadata)
    done = automodel("tokenize", source, "--export", tmp_path / "folder")
    assert done.returncode == 0, done.stderr
    theirs = AutoTokenizer.from_pretrained(tmp_path / "folder")
    some = texts(SAMPLE)[::10]
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
    assert_same(gemma_of(metadata), ours, texts(ALL))
    assert ours.ids(["The quick brown fox"], "--no-special") == [[818, 3823, 8864, 37423]]
