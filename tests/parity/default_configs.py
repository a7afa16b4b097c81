"""What Transformers' configuration classes say without arguments: src/models/default_configs.jsonl.

python tests/parity/default_configs.py > src/models/default_configs.jsonl
"""

import dataclasses
import json
import sys

from oracle.configs import base_type
from test_families import NAMES
from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL_LM

# Defaults that no model can be built from, and what its first checkpoint has instead.
ADDED = {"deepseek_v2": {"num_experts_per_tok": 6}, "dots1": {"n_routed_experts": 128, "num_experts_per_tok": 6}}
# It repeats max_position_embeddings, which no one reads there.
REPEATS = {("ministral3", "rope_parameters"), ("ministral3", "max_position_embeddings")}
NO_INFORMATION = ("transformers_version", "_name_or_path", "model_type", "dtype", "torch_dtype")
COMMON = {field.name: field.default for field in dataclasses.fields(PreTrainedConfig)}


def is_fixed(field):
    """A key whose default is one value whatever the other keys say."""
    says_more = field.name not in COMMON or field.default != COMMON[field.name] or field.name == "tie_word_embeddings"
    return says_more and isinstance(field.default, (bool, int, float, str))


def other_values(value):
    """To learn what follows from a key. Some classes refuse some of them."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [2 * value, value // 2, value + 1]
    return [7] if value is None else [2 * value] if isinstance(value, float) else []


def computed_keys(config_class):
    """Keys that the class computes from others where nobody states them."""
    usual = config_class().to_dict()
    found = set()
    for field in dataclasses.fields(config_class):
        for value in other_values(usual.get(field.name)):
            try:
                changed = config_class(**{field.name: value}).to_dict()
            except Exception:
                continue
            found |= {key for key in usual if key != field.name and changed.get(key) != usual[key]}
    return {key for key in found if (config_class.model_type, key) not in REPEATS}


def own_rope(config_class):
    """What the class itself says of RoPE, without what keys beside rope_parameters would change."""
    beside = ("rope_theta", "partial_rotary_factor", "rope_local_base_freq", "local_rope_theta", "global_rope_theta")
    usual, told = (config_class(**keys).to_dict().get("rope_parameters") or {}
                   for keys in ({}, dict.fromkeys(beside, 0.75)))
    fixed = {key: value for key, value in usual.items()
             if told.get(key) == value and (config_class.model_type, key) not in REPEATS}
    says_more = usual.get("rope_type", "default") != "default" or (fixed == usual and "rope_type" not in usual)
    return {"rope_parameters": fixed} if fixed and says_more else {}


def line(model_type):
    """The config.json that Transformers would write: values that are fixed, others, and those computed from them."""
    config_class = CONFIG_MAPPING[model_type]
    added = ADDED.get(model_type, {})
    written = config_class().to_dict()
    fixed = {field.name: field.default for field in dataclasses.fields(config_class)
             if field.name in written and is_fixed(field)} | own_rope(config_class)
    keys = {**config_class().to_diff_dict(), **added}
    derived = {"architectures": [CAUSAL_LM[model_type]]}
    derived |= {key: value for key, value in keys.items() if key not in fixed or value != fixed[key]}
    computed = computed_keys(config_class)
    parts = {"fixed": fixed, "derived": {k: v for k, v in derived.items() if k not in computed},
             "computed": {k: v for k, v in derived.items() if k in computed}}
    kept = {part: {k: v for k, v in keys.items() if k not in NO_INFORMATION} for part, keys in parts.items()}
    own = {"class": config_class.__name__} if config_class.model_type == model_type else {}
    return {"model_type": model_type, **own, **kept}


def lines():
    return "".join(json.dumps(line(model_type)) + "\n" for model_type in sorted({base_type(name) for name in NAMES}))


if __name__ == "__main__":
    sys.stdout.write(lines())
