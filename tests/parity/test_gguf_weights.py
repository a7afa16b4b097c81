"""The weights and the configuration of a real GGUF file are those that Transformers makes of it."""

import json

import pytest
import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM

FACTS = {
    "smollm2-135m": {"rope_theta": 100000.0, "head_dim": 64, "max_position_embeddings": 8192,
                     "eos_token_id": [2, 0]},  # <|im_end|>, <|endoftext|>
    "gemma3-270m": {"rope_theta": 1000000.0, "head_dim": 256, "sliding_window": 512, "query_pre_attn_scalar": 256,
                    "eos_token_id": [1, 106]},  # <eos>, <end_of_turn>
}
NAMES = sorted(FACTS)

# Names, what Transformers takes from other places than a configuration, and what ends an answer: it knows the file's eos alone.
IGNORED = {"_name_or_path", "_model_name_or_path", "dtype", "architectures", "unk_token_id", "eos_token_id"}


def load_reference(path):
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)


@pytest.mark.parametrize("name", ["smollm2-135m", pytest.param("gemma3-270m", marks=pytest.mark.full)])
def test_weights_equal_those_of_transformers(name, real_model, tool, tmp_path):
    path = real_model(name)
    tool("tensor_tool", "weights", path, tmp_path / "out.safetensors")
    expected = dict(load_reference(path).named_parameters())
    with safe_open(tmp_path / "out.safetensors", "pt") as out:
        assert sorted(out.keys()) == sorted(expected)
        for key, weight in expected.items():
            assert torch.equal(out.get_tensor(key), weight), key


@pytest.mark.parametrize("name", NAMES)
def test_configuration_means_the_same_to_transformers(name, real_model, tool, tmp_path):
    path = real_model(name)
    ours = json.loads(tool("tensor_tool", "config", path))
    for key, value in FACTS[name].items():
        assert ours[key] == value, key
    (tmp_path / "config.json").write_text(json.dumps(ours))
    found = AutoConfig.from_pretrained(tmp_path).to_dict()
    expected = AutoConfig.from_pretrained(path.parent, gguf_file=path.name).to_dict()
    assert found.pop("rms_norm_eps") == pytest.approx(expected.pop("rms_norm_eps"), rel=1e-6)
    keys = (found.keys() | expected.keys()) - IGNORED
    assert {key: found.get(key) for key in keys} == {key: expected.get(key) for key in keys}
