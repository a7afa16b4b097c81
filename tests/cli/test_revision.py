"""A run on one revision of a model of the hub: what it writes belongs to that revision."""

import json

import pytest
import tiny_run
import torch
from safetensors.torch import load_file
from test_train import out, train

COMMIT = "a" * 40
MATRIX = "model.layers.0.mlp.up_proj.weight"
NORM = "model.norm.weight"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache with org/tiny's revision v1 alone."""
    repo = tmp_path / "hub/models--org--tiny"
    snapshot = repo / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    tiny_run.write_model(snapshot)
    (repo / "refs").mkdir()
    (repo / "refs/v1").write_text(COMMIT)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return snapshot


@pytest.fixture
def adapter(automodel, cache, tmp_path):
    recipe = tiny_run.make(tmp_path)
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    train(automodel, recipe, out(recipe, "run"), "--step_scheduler.max_steps=2",
          "--model.pretrained_model_name_or_path=org/tiny", "--model.revision=v1")
    return tmp_path / "run/LATEST/model"


def test_an_adapter_names_the_revision_of_its_base(automodel, adapter, cache, tmp_path):
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == ("org/tiny", "v1")
    done = automodel("merge", adapter, tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    base, merged = load_file(cache / "model.safetensors"), load_file(tmp_path / "merged/model.safetensors")
    assert torch.equal(base[NORM], merged[NORM]) and not torch.equal(base[MATRIX], merged[MATRIX])
    words = ["red green", "--max-new-tokens=8"]
    done = automodel("generate", adapter, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout == automodel("generate", tmp_path / "merged", *words).stdout


def test_a_folder_has_none(automodel, cache, tmp_path):
    for words in (["generate", cache, "red"], ["convert", cache, tmp_path / "copy"], ["merge", cache, tmp_path / "merged"]):
        done = automodel(*words, "--revision", "v1")
        assert done.returncode == 2
        assert f"--revision v1 chooses a version on the hub, but {cache} is a path on this machine" in done.stderr
    assert automodel("convert", "org/tiny", tmp_path / "copy", "--revision", "v1").returncode == 0


def test_another_base_has_its_own_revision(automodel, adapter, tmp_path):
    done = automodel("merge", adapter, tmp_path / "merged", "--base", "org/tiny")
    assert done.returncode != 0 and "org/tiny (revision main)" in done.stderr
    (tmp_path / "hub/models--org--tiny/refs/main").write_text(COMMIT)
    assert automodel("merge", adapter, tmp_path / "merged", "--base", "org/tiny").returncode == 0
