"""One test for each of upstream's known bugs of data, on files as a user has them. Each would fail if this program had the bug."""

import json

import pytest

import byte_tokenizer
from test_data_recipe import recipe  # noqa: F401 (a fixture)

COLUMNS = ["--target", "column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
           "--keys", json.dumps({"column_mapping": {"question": "q", "answer": "a"}})]
END = 256 + byte_tokenizer.SPECIAL.index("<|im_end|>")
BOS = 256 + byte_tokenizer.SPECIAL.index("<s>")


def chat(*answers):
    return [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}]} for answer in answers]


@pytest.fixture
def rows_of(automodel, tmp_path):
    """rows_of(rows, folder, *words) -> the rows that `automodel data --json` prints."""

    def read(rows, folder, *words):
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        done = automodel("data", "--dataset", path, "--tokenizer", folder, "--json", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def change(folder, name, **values):
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def learnt(row):
    """The text of the labels."""
    ids = [label for label in row["labels"] if label != -100]
    return b"".join(bytes([i]) if i < 256 else byte_tokenizer.SPECIAL[i - 256].encode() for i in ids)


def test_padding_is_known_by_layout_not_by_id(rows_of, tmp_path):
    """A token that is also the padding's is an ordinary token of a text: it is neither dropped nor masked."""
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    change(folder, "tokenizer_config.json", pad_token="x")
    [row] = rows_of(chat("axxb"), folder)
    assert learnt(row) == b"axxb<|im_end|>"
    assert row["ids"].count(ord("x")) == 2 and row["document_lengths"] == [len(row["ids"])]


def test_generation_prompt_is_not_in_the_loss(rows_of, tmp_path):
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    [row] = rows_of(chat("Hello"), folder)
    assert learnt(row) == b"Hello<|im_end|>", "neither the header of the turn nor the newline behind its end"


def test_special_tokens_are_opt_in(rows_of, tmp_path):
    """A chat template brings its own BOS: the tokenizer's must not be put before it a second time. Plain text gets it."""
    template = "{{ bos_token }}" + byte_tokenizer.CHATML
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", template)
    bos = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    change(folder, "tokenizer.json", post_processor={
        "type": "TemplateProcessing", "single": bos, "pair": bos,
        "special_tokens": {"<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]}}})
    [row] = rows_of(chat("Hello"), folder)
    assert row["ids"][0] == BOS and row["ids"].count(BOS) == 1
    [row] = rows_of([{"q": "Why?", "a": "So."}], folder, *COLUMNS)
    assert row["ids"][0] == BOS and row["ids"].count(BOS) == 1


def test_boundary_of_prompt_and_answer_is_one_encoding(rows_of, automodel, tmp_path):
    """Prompt and answer are encoded together, as the model sees them; a token of both is not learnt, and is told of."""
    folder = byte_tokenizer.write_tokenizer(
        tmp_path / "tokenizer", "{% for m in messages %}{{ m.content }}{% endfor %}"
        "{% if not add_generation_prompt %}{{ '<|im_end|>' }}{% endif %}")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["ab"] = 260
    tokenizer["model"]["merges"] = ["a b"]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    rows = [{"messages": [{"role": "user", "content": "xa"}, {"role": "assistant", "content": "bc"}]}]
    [row] = rows_of(rows, folder)
    assert row["ids"] == [ord("x"), 260, ord("c"), END], "one token for 'ab', as in the whole text"
    assert learnt(row) == b"c<|im_end|>"
    done = automodel("data", "--dataset", tmp_path / "rows.jsonl", "--tokenizer", folder)
    assert "warning merged_boundary: 1 of 1 rows" in done.stdout


def test_left_padding_changes_nothing(rows_of, tmp_path):
    """Settings of padding do not reach training: batches hold none, so no position or label can be shifted by it."""
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    plain = rows_of(chat("a", "a much longer answer"), folder)
    change(folder, "tokenizer_config.json", padding_side="left", pad_token="</s>")
    change(folder, "tokenizer.json", padding={
        "strategy": {"Fixed": 128}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 257,
        "pad_type_id": 0, "pad_token": "</s>"})
    assert rows_of(chat("a", "a much longer answer"), folder) == plain


def test_pad_equal_to_eos_leaves_eos_in_the_loss(rows_of, tmp_path):
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    change(folder, "tokenizer_config.json", pad_token="<|im_end|>")
    rows = rows_of(chat("a", "a much longer answer"), folder)
    assert [learnt(row) for row in rows] == [b"a<|im_end|>", b"a much longer answer<|im_end|>"]
    [row] = rows_of([{"q": "Why?", "a": "So."}], folder, *COLUMNS)
    assert learnt(row) == b"So.<|im_end|>"


def test_over_long_samples_are_refused_cut_or_left_out_but_never_silently(recipe, automodel, tmp_path):  # noqa: F811
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chat("Hello", "x" * 200)))
    refused = automodel("data", recipe)
    assert refused.returncode == 2
    assert "train.jsonl:2: the row has 223 tokens, more than the 64 that the model takes" in refused.stdout
    cut = automodel("data", recipe, "--dataset.truncation", "true")
    assert cut.returncode == 0 and "truncated: 1 rows" in cut.stdout, cut.stdout
    assert "warning truncated: 1 of 2 rows" in cut.stdout
    skipped = automodel("data", recipe, "--dataset.skip_invalid_samples", "true")
    assert skipped.returncode == 0 and "left out: 1 rows" in skipped.stdout, skipped.stdout


def test_short_and_long_rows_mix(rows_of, tmp_path):
    """A row's tokens and labels do not depend on the rows beside it."""
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    answers = ["a", "b" * 500, "c", "d" * 90]
    mixed = rows_of(chat(*answers), folder)
    for index, answer in enumerate(answers):
        [alone] = rows_of(chat(answer), folder)
        assert (mixed[index]["ids"], mixed[index]["labels"]) == (alone["ids"], alone["labels"])
        assert len(learnt(mixed[index])) == len(answer) + len("<|im_end|>")
