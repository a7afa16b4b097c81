"""Comparison of two safetensors files of reference numbers, tensor by tensor."""

import json

import torch
from safetensors import safe_open


def load(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def real_positions(reference, variant):
    """Mask [b, t] of the positions whose logits mean something."""
    mask = reference.get(f"{variant}.attention_mask")
    return torch.ones_like(reference[f"{variant}.input_ids"]).bool() if mask is None else mask.bool()


def relative_error(ours, reference):
    """Largest difference relative to the reference's largest entry; an all-zero reference demands zeros."""
    if reference.numel() == 0:
        return 0.0
    largest = reference.abs().max().item()
    difference = (ours.double() - reference.double()).abs().max().item()
    return difference / largest if largest > 0 else difference


def expected_names(reference, metadata):
    """What an implementation must write: everything of the reference but its inputs."""
    variants = json.loads(metadata["variants"])
    outputs = ("logits", "loss", "grad.")
    names = {n for n in reference if n.startswith(("step.", "trained."))}
    for variant in variants:
        names |= {n for n in reference if n.startswith(variant + ".") and n[len(variant) + 1:].startswith(outputs)}
    return names


def errors(ours_path, reference_path):
    """{name: relative error} of every reference number; a name that only one side has is an AssertionError."""
    ours, _ = load(ours_path)
    reference, metadata = load(reference_path)
    names = expected_names(reference, metadata)
    assert set(ours) == names, f"missing {sorted(names - set(ours))}, unexpected {sorted(set(ours) - names)}"
    out = {}
    for name in sorted(names):
        a, b = ours[name], reference[name]
        assert a.shape == b.shape, f"{name}: {tuple(a.shape)} instead of {tuple(b.shape)}"
        if name.endswith(".logits"):
            mask = real_positions(reference, name.split(".")[0])
            a, b = a[mask], b[mask]
        out[name] = relative_error(a, b)
    return out
