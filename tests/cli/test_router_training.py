"""Training of routers on tiny models: their losses, the corrections that follow the load, what is logged, and that a
run goes on bit for bit."""

import pytest
import tiny_run
import torch
from safetensors.torch import load_file
from test_train import assert_same, out, train
from transformers import AutoModelForCausalLM, MiniMaxM2Config

CORRECTION = "model.layers.1.mlp.gate.e_score_correction_bias"
LOSSES = ["--model.moe_overrides.aux_loss_coeff=0.01", "--model.moe_overrides.z_loss_coeff=0.001"]
PEFT = "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig"


MINIMAX = {"config_class": MiniMaxM2Config, "num_local_experts": 6, "num_experts_per_tok": 2, "head_dim": 16, "rotary_dim": 8}
KINDS = {"deepseek_v3": (tiny_run.DEEPSEEK, []),
         "minimax_m2": (MINIMAX | {"dtype": torch.bfloat16}, ["--model.torch_dtype=bf16", "--model.compute_dtype=float32"])}


def correction(folder, name="consolidated/model.safetensors"):
    found = load_file(folder / "model" / name)
    return found.get(CORRECTION, found.get("model.layers.1.block_sparse_moe.e_score_correction_bias"))


def test_deepseeks_corrections_move_by_upstreams_step_and_the_run_goes_on(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, **tiny_run.DEEPSEEK)
    done = train(automodel, recipe, out(recipe, "six"), *LOSSES)
    assert "routers     losses: balance of documents x0.01, z x0.001; corrections move by 0.001 a step" in done.stdout
    train(automodel, recipe, out(recipe, "cut"), *LOSSES, "--step_scheduler.max_steps=2")
    for steps in (4, 6):  # from a consolidated checkpoint, whose names are the hub's
        assert "going on from" in train(automodel, recipe, out(recipe, "cut"), *LOSSES,
                                        f"--step_scheduler.max_steps={steps}").stdout
    assert_same(tmp_path / "six/epoch_1_step_5", tmp_path / "cut/epoch_1_step_5")
    moved = correction(tmp_path / "six/epoch_1_step_5") / 0.001
    assert moved.dtype == torch.float32 and moved.any()
    assert torch.allclose(moved, moved.round(), atol=1e-3) and moved.abs().max() <= 6.001
    AutoModelForCausalLM.from_pretrained(tmp_path / "six/epoch_1_step_5/model/consolidated")


def test_corrections_go_on_from_a_checkpoint_of_what_is_trained(automodel, tmp_path):
    """In bfloat16, whose steps near 1 are larger than the corrections'."""
    recipe = tiny_run.make(tmp_path, **tiny_run.DEEPSEEK, dtype=torch.bfloat16)
    options = ["--model.torch_dtype=bf16", "--model.compute_dtype=float32", "--checkpoint.save_consolidated=false"]
    train(automodel, recipe, out(recipe, "six"), *options)
    train(automodel, recipe, out(recipe, "cut"), *options, "--step_scheduler.max_steps=3")
    train(automodel, recipe, out(recipe, "cut"), *options)
    assert_same(tmp_path / "six/epoch_1_step_5", tmp_path / "cut/epoch_1_step_5")
    kept = load_file(tmp_path / "six/epoch_1_step_5/model/model.safetensors")[CORRECTION]
    assert kept.dtype == torch.float32 and kept.any()


def test_corrections_that_are_exact_in_bfloat16_go_on_from_a_consolidated_checkpoint(automodel, tmp_path):
    """It has them in bfloat16, as they came; the run has them in float32."""
    recipe = tiny_run.make(tmp_path, **tiny_run.DEEPSEEK, dtype=torch.bfloat16)
    options = ["--model.torch_dtype=bf16", f"--model.moe_overrides.gate_bias_update_factor={2**-10}",
               "--checkpoint.save_consolidated=true"]
    train(automodel, recipe, out(recipe, "four"), *options, "--step_scheduler.max_steps=4")
    train(automodel, recipe, out(recipe, "cut"), *options, "--step_scheduler.max_steps=2")
    moved = correction(tmp_path / "cut/epoch_0_step_1")
    assert moved.dtype == torch.bfloat16 and moved.any()
    train(automodel, recipe, out(recipe, "cut"), *options, "--step_scheduler.max_steps=4")
    assert_same(tmp_path / "four/LATEST", tmp_path / "cut/LATEST")


@pytest.mark.parametrize("consolidated", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_corrections_go_on_when_their_steps_are_switched_off_and_on(automodel, tmp_path, kind, consolidated):
    """As DeepSeek-V3 was trained: with 0.001, and in the end with 0. MiniMax-M2's are stored as narrow as the model."""
    settings, options = KINDS[kind]
    recipe = tiny_run.make(tmp_path, **settings)
    name = "consolidated/model.safetensors" if consolidated else "model.safetensors"
    after = []
    for steps, factor in [(2, 0.001), (4, 0), (6, 0.001)]:
        train(automodel, recipe, *options, f"--checkpoint.save_consolidated={str(consolidated).lower()}",
              f"--step_scheduler.max_steps={steps}", f"--model.moe_overrides.gate_bias_update_factor={factor}")
        after.append(correction(tmp_path / "out/LATEST", name))
    assert after[0].any() and torch.equal(after[0], after[1])
    moved = (after[2] - after[1]) / 0.001
    assert moved.any() and torch.allclose(moved, moved.round(), atol=1e-3) and moved.abs().max() <= 2.001


def test_corrections_stay_where_asked_or_where_adapters_are_trained(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, **tiny_run.DEEPSEEK)
    train(automodel, recipe, out(recipe, "off"), "--model.moe_overrides.gate_bias_update_factor=0")
    assert not correction(tmp_path / "off/epoch_1_step_5").any()
    done = train(automodel, recipe, out(recipe, "lora"), PEFT, "--peft.target_modules=['*self_attn*']",
                 "--checkpoint.merged_export", "--step_scheduler.max_steps=2")
    assert "corrections move" not in done.stdout
    assert not correction(tmp_path / "lora/epoch_0_step_1").any()
    done = train(automodel, recipe, PEFT, "--model.moe_overrides.gate_bias_update_factor=0.1", expect=2)
    assert "correction biases belong to the base model" in done.stderr


def test_losses_and_loads_are_logged_and_recompute_changes_nothing(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, **tiny_run.QWEN_MOE)
    options = [*LOSSES, "--model.output_router_logits=true", "--model.router_aux_loss_coef=0.1",
               "--moe_metrics.enabled=true", "--moe_metrics.mode=detailed", "--moe_metrics.detailed_every_steps=2",
               "--moe_metrics.top_k_experts=1"]
    train(automodel, recipe, out(recipe, "kept"), *options)
    train(automodel, recipe, out(recipe, "again"), *options, "--distributed.activation_checkpointing=true")
    assert_same(tmp_path / "kept/epoch_1_step_5", tmp_path / "again/epoch_1_step_5")
    steps = tiny_run.log(tmp_path / "kept")
    for line in steps:
        layers = 2  # sequence_balance_loss and z_loss are means over them
        added = 0.1 * line["balance_loss"] + layers * (0.01 * line["sequence_balance_loss"] + 0.001 * line["z_loss"])
        assert abs(line["aux_loss"] - added) < 1e-5 * added
        assert line["moe/expert_utilization_max"] >= 1 >= line["moe/expert_utilization_min"]
        assert line["moe/aux_loss_mean"] == line["sequence_balance_loss"]
        assert ("moe/layer_1/cv" in line) == (line["step"] % 2 == 0)
    assert "balance_loss" not in tiny_run.log(tmp_path / "kept", "validation")[0]


def test_the_balance_loss_balances(automodel, tmp_path):
    """Two experts per token: an even router has a loss of 2."""
    recipe = tiny_run.make(tmp_path, **tiny_run.QWEN_MOE)
    last = {}
    for coefficient in (1e-6, 1):
        name = f"by_{coefficient}"
        train(automodel, recipe, out(recipe, name), "--model.output_router_logits=true", "--optimizer.lr=0.001",
              f"--model.router_aux_loss_coef={coefficient}", "--step_scheduler.max_steps=24",
              "--step_scheduler.num_epochs=24", "--checkpoint.enabled=false")
        last[coefficient] = sum(line["balance_loss"] for line in tiny_run.log(tmp_path / name)[-4:]) / 4
    assert 2 < last[1] < 2.06 and last[1e-6] > 2.12


def test_without_switches_nothing_is_added(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path, **tiny_run.QWEN_MOE)
    done = train(automodel, recipe, "--model.router_aux_loss_coef=0.1", "--step_scheduler.max_steps=1")
    assert "warning: model.router_aux_loss_coef changes nothing" in done.stdout
    plain = train(automodel, recipe, out(recipe, "plain"), "--step_scheduler.max_steps=1")
    assert "Upstream trains qwen3_moe with a balance loss of that weight" in plain.stdout
    assert not any("loss" in key and key != "loss" or "moe" in key for key in tiny_run.log(tmp_path / "out")[0])


def test_a_dense_model_has_no_routers_to_train(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path)
    done = train(automodel, recipe, "--model.moe_overrides.aux_loss_coeff=0.1", expect=2)
    assert "model.moe_overrides: llama has no routed experts; remove the section" in done.stderr
