"""Quantised bases against Transformers' own dequantisation: FP8 in blocks (DeepSeek) and MXFP4 experts (GPT-OSS).

The folders are made here: a tiny random checkpoint whose linears, or experts, are stored quantised, as on the hub.
"""

import json
import shutil

import compare
import pytest
import torch
from oracle.reference import reference
from oracle.weights import load, make
from safetensors.torch import load_file, save_file
from test_families import TOLERANCE, WEIGHTS
from transformers import AutoModelForCausalLM, FineGrainedFP8Config, Mxfp4Config

pytestmark = pytest.mark.gpu
BLOCK = [4, 4]  # of FP8. Transformers wants blocks that divide a matrix, unlike those of DeepSeek-V3 itself
FP8_MAX = torch.finfo(torch.float8_e4m3fn).max


def is_quantised_by_deepseek(name):
    return "_proj" in name and "norm" not in name


def to_fp8(weight):
    """Values in float8 and a scale per block, as DeepSeek's inference code stores them."""
    blocks = weight.unflatten(0, (-1, BLOCK[0])).unflatten(2, (-1, BLOCK[1]))
    scales = blocks.abs().amax((1, 3)) / FP8_MAX
    return (blocks / scales[:, None, :, None]).view_as(weight).to(torch.float8_e4m3fn), scales


def quantise_fp8(folder):
    weights = load_file(folder / WEIGHTS)
    for name in [name for name in weights if is_quantised_by_deepseek(name)]:
        weights[name], weights[name + "_scale_inv"] = to_fp8(weights[name])
    return weights, {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": BLOCK}


def quantise_mxfp4(folder):
    """Experts of random bytes: whatever is written is a value."""
    weights = load_file(folder / WEIGHTS)
    generator = torch.Generator().manual_seed(5)
    for name in [name for name in weights if name.endswith(("experts.gate_up_proj", "experts.down_proj"))]:
        experts, inner, rows = weights.pop(name).shape
        shape = (experts, rows, inner // 32)
        weights[name + "_blocks"] = torch.randint(0, 256, (*shape, 16), generator=generator, dtype=torch.uint8)
        weights[name + "_scales"] = torch.randint(120, 126, shape, generator=generator, dtype=torch.uint8)
    return weights, {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}


CASES = {
    "deepseek_v3": (quantise_fp8, FineGrainedFP8Config(dequantize=True), []),
    "qwen3": (quantise_fp8, FineGrainedFP8Config(dequantize=True), []),
    "gpt_oss": (quantise_mxfp4, Mxfp4Config(dequantize=True), ["intermediate_size=64"]),
}


@pytest.fixture(scope="module", params=CASES)
def folders(request, tmp_path_factory):
    """The quantised checkpoint, and what Transformers makes of it."""
    torch.set_num_threads(1)
    base = tmp_path_factory.mktemp("quantised")
    quantise, config, settings = CASES[request.param]
    make(request.param, str(base / "plain"), seed=7, settings=settings)
    shutil.copytree(base / "plain", base / "stored")
    weights, described = quantise(base / "plain")
    save_file(weights, base / "stored" / WEIGHTS, {"format": "pt"})
    text = json.loads((base / "plain" / "config.json").read_text()) | {"quantization_config": described}
    (base / "stored" / "config.json").write_text(json.dumps(text))
    dequantised = AutoModelForCausalLM.from_pretrained(
        base / "stored", dtype=torch.float32, quantization_config=config, attn_implementation="eager")
    plain = load(str(base / "plain"), torch.float32)
    plain.load_state_dict(dequantised.state_dict())
    plain.save_pretrained(base / "theirs")  # the other one would be quantised again
    return base / "stored", base / "theirs"


def test_weights_are_equal_to_the_last_bit(automodel, folders, tmp_path):
    stored, theirs = folders
    done = automodel("convert", stored, tmp_path / "ours", "--dtype", "float32")
    assert done.returncode == 0, done.stderr
    compare.assert_same_tensors(load_file(tmp_path / "ours" / WEIGHTS), load_file(theirs / WEIGHTS))


def test_logits_losses_and_gradients_are_transformers(automodel, folders, tmp_path):
    stored, theirs = folders
    reference(str(theirs), str(tmp_path / "reference"))
    done = automodel("trace", stored, tmp_path / "reference", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    wrong = {n: e for n, e in compare.errors(tmp_path / "out", tmp_path / "reference").items() if not e <= TOLERANCE}
    assert not wrong, wrong
