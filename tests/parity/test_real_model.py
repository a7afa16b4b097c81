"""Real models against live Transformers in float32: logits, loss and gradients on real text.

We read the GGUF file; Transformers reads the Hugging Face folder that `automodel convert` makes of it (its own reading of
SmolLM2's GGUF tokenizer is wrong). For SmolLM2 that folder's weights are also compared with what the Python package gguf
makes of the file, so that both sides cannot share a mistake.

Measured: logits differ by 1e-6 of the largest; gradients of SmolLM2's last layer by up to 5e-4, nearly all of it rounding
in the reference (against float64 Transformers is off by 5e-4 there, we by 2e-5).
"""

import json
import pathlib

import compare
import gguf
import numpy as np
import pytest
import tiny_run
import torch
from oracle.weights import load
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-3
IGNORED = -100
LENGTH = 96
NAMES = ["smollm2-135m", pytest.param("gemma3-270m", marks=pytest.mark.full)]
# Names of the checkpoint whose gradients are compared: all kinds, first, middle and last layer.
LAYERS = {"smollm2-135m": (0, 14, 29), "gemma3-270m": (0, 5, 17)}
PARTS = ("input_layernorm", "self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj")


@pytest.fixture(scope="module", params=NAMES)
def case(request, real_model, automodel, tmp_path_factory):
    """(name, GGUF file, Hugging Face folder made of it)"""
    path = real_model(request.param)
    folder = tmp_path_factory.mktemp("real") / "model"
    done = automodel("convert", path, folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return request.param, path, folder


def texts():
    """A conversation as text, and English with Markdown."""
    chat = ("<|im_start|>user\nWas it any good, and would you see it again?<|im_end|>\n<|im_start|>assistant\n"
            "Yes. The plot is thin, but the two leads carry it.<|im_end|>\n")
    return [chat, (ROOT / "README.md").read_text()]


def batch(folder):
    """Two rows, padded at the right; what is padding has no label."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [tokenizer(text)["input_ids"][:LENGTH] for text in texts()]
    assert len(rows[0]) < len(rows[1]) == LENGTH
    ids = torch.tensor([row + [0] * (LENGTH - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (LENGTH - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, IGNORED)}


def watched(name, model):
    """The trained tensors of the comparison; the rest is frozen, which keeps the files small."""
    layers = tuple(f"model.layers.{layer}." for layer in LAYERS[name])
    return [key for key, _ in model.named_parameters() if key.startswith(layers) and any(part in key for part in PARTS)]


def reference(name, folder, out):
    """Writes what Transformers computes, in the form that `automodel trace` reads."""
    model = load(str(folder), torch.float32)
    names = watched(name, model)
    for key, parameter in model.named_parameters():
        parameter.requires_grad_(key in names)
    inputs = batch(folder)
    logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
    loss = cross_entropy(logits[:, :-1].flatten(0, 1), inputs["labels"][:, 1:].flatten(), ignore_index=IGNORED)
    loss.backward()
    found = {f"text.{key}": value for key, value in inputs.items()}
    found |= {"text.logits": logits.detach(), "text.loss": loss.detach()}
    found |= {f"text.grad.{key}": p.grad for key, p in model.named_parameters() if p.requires_grad}
    found |= {f"trained.{key}": p.detach() for key, p in model.named_parameters() if p.requires_grad}
    found |= {"step.loss": torch.zeros(0), "step.grad_norm": torch.zeros(0)}
    frozen = [key for key, p in model.named_parameters() if not p.requires_grad]
    settings = {"lr": 0.0, "betas": [0.9, 0.95], "eps": 1e-6, "weight_decay": 0.0, "max_grad_norm": 1.0, "steps": 0}
    save_file(found, out, {"variants": '["text"]', "frozen": json.dumps(frozen), "training": json.dumps(settings)})


@pytest.fixture(scope="module")
def traced(case, automodel, tmp_path_factory):
    """(our file, Transformers' file)"""
    torch.set_num_threads(1)
    name, path, folder = case
    out = tmp_path_factory.mktemp("traced")
    reference(name, folder, out / "reference.safetensors")
    done = automodel("trace", path, out / "reference.safetensors", out / "ours.safetensors", timeout=300)
    assert done.returncode == 0, done.stderr
    return out / "ours.safetensors", out / "reference.safetensors"


def test_logits_loss_and_gradients_equal_transformers(traced):
    errors = compare.errors(*traced)
    print({name: f"{errors[name]:.1e}" for name in ("text.logits", "text.loss")}, f"worst {max(errors.values()):.1e}")
    assert not {name: error for name, error in errors.items() if not error <= TOLERANCE}


def test_the_most_likely_next_tokens_are_the_same(traced):
    ours, theirs = (compare.load(path)[0] for path in traced)
    mask = compare.real_positions(theirs, "text")
    assert torch.equal(ours["text.logits"][mask].argmax(-1), theirs["text.logits"][mask].argmax(-1))
    assert theirs["text.loss"] < 6  # a model that knows the language: guessing would be above 10


def test_the_plan_of_the_file_is_that_of_the_folder(automodel, case, tmp_path):
    _, path, folder = case
    plans = []
    for model in (path, folder):
        content = tiny_run.recipe(tmp_path)
        content["model"]["pretrained_model_name_or_path"] = str(model)
        machine = ["--flops", "0.1", "--bandwidth", "50"]
        done = automodel("plan", tiny_run.write(tmp_path / "recipe.yaml", content), "--length", "512", *machine, "--json")
        assert done.returncode == 0, done.stderr
        plans.append(json.loads(done.stdout))
    assert plans[0] == plans[1]
    assert plans[0]["parameters"] > 1e8


def unpermuted(weight, num_heads):
    """Undoes llama.cpp's order of the rows of q and k: pairs (i, i + half) instead of neighbours."""
    rows, width = weight.shape
    return weight.reshape(num_heads, rows // num_heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)


def test_weights_are_those_of_the_python_package_gguf(case):
    name, path, folder = case
    if name != "smollm2-135m":
        pytest.skip("the names below are SmolLM2's")
    parts = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
    whole = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
    heads = {"attn_q": 9, "attn_k": 3}
    with safe_open(folder / "model.safetensors", "np") as file:
        unseen = set(file.keys())
        for tensor in gguf.GGUFReader(path).tensors:
            expected = np.asarray(gguf.dequantize(tensor.data, tensor.tensor_type), np.float32)
            if tensor.name in whole:
                target = whole[tensor.name]
            else:
                _, layer, part, _ = tensor.name.split(".")
                target = f"model.layers.{layer}.{parts[part]}.weight"
                expected = unpermuted(expected, heads[part]) if part in heads else expected
            assert np.array_equal(file.get_tensor(target), expected), target
            unseen.remove(target)
    assert not unseen
