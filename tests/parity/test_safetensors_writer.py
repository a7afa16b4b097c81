"""Files that we write are byte for byte those of the safetensors package and of Transformers' save_pretrained."""

import json

import pytest
import torch
from compare import assert_same_tensors
from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

DTYPES = [
    torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16, torch.uint32, torch.uint64,
]


def save_tiny_model(folder, **options):
    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4}
    LlamaForCausalLM(LlamaConfig(num_hidden_layers=2, **sizes)).save_pretrained(folder, **options)


def copy(tool, source, target, max_shard_bytes):
    target.mkdir()
    tool("tensor_tool", "copy", source, target, max_shard_bytes)


def test_every_dtype(tool, tmp_path):
    tensors = {f"layer.{index}.é": torch.arange(6).view(2, 3).to(dtype) for index, dtype in enumerate(DTYPES)}
    tensors |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 4)}
    (tmp_path / "in").mkdir()
    save_file(tensors, tmp_path / "in" / "model.safetensors", metadata={"format": "pt"})
    copy(tool, tmp_path / "in", tmp_path / "out", 10**9)
    expected = (tmp_path / "in" / "model.safetensors").read_bytes()
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == expected


def test_one_file_as_transformers_writes_it(tool, tmp_path):
    save_tiny_model(tmp_path / "in")
    copy(tool, tmp_path / "in", tmp_path / "out", 10**9)
    expected = (tmp_path / "in" / "model.safetensors").read_bytes()
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == expected


@pytest.mark.parametrize("max_shard_size", [4000, 9000, 20000])
def test_shards_as_transformers_splits_them(max_shard_size, tool, tmp_path):
    save_tiny_model(tmp_path / "in")
    save_tiny_model(tmp_path / "theirs", max_shard_size=max_shard_size)
    copy(tool, tmp_path / "in", tmp_path / "out", max_shard_size)
    theirs, ours = (json.loads((tmp_path / name / "model.safetensors.index.json").read_text()) for name in ("theirs", "out"))
    assert ours["metadata"] == theirs["metadata"]
    # In the order of the one file that was copied; of a storage each, since tensors that share one stay together.
    weights = {name: tensor.clone() for name, tensor in sorted(load_file(tmp_path / "in" / "model.safetensors").items())}
    split = split_torch_state_dict_into_shards(weights, max_shard_size=max_shard_size,
                                               filename_pattern="model{suffix}.safetensors")
    assert ours["weight_map"] == split.tensor_to_filename
    for file, names in split.filename_to_tensors.items():
        assert_same_tensors(load_file(tmp_path / "out" / file), {name: weights[name] for name in names})
