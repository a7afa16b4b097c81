"""Parquet and Arrow files: the rows that pyarrow wrote into them, as JSON lines give them."""

import datetime
import decimal
import json
import random
import subprocess

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import byte_tokenizer
import saved_datasets

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}}}
CALL = {"type": "function", "function": {"name": "f", "arguments": '{"x": "1"}'}}
ROWS = [
    {"messages": [{"role": "user", "content": "Hi é 😀"}, {"role": "assistant", "content": "Hello"}], "tools": None, "n": 1},
    {"messages": [{"role": "user", "content": "Call"}, {"role": "assistant", "content": "", "tool_calls": [CALL]},
                  {"role": "tool", "content": "2"}, {"role": "assistant", "content": "two"}], "tools": [TOOL], "n": None},
    {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": "x" * 5000},
                  {"role": "assistant", "content": "y\n"}], "tools": [], "n": -3},
] * 40


def parquet(**options):
    return lambda table, path: pq.write_table(table, path, **options)


def ipc(maker, compression=None):
    def write(table, path):
        with pa.OSFile(str(path), "wb") as file, maker(file, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as out:
            out.write_table(table, max_chunksize=7)

    return write


WRITERS = {
    "plain.parquet": parquet(compression="none", use_dictionary=False),
    "snappy.parquet": parquet(row_group_size=13),
    "gzip.parquet": parquet(compression="gzip", data_page_version="2.0"),
    "zstd.parquet": parquet(compression="zstd", write_page_index=True),
    "brotli.parquet": parquet(compression="brotli", version="1.0"),
    "lz4.parquet": parquet(compression="lz4", store_schema=False),
    "file.arrow": ipc(pa.ipc.new_file),
    "stream.arrow": ipc(pa.ipc.new_stream),
    "zstd.arrow": ipc(pa.ipc.new_stream, "zstd"),
    "lz4.feather": lambda table, path: pyarrow.feather.write_feather(table, str(path), compression="lz4"),
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOMODEL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def lines(automodel):
    """lines(path) -> what automodel-tables makes of a file."""

    def read(path):
        done = subprocess.run([automodel.path.parent / "automodel-tables", path], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def without_null_fields(value, top=True):
    if isinstance(value, dict):
        return {key: without_null_fields(item, False) for key, item in value.items() if top or item is not None}
    return [without_null_fields(item, False) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", WRITERS)
def test_rows_are_those_that_were_written(lines, tmp_path, name):
    WRITERS[name](pa.Table.from_pylist(ROWS), tmp_path / name)
    assert lines(tmp_path / name) == ROWS


@pytest.mark.parametrize("name", ["snappy.parquet", "stream.arrow", "lz4.feather"])
def test_trained_tokens_are_those_of_json_lines(automodel, cache, tmp_path, name):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    WRITERS[name](pa.Table.from_pylist(ROWS), tmp_path / name)
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    shown = []
    for path in (tmp_path / name, tmp_path / "rows.jsonl"):
        done = automodel("data", "--dataset", path, "--tokenizer", tokenizer, "--json", "--disable", "too_long")
        shown.append([json.loads(line) for line in done.stdout.splitlines()])
        assert shown[-1] and not any("error" in row for row in shown[-1]), done.stdout + done.stderr
    table, text = shown
    assert [row.pop("location") for row in table] == [f"{tmp_path / name}:{i + 1}" for i in range(len(ROWS))]
    for row in text:
        row.pop("location")
    assert table == text


def values_of_all_types():
    utc = datetime.timezone.utc
    return {
        "large": pa.array(["a", None], pa.large_string()),
        "view": pa.array(["ä", "long enough to lie elsewhere"], pa.string_view()),
        "dictionary": pa.array(["x", "x"]).dictionary_encode(),
        "words": pa.array([["x", "y"], None], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "lists": pa.array([[[1], []], None], pa.large_list(pa.list_(pa.int16()))),
        "pair": pa.array([[1, 2], None], pa.list_(pa.float32(), 2)),
        "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
        "big": pa.array([2**64 - 1, 0], pa.uint64()),
        "time": pa.array([datetime.time(1, 2, 3, 4), None], pa.time64("us")),
        "day": pa.array([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)], pa.date32()),
        "stamp": pa.array([datetime.datetime(2024, 2, 29, 23, 59, 59, 999999), datetime.datetime(1900, 1, 1)], pa.timestamp("us")),
        "zoned": pa.array([datetime.datetime(2024, 2, 29, tzinfo=utc), None], pa.timestamp("ms", "UTC")),
        "money": pa.array([decimal.Decimal("12.30"), decimal.Decimal("-0.05")], pa.decimal128(10, 2)),
        "bytes": pa.array([b"text", b""], pa.binary()),
        "nothing": pa.nulls(2),
        "flag": pa.array([True, None], pa.bool_()),
        "half": pa.array([1.5, 65504], pa.float16()),
    }


def plain(value):
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    return str(value) if isinstance(value, decimal.Decimal) else value


@pytest.mark.parametrize("name", WRITERS)
def test_every_type_has_the_value_that_python_sees(lines, tmp_path, name):
    columns = values_of_all_types()
    if name == "brotli.parquet":  # version 1.0 of the format has not all of them
        columns = {key: columns[key] for key in ("large", "dictionary", "lists", "map", "stamp", "money", "flag")}
    if name.endswith("parquet"):
        columns.pop("half", None) if name == "lz4.parquet" else None
    table = pa.table(columns)
    WRITERS[name](table, tmp_path / name)
    wanted = table.to_pylist(maps_as_pydicts="strict")
    assert lines(tmp_path / name) == [{key: plain(value) for key, value in row.items()} for row in wanted]


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "brotli.parquet"])  # version 1.0 has no type JSON
def test_json_texts_are_the_values_that_they_stand_for(lines, tmp_path, name):
    """As `datasets` stores columns whose values have no one type, and as Parquet's own type JSON."""
    values = [{"a": [1, None, "é"], "b": {}}, [], "text", None]
    texts = pa.array([None if value is None else json.dumps(value) for value in values]).cast(pa.json_())
    lists = pa.array([["1"], ["{}", None], None, []], pa.list_(pa.string())).cast(pa.list_(pa.json_()))
    WRITERS[name](pa.table({"value": texts, "list": lists}), tmp_path / name)
    assert lines(tmp_path / name) == [{"value": value, "list": items} for value, items
                                      in zip(values, [[1], [{}, None], None, []])]


@pytest.mark.parametrize("value, reason", [
    (pa.array(["{1}"]).cast(pa.json_()), "column 'c': a value of type arrow.json:1:2: "),
    (pa.array([b"\xff\xd8"], pa.binary()), "column 'c': the 2 bytes of a value of type binary are not UTF-8 text"),
    (pa.array([float("inf")]), "column 'c': a number is infinite"),
    (pa.array([5], pa.duration("s")), "column 'c': values of type duration[s] have no form in JSON"),
])
def test_rows_without_a_form_in_json_are_named_and_can_be_left_out(automodel, cache, tmp_path, value, reason):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    good = pa.nulls(1, value.type)
    table = pa.table({"messages": pa.array([ROWS[0]["messages"]] * 2), "c": pa.chunked_array([good, value])})
    ipc(pa.ipc.new_file)(table, tmp_path / "rows.arrow")
    words = ["data", "--dataset", tmp_path / "rows.arrow", "--tokenizer", tokenizer]
    done = automodel(*words)
    assert done.returncode == 2 and f"rows.arrow:2: {reason}" in done.stderr
    done = automodel(*words, "--keys", '{"skip_invalid_samples": true}')
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("1 rows, ") and "left out: 1 rows of the files" in done.stdout


def test_damaged_files_are_errors_not_crashes(automodel, cache, tmp_path):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    words = ["--tokenizer", tokenizer, "--disable", "too_long"]
    randomly = random.Random(5)
    for name in ("snappy.parquet", "stream.arrow", "zstd.arrow", "file.arrow"):
        WRITERS[name](pa.Table.from_pylist(ROWS[:6]), tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        for i in range(24):
            damaged = bytearray(whole)
            if i < 8:
                del damaged[len(whole) * i // 8:]
            else:
                for _ in range(8):  # sizes, offsets and kinds, mostly: the ends of the file hold them
                    at = randomly.choice([randomly.randrange(64), randomly.randrange(len(whole)), -1 - randomly.randrange(400)])
                    damaged[at] = randomly.choice([0, 0x7F, 0x80, 0xFF, randomly.randrange(256)])
            (tmp_path / name).write_bytes(damaged)
            done = automodel("data", "--dataset", tmp_path / name, *words)
            assert done.returncode in (0, 1, 2), done
            assert done.returncode == 0 or f"{tmp_path / name}" in done.stdout + done.stderr, done
            assert i >= 8 or done.returncode == 2, (name, i, done)


def test_a_table_that_grows_without_measure_is_a_bomb(automodel, cache, tmp_path):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    text = pa.array(["x" * 100_000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), text.dictionary)
    ipc(pa.ipc.new_stream, "zstd")(pa.table({"text": column}), tmp_path / "rows.arrow")
    done = automodel("data", "--dataset", tmp_path / "rows.arrow", "--tokenizer", tokenizer)
    assert done.returncode == 2
    assert "expands to more than 64 MiB, which looks like a decompression bomb" in done.stderr


def save_to_disk(folder, rows, split):
    """With what a map() leaves beside the data set."""
    saved_datasets.save_to_disk(folder, pa.Table.from_pylist(rows), split=split)
    ipc(pa.ipc.new_stream)(pa.Table.from_pylist([{"text": "of a map()"}]), folder / "cache-0123456789abcdef.arrow")


def test_folders_of_the_package_datasets(automodel, cache, tmp_path):
    tokenizer = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer")
    save_to_disk(tmp_path / "both" / "train", ROWS[:2], "train")
    save_to_disk(tmp_path / "both" / "test", ROWS[:1], "train")  # as train_test_split leaves it
    (tmp_path / "both" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')

    def rows_of(folder, **keys):
        done = automodel("data", "--dataset", folder, "--tokenizer", tokenizer, "--keys", json.dumps(keys), "--json")
        return len(done.stdout.splitlines()) or done.stderr

    assert rows_of(tmp_path / "both") == 2
    assert rows_of(tmp_path / "both", split="test") == 1
    assert rows_of(tmp_path / "both" / "train") == 2
    assert "has no data file" in rows_of(tmp_path / "both", split="validation")
    assert "of split 'validation', but of test and train" in rows_of(tmp_path / "both", split="validation")
    (tmp_path / "both" / "train" / "state.json").write_text('{"_data_files": [{"filename": "../x.arrow"}]}')
    assert 'state.json: "_data_files" must list files of this folder' in rows_of(tmp_path / "both" / "train")


@pytest.mark.cpu
def test_nothing_else_starts_the_program(automodel, cache, tmp_path):
    """Without a table neither Arrow nor LibTorch is loaded."""
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n')
    for words in (["--version"], ["data", "--dataset", tmp_path / "rows.jsonl", "--tokenizer", tmp_path]):
        trace = subprocess.run([automodel.path, *words], env={"LD_DEBUG": "libs"}, capture_output=True, text=True)
        assert "libc.so" in trace.stderr
        assert "libarrow" not in trace.stderr and "libtorch" not in trace.stderr
