"""What we ignore, Transformers ignores: a key of config.json that `automodel describe` lists as without effect leaves
Transformers' logits as they are, whatever its value. With a value that would not, the key is refused or counts."""

import copy
import json

import pytest
import torch
from oracle.configs import SDPA
from oracle.reference import fixed_inputs
from oracle.weights import load, make
from test_families import NAMES
from transformers.initialization import no_init_weights

TOLERANCE = 1e-5  # of the largest logit: keys that only change the order of sums
TITLE = "without effect on the mathematics"
NOT_OF_THE_MODEL = {  # how Transformers is called, or what it is called with
    "_name_or_path", "architectures", "dtype", "id2label", "label2id", "model_type", "transformers_version",
    "output_attentions", "output_hidden_states", "return_dict", "problem_type",
}


def ignored_keys(automodel, config, folder):
    """None: the config is refused."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    done = automodel("describe", path)
    if done.returncode != 0:
        return None
    lines = done.stdout.partition(f"\n{TITLE}\n")[2].splitlines()
    return [line.split(" = ")[0].strip() for line in lines]


def other_values(value):
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, 3 * value + 2]
    if isinstance(value, float):
        return [value + 0.25, 3 * value]
    return ["made_up"] if isinstance(value, str) else []


def changed_configs(config, key):
    """Copies of config.json with other values under the dotted key."""
    *path, last = key.split(".")
    inner = config
    for part in path:
        inner = inner[part]
    for value in other_values(inner[last]):
        changed = copy.deepcopy(config)
        inner_changed = changed
        for part in path:
            inner_changed = inner_changed[part]
        inner_changed[last] = value
        yield value, changed


def logits_of(config, model, state):
    attention = "sdpa" if model.config.model_type in SDPA else "eager"
    with no_init_weights():
        other = type(model)._from_config(type(model.config).from_dict(config), attn_implementation=attention, dtype=torch.float32)
    other.load_state_dict(state)
    with torch.no_grad():
        return other.eval()(**INPUTS).logits


INPUTS = {"input_ids": fixed_inputs(256)["plain"]["input_ids"], "use_cache": False}


def effects(config, key, model, state, expected):
    """(changed config, what goes wrong with Transformers) of each other value that matters there."""
    found = []
    for value, changed in changed_configs(config, key):
        try:
            error = (logits_of(changed, model, state) - expected).abs().max() / expected.abs().max()
            if not error <= TOLERANCE:
                found.append((changed, f"{key} = {value} changes the logits by {error:.2g}"))
        except Exception as error:  # it is read, whatever for
            found.append((changed, f"{key} = {value}: {type(error).__name__} {str(error)[:200]}"))
    return found


def made(name, folder):
    """The config.json of a small model of this name, and the model."""
    make(name, str(folder / "checkpoint"), seed=7)
    return json.loads((folder / "checkpoint" / "config.json").read_text()), load(str(folder / "checkpoint"), torch.float32)


@pytest.mark.parametrize("name", NAMES)
def test_what_we_ignore_changes_nothing_in_transformers(automodel, tmp_path, name):
    torch.set_num_threads(1)
    config, model = made(name, tmp_path)
    state = model.state_dict()
    expected = logits_of(config, model, state)
    keys = [key for key in ignored_keys(automodel, config, tmp_path) if key not in NOT_OF_THE_MODEL]
    assert keys
    wrong = [text for key in keys for changed, text in effects(config, key, model, state, expected)
             if key in (ignored_keys(automodel, changed, tmp_path) or [])]
    assert not wrong


def yarn_with_attn_factor(config):
    return {"rope_parameters": config["rope_parameters"] | {"attn_factor": 0.5}}


def mimo_keys(config):
    return {"swa_rope_theta": 10000, "swa_num_attention_heads": config["num_attention_heads"],
            "swa_num_key_value_heads": 2 * config["num_key_value_heads"], "swa_head_dim": config["head_dim"],
            "swa_v_head_dim": config["v_head_dim"], "attention_chunk_size": 4, "hybrid_layer_pattern": [0, 1, 1],
            "moe_layer_freq": [0, 1, 1], "layernorm_epsilon": config["rms_norm_eps"], "add_swa_attention_sink_bias": True}


RELEASED = {  # what files on the hub say besides; tests/models/released_files_test.cpp has whose
    "exaone_moe": {"is_moe_layer": [False, True, True]},
    "gpt2": {"n_special": 0, "predict_special_tokens": True, "output_past": True, "apply_query_key_layer_scaling": True,
             "normalize_attention_scores": True},
    "gpt_neox": {"num_steps": "global_step320000"},
    "hunyuan_v1_dense": {"dense_list": [4096, 0], "pad_id": 99},
    "hunyuan_v1_moe": {"dense_list": [4096, 0], "pad_id": 99},
    "hy_v3": lambda config: {
        "route_norm": True, "qk_norm": True, "moe_router_use_sigmoid": True, "moe_router_enable_expert_bias": True,
        "expert_hidden_dim": config["moe_intermediate_size"], "enable_lm_head_fp32": True, "num_nextn_predict_layers": 1},
    "llama": {"activation": "swiglu"},
    "llama:yarn": yarn_with_attn_factor,
    "mimo_v2_flash": mimo_keys,
    "minimax_m2": {"shared_moe_mode": "sigmoid", "mlp_intermediate_size": 48},
    "opt": {"learned_embeddings": True},
    "qwen2": {"dual_chunk_attention_config": {"chunk_size": 4, "local_size": 2}},
    "qwen3_moe": {"use_qk_norm": True, "qkv_bias": False, "shared_expert_intermediate_size": 0},
}


@pytest.mark.parametrize("name", RELEASED)
def test_what_released_files_say_besides_is_read_and_changes_nothing_in_transformers(automodel, tmp_path, name):
    torch.set_num_threads(1)
    config, model = made(name, tmp_path)
    state = model.state_dict()
    keys = RELEASED[name]
    changed = config | (keys(config) if callable(keys) else keys)
    assert changed != config
    assert ignored_keys(automodel, changed, tmp_path) is not None
    assert torch.equal(logits_of(changed, model, state), logits_of(config, model, state))


def test_a_key_that_matters_is_noticed(tmp_path):
    """The comparison can fail."""
    config, model = made("llama", tmp_path)
    state = model.state_dict()
    expected = logits_of(config, model, state)
    assert effects(config, "rms_norm_eps", model, state, expected)
    assert effects(config, "rope_parameters.rope_theta", model, state, expected)
    assert not effects(config, "use_cache", model, state, expected)
