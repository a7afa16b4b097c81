"""Expressions split texts as Oniguruma does, and characters have the properties that it knows."""

import json
import random

import pytest
from tokenizers import Tokenizer, pre_tokenizers

from tokenizer_corpus import odd_line, random_characters
from tokenizer_tools import Ours

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
ENDS = r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EXPRESSIONS = [
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+" + ENDS,
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*" + ENDS,
    rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]*[{LOWER}&&[^\p{{Han}}]]+" + ENDS,
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    r"\d{1,3}(?=(?:\d{3})*\b)", r"(?=(\d{3})+(?!\d))", r" ?[^(\s|[.,!?…。，、।۔،])]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    r"\s+$", r"^\s+", r"[^\S\n]+", r"[\S\d]+", r"\b", r"\B", r"(?i)ab|c", r"x(?i)AB|C", r"(?m).+", r".+", r"a*", "",
    r"\w+|[^\w\s]+", r"\p{^L}+", r"\P{L}+", r"[^\P{L}]+", r"[\P{L}a]+", r"\p{N}{2}+", r"a{,2}b?", r"[a-c-]+", r"[]a]+",
    r"(?<=a)b|(?<!a)c", r"\h+", r"[\h ]+", r"\R", r"\p{Greek}+|\p{Cyrillic}+|\p{Hiragana}", r"\u4e2d|\x{6587}|\x41",
    r"(a|b)\1", r"(?#c)a", r"[^a&&[b-z]]+", r"[a-z&&[^aeiou]]+", r"\A.|.\z", r".\Z", r"a++", r"(?:ab){2}?", r"{a|a{|}",
    r"\-\_\.\!", r"[\-\]\[\\^]", r"\p{Lowercase_Letter}+", r"(?>a+)b", r"[\p{P}\$\+<=>\^~\|`]+", r"(?!)", r"[[:punct:]]+",
    r"[^\p{L}\p{N}\s]{1,3}", r"\p{L}\p{M}*|.", r"(?i)[k-s]+", r"(?i:straße)",
]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def texts():
    rng = random.Random(3)
    lines = [odd_line(rng) for _ in range(400)] + [random_characters(rng) for _ in range(200)]
    return [*lines, "a\nb\r\nc\n", "\n\n", "a", "foo(bar) baz\n\n  x", "aaa bbb", "ab12cd345", "x\n", "123456789 1234"]


def splitter(pattern, behavior="Isolated", invert=False):
    """A tokenizer with one token per piece."""
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert},
            "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": {"u": 0}, "unk_token": "u"}}


def assert_same_pieces(automodel, path, made):
    path.write_text(json.dumps(made), encoding="utf-8")
    lines = texts()
    expected = [[tuple(span) for span in e.offsets] for e in Tokenizer.from_str(json.dumps(made)).encode_batch(lines)]
    got = [encoding["offsets"] for encoding in Ours(automodel, path).encode(lines)]
    wrong = [line for line, ref, ours in zip(lines, expected, got, strict=True) if ref != ours]
    assert not wrong, (made["pre_tokenizer"], wrong[:3])


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(automodel, tmp_path, expression):
    assert_same_pieces(automodel, tmp_path / "tokenizer.json", splitter({"Regex": expression}))


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_behaviors(automodel, tmp_path, behavior):
    for invert in (False, True):
        for pattern in ({"Regex": r"\s"}, {"Regex": r"\p{N}"}, {"Regex": "a*"}, {"Regex": r"\s+"}, {"String": " "},
                        {"String": "ab"}, {"String": ""}):
            assert_same_pieces(automodel, tmp_path / "tokenizer.json", splitter(pattern, behavior, invert))


def characters():
    """All but surrogates and the middle of the large blocks whose characters are alike."""
    skipped = [(0x3500, 0x4DB0), (0x4E10, 0x9F00), (0xAC10, 0xD780), (0xD800, 0xE000), (0xE100, 0xF8F0), (0x17010, 0x187F0),
               (0x20010, 0x2A6D0), (0x30010, 0x31340), (0x31360, 0x32390), (0x32400, 0xE0000), (0xE0200, 0x10FFF0)]
    return [chr(c) for c in range(0x110000) if not any(first <= c < last for first, last in skipped)]


def bytes_of(normalizer=None, pre_tokenizer=None):
    """A tokenizer whose ids spell what is left of the text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    steps = [pre_tokenizer] if pre_tokenizer else []
    steps.append({"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False})
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}, "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": {c: i for i, c in enumerate(alphabet)}, "merges": []}}


def assert_same_for_every_character(automodel, path, made):
    path.write_text(json.dumps(made), encoding="utf-8")
    lines = [f"a{c}\u0316\u0301" for c in characters()]
    theirs = Tokenizer.from_str(json.dumps(made)).encode_batch_fast(lines)
    got = Ours(automodel, path).ids(lines)
    wrong = [f"{ord(line[1]):X}" for line, ref, ids in zip(lines, theirs, got, strict=True) if ref.ids != ids]
    assert not wrong, wrong[:50]


@pytest.mark.full
@pytest.mark.parametrize("expression", [r"\s", r"\w", r"\d", r"\h", "[[:punct:]]", "[[:cntrl:]]", "[[:space:]]", "[[:word:]]",
                                        *(rf"\p{{{name}}}" for name in ("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "N", "P", "S", "Z",
                                                                        "C", "Han"))])
def test_properties(automodel, tmp_path, expression):
    split = {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Removed", "invert": False}
    assert_same_for_every_character(automodel, tmp_path / "tokenizer.json", bytes_of(pre_tokenizer=split))


@pytest.mark.full
@pytest.mark.parametrize("normalizer", [
    *({"type": name} for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt")),
    {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
    {"type": "Strip", "strip_left": True, "strip_right": True},
], ids=lambda node: node["type"])
def test_normalizers(automodel, tmp_path, normalizer):
    assert_same_for_every_character(automodel, tmp_path / "tokenizer.json", bytes_of(normalizer))


@pytest.mark.full
@pytest.mark.parametrize("kind", ["BertPreTokenizer", "Whitespace", "WhitespaceSplit"])
def test_pre_tokenizers(automodel, tmp_path, kind):
    made = {**splitter({"String": " "}), "pre_tokenizer": {"type": kind}}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    lines = [f"a{c}b" for c in characters()]
    theirs = Tokenizer.from_str(json.dumps(made)).encode_batch(lines)
    got = Ours(automodel, path).encode(lines)
    wrong = [f"{ord(line[1]):X}" for line, ref, ours in zip(lines, theirs, got, strict=True)
             if [tuple(span) for span in ref.offsets] != ours["offsets"]]
    assert not wrong, wrong[:50]
