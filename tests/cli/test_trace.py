"""automodel trace on wrong input; what it computes is compared in tests/parity/test_families.py."""

import json

import pytest
import torch
from oracle.weights import make
from safetensors.torch import save_file


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trace") / "checkpoint"
    make("llama", str(folder))
    return folder


def batch(**changes):
    tensors = {"plain.input_ids": torch.full((1, 4), 9), "plain.labels": torch.full((1, 4), 9)}
    training = {"lr": 1e-3, "betas": [0.9, 0.95], "eps": 1e-6, "weight_decay": 0.1, "max_grad_norm": 1, "steps": 1}
    metadata = {"variants": json.dumps(["plain"]), "frozen": "[]", "training": json.dumps(training)}
    tensors |= {key: value for key, value in changes.items() if isinstance(value, torch.Tensor)}
    metadata |= {key: value for key, value in changes.items() if isinstance(value, str)}
    return tensors, {key: value for key, value in metadata.items() if value}


def run(automodel, checkpoint, tmp_path, **changes):
    save_file(*batch(**changes)[:1], tmp_path / "batch", batch(**changes)[1])
    return automodel("trace", checkpoint, tmp_path / "batch", tmp_path / "out")


def test_a_right_batch_is_traced(automodel, checkpoint, tmp_path):
    assert run(automodel, checkpoint, tmp_path).returncode == 0
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"variants": ""}, "no metadata 'variants'"),
        ({"frozen": "["}, "not valid JSON"),
        ({"variants": '["other"]'}, "other.input_ids"),
        ({"plain.labels": torch.full((1, 3), 9)}, "must be int64 of one shape"),
        ({"plain.doc_lens": torch.tensor([3, 2])}, "must cover one row of 4 tokens"),
        ({"plain.input_ids": torch.full((1, 4), 256)}, "token id 256 is outside the vocabulary of 256"),
        ({"plain.labels": torch.full((1, 4), 999)}, "label 999 is outside the vocabulary"),
    ],
)
def test_a_wrong_batch_is_named(automodel, checkpoint, tmp_path, changes, text):
    done = run(automodel, checkpoint, tmp_path, **changes)
    assert done.returncode == 2, done.stderr
    assert text in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("experts", [torch.zeros(1, 3, 2).long(), torch.zeros(1, 4, 2), torch.full((1, 4, 2), 6)])
def test_wrong_experts_are_named(automodel, tmp_path, experts):
    make("mixtral", str(tmp_path / "checkpoint"))
    tensors, metadata = batch(**{"plain.experts.1": experts})
    save_file(tensors, tmp_path / "batch", metadata)
    done = automodel("trace", tmp_path / "checkpoint", tmp_path / "batch", tmp_path / "out", "--experts", "given")
    assert done.returncode == 2
    assert "plain.experts.1 must be int64 [1, 4, experts per token] below 6" in done.stderr


def test_missing_files_are_named(automodel, checkpoint, tmp_path):
    done = automodel("trace", checkpoint, tmp_path / "nothing", tmp_path / "out")
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert automodel("trace", tmp_path / "no-model", tmp_path / "batch", tmp_path / "out").returncode == 2
