"""The routers' balance loss against live Transformers, for every type whose class computes one: with
output_router_logits: true the loss, every gradient and three AdamW steps."""

import json

import compare
import pytest
import torch
from oracle.reference import reference
from oracle.weights import make
from test_families import assert_close, trace

pytestmark = pytest.mark.gpu
COEFFICIENT = 0.3  # far above the usual, so that the loss weighs as much as the tokens'
NAMES = [
    "dbrx",
    "ernie4_5_moe",
    "flex_olmo",
    "flint",
    "gpt_oss",
    "granitemoe",
    "granitemoe_swa",
    "granitemoeshared",
    "laguna",
    "mellum",
    "minimax_m2",
    "mixtral",
    "olmoe",
    "qwen2_moe",
    "qwen3_moe",
]


def settings(name):
    key = "ffn_config.moe_loss_weight" if name == "dbrx" else "router_aux_loss_coef"
    return ["output_router_logits=true", f"{key}={COEFFICIENT}"]


@pytest.fixture(scope="module", params=NAMES)
def case(request, tmp_path_factory):
    """(checkpoint folder, reference file)"""
    folder = tmp_path_factory.mktemp("model")
    torch.set_num_threads(1)
    make(request.param, str(folder / "checkpoint"), seed=11, settings=settings(request.param))
    reference(str(folder / "checkpoint"), str(folder / "reference.safetensors"))
    return folder / "checkpoint", folder / "reference.safetensors"


def test_loss_and_gradients_equal_transformers(automodel, case, tmp_path):
    checkpoint, reference_file = case
    assert_close(trace(automodel, checkpoint, reference_file, tmp_path / "out"), reference_file)


def test_recompute_is_bit_equal(automodel, case, tmp_path):
    checkpoint, reference_file = case
    plain = trace(automodel, checkpoint, reference_file, tmp_path / "plain")
    for kind in ("full", "selective"):
        recomputed = trace(automodel, checkpoint, reference_file, tmp_path / kind, f"--recompute={kind}")
        assert plain.read_bytes() == recomputed.read_bytes(), kind


def test_the_loss_acts_by_output_router_logits_only(automodel, case, tmp_path):
    """The comparison can fail: without the switch loss and gradients are others."""
    checkpoint, reference_file = case
    config = json.loads((checkpoint / "config.json").read_text())
    assert config.pop("output_router_logits") is True
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "config.json").write_text(json.dumps(config))
    (changed / "model.safetensors").symlink_to(checkpoint / "model.safetensors")
    errors = compare.errors(trace(automodel, changed, reference_file, tmp_path / "out"), reference_file)
    assert errors["plain.loss"] > 0.01 and max(error for name, error in errors.items() if "grad" in name) > 0.01
