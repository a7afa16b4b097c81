"""automodel convert and automodel merge on wrong input: one clear line, nothing written."""

import json
import shutil
import signal
import subprocess
import time

import pytest
import torch
from oracle.weights import make
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM


@pytest.fixture
def checkpoint(tmp_path):
    torch.set_num_threads(1)
    make("llama", str(tmp_path / "checkpoint"), seed=7)
    return tmp_path / "checkpoint"


def assert_refused(automodel, text, *words):
    done = automodel(*words)
    assert done.returncode == 2, done.stderr
    assert text in done.stderr
    assert done.stdout == ""
    assert "  what():" not in done.stderr


def change(checkpoint, action):
    file = checkpoint / "model.safetensors"
    weights = load_file(file)
    action(weights)
    save_file(weights, file, metadata={"format": "pt"})


def write_adapter(folder, base, value, **config):
    """One that adds 2 * value to every weight of an o_proj."""
    name = "model.layers.0.self_attn.o_proj"
    rows, columns = load_file(base / "model.safetensors")[f"{name}.weight"].shape
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({
        "base_model_name_or_path": str(base), "peft_type": "LORA", "r": 1, "lora_alpha": 2, "target_modules": [name], **config}))
    matrices = {"lora_A": torch.ones(1, columns), "lora_B": torch.full((rows, 1), value)}
    save_file({f"base_model.model.{name}.{n}.weight": t for n, t in matrices.items()}, folder / "adapter_model.safetensors")


def test_hub_id_that_is_not_here(automodel, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert_refused(automodel, "org/name (revision main) is neither a path here nor in the local cache", "convert", "org/name",
                   tmp_path / "out")


def test_truncated_weights(automodel, checkpoint, tmp_path):
    file = checkpoint / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    assert_refused(automodel, "model.safetensors", "convert", checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_that_do_not_fit(automodel, checkpoint, tmp_path):
    change(checkpoint, lambda weights: weights.pop("model.norm.weight"))
    assert_refused(automodel, "missing: model.norm.weight", "convert", checkpoint, tmp_path / "out")


def test_weight_that_is_not_a_number(automodel, checkpoint, tmp_path):
    change(checkpoint, lambda weights: weights["model.norm.weight"].fill_(float("nan")))
    assert_refused(automodel, "'model.norm.weight' holds nan at index [0]", "convert", checkpoint, tmp_path / "out")


def test_weight_too_large_for_float16(automodel, checkpoint, tmp_path):
    change(checkpoint, lambda weights: weights["model.norm.weight"].fill_(1e5))
    before = sorted(tmp_path.iterdir())
    assert_refused(automodel, "'model.norm.weight' is too large for float16; write the model as bfloat16 or float32",
                   "convert", checkpoint, tmp_path / "out", "--dtype", "float16")
    assert sorted(tmp_path.iterdir()) == before
    assert automodel("convert", checkpoint, tmp_path / "out", "--dtype", "bfloat16").returncode == 0


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_merged_weight_too_large_for_float16(automodel, checkpoint, tmp_path, dtype):
    assert automodel("convert", checkpoint, tmp_path / "base", "--dtype", dtype).returncode == 0
    write_adapter(tmp_path / "adapter", tmp_path / "base", 1e5)
    before = sorted(tmp_path.iterdir())
    assert_refused(automodel, "'model.layers.0.self_attn.o_proj.weight' is too large for float16",
                   "merge", tmp_path / "adapter", tmp_path / "out", "--dtype", "float16")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", ["convert", "merge"])
def test_config_json_does_not_decide_what_is_written(automodel, checkpoint, tmp_path, command):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    write_adapter(tmp_path / "adapter", checkpoint, 0.5)
    source = {"convert": checkpoint, "merge": tmp_path / "adapter"}[command]
    for options, dtype in [([], "float32"), (["--dtype", "bfloat16"], "bfloat16"), (["--dtype", "float16"], "float16")]:
        out = tmp_path / f"out-{dtype}"
        done = automodel(command, source, out, *options)
        assert done.returncode == 0 and done.stdout.endswith(f", {dtype}\n"), done
        assert {weight.dtype for weight in load_file(out / "model.safetensors").values()} == {getattr(torch, dtype)}
        assert json.loads((out / "config.json").read_text())["dtype"] == dtype


def test_weights_of_a_compiled_model(automodel, checkpoint, tmp_path):
    file = checkpoint / "model.safetensors"
    save_file({f"_orig_mod.{name}": weight for name, weight in load_file(file).items()}, file, metadata={"format": "pt"})
    assert_refused(automodel, "all names begin with '_orig_mod.': the model was saved from torch.compile; save the unwrapped model",
                   "convert", checkpoint, tmp_path / "out")


@pytest.mark.parametrize("into", ["nothing", "an empty folder"])
def test_stopped_it_leaves_nothing(automodel, tmp_path, into):
    """Of 150 MB, in the middle of writing them: a try that was complete before the signal came does not count."""
    model = LlamaForCausalLM(LlamaConfig(vocab_size=64, hidden_size=1024, intermediate_size=4096, num_hidden_layers=2,
                                         num_attention_heads=8))
    model.save_pretrained(tmp_path / "model")
    target = tmp_path / "out"
    if into != "nothing":
        target.mkdir()
    before = sorted(tmp_path.rglob("*"))
    for _ in range(10):
        process = subprocess.Popen([automodel.path, "convert", tmp_path / "model", target], stderr=subprocess.PIPE, text=True)
        while not list(tmp_path.rglob(".out.saving-*")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=60)
        if not (target / "config.json").exists():
            assert status == -signal.SIGTERM
            assert sorted(tmp_path.rglob("*")) == before
            return
        assert (target / "model.safetensors").exists()
        shutil.rmtree(target)
        if into != "nothing":
            target.mkdir()
    raise AssertionError("it was complete each time")


def test_output_in_use(automodel, checkpoint):
    assert_refused(automodel, "exists already and is not an empty folder", "convert", checkpoint, checkpoint)


@pytest.mark.parametrize("dtype", ["int8", "float64"])
def test_dtype_that_is_none_for_weights(automodel, checkpoint, tmp_path, dtype):
    assert_refused(automodel, f"--dtype: weights cannot be {dtype}; use float32, bfloat16 or float16",
                   "convert", checkpoint, tmp_path / "out", "--dtype", dtype)


def test_an_adapter_of_a_base_that_cannot_be_read(automodel, checkpoint, tmp_path):
    """Adapters of QLoRA name a base in 4 bits; they fit the same model without quantisation."""
    base = shutil.copytree(checkpoint, tmp_path / "base-bnb-4bit")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "quantization_config": {"quant_method": "bitsandbytes"}}))
    write_adapter(tmp_path / "adapter", base, 0.5)
    assert_refused(automodel, f"automodel generate BASE --adapter {tmp_path / 'adapter'}", "generate", tmp_path / "adapter", "a")
    assert_refused(automodel, "--base overrides it", "merge", tmp_path / "adapter", tmp_path / "out")


def test_folder_that_is_no_adapter(automodel, checkpoint, tmp_path):
    assert_refused(automodel, "adapter_config.json", "merge", checkpoint, tmp_path / "out")


def test_adapter_without_a_base(automodel, tmp_path):
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps({"r": 2, "lora_alpha": 4}))
    matrices = {"lora_A": torch.zeros(2, 4), "lora_B": torch.zeros(4, 2)}
    save_file({f"base_model.model.x.{n}.weight": t for n, t in matrices.items()},
              tmp_path / "adapter" / "adapter_model.safetensors")
    assert_refused(automodel, "does not name its base model; give it with --base",
                   "merge", tmp_path / "adapter", tmp_path / "out")


def test_unwritable_output(automodel, checkpoint, tmp_path):
    (tmp_path / "file").write_text("")
    done = automodel("convert", checkpoint, tmp_path / "file" / "out")
    assert done.returncode == 1
    assert "cannot make the folder" in done.stderr
