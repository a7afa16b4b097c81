"""Classes of Transformers that build their tokenizer from the vocabulary: AutoTokenizer's ids, whatever else tokenizer.json
says; which class it takes; what is refused."""

import json
import pathlib
import re

import pytest
from oracle.configs import base_type
from test_families import NAMES
from transformers import AutoTokenizer
from transformers.models.auto.tokenization_auto import (
    MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS,
    TOKENIZER_MAPPING_NAMES,
    tokenizer_class_from_name,
)
from transformers.tokenization_utils_tokenizers import TokenizersBackend

from byte_tokenizer import byte_names
from tokenizer_tools import Ours

TEXTS = ["", " ab  Ab 12", "abab<s> a</s> b", "</s>ab <s>", "é東京 x\n\n y\t", "it's b4 3.14", "ab", "a<|endoftext|>b", "▁a _b", "<unk>a",
         "a <FILL_ME> b <extra_id_3>ab"]
BLANK, WORDS = "\u2581", "abAB é東京12xyits'.34_\n\t"
SPECIAL = ["<pad>", "</s>", "<unk>", "<s>", "<mask>", "<|endoftext|>", "[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"]


def added(first_id):
    return [{"id": first_id + i, "content": name, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True} for i, name in enumerate(SPECIAL)]


def bpe(pieces, merges):
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
            "vocab": {piece: i for i, piece in enumerate(pieces)}, "merges": merges}


def bytes_model():
    return bpe([*SPECIAL, *byte_names(), "ab", "Ġa", "Ġab"], ["a b", "Ġ a", "Ġ ab"])


def blanks_model():
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    return bpe([*SPECIAL, *fallback, BLANK, *"abAB12xyits", "ab", BLANK + "a", BLANK + "ab", BLANK * 2],
               ["a b", f"{BLANK} a", f"{BLANK} ab", f"{BLANK} {BLANK}"])


def words_model():
    letters = [c for c in WORDS if not c.isspace()]
    return bpe([*SPECIAL, *letters, *(c + "</w>" for c in letters), "ab</w>"], ["a b</w>"])


def unigram_model():
    pieces = [*SPECIAL, BLANK, *"abAB12xyits", "ab", BLANK + "a", BLANK + "ab"]
    return {"type": "Unigram", "unk_id": 2, "byte_fallback": False,
            "vocab": [[piece, -1.0 - i / 100] for i, piece in enumerate(pieces)]}


def wordpiece_model():
    letters = [c for c in WORDS if not c.isspace()]
    pieces = [*SPECIAL, *letters, *("##" + c for c in letters), "ab", "e", "##e"]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 5,
            "vocab": {piece: i for i, piece in enumerate(pieces)}}


MODELS = {"bytes": bytes_model, "blanks": blanks_model, "words": words_model, "unigram": unigram_model,
          "wordpiece": wordpiece_model}
AROUND = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<mask>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
          "special_tokens": {"<mask>": {"id": "<mask>", "ids": [4], "tokens": ["<mask>"]}}}


BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}


def write(folder, model, config, post_processor=None, model_config=None):
    """A file whose steps are no class's."""
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(0),
                 "normalizer": {"type": "Prepend", "prepend": "b"}, "pre_tokenizer": {"type": "Punctuation", "behavior": "Isolated"},
                 "post_processor": post_processor, "decoder": {"type": "Fuse"}, "model": MODELS[model]()}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    if model_config:
        (folder / "config.json").write_text(json.dumps(model_config))


def assert_same(automodel, folder, texts=TEXTS):
    theirs, ours = AutoTokenizer.from_pretrained(folder), Ours(automodel, folder)
    expected = theirs(texts)["input_ids"]
    assert ours.ids(texts) == expected
    assert ours.decode(expected) == [theirs.decode(ids, clean_up_tokenization_spaces=False) for ids in expected]


ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
BLANKS = [{}, {"add_prefix_space": True}, {"add_prefix_space": False}]


@pytest.mark.parametrize("post_processor", [None, AROUND], ids=["none", "mask"])
@pytest.mark.parametrize(("model", "name", "keys"), [
    *(("bytes", name, keys) for name in ("GPT2Tokenizer", "GPT2TokenizerFast", "CodeGenTokenizer", "GPTNeoXTokenizerFast",
                                         "RobertaTokenizer", "BartTokenizer", "CohereTokenizer", "Qwen2Tokenizer",
                                         "Qwen3_5Tokenizer") for keys in BLANKS),
    ("blanks", "GemmaTokenizer", {}),
    *(("blanks", "LlamaTokenizer", {**keys, **legacy}) for keys in BLANKS
      for legacy in ({}, {"legacy": True}, {"legacy": False}, {"legacy": None})),
    ("blanks", "LlamaTokenizerFast", {"add_bos_token": True, "add_eos_token": True}),
    *(("blanks", "CodeLlamaTokenizer", keys) for keys in (
        *BLANKS, {"add_bos_token": False, "fill_token": None}, {"additional_special_tokens": ["ab"]}, {"fill_token": "ab", "image_token": "<pad>"})),
    ("words", "OpenAIGPTTokenizer", {}),
    ("unigram", "T5Tokenizer", {}), ("unigram", "T5Tokenizer", {"additional_special_tokens": ["<extra_id_0>", "b"]}), ("unigram", "T5TokenizerFast", {"extra_ids": 0}),
    *(("unigram", "T5Tokenizer", keys) for keys in (
        {"extra_special_tokens": {"a": "ab"}}, {"extra_special_tokens": ["ab"]}, {"additional_special_tokens": None})),
    *(("unigram", "XLMRobertaTokenizer", keys) for keys in BLANKS),
    *(("wordpiece", name, keys) for name in ("BertTokenizer", "DistilBertTokenizerFast", "ElectraTokenizer") for keys in (
        {}, {"do_lower_case": False}, {"strip_accents": False}, {"strip_accents": None}, {"tokenize_chinese_chars": False})),
    ("bytes", "PreTrainedTokenizerFast", {}), ("blanks", "SomethingElse", {}),
])
def test_class(automodel, tmp_path, model, name, keys, post_processor):
    for roles in ({}, ROLES):
        write(tmp_path, model, {**roles, "tokenizer_class": name, **keys}, post_processor)
        assert_same(automodel, tmp_path)


@pytest.mark.parametrize(("model", "name"), [
    ("bytes", "GPT2Tokenizer"), ("bytes", "Qwen2Tokenizer"), ("bytes", "RobertaTokenizer"), ("bytes", "PreTrainedTokenizerFast"), ("blanks", "LlamaTokenizer"),
    ("blanks", "GemmaTokenizer"), ("unigram", "T5Tokenizer"), ("wordpiece", "BertTokenizer"), ("words", "OpenAIGPTTokenizer")])
@pytest.mark.parametrize("kept", [None, [], ["<x>"], ["<y>"], ["<y>", "</s>"]])
def test_tokens_that_the_settings_leave_out(automodel, tmp_path, model, name, kept):
    """A class takes those of added_tokens_decoder alone where there is one."""
    write(tmp_path, model, {})
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    first = len(content["model"]["vocab"])
    more = [{**added(0)[0], "id": first + i, "content": token, "special": False} for i, token in enumerate(["<x>", "<y>", "<z>"])]
    content["added_tokens"] += more
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    config = {**ROLES, "pad_token": "<z>", "tokenizer_class": name}
    if kept is not None:
        config["added_tokens_decoder"] = {token.pop("id"): token for token in content["added_tokens"] if token["content"] in kept}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert_same(automodel, tmp_path, ["a<x>b", "a<y> b", "a <z>b", "</s> a<s>", *TEXTS])


@pytest.mark.parametrize("kind", ["llama", "gpt2", "phi", "qwen2", "qwen3", "mistral", "phi3", "olmo2", "gpt_neox", "starcoder2"])
@pytest.mark.parametrize("name", [None, "PreTrainedTokenizerFast", "GPT2Tokenizer", "LlamaTokenizerFast", "NoSuchTokenizer"])
def test_class_of_a_model(automodel, tmp_path, kind, name):
    """config.json's model_type decides with tokenizer_config.json; a file of bytes is no LlamaTokenizer's."""
    config = {**ROLES, **({"tokenizer_class": name} if name else {})}
    write(tmp_path, "bytes", config, model_config={"model_type": kind})
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "decoder": BYTES}))
    assert_same(automodel, tmp_path)


def test_types_of_models_are_transformers():
    """The two lists of src/text/tokenizer_class.cpp have every type that this program knows."""
    source = (pathlib.Path(__file__).parents[2] / "src/text/tokenizer_class.cpp").read_text()
    classes = dict(re.findall(r'\{"([\w-]+)", "(\w+)"\}', re.search(r"kClasses.*?;", source, re.S)[0]))
    files = re.findall(r'"([\w-]+)"', re.search(r"kFileTypes.*?;", source, re.S)[0])
    wrong = re.findall(r'"([\w-]+)"', re.search(r"kOwnClassCounts.*?;", source, re.S)[0])
    assert {kind: TOKENIZER_MAPPING_NAMES.get(kind) for kind in classes} == classes
    assert [kind for kind in files if TOKENIZER_MAPPING_NAMES.get(kind) not in ("TokenizersBackend", "MistralCommonBackend")] == []
    assert {kind for kind in classes if kind in MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS} == set(wrong)
    known = {base_type(name) for name in NAMES} & set(TOKENIZER_MAPPING_NAMES)
    slow = {kind for kind in known if not issubclass(tokenizer_class_from_name(TOKENIZER_MAPPING_NAMES[kind]), TokenizersBackend)}
    assert known - slow - set(classes) - set(files) == set()


@pytest.mark.parametrize(("kind", "config"), [
    ("gpt2", {}), ("qwen2", {"add_prefix_space": True}), ("codegen", {"tokenizer_class": "CodeGenTokenizer"}),
    ("opt", {**ROLES, "add_bos_token": True, "bos_token": "</s>"}), ("llama", {"tokenizer_class": "RobertaTokenizer"})])
def test_vocab_and_merges(automodel, tmp_path, kind, config):
    """The form that tokenizers had before tokenizer.json."""
    model = bytes_model()
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *model["merges"]]) + "\n")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert_same(automodel, tmp_path)


def test_refused(automodel, tmp_path):
    write(tmp_path, "unigram", {**ROLES, "tokenizer_class": "AlbertTokenizer"})
    done = automodel("tokenize", tmp_path, input='"a"\n')
    assert done.returncode != 0
    assert "tokenizer_class is AlbertTokenizer: Transformers builds such a tokenizer from the vocabulary" in done.stderr
