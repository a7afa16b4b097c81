"""What we read of a RoPE, Transformers reads: a turned part of each head is refused wherever Transformers' logits stay as
they are with it, since its modeling files do not all look for that key.
"""

import copy
import json

import pytest
import torch
from oracle.configs import base_type
from oracle.weights import load, make
from test_families import NAMES
from test_ignored_keys import TOLERANCE, logits_of

KEY = "partial_rotary_factor"
PLAIN = {"phi3": "phi3:window"}  # whose factors fit any part of a head


def objects(config):
    """Those that hold the parameters of a RoPE."""
    parameters = config.get("rope_parameters") or {}
    nested = [value for value in parameters.values() if isinstance(value, dict)]
    return nested or ([parameters] if parameters else [])


def with_other_part(config):
    changed = copy.deepcopy(config)
    for parameters in objects(changed):
        parameters[KEY] = 0.25 if parameters.get(KEY) == 0.5 else 0.5
    return changed


def is_read(automodel, config, folder):
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return automodel("describe", path).returncode == 0


@pytest.mark.parametrize("name", sorted({base_type(name) for name in NAMES}))
def test_a_turned_part_that_we_read_changes_transformers(automodel, tmp_path, name):
    torch.set_num_threads(1)
    make(PLAIN.get(name, name), str(tmp_path / "checkpoint"), seed=7)
    config = json.loads((tmp_path / "checkpoint" / "config.json").read_text())
    changed = with_other_part(config)
    if not objects(config) or not is_read(automodel, changed, tmp_path):
        return
    model = load(str(tmp_path / "checkpoint"), torch.float32)
    expected = logits_of(config, model, model.state_dict())
    error = (logits_of(changed, model, model.state_dict()) - expected).abs().max() / expected.abs().max()
    assert error > TOLERANCE


def test_some_types_turn_a_part(automodel, tmp_path):
    """The comparison compares something."""
    make("glm", str(tmp_path / "checkpoint"), seed=7)
    config = json.loads((tmp_path / "checkpoint" / "config.json").read_text())
    assert is_read(automodel, with_other_part(config), tmp_path)
