"""Pre-training on Megatron's files of tokens."""

import json
import struct

import numpy as np
import pytest
import tiny_run
from test_train import assert_same


def write_corpus(prefix, num_documents=100):
    rng = np.random.default_rng(0)
    documents = [rng.integers(0, 384, rng.integers(5, 60)).astype(np.int32) for _ in range(num_documents)]
    lengths = np.array([len(document) for document in documents], dtype=np.int32)
    begins = np.concatenate([[0], np.cumsum(4 * lengths[:-1].astype(np.int64))])
    np.concatenate(documents).tofile(f"{prefix}.bin")
    with open(f"{prefix}.idx", "wb") as file:
        file.write(b"MMIDIDX\x00\x00" + struct.pack("<QBQQ", 1, 4, num_documents, num_documents + 1))
        file.write(lengths.tobytes() + begins.astype(np.int64).tobytes())
        file.write(np.arange(num_documents + 1, dtype=np.int64).tobytes())


@pytest.fixture
def recipe(tmp_path):
    write_corpus(tmp_path / "corpus_text_document")

    def change(content):
        rows = {"_target_": "nemo_automodel.components.datasets.llm.megatron_dataset.MegatronPretraining",
                "paths": str(tmp_path / "corpus_text_document"), "seq_length": 32, "split": "0.9,0.1,0"}
        content["dataset"] = {**rows, "splits_to_build": "train"}
        content["validation_dataset"] = {**rows, "splits_to_build": "validation", "trainer_limit_val_batches": 2}
        del content["step_scheduler"]["num_epochs"]

    return tiny_run.edit(tiny_run.make(tmp_path), change)


def train(automodel, recipe, name, steps):
    done = automodel(recipe, f"--checkpoint.checkpoint_dir={recipe.parent / name}", f"--step_scheduler.max_steps={steps}",
                     timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_validation_takes_so_many_batches(automodel, recipe):
    train(automodel, recipe, "out", 2)
    assert tiny_run.log(recipe.parent / "out", "validation")[0]["num_rows"] == 2 * 4


def test_a_longer_run_goes_on_with_the_rows_behind(automodel, recipe):
    """Not with those that it began with."""
    train(automodel, recipe, "long", 9)
    train(automodel, recipe, "short", 6)
    train(automodel, recipe, "short", 9)
    assert_same(recipe.parent / "long/epoch_0_step_8", recipe.parent / "short/epoch_0_step_8")


def test_a_run_with_smaller_batches_says_how_many_samples_it_needs(automodel, recipe):
    """Not a sample comes twice: 6 steps took 24, 3 more take 2 each."""
    train(automodel, recipe, "out", 6)
    smaller = ["--step_scheduler.global_batch_size=2", "--step_scheduler.max_steps=9"]
    done = automodel(recipe, *smaller)
    assert done.returncode == 2
    assert "dataset.num_train_samples: the data set has 18 samples, but the steps up to the checkpoint took 24, and the 3 " \
        "that are left take 2 each; set it to 30" in done.stderr, done.stderr
    done = automodel(recipe, *smaller, "--dataset.num_train_samples=30", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "going on from" in done.stdout
    state = recipe.parent / "out/epoch_0_step_8/dataloader/state.json"
    assert json.loads(state.read_text()) == {"epoch": 1, "sample": 0}, "all 30 were taken"
