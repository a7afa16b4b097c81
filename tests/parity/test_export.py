"""What we write, Transformers and PEFT read: folders of `automodel convert` and `automodel merge`.

Tiny random models (oracle/). That an export of an import is the same byte by byte: test_families.py.
"""

import json
import shutil

import compare
import pytest
import torch
from oracle.weights import load, make
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

NAMES = ["gemma3_text", "llama", "mistral", "qwen2", "qwen3"]
RENAMED = ["bloom", "codegen", "falcon:40b", "gpt2", "modernbert-decoder", "mpt", "openai-gpt", "opt"]


def made(name, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("model") / "checkpoint"
    make(name, str(folder), seed=7)
    return folder


@pytest.fixture(scope="module", params=NAMES)
def checkpoint(request, tmp_path_factory):
    return made(request.param, tmp_path_factory)


@pytest.fixture(scope="module", params=NAMES + RENAMED)
def any_checkpoint(request, tmp_path_factory):
    """Also those whose weights have other names, are fused or transposed."""
    return made(request.param, tmp_path_factory)


def convert(automodel, source, out, *options):
    done = automodel("convert", source, out, *options)
    assert done.returncode == 0, done.stderr
    return out


def tensors(folder):
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= load_file(file)
    return found


def logits(model):
    ids = torch.arange(8, 24).unsqueeze(0)
    with torch.no_grad():
        return model(ids).logits


def test_transformers_loads_it_completely(automodel, any_checkpoint, tmp_path):
    out = convert(automodel, any_checkpoint, tmp_path / "out", "--max-shard-size", "100KB")
    assert (out / "model.safetensors.index.json").exists()
    ours = load(str(out), torch.float32)  # any missing or unexpected key is an error
    assert torch.equal(logits(ours), logits(load(str(any_checkpoint), torch.float32)))


def test_bfloat16_is_transformers_rounding(automodel, any_checkpoint, tmp_path):
    out = convert(automodel, any_checkpoint, tmp_path / "out", "--dtype", "bfloat16")
    assert json.loads((out / "config.json").read_text())["dtype"] == "bfloat16"
    compare.assert_same_tensors(tensors(out), {name: t.bfloat16() for name, t in tensors(any_checkpoint).items()})
    assert AutoModelForCausalLM.from_pretrained(out).dtype == torch.bfloat16


def peft_adapter(checkpoint, folder, **options):
    """A PEFT adapter that changes the model; returns the adapted model."""
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=10, task_type="CAUSAL_LM", **options)
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(checkpoint), config).eval()
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("options", [
    {"target_modules": "all-linear", "lora_dropout": 0.1},
    {"target_modules": ["q_proj", "down_proj"], "use_rslora": True, "layers_to_transform": [1]},
], ids=["all", "rslora"])
def test_merges_an_adapter_of_peft(automodel, checkpoint, tmp_path, options):
    adapted = peft_adapter(checkpoint, tmp_path / "adapter", **options)
    done = automodel("merge", tmp_path / "adapter", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    merged = logits(load(str(tmp_path / "out"), torch.float32))
    expected = logits(adapted)
    assert not torch.equal(expected, logits(load(str(checkpoint), torch.float32)))
    assert (merged - expected).abs().max() <= 1e-5 * expected.abs().max()
    theirs = adapted.merge_and_unload().state_dict()
    for name, tensor in tensors(tmp_path / "out").items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-6, atol=1e-6)


def test_base_given_by_hand(automodel, checkpoint, tmp_path):
    peft_adapter(checkpoint, tmp_path / "adapter", target_modules=["q_proj"])
    config = tmp_path / "adapter" / "adapter_config.json"
    config.write_text(config.read_text().replace(str(checkpoint), "/nowhere"))
    done = automodel("merge", tmp_path / "adapter", tmp_path / "out")
    assert done.returncode == 2
    assert "the model /nowhere does not exist" in done.stderr
    assert "--base overrides it" in done.stderr
    done = automodel("merge", tmp_path / "adapter", tmp_path / "out", "--base", checkpoint)
    assert done.returncode == 0, done.stderr


def rename(source, target, name_of):
    """The model with its tensors under other names; None: left out."""
    shutil.copytree(source, target)
    for file in target.glob("*.safetensors"):
        weights = {name_of(name): value for name, value in load_file(file).items()}
        save_file({name: value for name, value in weights.items() if name}, file, metadata={"format": "pt"})


def logits_of(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        return model(torch.arange(3, 19).unsqueeze(0)).logits


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma3_text", "phi", "stablelm"])
def test_files_of_the_body_alone_lack_its_prefix(automodel, tmp_path_factory, tmp_path, name):
    """As AutoModel saves them, e.g. models that embed texts."""
    source = made(name, tmp_path_factory)
    rename(source, tmp_path / "body", lambda tensor: tensor.removeprefix("model."))
    convert(automodel, tmp_path / "body", tmp_path / "out")
    assert torch.equal(logits_of(tmp_path / "out"), logits_of(source))


def test_a_tied_matrix_under_the_heads_name(automodel, tmp_path_factory, tmp_path):
    source = made("llama:bias", tmp_path_factory)
    assert json.loads((source / "config.json").read_text())["tie_word_embeddings"]
    rename(source, tmp_path / "head", lambda tensor: tensor.replace("model.embed_tokens", "lm_head"))
    convert(automodel, tmp_path / "head", tmp_path / "out")
    assert torch.equal(logits_of(tmp_path / "out"), logits_of(source))
