"""Comparison of two safetensors files of reference numbers, tensor by tensor."""

import json

import torch
from safetensors import safe_open


NOISE = 1e-6  # of a variant's largest gradient: what rounding leaves of gradients that are zero, such as of key biases


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


def largest_entry(tensor):
    return tensor.abs().max().item() if tensor.numel() else 0.0


def largest_gradient(reference, variant):
    return max(largest_entry(value) for name, value in reference.items() if name.startswith(f"{variant}.grad."))


def is_noise(name, ours, theirs, reference):
    """Both sides are rounding noise; theirs is not zero throughout, as that of an expert without tokens is."""
    if ".grad." not in name or largest_entry(theirs) == 0:
        return False
    return max(map(largest_entry, (ours, theirs))) <= NOISE * largest_gradient(reference, name.split(".")[0])


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
        out[name] = 0.0 if is_noise(name, a, b, reference) else relative_error(a, b)
    return out


def assert_same_tensors(ours, theirs):
    """Two dicts of tensors: the same names, dtypes and values."""
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype, name
        assert torch.equal(ours[name], tensor), name
