"""Scalar typing against live PyYAML and Python: safe_load, then upstream's second look at every string."""

import ast
import itertools
import math
import pathlib
import random
import subprocess
import sys

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
from program import program_path  # noqa: E402

RECIPE = (ROOT / "tests/recipes/upstream/llm_finetune/llama3_2/llama3_2_1b_packed_cp2.yaml").read_text().split("\nci:")[0]
SECTION = "nemo_run"  # takes any keys and prints them as they were understood

SCALARS = """
yes Yes YES no on On off OFF y n Y N true TRUE True tRue false False null Null NULL ~ none None NONE nil
0 1 -1 +1 -0 +0 00 000 007 010 -010 +010 08 09 0o17 -0o17 0O17 0x1F -0x1f 0X1F 0x 0xg 0b101 -0b11 0B1 0b 0b2
1_000 1__0 _1 1_ 0_1 0x_f 0b_1 123456789012345678 9223372036854775807 12e3 1e5 1E5 1e+5 1e-5 -1e-5 1.e5 1.0e5 1.0e+5 1.0e-5
1. .5 -.5 +.5 . .. ... 1.5.2 1_0.5 1._5 1.5_ 3.14 -3.14 .inf -.inf +.inf .Inf .INF inf -inf nan .nan .NaN .NAN Infinity
1:30 1:30:45 -1:30 00:20:00 01:30 1:60 1:5 1:30.5 -1:30.5 190:20:30 12:34:56.789
2024-01-01x 1.2.3 v1.0 1d 5m 10% a b.c a/b a-b -a --a 1-2 1+2 1,2 1,000 0.99,0.01 torch.bfloat16 train[:100] train[64:]
""".split()

QUOTED = [
    "", " ", "1", "01", " 1", "1 ", "\t1", "1\n", "\n1", "true ", "yes", "null", "none", "None", "none ", "1e-8", "1e400", "-1e400", "- 5", "+ 5", "--5", "-True",
    "0.99, 0.01, 0.00", "1,", ",", "1,,2", "(1)", "(1,)", "()", "(", "(1", "(1, 2", "[1, 2]", "[1, 2,]", "[,]", "[1 2]", "[[1], [2, [3]]]", "[None, True, 'a']", "[none]",
    "{'a': 1}", "{'a': 1,}", "{}", "{'a'}", "{1: 2, 'b': [3]}", "{'a': {'b': (1, 2)}}", "{a: 1}", "{'a' 1}", "'a'", '"a"', "'a' 'b'", "'a' \"b\"", "'a\\n\\t\\\\b'", r"'\x41'",
    "r'a\\n'", "u'a'", "b'a'", "f'a'", "'a", "a'", "'''a'''", "1 # comment", "# comment", "[1, # c\n2]", "[1,\n2]", "1\n2", "1 2", "1 if 2 else 3", "a.b", "a, b", "x(1)", "__import__('os')",
    "1j", "1+2j", "1+2", "2*3", "0777", "0o777", "0xFF", "0b11", "1_000", "1__000", "1_000.5", "1e5", "1E5", ".5e3", "5.", "5.e1", "0.1e-3", "00", "0_0", "09", "09.5", "1.5.5", "é", "'é'", "日本",
    "[" * 50 + "]" * 50, "x" * 1001, "[" + "1, " * 400 + "]", "True", "False", "TRUE", "NotImplemented", "Ellipsis", "$5", "a$ b", "100$", "{{ messages }}", "{% if x %}", "<|im_start|>",
]


def retype(value):
    """Upstream's translate_value, in own words."""
    if isinstance(value, dict):
        return {key: retype(item) for key, item in value.items()}
    if isinstance(value, list):
        return [retype(item) for item in value]
    if not isinstance(value, str):
        return value
    words = {"none": None, "None": None, "true": True, "True": True, "false": False, "False": False}
    if value in words:
        return words[value]
    if len(value) > 1000:
        return value
    try:
        return ast.literal_eval(value)
    except Exception:
        return value


OURS_KEEPS_AS_TEXT = (complex, bytes, set, type(...))


def comparable(value, text):
    """Tuples are lists here; what a recipe cannot use stays text; NaN equals itself."""
    if isinstance(value, OURS_KEEPS_AS_TEXT) or (isinstance(value, int) and not -(2**63) < value < 2**63):
        return ("str", text)
    if isinstance(value, (list, tuple)):
        return [comparable(item, item) for item in value]
    if isinstance(value, dict):
        return {str(key): comparable(item, item) for key, item in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return (type(value).__name__, value)


def ours(document, tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE + "\n" + document)
    done = subprocess.run([program_path(), "validate", "--print-config", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)[SECTION]


def check(texts, document, tmp_path):
    read = ours(document, tmp_path)
    python = yaml.safe_load(document)[SECTION]
    wrong = []
    for i, text in enumerate(texts):
        wanted = comparable(retype(python[f"k{i}"]), text)
        if comparable(read[f"k{i}"], text) != wanted:
            wrong.append((text, read[f"k{i}"], wanted))
    assert not wrong


def test_plain_scalars(tmp_path):
    check(SCALARS, "nemo_run:\n" + "".join(f"  k{i}: {text}\n" for i, text in enumerate(SCALARS)), tmp_path)


def test_quoted_scalars(tmp_path):
    document = yaml.safe_dump({SECTION: {f"k{i}": text for i, text in enumerate(QUOTED)}}, default_style='"', allow_unicode=True)
    check(QUOTED, document, tmp_path)


def test_scalars_in_lists(tmp_path):
    read = ours("nemo_run:\n  k: [" + ", ".join(SCALARS[:120]) + "]\n", tmp_path)
    python = yaml.safe_load("[" + ", ".join(SCALARS[:120]) + "]")
    for text, mine, theirs in zip(SCALARS, read["k"], python):
        assert comparable(mine, text) == comparable(retype(theirs), text), text


def test_random_number_like_texts(tmp_path):
    """Short texts over the characters of numbers, as far as PyYAML takes them as one plain scalar."""
    random.seed(1)
    texts = ["".join(word) for word in itertools.product("01.e-_:x", repeat=3)]
    texts += ["".join(random.choices("0123789.eE+-_:xob", k=random.randint(2, 9))) for _ in range(3000)]
    good = []
    for text in texts:
        try:
            if isinstance(yaml.compose(text), yaml.ScalarNode) and yaml.compose(text).value == text:
                yaml.safe_load(text)
                good.append(text)
        except (yaml.YAMLError, ValueError):
            pass
    assert len(good) > 1500
    for start in range(0, len(good), 1000):
        part = good[start : start + 1000]
        check(part, "nemo_run:\n" + "".join(f"  k{i}: {text}\n" for i, text in enumerate(part)), tmp_path)


BLOCKS = """
nemo_run:
  k0: |
    two
    lines
  k1: >
    folded
    text

    paragraph
  k2: |-
    stripped
  k3: >-
    folded
    and stripped
  k4: |+
    kept

  k5: plain
    over lines
  k6: "double
    quoted \\
    escape \\u00e9 \\n end"
  k7: 'it''s'
  k8: |
    123
  k9: >-
    [1,
    2]
"""


def test_block_scalars(tmp_path):
    read = ours(BLOCKS, tmp_path)
    for key, value in yaml.safe_load(BLOCKS)[SECTION].items():
        assert comparable(read[key], value) == comparable(retype(value), value), key


MERGES = """
nemo_run:
  base: &base {a: 1, b: 2}
  more: &more {b: 3, c: 4}
  k0: {<<: *base, b: 9}
  k1: {<<: [*base, *more], d: 5}
  k2: {b: 7, <<: *more}
  k3: *base
  k4: [*base, *more]
"""


def test_merge_keys_and_aliases(tmp_path):
    read = ours(MERGES, tmp_path)
    for key, value in yaml.safe_load(MERGES)[SECTION].items():
        assert read[key] == value, key


@pytest.mark.parametrize("path", sorted((ROOT / "tests/recipes/upstream").rglob("*.yaml")), ids=lambda path: path.stem)
def test_upstream_recipes(path, tmp_path):
    """Every value of upstream's recipes, read as free-form."""
    document = yaml.safe_dump({SECTION: {"k": yaml.safe_load(path.read_text())}})
    assert comparable(ours(document, tmp_path)["k"], "") == comparable(retype(yaml.safe_load(document)[SECTION]["k"]), "")
