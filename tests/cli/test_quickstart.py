"""README's first command: trains, shows what was gained, answers; and again without training. With a tiny model."""

import pathlib
import shutil
import subprocess

import tiny_run

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/quickstart"


def quickstart(folder, *changes):
    words = [folder / "examples/quickstart/run.sh", "--model.pretrained_model_name_or_path", "model",
             "--dataset.path_or_dataset_id", "train.jsonl", "--validation_dataset.path_or_dataset_id",
             "validation.jsonl", "--step_scheduler.max_steps", "2", *changes]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def test_trains_answers_and_is_shown_again(automodel, tmp_path):
    example = tmp_path / "examples/quickstart"
    example.mkdir(parents=True)
    shutil.copy(EXAMPLE / "run.sh", example)
    shutil.copy(EXAMPLE / "recipe.yaml", example)
    (tmp_path / "automodel").symlink_to(automodel.path)
    tiny_run.make(tmp_path, max_position_embeddings=512)
    done = quickstart(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n> ") == 3
    assert len(tiny_run.log(tmp_path / "runs/quickstart")) == 2
    assert len(tiny_run.log(tmp_path / "runs/quickstart", "validation")) == 2  # before and after
    again = quickstart(tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.split("\n> ")[1:] == done.stdout.split("\n> ")[1:]
    assert len(tiny_run.log(tmp_path / "runs/quickstart")) == 2
    for argument in (["--checkpoint.checkpoint_dir", "runs/other"], ["--checkpoint.checkpoint_dir=runs/one more"]):
        other = quickstart(tmp_path, *argument)
        assert other.returncode == 0, other.stderr
        assert other.stdout.split("\n> ")[1:] == done.stdout.split("\n> ")[1:]
        shutil.rmtree(tmp_path / "runs/quickstart", ignore_errors=True)  # nobody asks for it any more
    smoke = quickstart(tmp_path, "--smoke")
    assert smoke.returncode == 0 and "\n> " not in smoke.stdout
    failed = quickstart(tmp_path, "--optimizer.lr", "fast")
    assert failed.returncode == 2 and "optimizer.lr" in failed.stderr and "\n> " not in failed.stdout
