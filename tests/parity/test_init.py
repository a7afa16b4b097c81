"""Fresh weights (from_config) of every supported model_type against Transformers' own: the same tensors, and each the
same constant or drawn from the same distribution.

Distributions are compared by their samples: deviation and mean of each tensor, rows that are zero, and over a whole
model, each tensor divided by its deviation, how often which size occurs: that sees truncation and other shapes.
"""

import json
import math

import pytest
import torch
from oracle.configs import tiny_config
from oracle.weights import model_class
from safetensors.torch import load_file
from test_families import NAMES

SIGMAS = 6  # a wrong alarm in 10^9 comparisons; there are about 10^4
STD = 0.031  # away from all defaults
EDGES = torch.tensor([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5])
VARIANTS = {
    "modernbert-decoder:untied": ("modernbert-decoder", ["tie_word_embeddings=false", "initializer_cutoff_factor=3.0"]),
    "gpt2:padded": ("gpt2", ["pad_token_id=3"]),
    "llama:last_is_padding": ("llama", ["pad_token_id=-1"]),
    "phi:untied": ("phi", ["tie_word_embeddings=false", "pad_token_id=null"]),
    "youtu:own_embedding": ("youtu", ["embedding_initializer_range=0.3"]),
}


def both(tool, name, folder):
    """The weights of Transformers and ours, fresh, by their names on disk."""
    base, settings = VARIANTS.get(name, (name, []))
    config = tiny_config(base, settings)
    for key in ("initializer_range", "init_std"):
        if hasattr(config, key):
            setattr(config, key, STD)
    torch.manual_seed(3)
    model_class(base).from_config(config).save_pretrained(folder / "theirs")
    tool("fresh_tool", folder / "theirs", folder / "ours", 5)
    return [load_file(folder / side / "model.safetensors") for side in ("ours", "theirs")]


def is_constant(tensor):
    return bool((tensor == tensor.flatten()[0]).all())


def zero_rows(tensor):
    return (tensor == 0).flatten(1).all(1) if tensor.dim() > 1 else tensor == 0


def drawn(tensor):
    """The random numbers of a tensor: all but rows of zeros."""
    return tensor[~zero_rows(tensor)].flatten().double()


def differences(ours, theirs):
    """What sets two tensors of the same parameter apart; empty if nothing does."""
    if is_constant(theirs) or is_constant(ours):
        return [] if torch.equal(ours, theirs) else [f"{ours.flatten()[:3]} instead of {theirs.flatten()[:3]}"]
    if not torch.equal(zero_rows(ours), zero_rows(theirs)):
        return ["other rows are zero"]
    a, b = drawn(ours), drawn(theirs)
    found = []
    # The logarithm of a deviation of n normal numbers has the deviation 1/sqrt(2n).
    if abs(math.log(a.std() / b.std())) > SIGMAS / math.sqrt(min(len(a), len(b)) - 1):
        found.append(f"deviation {a.std():.4g} instead of {b.std():.4g}")
    if abs(a.mean() - b.mean()) > SIGMAS * b.std() * math.sqrt(2 / len(b)):
        found.append(f"mean {a.mean():.4g} instead of {b.mean():.4g}")
    return found


def shape_differences(ours, theirs):
    """Over all tensors, how many numbers lie beyond each edge, in deviations."""
    shares = []
    for side in (ours, theirs):
        random = [drawn(side[name]) for name in sorted(side) if not is_constant(theirs[name]) and side[name].numel() > 99]
        sizes = torch.cat([values.abs() / values.std() for values in random])
        shares.append((torch.stack([(sizes > edge).sum() for edge in EDGES]).double(), len(sizes)))
    (a, count), (b, _) = shares
    tolerance = SIGMAS * (a + b + 1).sqrt()
    return [f"{x:.0f} of {count} beyond {edge:.1f} deviations instead of {y:.0f}"
            for edge, x, y, limit in zip(EDGES.tolist(), a, b, tolerance) if abs(x - y) > limit]


def all_differences(ours, theirs):
    assert {n: t.shape for n, t in ours.items()} == {n: t.shape for n, t in theirs.items()}
    found = {name: differences(ours[name].float(), theirs[name].float()) for name in theirs}
    found["all"] = shape_differences(ours, theirs)
    return {name: texts for name, texts in found.items() if texts}


@pytest.mark.parametrize("name", [*NAMES, *VARIANTS])
def test_fresh_weights_follow_the_rules_of_transformers(tool, tmp_path, name):
    ours, theirs = both(tool, name, tmp_path)
    assert not all_differences(ours, theirs)


@pytest.fixture(scope="module")
def fresh(tool, tmp_path_factory):
    return both(tool, "modernbert-decoder", tmp_path_factory.mktemp("fresh"))


@pytest.mark.parametrize("rule", ["another deviation", "not truncated", "a zero row", "a mean", "another constant"])
def test_another_rule_is_noticed(fresh, rule):
    """The comparison can fail."""
    ours, theirs = fresh
    name = "model.layers.1.mlp.Wo.weight"
    changed = {key: value.clone() for key, value in ours.items()}
    if rule == "another deviation":
        changed[name] *= 1.15
    elif rule == "not truncated":
        changed = {key: value if is_constant(value) else value.std() * torch.randn(value.shape)
                   for key, value in changed.items()}
    elif rule == "a zero row":
        changed["model.embeddings.tok_embeddings.weight"][0] = 0
    elif rule == "a mean":
        changed[name] += 0.2 * changed[name].std()
    else:
        changed["model.final_norm.weight"] += 1
    assert all_differences(changed, theirs)


def test_the_seed_matters(tool, tmp_path):
    ours, _ = both(tool, "llama", tmp_path)
    again, other = tmp_path / "again", tmp_path / "other"
    tool("fresh_tool", tmp_path / "theirs", again, 5)
    tool("fresh_tool", tmp_path / "theirs", other, 6)
    name = "model.layers.0.mlp.up_proj.weight"
    assert torch.equal(load_file(again / "model.safetensors")[name], ours[name])
    assert not torch.equal(load_file(other / "model.safetensors")[name], ours[name])
    assert json.loads((again / "config.json").read_text())["model_type"] == "llama"
