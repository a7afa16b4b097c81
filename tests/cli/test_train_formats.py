"""The same rows as JSON lines, as Parquet, as Arrow, in folders of `datasets` and in the hub's cache: the same training."""

import json

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import saved_datasets
import tiny_run


def table_of(path):
    return pa.Table.from_pylist([json.loads(line) for line in path.read_text().splitlines()])


def parquet(table, path):
    pq.write_table(table, path, row_group_size=5)


def ipc(maker):
    def write(table, path):
        with pa.OSFile(str(path), "wb") as file, maker(file, table.schema) as out:
            out.write_table(table, max_chunksize=4)

    return write


def feather(table, path):
    pyarrow.feather.write_feather(table, str(path))


def as_file(name, write):
    def make(folder, tables):
        for split, table in tables.items():
            write(table, folder / f"{split}.{name}")
        return {split: folder / f"{split}.{name}" for split in tables}

    return make


def as_folder_of_parts(folder, tables):
    for split, table in tables.items():
        for i in range(2):
            half = (len(table) + 1) // 2
            parquet(table.slice(i * half, half), folder / f"{split}-{i:05}-of-00002.parquet")
    return {split: folder for split in tables}


def as_saved(folder, tables):
    for split, table in tables.items():
        saved_datasets.save_to_disk(folder / f"{split}_saved", table, num_shards=3, split=split)
    return {split: folder / f"{split}_saved" for split in tables}


def as_saved_with_empty_shards(folder, tables):
    """As datasets.map leaves them that filter all rows of a shard: more shards than rows."""
    for split, table in tables.items():
        saved_datasets.save_to_disk(folder / f"{split}_saved", table, num_shards=len(table) + 2, split=split)
    return {split: folder / f"{split}_saved" for split in tables}


def as_saved_dict(folder, tables):
    empty = tables["train"].slice(0, 0)
    saved_datasets.save_dict(folder / "saved", {**tables, "test": empty}, num_shards=2)
    return {split: folder / "saved" for split in tables}


def as_json_texts(folder, tables):
    """As load_dataset reads messages whose values have no one type: text of the type arrow.json."""
    texts = {split: pa.array([[json.dumps(message) for message in row] for row in table["messages"].to_pylist()],
                             pa.list_(pa.string())) for split, table in tables.items()}
    saved_datasets.save_dict(folder / "saved", {split: pa.table({"messages": column.cast(pa.list_(pa.json_()))})
                                                for split, column in texts.items()})
    return {split: folder / "saved" for split in tables}


def as_hub_cache(folder, tables):
    files = {"README.md": lambda path: path.write_text("---\n---\n")}
    for split, table in tables.items():
        half = (len(table) + 1) // 2
        for i in range(2):
            part = saved_datasets.with_features(table.slice(i * half, half))
            files[f"data/{split}-{i:05}-of-00002.parquet"] = lambda path, part=part: parquet(part, path)
    saved_datasets.cache_on_hub(folder / "hub", "org/rows", files)
    return {split: "org/rows" for split in tables}


FORMS = {
    "parquet": as_file("parquet", parquet),
    "arrow file": as_file("arrow", ipc(pa.ipc.new_file)),
    "arrow stream": as_file("arrow", ipc(pa.ipc.new_stream)),
    "feather": as_file("feather", feather),
    "folder of parquet": as_folder_of_parts,
    "saved data sets": as_saved,
    "saved data sets in one": as_saved_dict,
    "saved with empty shards": as_saved_with_empty_shards,
    "saved as JSON texts": as_json_texts,
    "hub cache": as_hub_cache,
}


def train(automodel, folder, recipe):
    """What six steps and their validations come to."""
    done = automodel(recipe, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [(line["step"], line["loss"], line["grad_norm"], line["num_label_tokens"]) for line in tiny_run.log(folder / "out")]
    return steps, [(line["step"], line["val_loss"]) for line in tiny_run.log(folder / "out", "validation")]


@pytest.fixture(scope="module")
def of_lines(automodel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    return train(automodel, folder, tiny_run.make(folder))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_rows_trains_alike(automodel, of_lines, tmp_path, monkeypatch, form):
    monkeypatch.setenv("AUTOMODEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    recipe = tiny_run.make(tmp_path)
    tables = {split: table_of(tmp_path / f"{split}.jsonl") for split in ("train", "validation")}
    (tmp_path / "data").mkdir()
    folder = tmp_path if form == "hub cache" else tmp_path / "data"
    paths = FORMS[form](folder, tables)
    for split in tables:
        (tmp_path / f"{split}.jsonl").unlink()

    def change(content):
        content["dataset"].update(path_or_dataset_id=str(paths["train"]), split="train")
        content["validation_dataset"].update(path_or_dataset_id=str(paths["validation"]), split="validation")

    steps, validations = train(automodel, tmp_path, tiny_run.edit(recipe, change))
    assert len(steps) == 6 and len(validations) > 0
    assert (steps, validations) == of_lines


def test_tables_without_a_row_are_an_error(automodel, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOMODEL_CACHE", str(tmp_path / "cache"))
    recipe = tiny_run.make(tmp_path)
    empty = table_of(tmp_path / "train.jsonl").slice(0, 0)
    for i in range(2):
        parquet(empty, tmp_path / f"part-{i}.parquet")

    def train_on(name):
        done = automodel(tiny_run.edit(recipe, lambda content: content["dataset"].update(
            path_or_dataset_id=str(tmp_path / name))))
        assert done.returncode == 2
        return done.stderr

    assert f"none of the 2 tables has a row, {tmp_path}/part-0.parquet is the first" in train_on("part-*.parquet")
    assert f"{tmp_path}/part-0.parquet: the file has no rows" in train_on("part-0.parquet")
