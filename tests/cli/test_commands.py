"""The command line itself: help, version, unknown commands, the way to the engine."""

import pathlib
import re
import os
import shutil
import subprocess
import time

import pytest

pytestmark = pytest.mark.fast

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("word", ["--version", "version", "-V"])
def test_version(automodel, word):
    start = time.monotonic()
    done = automodel(word)
    assert done.returncode == 0
    assert done.stdout.startswith("automodel 0.")
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("word", ["--help", "help", "-h"])
def test_help_lists_the_commands(automodel, word):
    done = automodel(word)
    assert done.returncode == 0
    for name in ("train", "generate", "merge", "version"):
        assert f"\n  {name} " in done.stdout


def test_help_tells_the_exit_codes_and_an_example(automodel):
    text = automodel("--help").stdout
    assert [line.split()[0] for line in text.split("Exit codes:")[1].splitlines() if line] == ["0", "1", "2", "75"]
    assert "\nExample: automodel recipe.yaml --smoke\n" in text


def test_the_page_of_runs_tells_the_same_exit_codes(automodel):
    page = (ROOT / "docs/runs.md").read_text()
    for line in automodel("--help").stdout.split("Exit codes:\n")[1].splitlines():
        code, meaning = line.split(maxsplit=1)
        assert f"| {code} | {meaning} |" in page


def test_each_command_shows_an_example(automodel):
    names = re.findall(r"^  ([a-z-]+) +[A-Z]", automodel("--help").stdout, re.MULTILINE)
    for name in set(names) - {"help", "version"}:
        done = automodel(name, "--help")
        assert done.returncode == 0 and f"Example: automodel {name}" in done.stdout, name


def test_help_needs_no_engine(automodel, tmp_path):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    done = subprocess.run([alone, "generate", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--temperature" in done.stdout


def test_unknown_command_names_the_nearest(automodel):
    done = automodel("trian")
    assert done.returncode == 2
    assert done.stderr.startswith("error: unknown command 'trian'; did you mean 'train'?")
    assert done.stdout == ""


def test_without_a_command_the_help_goes_to_stderr(automodel):
    done = automodel()
    assert done.returncode == 2
    assert "error: no command given" in done.stderr
    assert "Commands:" in done.stderr


def test_does_not_load_libtorch(automodel):
    linked = subprocess.run(["ldd", str(automodel.path)], capture_output=True, text=True).stdout
    assert "torch" not in linked


def test_full_standard_output_is_a_failure(automodel):
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(automodel.path), "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "cannot write to standard output" in done.stderr


def test_a_missing_engine_is_named(automodel, tmp_path):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    done = subprocess.run([alone, "train", "x.yaml"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "automodel-engine, which was not built" in done.stderr


def recipe_words(folder):
    """A recipe whose model is there, with an override."""
    (folder / "model").mkdir()
    recipe = ROOT / "examples" / "quickstart" / "recipe.yaml"
    return [str(recipe), "--model.pretrained_model_name_or_path", str(folder / "model")]


@pytest.mark.parametrize("command", [["train"], []])
def test_training_is_handed_to_the_engine_beside_the_program(automodel, tmp_path, command):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    engine = tmp_path / "automodel-engine"
    engine.write_text('#!/bin/sh\necho "$@"\nexit 75\n')
    engine.chmod(0o755)
    words = recipe_words(tmp_path)
    done = subprocess.run([alone, *command, *words], capture_output=True, text=True)
    assert done.returncode == 75, done.stderr
    assert done.stdout == " ".join(["train", *words]) + "\n"


@pytest.mark.parametrize(
    "chosen, seen",
    [
        ({}, "3000/"),
        ({"GOMP_SPINCOUNT": "7"}, "7/"),
        ({"OMP_WAIT_POLICY": "active"}, "/active"),
    ],
)
def test_waiting_threads_of_the_engine_sleep_unless_the_user_says_otherwise(automodel, tmp_path, chosen, seen):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    engine = tmp_path / "automodel-engine"
    engine.write_text('#!/bin/sh\necho "$GOMP_SPINCOUNT/$OMP_WAIT_POLICY"\n')
    engine.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run([alone, *recipe_words(tmp_path)], capture_output=True, text=True, env=environment | chosen)
    assert done.stdout == seen + "\n", done.stderr


def test_upstreams_number_of_processes(automodel, tmp_path):
    recipe, *words = recipe_words(tmp_path)
    done = automodel(recipe, "--nproc-per-node", "8", *words)
    assert done.returncode == 2 and "training on several processes is not supported yet" in done.stderr
    done = automodel(recipe, "--nproc-per-node=1", *words, "--optimizer.lrr=1")
    assert "the recipe has 1 problem" in done.stderr and "optimizer.lrr" in done.stderr


def test_an_engine_that_cannot_start_is_an_error(automodel, tmp_path):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    (tmp_path / "automodel-engine").write_text("not executable")
    done = subprocess.run([alone, *recipe_words(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "cannot start" in done.stderr
