"""Which experts a model's routers choose, recorded, or decided beforehand.

Every top-k of a forward is seen; in the models here only routers have any. A router in groups makes several, of which
the last, over all experts, is the choice.
"""

import re

import torch
from torch.overrides import TorchFunctionMode


class Choices(TorchFunctionMode):
    """Within it, every top-k is kept in `made`; with `given`, the `made` of another run, each chooses what it chose there."""

    def __init__(self, given=None):
        super().__init__()
        self.given = None if given is None else iter(given)
        self.made = []  # (indices, number of candidates)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func not in (torch.topk, torch.Tensor.topk):
            return out
        scores, indices = args[0], out.indices
        if self.given is not None:
            indices = next(self.given)[0]
            out = torch.return_types.topk((scores.gather(-1, indices), indices))
        self.made.append((indices.detach(), scores.shape[-1]))
        return out


def routed_layers(model):
    """Numbers of the layers that have experts."""
    found = (re.search(r"\.(\d+)\.(.*\.)?experts$", name) for name, _ in model.named_modules())
    return sorted({int(match[1]) for match in found if match})


def num_experts(model):
    text = model.config.get_text_config()
    for config in (text, getattr(text, "ffn_config", None)):
        for key in ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"):
            if getattr(config, key, None):
                return getattr(config, key)
    raise ValueError(f"{text.model_type}: how many experts?")


def by_layer(model, made, rows):
    """{layer: experts [b, t, k]} of what one batch of so many rows chose, in one forward or in one per document."""
    layers = routed_layers(model)
    if not layers:
        return {}
    experts = num_experts(model)
    chosen = [indices.flatten(0, -2) for indices, candidates in made if candidates == experts]
    if not chosen or len(chosen) % len(layers):
        raise ValueError(f"{len(chosen)} choices by {len(layers)} routers")
    return {layer: torch.cat(chosen[i :: len(layers)]).unflatten(0, (rows, -1)) for i, layer in enumerate(layers)}
