"""What Transformers' configuration classes make of arguments: tests/models/class_configs.jsonl.

python tests/parity/class_configs.py > tests/models/class_configs.jsonl
"""

import inspect
import json
import sys

from default_configs import ADDED, NO_INFORMATION, computed_keys, other_values
from oracle.configs import base_type
from test_families import NAMES
from transformers.models.auto.configuration_auto import CONFIG_MAPPING


# Names that arguments have for what stands in rope_parameters, of all classes or of some.
OLDER_ROPE = {"rope_theta": 5000.0, "rotary_pct": 0.5, "rotary_emb_base": 5000, "global_rope_theta": 5000.0,
              "local_rope_theta": 5000.0, "rope_local_base_freq": 5000.0}
FACTORS = {"hidden_size": 2, "num_attention_heads": 0.5, "num_hidden_layers": 0.5}


def sizes(config_class, usual):
    named = {config_class.attribute_map.get(key, key): factor for key, factor in FACTORS.items()}
    return {key: int(factor * usual[key]) for key, factor in named.items() if key in usual}


def common_names(config_class, usual):
    """Another value of each key that also has a name that other classes give it, under that name."""
    return {name: other_values(usual[key])[0] for name, key in config_class.attribute_map.items()
            if key in usual and other_values(usual[key])}


def older_rope(config_class, usual):
    if "rope_parameters" not in usual:
        return {}
    names = {key for key in OLDER_ROPE if f'"{key}"' in inspect.getsource(config_class)} | {"rope_theta"}
    if any(isinstance(value, dict) for value in usual["rope_parameters"].values()):
        names.remove("rope_theta")  # of which kind of layer? it is refused here
    return {key: OLDER_ROPE[key] for key in sorted(names)}


def candidates(config_class, usual):
    """Sizes, each by itself and all at once; common names; older names of RoPE's; other values of each key."""
    changed = sizes(config_class, usual)
    yield changed
    yield from ({key: value} for key, value in changed.items())
    yield from ({key: value} for key, value in common_names(config_class, usual).items())
    yield from ({key: value} for key, value in older_rope(config_class, usual).items())
    yield from ({key: value} for key in usual if key not in changed for value in other_values(usual[key]))


def arguments(config_class):
    """[(arguments, what the class makes of them)] for those from which other keys follow, sizes and common names."""
    usual = config_class().to_dict()
    computed = computed_keys(config_class)
    proven = sizes(config_class, usual).keys() | common_names(config_class, usual).keys()
    for given in candidates(config_class, usual):
        try:
            made = config_class(**ADDED.get(config_class.model_type, {}), **given)
        except Exception:  # refused by the class
            continue
        read = {"rope_parameters"} if given.keys() <= OLDER_ROPE.keys() else set()  # some classes pass rope_theta over
        if given.keys() & proven or follows(made.to_dict(), usual, computed - given.keys() | read):
            yield given, made


def follows(made, usual, computed):
    return any(made.get(key) != usual.get(key) for key in computed)


def lines_of(config_class):
    usual = json.loads(config_class().to_json_string(use_diff=False))
    for given, config in arguments(config_class):
        made = json.loads(config.to_json_string(use_diff=False))
        other = {key: made.get(key) for key in {**usual, **made} if made.get(key) != usual.get(key)}
        kept = {key: value for key, value in other.items() if key not in NO_INFORMATION}
        yield {"class": config_class.__name__, "model_type": config_class.model_type, "arguments": given, "other": kept}


def lines():
    classes = {CONFIG_MAPPING[base_type(name)] for name in NAMES}
    ordered = sorted(classes, key=lambda config_class: config_class.model_type)
    return "".join(json.dumps(line) + "\n" for config_class in ordered for line in lines_of(config_class))


if __name__ == "__main__":
    sys.stdout.write(lines())
