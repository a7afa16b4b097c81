"""automodel data: what a model would be trained on, from the files a user has."""

import gzip
import json
import struct

import pytest

import byte_tokenizer

TURN = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


@pytest.fixture
def tokenizer(tmp_path):
    return byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")


@pytest.fixture
def rows(tmp_path):
    """rows(*rows) -> path of a JSONL file; a string is a line as it is."""

    def write(*lines):
        path = tmp_path / "rows.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        return path

    return write


def test_shows_rows_with_what_is_learnt(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows({"messages": TURN}, {"messages": TURN[:1] + TURN}), "--tokenizer", tokenizer)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 rows, 28 to 38 tokens (median 38), 66 tokens in all, 12 learnt (18.2 %)\n")
    assert "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n[Hello<|im_end|>]\n" in done.stdout


def test_json_has_ids_and_labels(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer, "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    learnt = [(token, label) for token, label in zip(row["ids"], row["labels"]) if label != -100]
    assert bytes(label for _, label in learnt[:-1]) == b"Hello"
    assert learnt[-1] == (ord("o"), 256 + byte_tokenizer.SPECIAL.index("<|im_end|>"))
    assert row["document_lengths"] == [len(row["ids"])]
    assert row["location"].endswith("rows.jsonl:1")


def test_json_makes_the_checks(automodel, tokenizer, rows):
    run = ["data", "--dataset", rows({"messages": TURN}, {"messages": TURN}, {"messages": []}), "--tokenizer", tokenizer, "--json"]
    done = automodel(*run)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["row"] for line in lines] == [0, 1, 2] and "error" in lines[2]
    assert done.returncode == 2 and "dataset: " in done.stderr and "rows.jsonl:3" in done.stderr
    done = automodel(*run, "--rows", "1")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1, done.stderr
    done = automodel(*run, "--rows", "1", "--max-tokens", "3")
    assert done.returncode == 2 and "more than the 3 that the model takes" in done.stderr
    assert automodel(*run, "--rows", "1", "--max-tokens", "3", "--disable", "too_long").returncode == 0
    assert "leave out --show" in automodel(*run, "--show", "2").stderr


def test_other_kinds_and_keys(automodel, tokenizer, rows):
    keys = {"column_mapping": {"question": "q", "answer": "a"}}
    done = automodel(
        "data", "--dataset", rows({"q": "Why?", "a": "So."}), "--tokenizer", tokenizer, "--keys", json.dumps(keys),
        "--target", "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset")
    assert done.returncode == 0, done.stderr
    assert "Why? [So.<|im_end|>]" in done.stdout


@pytest.mark.parametrize("name, content", [
    ("rows.csv", b'q,a\n"Why, then?",So.\n'),
    ("rows.tsv.gz", gzip.compress(b"q\ta\nWhy, then?\tSo.\n", mtime=0)),
    ("rows.jsonl.gz", gzip.compress(b'{"q": "Why, then?", "a": "So."}\n', mtime=0)),
])
def test_every_kind_of_file(automodel, tokenizer, tmp_path, monkeypatch, name, content):
    monkeypatch.setenv("AUTOMODEL_CACHE", str(tmp_path / "cache"))
    (tmp_path / name).write_bytes(content)
    done = automodel("data", "--dataset", tmp_path / name, "--tokenizer", tokenizer,
                     "--keys", json.dumps({"column_mapping": {"question": "q", "answer": "a"}}),
                     "--target", "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset")
    assert done.returncode == 0, done.stderr
    assert "Why, then? [So.<|im_end|>]" in done.stdout


def test_preference_pairs_show_both_answers(automodel, tokenizer, rows):
    pair = {"prompt": "Hi", "chosen": "Hello", "rejected": [{"role": "assistant", "content": "Go away"}]}
    words = ["--tokenizer", tokenizer, "--target", "preference_dataset.PreferenceDataset"]
    done = automodel("data", "--dataset", rows(pair), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    for answer in ("Hello", "Go away"):
        assert f"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n[{answer}<|im_end|>]\n" in done.stdout
    assert "2 documents" in done.stdout
    done = automodel("data", "--dataset", rows({**pair, "rejected": "Hello"}), *words)
    assert done.returncode == 2
    assert "rows.jsonl:1: 'chosen' and 'rejected' are the same" in done.stdout


def test_sources_and_targets(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows({"question": "Why?", "answers": {"text": ["So."]}}), "--tokenizer", tokenizer,
                     "--target", "seq2seq.make_seq2seq_dataset", "--keys", '{"decoder_start_token_id": 33}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Why?" in done.stdout and "![So.<|im_end|>]" in done.stdout


def test_token_files_of_nanogpt(automodel, tokenizer, tmp_path):
    header = [278895051, 1, 12, 2] + [0] * 252
    tokens = b"hello world!"
    (tmp_path / "a.bin").write_bytes(struct.pack("<256i", *header) + struct.pack("<12H", *tokens))
    done = automodel("data", "--dataset", tmp_path / "*.bin", "--tokenizer", tokenizer,
                     "--target", "nanogpt_dataset.NanogptDataset", "--keys", '{"seq_len": 5}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "h[ello ]" in done.stdout and "w[orld!]" in done.stdout


@pytest.mark.parametrize("row, reason", [
    ({"messages": TURN[:1]}, "the conversation has no assistant message"),
    ({"messages": []}, "'messages' is empty"),
    ({"text": "x"}, "the row has neither 'messages' nor 'conversations'"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "has the unknown role 'robot'"),
    ({"messages": TURN, "images": ["a.jpg"]}, "the row has 'images', which a text model cannot learn from"),
    ({"messages": [{"role": "system", "content": "S"}, *TURN], "system": "T"}, "the row's column 'system' and its system turn"),
])
def test_rows_that_cannot_be_used_are_named(automodel, tokenizer, rows, row, reason):
    done = automodel("data", "--dataset", rows({"messages": TURN}, row), "--tokenizer", tokenizer)
    assert done.returncode == 2
    assert f"rows.jsonl:2: {reason}" in done.stdout or f"rows.jsonl:2: messages[0] {reason}" in done.stdout


def test_a_wide_integer_of_a_call_is_named(automodel, tmp_path, rows):
    prints_calls = "{% for m in messages %}{{ m.content }}{{ (m.tool_calls or []) | tojson }}<|im_end|>{% endfor %}"
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", prints_calls)
    for arguments in ({"wei": 10**21}, json.dumps({"wei": 10**21})):
        calls = [{"type": "function", "function": {"name": "f", "arguments": arguments}}]
        answer = {"role": "assistant", "content": "", "tool_calls": calls}
        done = automodel("data", "--dataset", rows({"messages": TURN}, {"messages": [*TURN[:1], answer], "id": 10**30}), "--tokenizer", tokenizer)
        assert done.returncode == 2
        assert "rows.jsonl:2: the chat template refuses" in done.stdout, done.stdout
        assert "the integer 1000000000000000000000 does not fit 64 bits" in done.stdout


def test_a_number_that_is_too_large_is_named(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows('{"x": 1e400}'), "--tokenizer", tokenizer)
    assert done.returncode == 2
    assert "rows.jsonl:1:7: the number 1e400 is too large" in done.stderr


def test_rows_have_variables_for_the_template(automodel, tmp_path, rows):
    source = "{{ mood }}{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}"
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", source)
    given = [{"messages": TURN, "chat_template_kwargs": value} for value in ({"mood": "?"}, '{"mood": "!"}', [1])]
    done = automodel("data", "--dataset", rows(*given), "--tokenizer", tokenizer)
    assert "?Hi<|im_end|>[Hello" in done.stdout and "!Hi<|im_end|>[Hello" in done.stdout, done.stdout
    assert "rows.jsonl:3: chat_template_kwargs must be an object" in done.stdout


def test_lines_that_are_not_json_stop(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows({"messages": TURN}, '{"messages": oops}'), "--tokenizer", tokenizer)
    assert done.returncode == 2
    assert "rows.jsonl:2:14: not valid JSON" in done.stderr


def test_a_sequence_beyond_the_limit_is_named(automodel, tokenizer, rows):
    done = automodel("data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer, "--max-tokens", "20")
    assert done.returncode == 2
    assert "rows.jsonl:1: the row has 28 tokens, more than the 20 that the model takes" in done.stdout


def test_failed_checks_are_told_and_can_be_switched_off(automodel, tmp_path, rows):
    no_eos = "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", no_eos)
    words = ["data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer]
    done = automodel(*words)
    assert done.returncode == 2
    assert "error missing_eos: 1 of 1 rows have an answer that does not end in an EOS token" in done.stdout
    assert automodel(*words, "--disable", "missing_eos").returncode == 0
    assert "there is no check 'missing_eso'; did you mean 'missing_eos'" in automodel(*words, "--disable", "missing_eso").stderr


@pytest.mark.parametrize("words, reason", [
    (["--keys", "[]"], "--keys must be a JSON object"),
    (["--keys", '{"seq_lenght": 5}'], "has no key 'seq_lenght'; did you mean 'seq_length'?"),
    (["--rows", "-1"], "--rows: -1 is out of range, expected a number of at least 0"),
    (["--target", "chat_dataset.ChatDatset"], "is not supported; did you mean 'chat_dataset.ChatDataset'?"),
])
def test_wrong_arguments(automodel, tokenizer, rows, words, reason):
    done = automodel("data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer, *words)
    assert done.returncode == 2
    assert reason in done.stderr


def test_a_class_that_cuts_otherwise_than_its_file_is_told(automodel, tokenizer, rows):
    """SmolLM2's tokenizer.json cuts numbers into digits, its tokenizer_class, as Transformers 5 has it, does not."""
    content = json.loads((tokenizer / "tokenizer.json").read_text())
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True}, content["pre_tokenizer"]]}
    content["model"]["vocab"]["20"] = 1000
    content["model"]["merges"].append("2 0")
    (tokenizer / "tokenizer.json").write_text(json.dumps(content))
    settings = json.loads((tokenizer / "tokenizer_config.json").read_text())
    words = ["data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer]
    for name, is_told in [("PreTrainedTokenizerFast", False), ("GPT2Tokenizer", True)]:
        (tokenizer / "tokenizer_config.json").write_text(json.dumps({**settings, "tokenizer_class": name}))
        done = automodel(*words)
        assert done.returncode == 0, done.stderr
        assert ('warning class_differs: the tokenizer_class of tokenizer_config.json cuts text otherwise than tokenizer.json says: '
                '"In 2024" is ["I","n","Ġ","20","2","4"], by the file ["I","n","Ġ","2","0","2","4"]' in done.stdout) == is_told
        assert automodel(*words, "--strict").returncode == (2 if is_told else 0)


def test_bad_rows_can_be_left_out_whatever_their_kind(automodel, tokenizer, rows):
    """The advice of the error holds for data sets whose upstream has no such key."""
    good = {"context": "c", "question": "q", "answers": {"text": ["a"]}}
    words = ["data", "--dataset", rows(good, "{oops", {"context": "c"}, good), "--tokenizer", tokenizer, "--target", "squad.make_squad_dataset"]
    assert "rows.jsonl:2:2: not valid JSON" in automodel(*words).stderr
    done = automodel(*words, "--keys", '{"skip_invalid_samples": true}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("3 rows, ") and "left out: 2 rows of the files" in done.stdout


def test_other_roles_are_learnt_if_they_are_asked_for(automodel, tokenizer, rows):
    words = ["data", "--dataset", rows({"messages": TURN}), "--tokenizer", tokenizer, "--keys"]
    done = automodel(*words, '{"roles_to_train": ["user", "assistant"]}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<|im_start|>[user\nHi<|im_end|>]\n<|im_start|>assistant\n[Hello<|im_end|>]\n" in done.stdout
    assert "there is no role 'human'" in automodel(*words, '{"roles_to_train": ["human"]}').stderr
