"""How far Transformers' own numbers move when the last bits of a model's weights do.

Its operators and ours round differently, and a deep model can make much of that: no tolerance fits all of them.
"""

import json
import shutil

import compare
import torch
from oracle.reference import reference
from safetensors.torch import load_file, save_file

NUM_MOVES = 8


def move_last_bits(tensor, generator):
    """Each entry, at random, to the next float above, below, or not at all."""
    if not tensor.is_floating_point():
        return tensor
    direction = torch.randint(-1, 2, tensor.shape, generator=generator)
    target = torch.where(direction > 0, torch.inf, -torch.inf).to(tensor.dtype)
    return torch.where(direction == 0, tensor, torch.nextafter(tensor, target))


def sway(checkpoint, reference_file, folder):
    """{name: largest relative change} of every reference number. Empty for models with routers, whose choices a last bit
    may turn."""
    expected, metadata = compare.load(reference_file)
    if any(".experts." in name for name in expected):
        return {}
    largest = {}
    for seed in range(NUM_MOVES):
        moved = shutil.copytree(checkpoint, folder / f"moved{seed}")
        generator = torch.Generator().manual_seed(seed)
        for file in moved.glob("*.safetensors"):
            tensors = {name: move_last_bits(tensor, generator) for name, tensor in load_file(file).items()}
            save_file(tensors, file, {"format": "pt"})
        reference(str(moved), str(folder / "all"), variants=json.loads(metadata["variants"]))
        numbers, _ = compare.load(folder / "all")
        names = compare.expected_names(expected, metadata)
        save_file({name: numbers[name] for name in names}, folder / "numbers")
        for name, error in compare.errors(folder / "numbers", reference_file).items():
            largest[name] = max(largest.get(name, 0.0), error)
    return largest


def unexplained(ours, reference_file, checkpoint, folder, tolerance):
    """{name: error} of what is off by more than the tolerance and than twice what last bits make of Transformers' own."""
    wrong = {name: error for name, error in compare.errors(ours, reference_file).items() if not error <= tolerance}
    limits = sway(checkpoint, reference_file, folder) if wrong else {}
    return {name: (error, limits.get(name)) for name, error in wrong.items() if not error <= 2 * limits.get(name, 0.0)}
