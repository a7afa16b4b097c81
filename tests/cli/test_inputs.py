"""Models and data sets by their names on the hub: the light program brings them, the engine opens no connection."""

import json
import shutil
import subprocess
import sys

import pytest
import tiny_run
from hub_client import FILES, LLAMA, assert_refused, environment, hub, names_in, run  # noqa: F401
from hub_server import COMMIT
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


@pytest.fixture
def cached(run, recipe):
    """The recipe, with its model in the cache."""
    done = run(recipe, "--step_scheduler.max_steps", "1", timeout=300)
    assert done.returncode == 0, done.stderr
    return recipe


def test_without_a_network_but_loopback(automodel, hub, cached, tmp_path):
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("no network of one's own may be made")
    words = [str(automodel.path), str(cached), f"--checkpoint.checkpoint_dir={tmp_path / 'again'}"]
    listed = subprocess.run([*alone, "cat", "/proc/net/dev"], capture_output=True, text=True).stdout
    assert [line.split(":")[0].strip() for line in listed.splitlines()[2:]] == ["lo"]
    done = subprocess.run([*alone, *words], env=environment(hub, tmp_path / "hf", HF_HUB_OFFLINE="1"), capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(tiny_run.log(tmp_path / "again")) == 6


def test_strace_sees_no_socket(automodel, hub, cached, tmp_path):
    trace = ["strace", "-f", "-qq", "-e", "signal=none", "-e", "trace=socket,socketpair,connect,bind", "-o", str(tmp_path / "trace")]
    if shutil.which("strace") is None or subprocess.run([*trace, "true"], capture_output=True).returncode != 0:
        pytest.skip("strace may not trace here")
    code = "import socket; socket.socket()"
    subprocess.run([*trace, sys.executable, "-c", code], check=True)
    assert "socket(" in (tmp_path / "trace").read_text()
    words = [str(automodel.path), str(cached), f"--checkpoint.checkpoint_dir={tmp_path / 'again'}"]
    done = subprocess.run([*trace, *words], env=environment(hub, tmp_path / "hf"), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(tiny_run.log(tmp_path / "again")) == 6
    assert (tmp_path / "trace").read_text() == ""


@pytest.fixture
def hub_data(hub, recipe, tmp_path):
    """The recipe with its data sets on the hub as well."""
    for name in ("train", "validation"):
        hub.add(f"org/{name}-chats", {f"{name}.jsonl": (tmp_path / f"{name}.jsonl").read_bytes()}, kind="datasets")
        (tmp_path / f"{name}.jsonl").unlink()
    return tiny_run.edit(recipe, lambda content: [
        content["dataset"].update(path_or_dataset_id="org/train-chats", split="train"),
        content["validation_dataset"].update(path_or_dataset_id="org/validation-chats", split="validation")])


def test_data_sets_are_fetched_before_training(hub, run, hub_data, tmp_path):
    done = run(hub_data, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(trained(tmp_path)) == 6
    hub.log.clear()
    assert run(hub_data, "--checkpoint.checkpoint_dir", tmp_path / "again", HF_HUB_OFFLINE="1", timeout=300).returncode == 0
    assert hub.log == []


def test_data_sets_are_fetched_to_be_looked_at(hub, run, hub_data):
    done = run("data", hub_data)
    assert done.returncode == 0, done.stderr
    assert "18 rows" in done.stdout and "7 rows" in done.stdout
    assert not [path for path in hub.paths("/content/") if "safetensors" in path]


CARD = """---
configs:
- config_name: default
  data_files: [{split: train, path: clean.jsonl}, {split: validation, path: held/*}]
- {config_name: small, data_files: small.jsonl}
---
# Rows
"""


def test_the_card_of_a_data_set_says_what_is_fetched_and_read(hub, run, recipe, tmp_path):
    rows = {name: (tmp_path / f"{name}.jsonl").read_bytes() for name in ("train", "validation")}
    few = b"".join(rows["train"].splitlines(keepends=True)[:3])
    hub.add("org/carded", {"README.md": CARD, "clean.jsonl": rows["train"], "held/raw.jsonl": rows["validation"],
                           "small.jsonl": few, "rest/rest.jsonl": few}, kind="datasets")
    tiny_run.edit(recipe, lambda content: [
        content["dataset"].update(path_or_dataset_id="org/carded", split="train"),
        content["validation_dataset"].update(path_or_dataset_id="org/carded", split="validation")])
    done = run("data", recipe)
    assert done.returncode == 0, done.stderr
    assert "18 rows" in done.stdout and "7 rows" in done.stdout, done.stdout
    snapshot = run.cache / "datasets--org--carded" / "snapshots" / COMMIT
    assert names_in(snapshot) == ["README.md", "clean.jsonl", "held/raw.jsonl"]
    hub.log.clear()
    small = ("--dataset.name", "small", "--validation_dataset", "null")
    missing = run("data", recipe, *small, HF_HUB_OFFLINE="1")
    assert missing.returncode == 2 and "README.md: the card names 'small.jsonl' for the split 'train' of the configuration " \
        "'small', and no data file of that name is there; bring it by 'automodel download org/carded " in missing.stderr
    assert hub.log == []
    done = run("data", recipe, *small)
    assert done.returncode == 0 and "3 rows" in done.stdout, done.stdout + done.stderr
    assert names_in(snapshot) == ["README.md", "clean.jsonl", "held/raw.jsonl", "small.jsonl"]
    other = run("data", recipe, "--dataset.name", "smal")
    assert other.returncode == 2 and "the card has no configuration 'smal'; did you mean 'small'?; it lists default, small" \
        in other.stderr, other.stderr


def test_the_parts_of_a_blend_are_fetched(hub, run, hub_data):
    def blend(content):
        part = content["dataset"]
        content["dataset"] = {"_target_": "nemo_automodel.components.datasets.llm.blend.WeightedBlend",
                              "parts": [part, {**part, "path_or_dataset_id": "org/validation-chats", "split": "validation"}]}
    done = run("data", tiny_run.edit(hub_data, blend))
    assert done.returncode == 0, done.stderr
    assert "dataset (blend.WeightedBlend)\n36 rows" in done.stdout


def test_data_sets_that_cannot_be_fetched(hub, run, hub_data):
    assert "not supported" not in run("validate", hub_data, HF_HUB_OFFLINE="1").stdout
    assert run("plan", hub_data, HF_HUB_OFFLINE="1").returncode == 2  # the model's config.json is not there either
    assert run("download", "org/llama").returncode == 0
    for words in (["train", hub_data], ["data", hub_data], ["bench", hub_data]):
        done = run(*words, HF_HUB_OFFLINE="1")
        assert done.returncode == 2 and "'automodel download org/train-chats --repo-type dataset'" in done.stderr, done.stderr


def test_nothing_is_fetched_for_what_cannot_run(hub, run, hub_data):
    assert_refused(run(hub_data, "--fp8.enabled"), "8-bit arithmetic (fp8)")
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


def test_no_weights_are_fetched_of_a_type_that_is_not_supported(hub, run, recipe):
    hub.add("org/llama", {"config.json": b'{"model_type": "roberta"}', "tokenizer.json": b"{}", "model.safetensors": b"no"})
    for words in ([recipe], ["generate", "org/llama", "red"]):
        assert_refused(run(*words), "model_type 'roberta' is unsupported: needs bidirectional attention")
    assert not [path for path in hub.paths() if "model.safetensors" in path]


def refusable(hub, name, **keys):
    """A llama on the hub whose config.json has these keys."""
    hub.add(name, {"config.json": json.dumps({**LLAMA, **keys}), "tokenizer.json": "{}", "model.safetensors": b"no"})


@pytest.mark.parametrize("keys, text", [
    ({"quantization_config": {"quant_method": "awq"}}, 'the weights are quantised by "awq", which cannot be read'),
    ({"hidden_act": "mish"}, "'hidden_act' is \"mish\"")])
def test_no_weights_are_fetched_of_a_model_that_is_refused(hub, run, recipe, keys, text):
    refusable(hub, "org/llama", **keys)
    for words in ([recipe], ["generate", "org/llama", "red"], ["convert", "org/llama", "out"]):
        assert_refused(run(*words), text)
    assert not hub.paths("model.safetensors")
    if "hidden_act" in keys:
        run(recipe, "--model.hidden_act", "silu")  # the recipe's value counts
        assert hub.paths("model.safetensors")


def test_no_weights_are_fetched_of_a_base_that_is_refused(hub, run, tmp_path):
    quantised = {"quantization_config": {"quant_method": "bitsandbytes"}}
    refusable(hub, "org/quantised", **quantised)
    adapter = {"adapter_config.json": json.dumps({"base_model_name_or_path": "org/quantised"}),
               "config.json": json.dumps({**LLAMA, **quantised}), "adapter_model.safetensors": b"no"}
    hub.add("org/adapter", adapter)
    assert_refused(run("generate", "org/adapter", "red"),
                   "(named by the adapter; 'generate BASE --adapter ADAPTER' takes another)")
    done = run("merge", "org/adapter", tmp_path / "out")
    assert_refused(done, 'the weights are quantised by "bitsandbytes", which cannot be read')
    assert hub.paths("adapter_model.safetensors") and not hub.paths("/model.safetensors")


def test_no_base_is_fetched_of_an_adapter_that_is_pickled(hub, run, tmp_path):
    hub.add("org/adapter", {"adapter_config.json": json.dumps({"base_model_name_or_path": "org/tiny"}),
                            "adapter_model.bin": b"pickle"})
    for words in (["generate", "org/adapter", "red"], ["merge", "org/adapter", tmp_path / "out"]):
        assert_refused(run(*words), "org/adapter (revision main) has its weights only as adapter_model.bin, a pickle that can "
                       "run code; choose a repository or revision with safetensors, or save them so with Transformers or PEFT")
    assert not hub.paths("org/tiny") and not hub.paths("resolve/" + COMMIT + "/adapter_model.bin")


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


@pytest.mark.parametrize("words", [
    ["train"], ["bench", "--json"], ["generate", "--raw"], ["merge", "--dtype", "float32"], ["convert", "--revision", "v1"],
    ["trace", "--recompute"]])
def test_options_are_told_from_names(run, words):
    done = run(*words, "org/nothing", *{"merge": ["out"], "convert": ["out"], "trace": ["batch", "out"]}.get(words[0], []),
               HF_HUB_OFFLINE="1")
    assert done.returncode == 2 and "org/nothing" in done.stderr, done.stderr


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


def test_an_adapter_brings_its_base_in_its_revision(hub, run, recipe, tmp_path):
    hub.repos["models", "org/llama"].revisions = {"v1": COMMIT, COMMIT: COMMIT}
    tiny_run.edit(recipe, lambda content: content.update(peft=tiny_run.PEFT))
    done = run(recipe, "--model.revision", "v1", "--step_scheduler.max_steps", "1", timeout=300)
    assert done.returncode == 0, done.stderr
    adapter, variables = tmp_path / "out/LATEST/model", {"HF_HOME": str(tmp_path / "empty")}
    done = run("merge", adapter, tmp_path / "merged", timeout=300, **variables)
    assert done.returncode == 0, done.stderr
    assert_refused(run("merge", adapter, tmp_path / "other", "--base", "org/llama", **variables), "has no revision 'main'")


def test_a_checkpoint_brings_the_model_of_its_run(hub, run, hub_data, tmp_path):
    hub.repos["models", "org/llama"].revisions = {"v1": COMMIT, COMMIT: COMMIT}
    done = run(hub_data, "--model.revision", "v1", "--step_scheduler.max_steps", "1", timeout=300)
    assert done.returncode == 0, done.stderr
    words = ["convert", tmp_path / "out/LATEST"]
    hub.log.clear()
    done = run(*words, tmp_path / "made", timeout=300, HF_HOME=str(tmp_path / "empty"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / "model.safetensors").exists()
    assert not hub.paths("chats")
    done = run(*words, tmp_path / "other", HF_HOME=str(tmp_path / "offline"), HF_HUB_OFFLINE="1")
    assert_refused(done, "looking for the model of the run that")


def test_pickled_weights_are_not_fetched(hub, run, tmp_path):
    files = {**FILES, "config.json": json.dumps(LLAMA)}
    hub.add("org/pickled", {name: text for name, text in files.items() if "safetensors" not in name})
    assert_refused(run("convert", "org/pickled", tmp_path / "out"),
                   "has its weights only as pytorch_model.bin, a pickle that can run code")
    assert not [path for path in hub.paths("/resolve/") if path.endswith(".bin")]


@pytest.fixture
def versions(hub, tmp_path):
    """A recipe on data of the hub that has two versions; their rows."""
    recipe = tiny_run.make(tmp_path)
    rows = {}
    for number, (revision, commit) in enumerate({"main": COMMIT, "v1": "f" * 40}.items()):
        tiny_run.write_rows(tmp_path / "rows.jsonl", 6, seed=number + 7)
        rows[revision] = (tmp_path / "rows.jsonl").read_text()
    hub.add("org/rows", {"train.jsonl": rows["main"]}, kind="datasets")
    hub.tag("org/rows", "datasets", "v1", "f" * 40, {"train.jsonl": rows["v1"]})
    agent = "nemo_automodel.components.datasets.llm.agent_chat.make_agent_chat_dataset"
    return tiny_run.edit(recipe, lambda content: content.update(
        dataset={"_target_": agent, "dataset_name": "org/rows"}, validation_dataset=None)), rows


def shown(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("revision", ["main", "v1", "f" * 40])
def test_data_of_a_revision_is_that_revisions(hub, run, versions, tmp_path, revision):
    """Both are in the cache in the end, and each recipe still gets its own; the engine too."""
    recipe, rows = versions
    name = "v1" if revision == "f" * 40 else revision
    (tmp_path / "local.jsonl").write_text(rows[name])
    local = shown(run("data", recipe, "--json", "--dataset.dataset_name=null", f"--dataset.path={tmp_path}/local.jsonl"))
    for other in ("v1" if revision == "main" else "main", revision, revision):
        got = shown(run("data", recipe, "--json", f"--dataset.revision={other}"))
    assert [row["ids"] for row in got] == [row["ids"] for row in local]
    done = run(recipe, f"--dataset.revision={revision}", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stderr
    losses = trained(tmp_path)
    local = run(recipe, "--dataset.dataset_name=null", f"--dataset.path={tmp_path}/local.jsonl",
                f"--checkpoint.checkpoint_dir={tmp_path}/local", "--step_scheduler.max_steps=2", timeout=300)
    assert local.returncode == 0, local.stderr
    assert losses == [line["loss"] for line in tiny_run.log(tmp_path / "local")]


def test_an_unknown_revision_of_data_is_refused_with_what_exists(hub, run, versions):
    recipe, _ = versions
    assert_refused(run(recipe, "--dataset.revision=v2"), "the data set org/rows has no revision 'v2' (HTTP 404")
    assert f"its branches and tags are on {hub.url}/datasets/org/rows/tree/main: main, v1\n" in run(
        recipe, "--dataset.revision=v2").stderr
    assert run("data", recipe, "--dataset.revision=main").returncode == 0
    done = run("data", recipe, "--dataset.revision=v1", HF_HUB_OFFLINE="1")
    assert_refused(done, "the data set org/rows (revision v1) is neither a path here nor in the local cache")
    assert_refused(run(recipe, "--dataset.dataset_name=org/none"), "there is no data set org/none")


def test_a_run_that_goes_on_needs_its_first_adapter_no_more(automodel, tmp_path):
    """Also where LATEST was lost, as in a copy that leaves out links."""
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda content: content.update(peft=dict(tiny_run.PEFT)))
    first = f"--checkpoint.checkpoint_dir={tmp_path}/first"
    assert automodel(recipe, first, "--step_scheduler.max_steps=1", timeout=300).returncode == 0
    begun = f"--peft.adapter_name_or_path={tmp_path}/first/LATEST/model"
    assert automodel(recipe, begun, "--step_scheduler.max_steps=1", timeout=300).returncode == 0
    shutil.rmtree(tmp_path / "first")
    (tmp_path / "out/LATEST").unlink()
    done = automodel(recipe, begun, "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0 and "going on from" in done.stdout, done.stdout + done.stderr
