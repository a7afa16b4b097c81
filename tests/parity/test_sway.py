"""What sway.py excuses is what last bits make of a number, far below what another batch makes of it."""

import compare
import pytest
import torch
from oracle.reference import reference
from oracle.weights import make
from sway import sway
from test_families import TOLERANCE


@pytest.mark.parametrize("variants", [["plain"], ["packed", "padded"]])
def test_limits_are_of_the_same_batches(tmp_path, variants):
    torch.set_num_threads(1)
    checkpoint, reference_file = tmp_path / "checkpoint", tmp_path / "reference"
    make("llama", str(checkpoint), seed=11)
    reference(str(checkpoint), str(reference_file), variants=variants)
    limits = sway(checkpoint, reference_file, tmp_path)
    assert limits.keys() == compare.expected_names(*compare.load(reference_file))
    assert max(limits.values()) < TOLERANCE
    assert max(limits.values()) > 0
