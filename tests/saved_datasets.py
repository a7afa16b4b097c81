"""Folders as the Python package `datasets` (5.2) saves them and huggingface_hub caches them, written by pyarrow alone."""

import json

import pyarrow as pa


def hf_type(kind):
    """A column's type as `datasets` writes it down."""
    if pa.types.is_struct(kind):
        return {field.name: hf_type(field.type) for field in kind}
    if pa.types.is_list(kind):
        return {"feature": hf_type(kind.value_type), "_type": "List"}
    return {"_type": "Json"} if kind == pa.json_() else {"dtype": str(kind), "_type": "Value"}


def with_features(table):
    """`table` with the metadata that `datasets` puts into its files."""
    features = {"info": {"features": {field.name: hf_type(field.type) for field in table.schema}}}
    return table.replace_schema_metadata({"huggingface": json.dumps(features)})


def dump(path, content):
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def save_to_disk(folder, table, num_shards=1, split=None):
    """Dataset.save_to_disk: shards as Arrow streams, of equal length but for the first ones."""
    folder.mkdir(parents=True)
    table = with_features(table)
    names = [f"data-{i:05}-of-{num_shards:05}.arrow" for i in range(num_shards)] if len(table) else []
    least, more = divmod(len(table), num_shards)
    for i, name in enumerate(names):
        part = table.slice(i * least + min(i, more), least + (i < more))
        with pa.OSFile(str(folder / name), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
            out.write_table(part)
    dump(folder / "state.json", {
        "_data_files": [{"filename": name} for name in names], "_fingerprint": "c3fef711a5fbf35d", "_format_columns": None,
        "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": split})
    features = {field.name: hf_type(field.type) for field in table.schema}
    dump(folder / "dataset_info.json", {"citation": "", "description": "", "features": features, "homepage": "", "license": ""})


def save_dict(folder, tables, **options):
    """DatasetDict.save_to_disk: a folder to a split."""
    folder.mkdir(parents=True)
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(tables)}), encoding="utf-8")
    for split, table in tables.items():
        save_to_disk(folder / split, table, **options)


def cache_on_hub(cache, name, files):
    """huggingface_hub's cache of the data set `name`: `files` is {path in the repository: how to write it}."""
    repository = cache / f"datasets--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / ("a" * 40)
    for path in ("blobs", "refs"):
        (repository / path).mkdir(parents=True)
    (repository / "refs" / "main").write_text("a" * 40)
    for number, (path, write) in enumerate(files.items()):
        blob = repository / "blobs" / f"{number:064}"
        write(blob)
        (snapshot / path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / path).symlink_to(blob)
