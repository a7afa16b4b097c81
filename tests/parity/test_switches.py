"""Every switch of every supported model_type, thrown: keys of a configuration class that no configuration of
test_families.py moves from their default are moved here, all of a type at once, and the result is compared with live
Transformers. Those that ask for mathematics we lack are refused, each by itself.
"""

import json
from collections import defaultdict

import pytest
import torch
from oracle.configs import base_type, tiny_config
from oracle.reference import reference
from oracle.weights import make
from sway import unexplained
from test_families import NAMES, TOLERANCE
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function", "afn", "activation", "classifier_activation")
NOT_OF_THE_MODEL = {
    "_name_or_path", "add_cross_attention", "chunk_size_feed_forward", "is_decoder", "is_encoder_decoder",
    "output_attentions", "output_hidden_states", "output_router_logits", "return_dict", "use_cache", "verbose",
    *(f"summary_{key}" for key in ("activation", "first_dropout", "proj_to_labels", "type", "use_proj")),
}
# Other values than booleans, norms' eps, activations and RoPE's theta, for which one rule serves all types.
MORE = {
    "cohere2_moe": {"expert_selection_fn": "sigmoid", "shared_expert_combination_strategy": "sum", "rms_norm_eps": 1e-3,
                    "prefix_dense_intermediate_size": 72},
    "ernie4_5_moe": {"moe_layer_interval": 2, "moe_norm_min": 0.9},
    "flint": {"decoder_sparse_step": 2},
    "gemma3_text": {"final_logit_softcapping": 3.0, "attn_logit_softcapping": 4.0},
    "gemma4_unified_text": {"num_hidden_layers": 5, "num_kv_shared_layers": 2, "final_logit_softcapping": 3.0,
                            "layer_types": ["sliding_attention", "sliding_attention", "full_attention",
                                            "sliding_attention", "full_attention"],
                            "per_layer_config": {"04": {"head_dim": 32}}},
    "gpt_neox_japanese": {"intermediate_multiple_size": 2},
    "gpt_oss": {"swiglu_alpha": 1.3, "swiglu_limit": 0.6},
    "hy_v3": {"num_shared_experts": 2},
    "mimo_v2_flash": {"attention_value_scale": 0.5},
    "minicpm3": {"scale_emb": 3, "scale_depth": 0.9, "dim_model_base": 32},
    "qwen2_moe": {"decoder_sparse_step": 2},
    "qwen3_moe": {"decoder_sparse_step": 2},
}
# What we refuse, and what Transformers itself cannot run; (type, key), other types have the key too.
REFUSED = {
    ("bloom", "apply_residual_connection_post_layernorm"),
    ("deepseek_v2", "mlp_bias"),
    ("deepseek_v2", "norm_topk_prob"),
    ("gemma3_text", "attn_logit_softcapping"),
    ("gemma3_text", "use_bidirectional_attention"),
    ("mpt", "no_bias"),
}
BROKEN = {("dbrx", "tie_word_embeddings"), ("laguna", "moe_apply_router_weight_on_input")}

NAMES_BY_TYPE = defaultdict(list)
for _name in NAMES:
    NAMES_BY_TYPE[base_type(_name)].append(_name)


def thrown(key, value):
    """Another value of a key; None: there is no rule for it."""
    if isinstance(value, bool):
        return not value
    if key in ACTIVATIONS:
        return "silu" if "elu" in value else "gelu_pytorch_tanh"  # smooth: rounding flips no kinks
    if isinstance(value, float) and ("eps" in key):
        return 100 * value
    return {**value, "rope_theta": 123.0} if isinstance(value, dict) and "rope_theta" in value else None


def switches(model_type):
    """{key: other value} of the keys that are the same, the default, in all configurations compared elsewhere."""
    default = CONFIG_MAPPING[model_type]().to_dict()
    compared = [tiny_config(name).to_dict() for name in NAMES_BY_TYPE[model_type]]
    found = {}
    for key, value in default.items():
        same = all(config.get(key) == value for config in compared)
        if same and key not in NOT_OF_THE_MODEL and (model_type, key) not in BROKEN and thrown(key, value) is not None:
            found[key] = thrown(key, value)
    return found | MORE.get(model_type, {})


def settings(values):
    return [f"{key}={json.dumps(value)}" for key, value in values.items()]


@pytest.mark.parametrize("model_type", NAMES_BY_TYPE)
def test_with_every_switch_thrown_equals_transformers(automodel, tmp_path, model_type):
    torch.set_num_threads(1)
    name = NAMES_BY_TYPE[model_type][0]
    values = {key: value for key, value in switches(model_type).items() if (model_type, key) not in REFUSED}
    if not values:
        pytest.skip("all are thrown in test_families.py")
    checkpoint, reference_file, out = tmp_path / "checkpoint", tmp_path / "reference", tmp_path / "out"
    make(name, str(checkpoint), seed=11, settings=settings(values))
    reference(str(checkpoint), str(reference_file), variants=["plain"])
    done = automodel("trace", checkpoint, reference_file, out)
    assert done.returncode == 0, (done.stderr, values)
    assert unexplained(out, reference_file, checkpoint, tmp_path, TOLERANCE) == {}, values


@pytest.mark.parametrize("model_type,key", sorted(REFUSED))
def test_what_we_lack_is_refused(automodel, tmp_path, model_type, key):
    value = switches(model_type)[key]
    config = tiny_config(NAMES_BY_TYPE[model_type][0], settings({key: value}))
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    done = automodel("describe", tmp_path / "config.json")
    assert done.returncode != 0
    assert f"'{key}' is {json.dumps(value)}" in done.stderr
