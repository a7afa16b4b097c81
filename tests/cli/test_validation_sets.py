"""Validation losses of different sets in one run: which checkpoints are the best, and what stays of them."""

import json
import re

import pytest
import tiny_run


@pytest.fixture
def recipe(tmp_path):
    """Saves and validates every second step, keeps one checkpoint; hard.jsonl has rows that are hard to tell."""
    path = tiny_run.make(tmp_path)
    rows = [{"messages": [{"role": "user", "content": f"{i}"}, {"role": "assistant", "content": f"QZX {i} !?"}]}
            for i in range(5)]
    (tmp_path / "hard.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tiny_run.edit(path, lambda content: (
        content["step_scheduler"].update(ckpt_every_steps=2, val_every_steps=2),
        content["checkpoint"].update(max_recent_checkpoints=1, save_consolidated=False)))


def train(automodel, recipe, steps, *overrides):
    done = automodel(recipe, f"--step_scheduler.max_steps={steps}", *overrides, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def losses(folder):
    """Of the checkpoints that are there: step -> loss and set."""
    manifests = [json.loads((path / "manifest.json").read_text()) for path in folder.glob("epoch_*")]
    return {m["step"]: (m["validation_loss"], m["validation_set"]) for m in manifests}


def test_another_validation_set_is_told_and_has_a_best_of_its_own(automodel, recipe):
    folder = recipe.parent / "out"
    assert "validation set" not in train(automodel, recipe, 6)
    assert "validation set" not in train(automodel, recipe, 8)
    old_best = (folder / "LOWEST_VAL").resolve().name
    other = f"--validation_dataset.path_or_dataset_id={recipe.parent / 'hard.jsonl'}"
    text = train(automodel, recipe, 16, other)
    assert re.search(r"warning: the validation set is not the one on which the checkpoints were last measured "
                     r'\(rows was 7, is 5; xxh64 was "\w+", is "\w+"\)', text), text
    assert f"{old_best}, the best on the other, stays" in text
    assert (folder / old_best).is_dir()

    lines = [line for line in tiny_run.log(folder, "validation") if line["step"] >= 8]
    assert len({line["validation_set"] for line in tiny_run.log(folder, "validation")}) == 2
    best = min(lines, key=lambda line: line["val_loss"])
    assert (folder / "LOWEST_VAL").resolve().name.endswith(f"_step_{best['step']}")
    assert set(losses(folder)) == {int(old_best.split("_")[-1]), best["step"], 15}
    assert f"{lines[0]['val_loss']:.4f} -> {lines[-1]['val_loss']:.4f}" in text.splitlines()[-1]
    assert "validation set" not in train(automodel, recipe, 18, other)


def test_another_best_metric_key_is_told(automodel, recipe):
    folder = recipe.parent / "out"
    tiny_run.edit(recipe, lambda content: content.update(validation_dataset_hard=dict(
        content["validation_dataset"], path_or_dataset_id=str(recipe.parent / "hard.jsonl"))))
    train(automodel, recipe, 4)
    text = train(automodel, recipe, 8, "--checkpoint.best_metric_key=hard")
    assert '(name was "default", is "hard"; rows was 7, is 5; ' in text
    best = json.loads((folder / "LOWEST_VAL/manifest.json").read_text())
    assert best["validation_set"]["name"] == "hard" and best["validation_set"] == losses(folder)[7][1]


def test_a_file_elsewhere_is_the_same_set(automodel, recipe):
    train(automodel, recipe, 2)
    copy = recipe.parent / "copy.jsonl"
    copy.write_bytes((recipe.parent / "validation.jsonl").read_bytes())
    assert "validation set" not in train(automodel, recipe, 4, f"--validation_dataset.path_or_dataset_id={copy}")


def test_a_run_of_an_earlier_version_goes_on(automodel, recipe):
    folder = recipe.parent / "out"
    train(automodel, recipe, 4)
    for path in folder.glob("epoch_*/manifest.json"):
        content = json.loads(path.read_text())
        del content["validation_set"], content["xxh64"]
        path.write_text(json.dumps(content))
    log = folder / "validation.jsonl"
    earlier = [{k: v for k, v in line.items() if k != "validation_set"} for line in tiny_run.log(folder, "validation")]
    log.write_text("".join(json.dumps(line) + "\n" for line in earlier))
    best = (folder / "LOWEST_VAL").resolve().name
    text = train(automodel, recipe, 6)
    assert "going on from" in text and f"LOWEST_VAL is the best of the new ones; {best}, the best so far, stays" in text
    assert (folder / best).is_dir()
    assert (folder / "LOWEST_VAL").resolve().name.endswith("_step_5")
    since = [line for line in tiny_run.log(folder, "validation") if "validation_set" in line]
    assert f"{since[0]['val_loss']:.4f} -> " in text.splitlines()[-1]
    assert "do not say on which" not in train(automodel, recipe, 8)
