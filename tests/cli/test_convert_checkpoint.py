"""automodel convert makes a Hugging Face folder of any checkpoint of a run, not only of the last one."""

import json
import shutil

import pytest
import tiny_run
import torch
from safetensors.torch import load_file
from test_train import files, out, train

STEPS = ["--step_scheduler.max_steps=4", "--step_scheduler.ckpt_every_steps=2"]
FIRST = "epoch_0_step_1"


@pytest.fixture
def recipe(tmp_path):
    """Trains in float32 what is stored in bfloat16."""
    return tiny_run.make(tmp_path, dtype=torch.bfloat16)


def convert(automodel, checkpoint, folder, *words, expect=0):
    done = automodel("convert", checkpoint, folder, *words)
    assert done.returncode == expect, done.stderr
    return done


def everything(folder):
    return {**files(folder), "config.json": (folder / "config.json").read_bytes()}


def test_it_is_what_the_run_would_have_written(automodel, recipe, tmp_path):
    train(automodel, recipe, out(recipe, "run"), *STEPS)
    train(automodel, recipe, out(recipe, "all"), *STEPS, "--checkpoint.save_consolidated=true")
    for name in (FIRST, "LATEST"):
        done = convert(automodel, tmp_path / "run" / name, tmp_path / f"made_{name}")
        assert "float32" in done.stdout
        assert everything(tmp_path / f"made_{name}") == everything(tmp_path / "all" / name / "model/consolidated")
    convert(automodel, tmp_path / "run" / FIRST, tmp_path / "narrow", "--dtype", "bfloat16")
    assert load_file(tmp_path / "narrow/model.safetensors")["model.norm.weight"].dtype == torch.bfloat16


def test_a_run_whose_recipe_says_dtype(automodel, recipe, tmp_path):
    """Transformers' newer name of torch_dtype: what the run wrote of its recipe is read again."""

    def rename(content):
        del content["model"]["torch_dtype"]
        content["model"]["dtype"] = "bfloat16"
        content.update(peft=dict(tiny_run.PEFT))

    tiny_run.edit(recipe, rename)
    train(automodel, recipe, out(recipe, "run"), *STEPS)
    for words in (["generate", "run/LATEST/model", "red", "--max-new-tokens=1"], ["merge", "run/LATEST/model", "merged"],
                  ["validate", "run/manifest.json"], ["plan", recipe, "--model.torch_dtype=float32"]):
        done = automodel(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    convert(automodel, tmp_path / "run" / FIRST, tmp_path / "made")
    assert load_file(tmp_path / "made/model.safetensors")["model.norm.weight"].dtype == torch.bfloat16


def test_where_links_are_impossible(automodel, recipe, tmp_path):
    """A text file stands for LATEST; names in it are found by every command that takes a model."""
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "run"), *STEPS, "--checkpoint.merged_export")
    latest = tmp_path / "run/LATEST"
    convert(automodel, latest, tmp_path / "by_link")
    name = latest.readlink()
    latest.unlink()
    (tmp_path / "run/LATEST.txt").write_text(f"{name}\n")
    done = automodel("convert", tmp_path / "run", tmp_path / "x")
    assert done.returncode == 2 and f"give one, e.g. {tmp_path / 'run' / name}" in done.stderr
    convert(automodel, latest, tmp_path / "by_text")
    assert everything(tmp_path / "by_text") == everything(tmp_path / "by_link")
    for words in (["merge", "LATEST/model", tmp_path / "merged"], ["generate", "LATEST/model", "red", "--max-new-tokens=1"],
                  ["convert", "LATEST", tmp_path / "third"], ["describe", "LATEST/model/consolidated"],
                  ["tokenize", "LATEST/model/consolidated", "red"]):
        done = automodel(*words, cwd=tmp_path / "run")
        assert done.returncode == 0, done.stderr
    done = automodel(recipe, out(recipe, "next"), *STEPS, f"--checkpoint.restore_from={latest}", timeout=300)
    assert done.returncode == 0, done.stderr


def test_of_adapters_it_is_the_merged_model(automodel, recipe, tmp_path):
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "run"), *STEPS)
    convert(automodel, tmp_path / "run" / FIRST, tmp_path / "made")
    assert automodel("merge", tmp_path / "run" / FIRST / "model", tmp_path / "merged", "--dtype", "float32").returncode == 0
    made, merged = load_file(tmp_path / "made/model.safetensors"), load_file(tmp_path / "merged/model.safetensors")
    assert made.keys() == merged.keys()
    assert all(torch.equal(made[name], merged[name]) for name in made)
    weights = tmp_path / "model/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    done = convert(automodel, tmp_path / "run" / FIRST, tmp_path / "other", expect=2)
    assert "was trained beside another base model: its model.safetensors" in done.stderr


def test_an_adapter_in_its_checkpoint_keeps_what_the_run_changed_of_the_base(automodel, recipe, tmp_path):
    """Merged without the run's rope_theta it would be another model than the one that was trained."""
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "run"), *STEPS, "--model.rope_theta=20.0", "--model.rms_norm_eps=1e-3")
    adapter = tmp_path / "run" / FIRST / "model"
    convert(automodel, adapter.parent, tmp_path / "made")
    options = ["--dtype", "float32"]
    assert automodel("merge", adapter, tmp_path / "merged", *options).returncode == 0
    assert automodel("merge", adapter, tmp_path / "on_base", "--base", tmp_path / "model", *options).returncode == 0
    assert everything(tmp_path / "merged") == everything(tmp_path / "on_base") == everything(tmp_path / "made")
    assert json.loads((tmp_path / "made/config.json").read_text())["rms_norm_eps"] == 1e-3

    def text(*words):
        done = automodel("generate", *words, "reverse: red green", "--max-new-tokens=12", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert text(adapter) == text(tmp_path / "model", "--adapter", adapter) == text(tmp_path / "made")
    further = [f"--peft.adapter_name_or_path={adapter}", "--step_scheduler.max_steps=1"]
    done = train(automodel, recipe, out(recipe, "further"), *further)
    assert "changes of its base's config.json: {\"rope_theta\":20.0,\"rms_norm_eps\":0.001}, here {}" in done.stdout
    done = train(automodel, recipe, out(recipe, "alike"), *further, "--model.rms_norm_eps=1e-3", "--model.rope_theta=20.0")
    assert "changes of its base" not in done.stdout
    alone = shutil.copytree(adapter, tmp_path / "alone")
    assert automodel("merge", alone, tmp_path / "plain", *options).returncode == 0
    assert everything(tmp_path / "plain") != everything(tmp_path / "made"), "elsewhere nothing tells of it"


def test_what_cannot_be_converted(automodel, recipe, tmp_path):
    train(automodel, recipe, out(recipe, "run"), *STEPS)
    checkpoint = tmp_path / "run" / FIRST
    for wrong, advice in ((checkpoint / "model", f"'automodel convert {checkpoint} FOLDER' makes a model folder of it"),
                          (tmp_path / "run", f"give one, e.g. {tmp_path / 'run/LATEST'}")):
        assert advice in convert(automodel, wrong, tmp_path / "made", expect=2).stderr
    assert "makes a model folder of it" in automodel("generate", checkpoint, "red").stderr
    weights = checkpoint / "model/model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "model/model.safetensors" in convert(automodel, checkpoint, tmp_path / "made", expect=2).stderr
    weights.write_bytes(content)
    shutil.move(tmp_path / "model", tmp_path / "moved")
    done = convert(automodel, checkpoint, tmp_path / "made", expect=2)
    assert f"{tmp_path / 'model'}" in done.stderr and "count from the folder in which the run was started" in done.stderr
    assert not (tmp_path / "made").exists()
