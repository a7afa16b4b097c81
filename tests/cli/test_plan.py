"""`automodel plan`: what a run will take, from the recipe and config.json alone."""

import json
import pathlib

import pytest
import torch
import yaml
from safetensors.torch import save_file

SMOLLM2 = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 49152, "hidden_size": 576,
           "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
           "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 100000, "tie_word_embeddings": True,
           "torch_dtype": "float32"}
MOE = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "vocab_size": 32000, "hidden_size": 512,
       "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64,
       "moe_intermediate_size": 256, "num_experts": 16, "num_experts_per_tok": 4, "norm_topk_prob": True,
       "max_position_embeddings": 8192, "tie_word_embeddings": False, "torch_dtype": "float32"}
# Wide heads of queries share one of keys, so that the backward of the attention is the fullest moment.
WIDE_ATTENTION = {**SMOLLM2, "vocab_size": 4096, "hidden_size": 512, "intermediate_size": 512, "num_hidden_layers": 4,
                  "num_attention_heads": 16, "num_key_value_heads": 1, "head_dim": 128}
# What the plan leaves out: up to 5 % of small tensors and of the allocator's rounding, and 20 MiB by which the program
# itself differs between machines, 3 % of the smallest run here.
MEMORY_TOLERANCE = 0.08
LORA = {"_target_": "nemo_automodel.components._peft.lora.PeftConfig", "target_modules": ["q_proj", "v_proj"]}


def write(folder, config=SMOLLM2, length=512, peft=None, **changes):
    """A benchmark recipe of one row a step, on a model from config."""
    folder = pathlib.Path(folder)
    (folder / "config.json").write_text(json.dumps(config))
    llm = "nemo_automodel.components.datasets.llm.mock_iterable_dataset.MockIterableDataset"
    recipe = {
        "recipe": "BenchmarkingRecipeForNextTokenPrediction",
        "step_scheduler": {"global_batch_size": 1, "local_batch_size": 1, "max_steps": 3},
        "benchmark": {"warmup_steps": 1, "peak_tflops": 1, "nsys_start": -1, "nsys_end": -1, "nsys_ranks": []},
        "distributed": {"strategy": "fsdp2"},
        "model": {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config", "torch_dtype": "float32",
                  "config": {"_target_": "transformers.AutoConfig.from_pretrained", "pretrained_model_name_or_path": str(folder)}},
        "loss_fn": {"_target_": "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy"},
        "dataset": {"_target_": llm, "seq_len": length, "vocab_size": config["vocab_size"]},
        "dataloader": {"batch_size": None},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 1e-4},
        **changes,
    }
    if peft:
        recipe["peft"] = peft
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def figures(automodel, *arguments):
    done = automodel("plan", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.fast
def test_what_the_user_sees(automodel, tmp_path):
    done = automodel("plan", write(tmp_path), "--memory", "16", "--flops", "0.1", "--bandwidth", "20", "--step_scheduler.num_epochs=1")
    assert done.returncode == 0, done.stderr
    for part in ["LlamaForCausalLM, 134.5 M parameters; 134.5 M trained", "1 micro-batch of 1 row of 512 tokens", "TFLOP a step",
                 "it fits into 16 GiB", "trained weights 513 MiB", "3 steps take", "run at most 3 steps, at most 1 epoch step"]:
        assert part in " ".join(done.stdout.split()), done.stdout


@pytest.mark.fast
def test_auto_is_the_type_of_the_weights(automodel, tmp_path):
    """As a run reads it: config.json says it, else the weights; where neither is here float32 is assumed."""
    recipe = write(tmp_path, {**SMOLLM2, "torch_dtype": "auto"},
                   model={"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained",
                          "pretrained_model_name_or_path": str(tmp_path)})
    done = automodel("plan", recipe)
    assert "stored as float32 (assumed, config.json does not say it" in done.stdout, done.stdout + done.stderr
    wide = figures(automodel, recipe)["memory"]["trained_weights"]
    save_file({"a": torch.ones(2, dtype=torch.int64), "b": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "model.safetensors")
    assert "assumed, config.json" not in automodel("plan", recipe).stdout
    assert figures(automodel, recipe)["memory"]["trained_weights"] == wide / 2


# Measured by bench/compare.py on 2 cores with AVX-512: length, adapters, peak GiB, tokens per second.
# --flops and --bandwidth are what `plan` takes for that machine.
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MEASURED = [(512, None, 2.29, 409), (2048, None, 3.48, None), (512, ATTENTION, 1.06, 556), (2048, ATTENTION, 2.23, None),
          (512, ["*_proj"], 1.12, 541), (2048, ["*_proj"], 2.38, None)]


@pytest.mark.fast
@pytest.mark.parametrize("length, peft, gib, speed", MEASURED)
def test_memory_and_time_are_what_was_measured(automodel, tmp_path, length, peft, gib, speed):
    recipe = write(tmp_path, length=length, peft=peft and {**LORA, "target_modules": peft})
    planned = figures(automodel, recipe, "--flops", "0.36", "--bandwidth", "50")
    assert planned["memory_bytes"] / 2**30 == pytest.approx(gib, rel=MEMORY_TOLERANCE)
    if speed:
        assert planned["seconds"] == pytest.approx(length / speed, rel=0.3)


def assert_planned_is_measured(automodel, tmp_path, config, length, peft):
    recipe = write(tmp_path, config, length, peft)
    planned = figures(automodel, recipe)["memory_bytes"] / 2**30
    done = automodel("bench", recipe, "--warmup", "1", "--steps", "1", "--json", timeout=900)
    assert done.returncode == 0, done.stderr
    assert planned == pytest.approx(json.loads(done.stdout)["peak_rss_steps_gib"], rel=MEMORY_TOLERANCE)


@pytest.mark.cpu
@pytest.mark.parametrize("peft", [None, LORA], ids=["all", "lora"])
def test_memory_is_what_a_run_takes(automodel, tmp_path, peft):
    assert_planned_is_measured(automodel, tmp_path, {**MOE, "num_hidden_layers": 4}, 256, peft)


@pytest.mark.cpu
def test_memory_is_what_attention_takes(automodel, tmp_path):
    assert_planned_is_measured(automodel, tmp_path, WIDE_ATTENTION, 4096, None)


@pytest.mark.full
@pytest.mark.parametrize("config", [SMOLLM2, MOE], ids=["smollm2", "moe"])
@pytest.mark.parametrize("peft", [None, LORA], ids=["all", "lora"])
@pytest.mark.parametrize("length", [512, 2048])
def test_memory_is_what_larger_runs_take(automodel, tmp_path, config, peft, length):
    assert_planned_is_measured(automodel, tmp_path, config, length, peft)


@pytest.mark.fast
def test_changes_that_make_it_fit(automodel, tmp_path):
    recipe = write(tmp_path, length=2048, step_scheduler={"global_batch_size": 8, "local_batch_size": 8, "max_steps": 3},
                   dataloader={})
    whole = figures(automodel, recipe, "--memory", "64")
    assert whole["fits"] and whole["changes"] == []
    tight = figures(automodel, recipe, "--memory", "6")
    assert not tight["fits"] and 1 <= len(tight["changes"]) <= 3
    for change in tight["changes"]:
        again = figures(automodel, recipe, "--memory", "6", *change["overrides"])
        assert again["fits"], change
    done = automodel("plan", recipe, "--memory", "6")
    assert "DOES NOT FIT" in done.stdout and "cheapest changes that make it fit:" in done.stdout
    assert "nothing here makes it fit" in automodel("plan", recipe, "--memory", "0.1").stdout


@pytest.mark.fast
def test_ranks_share(automodel, tmp_path):
    recipe = write(tmp_path, step_scheduler={"global_batch_size": 8, "local_batch_size": 1, "max_steps": 3})
    one, eight = (figures(automodel, recipe, "--devices", n)["memory"] for n in ("1", "8"))
    assert eight["optimizer"] == pytest.approx(one["optimizer"] / 8, rel=1e-4)
    done = automodel("plan", recipe, "--devices", "3", "--distributed.tp_size=2")
    assert done.returncode == 2 and "does not make 3 devices" in done.stderr


@pytest.mark.fast
@pytest.mark.parametrize("words, text", [(["--memory", "-1"], "--memory"), (["--devices", "many"], "--devices"),
                                         (["--lenght", "5"], "lenght: unknown key"), (["--model.config.pretrained_model_name_or_path=/nowhere"], "/nowhere")])
def test_what_cannot_be_planned(automodel, tmp_path, words, text):
    done = automodel("plan", write(tmp_path), *words)
    assert done.returncode == 2 and text in done.stderr


@pytest.mark.fast
def test_it_loads_no_libtorch(automodel, tmp_path):
    done = automodel("plan", write(tmp_path), env={"LD_DEBUG": "libs"})
    assert done.returncode == 0
    assert "libc.so" in done.stderr and "libtorch" not in done.stderr
