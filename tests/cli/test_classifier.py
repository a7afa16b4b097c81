"""`automodel RECIPE` of a classifier on tiny models: what the user sees, what is saved, exact resume, mistakes."""

import json
import re

import classifier_run
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_run
import torch
from test_train import assert_same, out, train
from transformers import AutoConfig, AutoModelForSequenceClassification


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "model").mkdir()
    return classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"))


def consolidated(recipe):
    return recipe.parent / "out/LATEST/model/consolidated"


def test_what_the_user_sees(automodel, recipe):
    done = train(automodel, recipe, "--step_scheduler.validate_at_start", "--step_scheduler.max_steps=30")
    for part in ["LlamaForSequenceClassification, 2 layers",
                 "classes     3, told by a new head that is drawn from the seed: colour, number, beast",
                 "[class ", "step 1/30 | loss ", " | accuracy ", "trained 30 steps"]:
        assert part in done.stdout, done.stdout
    assert re.search(r"^accuracy on held-out rows: 0\.\d+ -> 1\.000 \(loss \d", done.stdout.splitlines()[-1])
    assert done.stderr == ""


def test_logs_and_the_saved_folder(automodel, recipe):
    """The folder is Transformers' and has the loss and accuracy that validation found."""
    train(automodel, recipe)
    steps = classifier_run.log(recipe.parent / "out")
    assert all(line["num_label_tokens"] == 4 and 0 <= line["accuracy"] <= 1 for line in steps)
    validation = classifier_run.log(recipe.parent / "out", "validation")[-1]
    assert "token_accuracy" not in validation
    config = AutoConfig.from_pretrained(consolidated(recipe))
    assert config.architectures == ["LlamaForSequenceClassification"]
    assert config.id2label == {0: "colour", 1: "number", 2: "beast"} and config.label2id["beast"] == 2
    model, info = AutoModelForSequenceClassification.from_pretrained(consolidated(recipe), output_loading_info=True)
    assert not any(info.values()), info
    loss, accuracy = classifier_run.measure(model.eval(), classifier_run.rows(7, seed=2))
    assert loss == pytest.approx(validation["val_loss"], rel=1e-4)
    assert accuracy == pytest.approx(validation["val_accuracy"])


def test_goes_on_from_its_own_folder(automodel, recipe):
    """A folder of a classifier brings its head; a new one is drawn if asked for; a language model it is not."""
    train(automodel, recipe, "--step_scheduler.max_steps=20")
    again = ["--step_scheduler.max_steps=1",
             f"--model.pretrained_model_name_or_path={consolidated(recipe)}", "--step_scheduler.validate_at_start"]
    done = train(automodel, recipe, *again, out(recipe, "again"))
    assert "classes     3: colour, number, beast" in done.stdout
    first = classifier_run.log(recipe.parent / "again", "validation")[0]
    assert first["val_loss"] == classifier_run.log(recipe.parent / "out", "validation")[-1]["val_loss"]
    done = train(automodel, recipe, *again, "--checkpoint.skip_task_head_prefixes_for_base_model=['score.']",
                 out(recipe, "new_head"))
    assert "told by a new head" in done.stdout
    assert classifier_run.log(recipe.parent / "new_head", "validation")[0]["val_loss"] > first["val_loss"]
    done = automodel("generate", consolidated(recipe), "x", "--raw")
    assert done.returncode == 2
    assert "is a classifier (LlamaForSequenceClassification), which writes no text" in done.stderr
    done = train(automodel, recipe, *again, "--model.num_labels=2", "--dataset.labels=null",
                 "--validation_dataset.labels=null", out(recipe, "two"), expect=2)
    assert "another shape: score.weight is [3, 64], config.json says [2, 64]" in done.stderr
    assert "set checkpoint.skip_task_head_prefixes_for_base_model: [score.]" in done.stderr


@pytest.mark.parametrize("peft", [False, True])
def test_resume_is_exact(automodel, tmp_path, peft):
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"), peft=peft)
    train(automodel, recipe)
    part = out(recipe, "part")
    train(automodel, recipe, part, "--step_scheduler.max_steps=3")
    done = train(automodel, recipe, part)
    assert "going on from" in done.stdout
    assert_same((tmp_path / "out/LATEST").resolve(), (tmp_path / "part/LATEST").resolve())
    whole, parts = (classifier_run.log(tmp_path / name) for name in ("out", "part"))
    assert [(line["loss"], line["accuracy"]) for line in whole] == [(line["loss"], line["accuracy"]) for line in parts]


def test_names_are_looked_up_in_the_models(automodel, recipe):
    """Without `labels` the classes keep the numbers that the folder gives them; another order of theirs is an error."""
    train(automodel, recipe)
    folder = f"--model.pretrained_model_name_or_path={consolidated(recipe)}"
    silent = [folder, "--dataset.labels=null", "--validation_dataset.labels=null", "--step_scheduler.validate_at_start"]
    train(automodel, recipe, *silent, out(recipe, "again"))
    first = classifier_run.log(recipe.parent / "again", "validation")[0]
    assert first["val_loss"] == classifier_run.log(recipe.parent / "out", "validation")[-1]["val_loss"]
    assert AutoConfig.from_pretrained(recipe.parent / "again/LATEST/model/consolidated").id2label[2] == "beast"
    swapped = "=['beast','number','colour']"
    done = train(automodel, recipe, folder, f"--dataset.labels{swapped}", f"--validation_dataset.labels{swapped}",
                 out(recipe, "swapped"), expect=2)
    assert "but the model's classes are colour, number, beast" in done.stderr
    assert "but the model's classes are" in automodel("data", recipe, folder, f"--dataset.labels{swapped}",
                                                      f"--validation_dataset.labels{swapped}").stderr


def test_names_of_a_converted_checkpoint(automodel, tmp_path):
    """An adapter's checkpoint becomes a folder whose classes have the data's names."""
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"), peft=True)
    train(automodel, recipe, "--step_scheduler.max_steps=2")
    done = automodel("convert", (tmp_path / "out/LATEST").resolve(), tmp_path / "converted")
    assert done.returncode == 0, done.stderr
    assert AutoConfig.from_pretrained(tmp_path / "converted").label2id == {"colour": 0, "number": 1, "beast": 2}


def write_parquet(path, rows, names=classifier_run.KINDS):
    """As `datasets` writes rows whose `label` is a ClassLabel."""
    label = {"names": list(names), "_type": "ClassLabel"}
    notes = json.dumps({"info": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": label}}})
    table = pa.Table.from_pylist([{**row, "label": names.index(row["label"])} for row in rows])
    pq.write_table(table.replace_schema_metadata({"huggingface": notes}), path)


def as_parquet(recipe):
    """The recipe's rows as Parquet files that note the names of the classes; the words that train on them."""
    words = ["--step_scheduler.max_steps=2"]
    for section, name in (("dataset", "train"), ("validation_dataset", "validation")):
        rows = [json.loads(line) for line in (recipe.parent / f"{name}.jsonl").read_text().splitlines()]
        write_parquet(recipe.parent / f"{name}.parquet", rows)
        words += [f"--{section}.path_or_dataset_id={recipe.parent / name}.parquet", f"--{section}.labels=null"]
    return words


def test_names_that_parquet_files_note(automodel, recipe):
    """The files of `datasets`, and so of the hub's data sets, say what the numbers in a ClassLabel's column stand for."""
    data = as_parquet(recipe)
    train(automodel, recipe, *data)
    assert AutoConfig.from_pretrained(consolidated(recipe)).id2label == {0: "colour", 1: "number", 2: "beast"}
    turned = "--model.id2label={0: 'beast', 1: 'number', 2: 'colour'}"
    done = train(automodel, recipe, *data, "--model.num_labels=null", turned, out(recipe, "turned"), expect=2)
    assert f"but colour, number, beast in {recipe.parent / 'train.parquet'}" in done.stderr
    write_parquet(recipe.parent / "more.parquet", [{"text": "a b", "label": "beast"}], ["colour", "beast"])
    two = f"--dataset.path_or_dataset_id=['{recipe.parent / 'train.parquet'}', '{recipe.parent / 'more.parquet'}']"
    others = [word for word in data if not word.startswith("--dataset.path")]
    done = train(automodel, recipe, *others, two, out(recipe, "two"), expect=2)
    assert f"but colour, beast in {recipe.parent / 'more.parquet'}: 'beast' has two numbers" in done.stderr
    shards = [recipe.parent / f"train-0000{number}-of-00002.parquet" for number in (0, 1)]
    for shard, file in zip(shards, ("train", "more")):
        (recipe.parent / f"{file}.parquet").rename(shard)
    train(automodel, recipe, *others, f"--dataset.path_or_dataset_id={[str(shard) for shard in shards]}",
          out(recipe, "shards"))  # of which the first one is asked


def test_names_outlive_the_data_that_gave_them(automodel, tmp_path):
    """They are in an adapter's checkpoint, for what is made of it later."""
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"), peft=True)
    train(automodel, recipe, *as_parquet(recipe), "--checkpoint.merged_export=false")
    for file in tmp_path.glob("*.parquet"):
        file.unlink()
    latest = (tmp_path / "out/LATEST").resolve()
    for command, source in (("convert", latest), ("merge", latest / "model")):
        done = automodel(command, source, tmp_path / command)
        assert done.returncode == 0, done.stderr
        assert AutoConfig.from_pretrained(tmp_path / command).id2label == {0: "colour", 1: "number", 2: "beast"}


def test_an_adapter_with_a_new_head_is_merged(automodel, tmp_path):
    """Its base is a classifier of another number of classes, whose head it replaces."""
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"), peft=True)
    train(automodel, recipe, "--step_scheduler.max_steps=2")
    for name in ("train", "validation"):
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(line + "\n" for line in file.read_text().splitlines() if "beast" not in line))
    train(automodel, recipe, f"--model.pretrained_model_name_or_path={consolidated(recipe)}", "--model.num_labels=2",
          *(f"--{section}.labels=['colour','number']" for section in ("dataset", "validation_dataset")),
          "--checkpoint.skip_task_head_prefixes_for_base_model=['score.']", "--step_scheduler.max_steps=2",
          out(recipe, "two"))
    saved = tmp_path / "two/LATEST/model"
    done = automodel("merge", saved, tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    ours, theirs = (AutoModelForSequenceClassification.from_pretrained(folder)
                    for folder in (tmp_path / "merged", saved / "consolidated"))
    assert ours.config.id2label == {0: "colour", 1: "number"}
    assert all(torch.equal(value, theirs.state_dict()[key]) for key, value in ours.state_dict().items())


def test_packing_and_micro_batches_change_nothing(automodel, recipe):
    """The loss is a mean over rows, however they are put together."""
    losses = {}
    for name, overrides in {"one": ["--step_scheduler.local_batch_size=1"], "four": ["--step_scheduler.local_batch_size=4"],
                            "lengths": ["--step_scheduler.global_batch_size=24", "--step_scheduler.local_batch_size=24"],
                            "packs": ["--packed_sequence.packed_sequence_size=2048", "--step_scheduler.global_batch_size=1",
                                      "--step_scheduler.local_batch_size=1"]}.items():
        train(automodel, recipe, *overrides, out(recipe, name), "--step_scheduler.max_steps=1")
        losses[name] = classifier_run.log(recipe.parent / name)[0]
    assert losses["one"]["loss"] == pytest.approx(losses["four"]["loss"], rel=1e-5)
    assert losses["packs"]["loss"] == pytest.approx(losses["lengths"]["loss"], rel=1e-5)
    assert losses["packs"]["num_label_tokens"] == 24


def test_data_shows_texts_with_their_class(automodel, recipe):
    done = automodel("data", recipe)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^[a-z ]+\[class \d\]$", done.stdout, re.M), done.stdout
    assert re.search(r"class +24 tokens, +24 learnt \(100.0 %\)", done.stdout)
    row = json.loads(automodel("data", recipe, "--json").stdout.splitlines()[0])
    assert row["labels"][:-1] == [-100] * (len(row["ids"]) - 1) and row["labels"][-1] in (0, 1, 2)


def test_mistakes(automodel, recipe):
    def complaint(*overrides):
        return train(automodel, recipe, *overrides, expect=2).stderr

    assert "dataset.labels lists 3 classes (colour, number, beast), but the model tells 2" in complaint("--model.num_labels=2")
    assert "is 'colour', which is none of `labels` (color, number, beast); did you mean 'color'?" in complaint(
        "--dataset.labels=['color','number','beast']", "--validation_dataset.labels=null")
    assert "dataset.labels lists 2 classes (colour, number), but the model tells 3" in complaint(
        "--dataset.labels=['colour','number']")
    assert "validation_dataset.labels are beast, number, colour, but dataset.labels are colour" in complaint(
        "--validation_dataset.labels=['beast','number','colour']")
    assert "dataset.labels are colour, number, beast, but the model's classes are beast, number, colour" in complaint(
        "--model.id2label={0: 'beast', 1: 'number', 2: 'colour'}")
    assert "the model has 1 class; classification needs 2 or more" in complaint("--model.num_labels=1")
    assert "problem_type is \"regression\"" in complaint("--model.problem_type=regression")
    assert "the row has no column 'body'" in complaint("--dataset.text_column=body")
    assert "model.num_labels: expected an integer >= 0 or null, found 'three'" in complaint("--model.num_labels=three")


def test_smoke_and_plan(automodel, recipe):
    done = automodel(recipe, "--smoke", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the recipe works: 3 steps were made" in done.stdout
    done = automodel("plan", recipe, "--json")
    assert done.returncode == 0, done.stderr


def test_pairs_are_encoded_as_transformers_does(automodel, tmp_path):
    """GLUE's columns from a CSV file: tokenizer(a, b, truncation=True, max_length=n)."""
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model"))
    tokenizer = tiny_run.write_tokenizer(tmp_path / "model")
    pairs = [("red green", "blue " * k + "cat") for k in range(12)] + [("dog " * k, "bird " * (15 - k)) for k in range(1, 15)]
    (tmp_path / "pairs.csv").write_text("sentence1,sentence2,label\n" + "".join(
        f"{a},{b},{i % 2}\n" for i, (a, b) in enumerate(pairs)))
    mrpc = {"_target_": "nemo_automodel.components.datasets.llm.seq_cls.GLUE_MRPC",
            "path_or_dataset": str(tmp_path / "pairs.csv"), "max_length": 20}
    tiny_run.edit(recipe, lambda content: content.update(dataset=mrpc))
    done = automodel("data", recipe, "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    expected = tokenizer([a for a, _ in pairs], [b for _, b in pairs], truncation=True, max_length=20)["input_ids"]
    assert any(len(ids) == 20 for ids in expected)
    assert [row["ids"] for row in rows] == expected
    assert [row["labels"][-1] for row in rows] == [i % 2 for i in range(len(pairs))]


def test_from_config_on_mock_data(automodel, tmp_path):
    """Upstream's test data: nothing but a configuration is needed."""
    mock = {"_target_": "nemo_automodel.components.datasets.llm.mock_seq_cls.MockSequenceClassificationDataset",
            "num_labels": 3, "num_samples": 12}
    model = {"_target_": "nemo_automodel.NeMoAutoModelForSequenceClassification.from_config", "num_labels": 3,
             "config": {"_target_": "transformers.LlamaConfig", "hidden_size": 32, "intermediate_size": 48,
                        "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 256}}
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tmp_path / "model")
    tiny_run.edit(recipe, lambda content: content.update(dataset=mock, validation_dataset=mock, model=model))
    done = train(automodel, recipe, "--checkpoint.save_consolidated=true")
    assert "classes     3: LABEL_0, LABEL_1, LABEL_2" in done.stdout
    saved = AutoModelForSequenceClassification.from_pretrained(consolidated(recipe))
    assert saved.num_labels == 3 and saved.score.weight.dtype == torch.bfloat16
