"""What counts of a RoPE, counts in Transformers, and only that: a key that `automodel describe` lists as counting changes
Transformers' logits, and no other key does. A key that its modeling files do not look for may be refused.
"""

import copy
import functools
import json

import pytest
import torch
from oracle.configs import base_type
from oracle.weights import load, make
from test_families import NAMES
from test_ignored_keys import TOLERANCE, logits_of

COUNT = "keys of the configuration that count"
PLAIN = {"phi3": "phi3:window"}  # whose factors fit any part of a head
THETAS = ("rope_theta", "rotary_emb_base", "rope_local_base_freq", "local_rope_theta", "global_rope_theta")
SHARES = ("partial_rotary_factor", "rotary_pct")
OTHER_VALUES = {  # some of them move no frequency of a small head
    **dict.fromkeys(THETAS, (777.0,)), **dict.fromkeys(SHARES, (0.5, 0.25)), "original_max_position_embeddings": (24, 300, 9000),
    "factor": (3.0,), "beta_fast": (12.0, 0.2), "beta_slow": (0.1, 3.0), "attention_factor": (1.3,), "mscale": (0.6,),
    "mscale_all_dim": (0.5,), "truncate": (False,), "low_freq_factor": (0.5, 2.0), "high_freq_factor": (8.0, 2.0),
}
NORMED = dict.fromkeys(("hunyuan_v1_dense", "hunyuan_v1_moe", "llama4_text", "nanochat"),
                       ("attention_factor", "mscale", "mscale_all_dim"))  # queries and keys are, behind RoPE
OVERRULED = {  # by layer_rope_theta, by alpha
    "granite_swa": ("rope_theta",), "granitemoe_swa": ("rope_theta",),
    "hunyuan_v1_dense": ("factor",), "hunyuan_v1_moe": ("factor",),
}
WITHOUT = {"biogpt", "bloom", "codegen", "gpt-sw3", "gpt2", "gpt_bigcode", "gpt_neo", "gptj", "mpt", "openai-gpt",
           "opt"}  # no RoPE, or one that none of these keys describes
OLDER = (*THETAS, *SHARES, "rope_scaling", "original_max_position_embeddings")
YARN = {"rope_type": "yarn", "factor": 4.0, "beta_fast": 4.0, "beta_slow": 1.0, "original_max_position_embeddings": 512,
        "mscale": 0.8, "mscale_all_dim": 1.2}


def objects(config):
    """Paths to those that hold the parameters of a RoPE."""
    parameters = config.get("rope_parameters") or config.get("rope_scaling") or {}
    name = "rope_parameters" if config.get("rope_parameters") else "rope_scaling"
    nested = [(name, kind) for kind, value in parameters.items() if isinstance(value, dict)]
    return nested or ([(name,)] if parameters else [])


def within(config, path):
    for part in path:
        config = config[part]
    return config


def layouts(config):
    """Ways to write a RoPE, as checkpoints have them."""
    yield config
    older = {key: value for key, value in config.items() if key != "rope_parameters" and key not in OLDER}
    yield older
    if objects(config) and len(objects(config)[0]) == 1:
        theta = config["rope_parameters"].get("rope_theta", 500.0)
        more = {key: value for key, value in config["rope_parameters"].items() if key == "llama_4_scaling_beta"}
        yield older | {"rope_theta": theta, "rope_scaling": YARN | more}
        yield older | {"rope_parameters": YARN | more | {"rope_theta": theta}}
    else:
        scaled = copy.deepcopy(config)
        for path in objects(config):
            within(scaled, path).update(YARN)
        yield scaled
        for path in objects(config):
            partial = copy.deepcopy(config)
            within(partial, path).pop("rope_theta", None)
            yield partial


def changes(config):
    """(dotted key, copies of the config with other values of it)"""
    places = [(key,) for key in OTHER_VALUES if key in OLDER] + [
        (*path, key) for path in objects(config) for key in OTHER_VALUES
        if key in ("rope_theta", *SHARES[:1]) or key in within(config, path)]
    for *path, key in places:
        changed = [copy.deepcopy(config) for _ in OTHER_VALUES[key]]
        for copied, value in zip(changed, OTHER_VALUES[key], strict=True):
            within(copied, path)[key] = value
        yield ".".join([*path, key]), [copied for copied in changed if copied != config]


def counting_keys(automodel, config, folder):
    """None: the config is refused."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    done = automodel("describe", path)
    if done.returncode != 0:
        return None
    lines = done.stdout.partition(f"\n{COUNT}\n")[2].partition("\n\n")[0].splitlines()
    return {line.split(" = ")[0].strip() for line in lines}


def logits_by_config(model):
    """A function that computes each config's logits once."""
    state = model.state_dict()

    @functools.cache
    def logits(text):
        return logits_of(json.loads(text), model, state)

    return lambda config: logits(json.dumps(config, sort_keys=True))


def effect(config, changed, logits):
    """By how much of the largest logit one of the changes moves one; none: Transformers cannot run them."""
    try:
        expected = logits(config)
        return max((logits(other) - expected).abs().max() / expected.abs().max() for other in changed)
    except (KeyError, RuntimeError, TypeError, ValueError):
        return None


def differences(automodel, config, folder, logits):
    """Of each key that can be compared what counts on one side only, or none."""
    for key, changed in changes(config):
        counting = [counting_keys(automodel, other, folder) for other in changed]
        accepted = [other for other, keys in zip(changed, counting, strict=True) if keys is not None]
        without_effect = NORMED.get(config["model_type"], ()) + OVERRULED.get(config["model_type"], ())
        if not accepted or key.split(".")[-1] in without_effect:
            continue
        counts = any(key in keys for keys in counting if keys is not None)
        error = effect(config, accepted, logits)
        if error is not None:
            agrees = (error > TOLERANCE) == counts
            yield None if agrees else f"{key} changes the logits by {error:.2g} and {'counts' if counts else 'does not count'}"


@pytest.mark.parametrize("name", sorted({base_type(name) for name in NAMES} - WITHOUT))
def test_what_counts_changes_transformers(automodel, tmp_path, name):
    torch.set_num_threads(1)
    make(PLAIN.get(name, name), str(tmp_path / "checkpoint"), seed=7)
    config = json.loads((tmp_path / "checkpoint" / "config.json").read_text())
    model = load(str(tmp_path / "checkpoint"), torch.float32)
    logits, compared = logits_by_config(model), []
    for layout in layouts(config):
        if counting_keys(automodel, layout, tmp_path) is not None:
            compared += differences(automodel, layout, tmp_path, logits)
    assert compared
    assert not [difference for difference in compared if difference is not None]


def test_some_keys_count(automodel, tmp_path):
    """The comparison compares something."""
    make("glm", str(tmp_path / "checkpoint"), seed=7)
    config = json.loads((tmp_path / "checkpoint" / "config.json").read_text())
    for key in ("rope_parameters.rope_theta", "rope_parameters.partial_rotary_factor"):
        assert key in counting_keys(automodel, dict(changes(config))[key][0], tmp_path)
