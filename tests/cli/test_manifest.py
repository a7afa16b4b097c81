"""`manifest.json` of a run: it is a recipe again, and `automodel diff` compares two of them."""

import json
import os

import pytest
import tiny_run
from test_train import assert_same, out, train


@pytest.fixture(scope="module")
def runs(automodel, tmp_path_factory):
    """A recipe's folder with two runs: `first`, and `second` with another learning rate."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = tiny_run.make(folder)
    train(automodel, recipe, out(recipe, "first"), "--seed=9")
    train(automodel, recipe, out(recipe, "second"), "--seed=9", "--optimizer.lr=0.02")
    return folder


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_it_says_what_the_run_was(runs):
    first = manifest(runs / "first")
    assert first["config"]["seed"] == 9 and first["origins"]["seed"] == "override"
    assert first["recipe"] == str(runs / "recipe.yaml")
    assert first["overrides"][1] == "--seed=9"
    assert first["software"]["torch"] and first["machine"]["instruction_sets"]
    assert first["data"]["dataset"]["rows"] == 18 and len(first["data"]["dataset"]["xxh64"]) == 16
    assert first["model"]["files"]["model.safetensors"]["bytes"] > 0
    assert first["results"]["steps"] == 6


def test_it_has_the_variables_that_change_arithmetic(automodel, runs):
    variables = {"AUTOMODEL_ISA": "reference", "OMP_NUM_THREADS": "1"}
    done = automodel(runs / "first/manifest.json", out(runs / "recipe.yaml", "other"), "--step_scheduler.max_steps=1",
                     env={**os.environ, **variables}, timeout=300)
    assert done.returncode == 0, done.stderr
    assert variables.items() <= manifest(runs / "other")["environment"].items()
    assert "warning: environment.AUTOMODEL_ISA is not as in the manifest" in done.stdout


def test_a_run_from_a_manifest_repeats_it_bit_for_bit(automodel, runs):
    done = train(automodel, runs / "first/manifest.json", f"--checkpoint.checkpoint_dir={runs / 'again'}")
    assert "may not repeat" not in done.stdout
    assert_same(runs / "first/epoch_1_step_5", runs / "again/epoch_1_step_5")
    losses = [[line["loss"] for line in tiny_run.log(runs / name)] for name in ("first", "again")]
    assert losses[0] == losses[1]


def test_changed_data_are_told(automodel, runs):
    rows = (runs / "train.jsonl").read_text()
    try:
        (runs / "train.jsonl").write_text(rows + rows.splitlines()[0] + "\n")
        done = train(automodel, runs / "first/manifest.json", f"--checkpoint.checkpoint_dir={runs / 'changed'}")
        assert "warning: data.dataset.rows is not as in the manifest" in done.stdout
    finally:
        (runs / "train.jsonl").write_text(rows)


def test_diff(automodel, runs):
    same = automodel("diff", runs / "first", runs / "first/epoch_1_step_5")
    assert (same.returncode, same.stdout) == (0, "no difference\n")
    done = automodel("diff", runs / "first", runs / "second")
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "optimizer.lr 0.01 -> 0.02" in lines
    assert lines[0] == "config" and "results" in lines
    parts = json.loads(automodel("diff", runs / "first", runs / "second", "--json").stdout)
    assert set(parts["config"]) == {"optimizer.lr", "checkpoint.checkpoint_dir"}
    assert parts["data"] == parts["model"] == parts["software"] == parts["machine"] == {}
    losses = [tiny_run.log(runs / name)[-1]["loss"] for name in ("first", "second")]
    assert parts["results"]["last loss"] == {"a": losses[0], "b": losses[1]}


def test_diff_of_what_is_no_run(automodel, runs, tmp_path):
    done = automodel("diff", runs / "first", tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path} holds no manifest.json of a run" in done.stderr


def test_validate_reads_a_manifest(automodel, runs):
    done = automodel("validate", runs / "first/manifest.json", "--print-config")
    assert "# manifest" in done.stdout
    assert "lr: 0.01 " in done.stdout
