"""A folder's tokenizer_config.json changes its tokenizer as AutoTokenizer lets it."""

import json

import pytest
from transformers import AutoTokenizer

from byte_tokenizer import byte_names
from tokenizer_tools import Ours

TEXTS = ["ab<s> a</s>", "<pad>a", "a <x>b", "</s></s> <s>ab", "", "<unk>", "a</s>b <y>"]
CLASS = {"tokenizer_class": "PreTrainedTokenizerFast"}
LSTRIP = {"__type": "AddedToken", "content": "</s>", "lstrip": True, "rstrip": False, "normalized": True, "single_word": False}


def token(identity, content, **flags):
    return {"id": identity, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": False, **flags}


def tokenizer(*added):
    vocabulary = {c: i for i, c in enumerate(["a", "b", "ab", "<", "/", "s", ">", "<s>", "</s>", "\u0120", "p", "x", "y", "d", "u", "n", "k"])}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added), "normalizer": None,
            "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocabulary, "merges": ["a b"]}}


@pytest.mark.parametrize(("added", "config"), [
    ([], {}),
    ([], {"eos_token": "</s>"}),
    ([token(8, "</s>")], {"eos_token": "</s>"}),
    ([token(8, "</s>", lstrip=True, normalized=True)], {"eos_token": "</s>"}),
    ([], {"eos_token": LSTRIP}),
    ([token(8, "</s>", special=True)], {"eos_token": LSTRIP}),
    ([], {"pad_token": "<pad>", "bos_token": "<s>"}),
    ([], {"added_tokens_decoder": {"7": {"content": "<s>", "special": True}, "20": {"content": "<x>", "special": True}}}),
    ([token(7, "<s>")], {"added_tokens_decoder": {"7": {"content": "<s>", "special": True, "lstrip": True}}}),
    ([token(7, "<s>"), token(17, "<y>")], {"added_tokens_decoder": {"9": {"content": "<x>"}}, "unk_token": "<unk>"}),
    ([], {"additional_special_tokens": ["<s>", "<y>"]}),
    ([], {"extra_special_tokens": {"image_token": "<s>"}}),
    ([], {"z_token": "<x>", "image_token": "<y>", "eos_token": "</s>", "additional_special_tokens": ["<pad>"]}),
    ([], {"z_token": "<x>", "image_token": {**LSTRIP, "content": "<y>"}}),
    ([], {"image_token": {"content": "<x>"}}),
    ([], {"extra_special_tokens": ["<y>"], "additional_special_tokens": ["<x>"]}),
    ([], {"extra_special_tokens": [], "additional_special_tokens": ["<x>"]}),
    ([], {"extra_special_tokens": {"a": "<y>"}, "additional_special_tokens": ["<x>"]}),
    ([], {"image_token": "<x>", "extra_special_tokens": {"image_token": "<y>"}}),
    ([], {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True, "add_eos_token": True}),
    ([token(8, "</s>", special=True), token(7, "<s>")], {"split_special_tokens": True}),
])
def test_config(automodel, tmp_path, added, config):
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer(*added)))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**CLASS, **config}))
    theirs, ours = AutoTokenizer.from_pretrained(tmp_path), Ours(automodel, tmp_path)
    expected = theirs(TEXTS)["input_ids"]
    assert ours.ids(TEXTS) == expected
    for skip in (False, True):
        assert ours.decode(expected, skip) == [theirs.decode(ids, skip_special_tokens=skip) for ids in expected]


LISTED = {"7": {"content": "<s>", "special": True}}
Y_LIST, X_LIST = {"extra_special_tokens": ["<y>"]}, {"extra_special_tokens": ["<x>"]}
Y_OLD, X_OLD = {"additional_special_tokens": ["<y>"]}, {"additional_special_tokens": ["<x>"]}
Y_NAMED, X_NAMED = {"extra_special_tokens": {"a": "<y>"}}, {"extra_special_tokens": {"b_token": "<x>"}}


@pytest.mark.parametrize(("config", "special"), [
    ({"eos_token": "</s>"}, {"eos_token": "<x>"}),
    ({"eos_token": "</s>"}, {"eos_token": None}),
    ({"eos_token": "</s>", "added_tokens_decoder": LISTED}, {"eos_token": "<x>", "pad_token": "<pad>"}),
    ({"eos_token": "</s>", "added_tokens_decoder": {}}, {"eos_token": "<x>"}),
    ({}, {"eos_token": {"content": "</s>", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}}),
    ({}, {"image_token": {"content": "<x>", "lstrip": True, "special": False}}),
    ({"image_token": "<x>"}, {"image_token": "<y>"}),
    ({"image_token": "<x>", "eos_token": "</s>"}, {"audio_token": "<y>", "pad_token": "<pad>"}),
    ({"image_token": "<x>", "added_tokens_decoder": LISTED}, {"pad_token": "<y>"}),
    *((config, special) for config in (Y_LIST, Y_OLD, Y_NAMED) for special in (X_LIST, X_OLD, X_NAMED)),
    ({}, {**X_LIST, **Y_OLD}),
    ({}, {**X_NAMED, **Y_OLD}),
    ({"additional_special_tokens": None}, X_OLD),
])
def test_special_tokens_map(automodel, tmp_path, config, special):
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(special))
    test_config(automodel, tmp_path, [], config)
    expected = AutoTokenizer.from_pretrained(tmp_path)(TEXTS)["input_ids"]
    assert automodel("tokenize", tmp_path, "--export", tmp_path / "saved").returncode == 0
    assert AutoTokenizer.from_pretrained(tmp_path / "saved")(TEXTS)["input_ids"] == expected


@pytest.mark.parametrize(("config", "listed", "added"), [
    ({}, [], {"<x>": 17, "</s>": 8}),
    ({"eos_token": "</s>", "pad_token": "<pad>"}, [], {"</s>": 8, "<pad>": 18, "<y>": 17}),
    ({"additional_special_tokens": ["<x>"]}, [], {"<x>": 17, "<y>": 18}),
    ({"eos_token": "</s>"}, [token(8, "</s>", lstrip=True, normalized=True)], {"</s>": 8, "<y>": 17}),
    ({"added_tokens_decoder": LISTED}, [], {"<x>": 17}),
])
def test_added_tokens(automodel, tmp_path, config, listed, added):
    """The file of Transformers' slow tokenizers, which older folders have."""
    (tmp_path / "added_tokens.json").write_text(json.dumps(added))
    test_config(automodel, tmp_path, listed, config)
    expected = AutoTokenizer.from_pretrained(tmp_path)(TEXTS)["input_ids"]
    assert automodel("tokenize", tmp_path, "--export", tmp_path / "saved").returncode == 0
    assert AutoTokenizer.from_pretrained(tmp_path / "saved")(TEXTS)["input_ids"] == expected


SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


@pytest.mark.parametrize("name", ["GPT2Tokenizer", "GPT2TokenizerFast", "GPTNeoXTokenizer", "CodeGenTokenizer", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("in_config", [False, True])
def test_blank_before_bytes(automodel, tmp_path, name, in_file, in_config):
    written = tokenizer(token(7, "<s>", special=True), token(8, "</s>", special=True), token(17, "<unk>", special=True))
    written["pre_tokenizer"] = {**written["pre_tokenizer"], "add_prefix_space": in_file}
    (tmp_path / "tokenizer.json").write_text(json.dumps(written))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({**SPECIAL, "tokenizer_class": name, "add_prefix_space": in_config}))
    assert Ours(automodel, tmp_path).ids(TEXTS) == AutoTokenizer.from_pretrained(tmp_path)(TEXTS)["input_ids"]


@pytest.mark.parametrize("name", ["BertTokenizer", "DistilBertTokenizerFast", "ElectraTokenizer", "PreTrainedTokenizerFast"])
@pytest.mark.parametrize("keys", [
    {}, {"do_lower_case": False}, {"strip_accents": False}, {"strip_accents": None, "do_lower_case": True}, {"tokenize_chinese_chars": False}])
def test_letters_of_bert(automodel, tmp_path, name, keys):
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = ["a", "A", "é", "É", "e", "東", "京", "##京", "##a", "##e"]
    vocabulary = {piece: i for i, piece in enumerate(names + pieces)}
    written = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [token(i, n, special=True) for i, n in enumerate(names)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(written))
    roles = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**roles, "tokenizer_class": name, **keys}))
    texts = ["a A é É", "東京 a", "Aa É東", "[MASK] e"]
    assert Ours(automodel, tmp_path).ids(texts) == AutoTokenizer.from_pretrained(tmp_path)(texts)["input_ids"]


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLIT = {"type": "Split", "pattern": {"Regex": LLAMA3}, "behavior": "Isolated", "invert": False}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
BLANKS = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}
SEQUENCE = {"type": "Sequence", "pretokenizers": [SPLIT, BYTES]}


@pytest.mark.parametrize(("model", "config", "steps", "unused"), [
    ({"model_type": "mistral", "transformers_version": "4.57.1"}, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
    ({"model_type": "mistral", "transformers_version": "4.57.1"}, {"fix_mistral_regex": False}, SEQUENCE, 100_000),
    ({"model_type": "mistral", "transformers_version": "4.57.1"}, {"fix_mistral_regex": True}, SEQUENCE, 10),
    ({"model_type": "mistral"}, {}, SEQUENCE, 100_000),
    ({"model_type": "mistral"}, {"fix_mistral_regex": True}, BYTES, 100_000),
    ({"model_type": "mistral"}, {"fix_mistral_regex": True}, BLANKS, 100_000),
    ({"model_type": "mistral", "transformers_version": "5.0.0.dev0"}, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
    ({"model_type": "mistral", "transformers_version": "5.0.0"}, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
    ({"model_type": "mistral3"}, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
    ({"model_type": "llama"}, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
    (None, {"fix_mistral_regex": True}, SEQUENCE, 100_000),
])
def test_expression_of_mistral(automodel, tmp_path, model, config, steps, unused):
    """Transformers before 5 saved a wrong one, which a flag mends."""
    written = tokenizer()
    pieces = [*byte_names(), "Th", "sO", "\u2581", *(f"unused {i}" for i in range(unused))]
    written["pre_tokenizer"] = steps
    written["model"].update(vocab={piece: i for i, piece in enumerate(pieces)}, merges=["T h", "s O"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(written))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**CLASS, **config}))
    if model is not None:
        (tmp_path / "config.json").write_text(json.dumps(model))
    texts = ["'The' isOpen", "it's 1234", " The\n\nisOpen"]
    assert Ours(automodel, tmp_path).ids(texts) == AutoTokenizer.from_pretrained(tmp_path)(texts)["input_ids"]
