"""Adapters that we write, loaded by PEFT: the model it makes of them is the one that we merge."""

import json
import warnings

import pytest
import torch
from oracle.weights import load, make
from peft import PeftModel
from transformers import AutoModelForCausalLM

NAMES = ["gemma3_text", "llama", "mistral", "qwen2", "qwen3"]


@pytest.fixture(scope="module", params=NAMES)
def checkpoint(request, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("model") / "checkpoint"
    make(request.param, str(folder), seed=7)
    return folder


def logits(model):
    with torch.no_grad():
        return model(torch.arange(8, 24).unsqueeze(0)).logits


@pytest.mark.parametrize("layer", ["all", "1"])
def test_peft_loads_it(automodel, tool, checkpoint, tmp_path, layer):
    tool("adapter_tool", checkpoint, tmp_path / "adapter", layer)
    base = AutoModelForCausalLM.from_pretrained(checkpoint)
    plain = logits(base)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # PEFT warns of missing and unexpected keys
        theirs = logits(PeftModel.from_pretrained(base, tmp_path / "adapter"))
    assert (theirs - plain).abs().max() > 0.1 * plain.abs().max()
    done = automodel("merge", tmp_path / "adapter", tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    ours = logits(load(str(tmp_path / "merged"), torch.float32))
    assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("layer", ["all", "1"])
def test_peft_adapts_exactly_our_layers(tool, checkpoint, tmp_path, layer):
    tool("adapter_tool", checkpoint, tmp_path / "adapter", layer)
    base = AutoModelForCausalLM.from_pretrained(checkpoint)
    num_linears = sum(isinstance(m, torch.nn.Linear) for n, m in base.named_modules() if "lm_head" not in n)
    num_layers = base.config.num_hidden_layers
    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert config["lora_alpha"] == 10
    adapted = PeftModel.from_pretrained(base, tmp_path / "adapter")
    matrices = [n for n, _ in adapted.named_parameters() if "lora_A" in n]
    assert len(matrices) == (num_linears if layer == "all" else num_linears // num_layers)
