"""`automodel RECIPE --smoke`: a recipe tried in seconds, without its model and its data."""

import json
import os
import pathlib
import re

import pytest
import tiny_run

UPSTREAM = pathlib.Path(__file__).resolve().parents[2] / "tests/recipes/upstream"
RECIPES = sorted(UPSTREAM.rglob("*.yaml"))

# What those wait for that do not run yet.
WAITS = {
    "llama3_2_1b_kd": "knowledge distillation",
    "llama3_1_8b_squad_qlora": "4-bit weights (QLoRA)",
    "llama3_1_8b_hellaswag_fp8": "8-bit arithmetic (fp8)",
    "llama3_2_1b_squad_qat": "quantisation-aware training",
    "megatron_pretrain_moonlight_16b_te_slurm": "checkpoints in torch's DCP format",
    "gemma3_vl_4b_cord_v2_peft": "vision-language models",
}
# Encoders are not supported: with a decoder.
OVERRIDES = {"mrpc_roberta_lora": ["--model.pretrained_model_name_or_path=Qwen/Qwen3-0.6B", "--peft.target_modules=*_proj"]}


def smoke(automodel, tmp_path, recipe, *overrides):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = automodel(recipe, "--smoke", *overrides, env={**os.environ, "TMPDIR": str(scratch), "HF_HOME": str(tmp_path / "none")},
                     timeout=300)
    assert list(scratch.iterdir()) == []
    return done


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_of_upstreams_runs_or_says_what_it_waits_for(automodel, tmp_path, path):
    here = set(os.listdir())
    done = smoke(automodel, tmp_path, path, *OVERRIDES.get(path.stem, []))
    if path.stem in WAITS:
        assert done.returncode != 0
        assert "--smoke cannot try it" in done.stderr and WAITS[path.stem] in done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr
        assert "the recipe works: 3 steps were made" in done.stdout
        losses = re.search(r"^losses +(.*)", done.stdout, re.MULTILINE)  # a benchmark's, all at the end
        assert (len(losses[1].split()) if losses else done.stdout.count("| loss ")) == 3
    assert set(os.listdir()) == here


def test_the_model_on_this_machine_is_shrunk(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, hidden_size=256, num_hidden_layers=9)
    done = smoke(automodel, tmp_path, recipe, "--step_scheduler.global_batch_size=64")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "model       llama, shrunk, with fresh weights\n" in done.stdout
    assert "LlamaForCausalLM, 4 layers, width 64, vocabulary 512" in done.stdout
    assert "3 of 4 rows" in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_vocabulary_smaller_than_the_tokenizers_grows(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path)
    config = json.loads((tmp_path / "model/config.json").read_text())
    (tmp_path / "model/config.json").write_text(json.dumps({**config, "vocab_size": 100}))
    done = smoke(automodel, tmp_path, recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "vocabulary 512" in done.stdout


def test_training_features_stay(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, **tiny_run.QWEN_MOE)
    tiny_run.edit(recipe, lambda r: r.update(
        peft={**tiny_run.PEFT, "target_modules": ["q_proj", "experts"]},
        packed_sequence={"packed_sequence_size": 4096, "packing_strategy": "neat"}))
    done = smoke(automodel, tmp_path, recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ["adapters    rank 4", "packs of 256 tokens", "saved ", "validation on"]:
        assert part in done.stdout, done.stdout


def test_a_model_that_is_not_here_and_has_no_telling_name(automodel, tmp_path):
    done = smoke(automodel, tmp_path, tiny_run.make(tmp_path), "--model.pretrained_model_name_or_path=org/unknown")
    assert done.returncode == 2
    assert "org/unknown is not on this machine, and its name does not say what type of model it is" in done.stderr


def test_a_model_that_is_not_here_of_an_unsupported_type(automodel, tmp_path):
    done = smoke(automodel, tmp_path, tiny_run.make(tmp_path), "--model.pretrained_model_name_or_path=zai-org/GLM-5")
    assert done.returncode == 2
    assert "--smoke: zai-org/GLM-5 by its name: model_type 'glm_moe_dsa' is not supported" in done.stderr


def test_a_wrong_recipe_stays_wrong(automodel, tmp_path):
    done = smoke(automodel, tmp_path, tiny_run.make(tmp_path), "--optimizer.lrr=1")
    assert done.returncode == 2
    assert "did you mean 'lr'?" in done.stderr
