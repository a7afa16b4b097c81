"""Models and data sets by their names on the hub: the light program brings them, the engine opens no connection."""

import re
import subprocess
import sys

import pytest
import tiny_run
from hub_client import FILES, assert_refused, environment, hub, run  # noqa: F401
from hub_server import COMMIT, Repo
from no_sockets import KILLED, forbid_sockets


@pytest.fixture
def recipe(hub, tmp_path):
    """The tiny run with its model on the hub alone."""
    path = tiny_run.make(tmp_path)
    model = tmp_path / "model"
    hub.add("org/llama", {file.name: file.read_bytes() for file in model.iterdir()})
    model.rename(tmp_path / "elsewhere")
    return tiny_run.edit(path, lambda content: content["model"].update(pretrained_model_name_or_path="org/llama"))


def trained(folder):
    return [line["loss"] for line in tiny_run.log(folder / "out")]


def test_the_engine_does_not_know_libcurl(automodel):
    engine = automodel.path.with_name("automodel-engine")
    linked = subprocess.run(["ldd", str(engine)], capture_output=True, text=True).stdout
    assert "libc10" in linked and "libcurl" not in linked


@pytest.mark.parametrize("code", ["import socket; socket.socket()", "import socket; socket.socketpair()"])
def test_the_guard_against_sockets_works(code):
    assert subprocess.run([sys.executable, "-c", code], preexec_fn=forbid_sockets).returncode == KILLED
    assert subprocess.run([sys.executable, "-c", "import socket"], preexec_fn=forbid_sockets).returncode == 0


def test_training_opens_no_socket(automodel, hub, run, recipe, tmp_path):
    done = run(recipe, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(trained(tmp_path)) == 6
    assert hub.paths("/content/")
    hub.log.clear()
    for variables in ({}, {"HF_HUB_OFFLINE": "1"}):  # what is in the cache is not looked for
        words = [str(automodel.path), "train", str(recipe), f"--checkpoint.checkpoint_dir={tmp_path / 'again'}"]
        done = subprocess.run(words, env=environment(hub, tmp_path / "hf", **variables), preexec_fn=forbid_sockets,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    assert [line["loss"] for line in tiny_run.log(tmp_path / "again")][:6] == trained(tmp_path)
    assert hub.log == []


def test_the_recipe_names_a_revision(hub, run, recipe, tmp_path):
    hub.repos["models", "org/llama"].revisions = {"v1": COMMIT, COMMIT: COMMIT}
    assert_refused(run(recipe), "the model org/llama has no revision 'main'")
    done = run(recipe, "--model.revision", "v1", "--step_scheduler.max_steps", "1", timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_bad_recipe_is_told_before_anything_is_fetched(hub, run, recipe):
    assert_refused(run(recipe, "--optimizer.lrr", "1"), "optimizer.lrr")
    assert_refused(run("bench", "--steps", "1", recipe, "--optimizer.lrr", "1"), "optimizer.lrr")
    assert hub.log == []


def test_from_config_fetches_no_weights(hub, run, recipe):
    def change(content):
        content["model"] = {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config", "config": "org/llama"}

    done = run(tiny_run.edit(recipe, change), "--step_scheduler.max_steps", "1", timeout=300)
    assert done.returncode == 0, done.stderr
    assert hub.paths("/content/") == [] and hub.paths("/resolve/")


def test_commands_take_names_of_the_hub(hub, run, recipe, tmp_path):
    hub.repos["models", "org/llama"].revisions["v1"] = COMMIT
    for words in (["describe", "org/llama"], ["tokenize", "org/llama", "red green"],
                  ["generate", "--max-new-tokens", "2", "org/llama", "red"],
                  ["convert", "org/llama", tmp_path / "copy"]):
        done = run(*words, "--revision", "v1", timeout=300)
        assert done.returncode == 0, done.stderr
    assert_refused(run("generate", "org/llama", "red", "--revision", "v2"), "has no revision 'v2'")
    assert_refused(run("generate", "org/nothing", "red"), "looking for org/nothing, which is no path here, on the hub")


@pytest.mark.parametrize("command", ["train", "bench", "generate", "merge", "convert", "trace"])
def test_options_without_a_value_are_known(run, command):
    options = re.findall(r"^ +(?:-\w,)?(--[a-z-]+) {2,}", run(command, "--help").stdout, re.MULTILINE)
    assert "--help" in options
    for option in set(options) - {"--help"}:  # the word behind it is the model or recipe, not its value
        assert "org/nothing" in run(command, option, "org/nothing", HF_HUB_OFFLINE="1").stderr


def test_an_adapter_brings_its_base(hub, run, recipe, tmp_path):
    done = run(tiny_run.edit(recipe, lambda content: content.update(peft=tiny_run.PEFT)), timeout=300)
    assert done.returncode == 0, done.stderr
    adapter = next(path.parent for path in (tmp_path / "out").rglob("adapter_config.json"))
    hub.add("org/adapter", {file.name: file.read_bytes() for file in adapter.iterdir() if file.is_file()})
    variables = {"HF_HOME": str(tmp_path / "empty")}
    done = run("merge", "org/adapter", tmp_path / "merged", timeout=300, **variables)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "merged" / "model.safetensors").exists()
    assert run("generate", "org/adapter", "red", "--max-new-tokens", "2", timeout=300, **variables).returncode == 0
    alone = {"HF_HOME": str(tmp_path / "alone")}
    words = ["generate", "org/llama", "red", "--adapter", "org/adapter", "--max-new-tokens", "2"]
    done = run(*words, timeout=300, **alone)
    assert done.returncode == 0, done.stderr


def test_pickled_weights_are_not_fetched(hub, run, tmp_path):
    hub.repos["models", "org/pickled"] = Repo({name: text for name, text in FILES.items() if "safetensors" not in name})
    assert_refused(run("convert", "org/pickled", tmp_path / "out"),
                   "has its weights only as pytorch_model.bin, a pickle that can run code")
    assert hub.paths("/resolve/") == []
