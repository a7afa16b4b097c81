"""automodel tokenize: one text shown, many texts converted."""

import json

import pytest

pytestmark = pytest.mark.fast


@pytest.fixture
def folder(tmp_path):
    vocabulary = {"h": 0, "i": 1, "hi": 2, "\u0120": 3, "<s>": 4}
    tokenizer = {
        "added_tokens": [{"id": 4, "content": "<s>", "special": True}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
        "post_processor": {"type": "TemplateProcessing", "pair": [],
                           "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [4], "tokens": ["<s>"]}}},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": ["h i"]},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    return tmp_path


def test_shows_one_text(automodel, folder):
    done = automodel("tokenize", folder, "hi h")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["4", '"<s>"', '""'], ["2", '"hi"', '"hi"'], ["3", '"\u0120"', '"', '"'], ["0", '"h"', '"h"']]


def test_converts_lines_and_back(automodel, folder):
    done = automodel("tokenize", folder / "tokenizer.json", "--threads", "2", input='"hi"\n"h i"\n""\n')
    assert done.stdout == "[4,2]\n[4,0,3,1]\n[4]\n"
    done = automodel("tokenize", folder, "--offsets", "--no-special", input='"hi h"\n')
    assert json.loads(done.stdout) == {"ids": [2, 3, 0], "offsets": [[0, 2], [2, 3], [3, 4]]}
    done = automodel("tokenize", folder, "--decode", input="[4,2,3,1]\n[]\n")
    assert done.stdout == '"<s>hi i"\n""\n'
    done = automodel("tokenize", folder, "--decode", "--skip-special", input="[4,2,3,1]\n")
    assert done.stdout == '"hi i"\n'


def test_reads_gguf_metadata(automodel, tmp_path):
    dump = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2",
            "tokenizer.ggml.tokens": ["<s>", "a", "b", "ab"], "tokenizer.ggml.token_type": [3, 1, 1, 1],
            "tokenizer.ggml.merges": ["a b"], "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.add_bos_token": True}
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(dump))
    assert automodel("tokenize", path, input='"ab<s>"\n').stdout == "[0,3,0]\n"
    automodel("tokenize", path, "--export", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())["bos_token"] == "<s>"
    path.write_text(json.dumps({**dump, "tokenizer.ggml.merges": 7}))
    done = automodel("tokenize", path, input="")
    assert done.returncode == 2
    assert "'tokenizer.ggml.merges' is not a list" in done.stderr


@pytest.mark.parametrize(("line", "text"), [
    ("[1]", "each line is a text as a JSON string, found array"),
    ("x", "standard input, line 2:1:1: not valid JSON"),
])
def test_wrong_lines_are_named(automodel, folder, line, text):
    done = automodel("tokenize", folder, input=f'"hi"\n{line}\n')
    assert done.returncode == 2
    assert text in done.stderr


@pytest.mark.parametrize("ids", ['["a"]', "[4294967301]", "[-1]"])
def test_wrong_ids_are_named(automodel, folder, ids):
    done = automodel("tokenize", folder, "--decode", input=ids + "\n")
    assert done.returncode == 2
    assert "each line is a JSON list of token ids" in done.stderr


@pytest.mark.parametrize("option", ["--bench", "--threads"])
def test_counts_out_of_range_are_refused(automodel, folder, option):
    done = automodel("tokenize", folder, "red", option, "0")
    assert done.returncode == 2 and option in done.stderr and "range" in done.stderr


def test_measures(automodel, folder):
    done = automodel("tokenize", folder, "--bench", "2", input='"hi"\n"h i"\n')
    result = json.loads(done.stdout)
    assert (result["bytes"], result["tokens"], len(result["seconds"]), len(result["cpu_seconds"])) == (5, 6, 2, 2)


def test_exports_a_folder(automodel, folder, tmp_path):
    done = automodel("tokenize", folder, "--export", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert automodel("tokenize", tmp_path / "out", input='"hi"\n').stdout == "[4,2]\n"


def test_an_exported_folder_needs_no_config_to_cut_as_before(automodel, folder, tmp_path):
    """Granite's file counts whatever class is named; of a folder without a config.json the class would."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}]}
    tokenizer["model"]["vocab"] |= {"1": 5, "11": 6}
    tokenizer["model"]["merges"] += ["1 1"]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2Tokenizer"}')
    (folder / "config.json").write_text('{"model_type": "granite"}')
    assert automodel("tokenize", folder, input='"11"\n').stdout == "[4,5,5]\n"
    automodel("tokenize", folder, "--export", tmp_path / "out")
    assert automodel("tokenize", tmp_path / "out", input='"11"\n').stdout == "[4,5,5]\n"
    assert json.loads((tmp_path / "out/tokenizer_config.json").read_text()) == {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids", "attention_mask"]}


def test_missing_file(automodel, tmp_path):
    done = automodel("tokenize", tmp_path, "x")
    assert done.returncode == 2
    assert "tokenizer.json" in done.stderr
