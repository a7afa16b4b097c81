"""The cache is shared with huggingface_hub: each side reads what the other wrote, and waits for the other's locks."""

import json
import subprocess
import sys

import pytest
from hub_client import FILES, LLAMA, MODEL_FILES, assert_refused, environment, hub, names_in, run  # noqa: F401
from hub_server import COMMIT

SNAPSHOT = """
import sys, huggingface_hub
print(huggingface_hub.snapshot_download(sys.argv[1], repo_type=sys.argv[2], local_files_only=sys.argv[3] == "local"))
"""
LOCK = """
import os, sys, time
from huggingface_hub.utils import WeakFileLock
with WeakFileLock(sys.argv[1]):
    print("held", flush=True)
    time.sleep(2)
    print(os.path.exists(sys.argv[2]))
"""


def python(code, *words, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], **pipes, **options)


@pytest.fixture
def snapshot(hub, tmp_path):
    """snapshot(name, kind, "local" or "hub") -> folder, by huggingface_hub."""

    def call(name, kind, where):
        process = python(SNAPSHOT, name, kind, where, env=environment(hub, tmp_path / "hf"))
        out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return out.strip()

    return call


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_huggingface_hub_reads_our_cache(hub, run, snapshot, kind):
    hub.add("org/both", FILES, kind=kind + "s")
    ours = run("download", "org/both", "*", "--repo-type", kind)
    assert ours.returncode == 0, ours.stderr
    hub.log.clear()
    assert snapshot("org/both", kind, "local") == ours.stdout.strip()
    assert hub.log == []
    assert snapshot("org/both", kind, "hub") == ours.stdout.strip()
    assert hub.paths("/content/") == []


def test_we_read_the_cache_of_huggingface_hub(hub, run, snapshot):
    theirs = snapshot("org/tiny", "model", "hub")
    hub.log.clear()
    ours = run("download", "org/tiny")
    assert ours.stdout.strip() == theirs
    assert hub.paths() == ["/api/models/org/tiny/revision/main"]
    assert run("tokenize", "org/tiny", HF_HUB_OFFLINE="1").stderr.startswith("error: ")  # it got as far as reading it
    assert "tokenizer.json" in run("tokenize", "org/tiny", HF_HUB_OFFLINE="1").stderr


def test_both_keep_the_same_listing(hub, run, snapshot):
    run("download", "org/tiny", "config.json")
    kept = run.cache / "models--org--tiny" / "trees" / f"{COMMIT}.json"
    ours = json.loads(kept.read_text())
    kept.unlink()
    snapshot("org/tiny", "model", "hub")
    assert json.loads(kept.read_text()) == ours


def test_the_lock_is_shared(hub, run):
    name = hub.repos["models", "org/tiny"].etag("config.json")
    lock = run.cache / ".locks" / "models--org--tiny" / f"{name}.lock"
    lock.parent.mkdir(parents=True)
    process = python(LOCK, lock, run.cache / "models--org--tiny" / "blobs" / name)
    assert process.stdout.readline() == "held\n"
    done = run("download", "org/tiny", "config.json")
    assert process.communicate(timeout=60)[0] == "False\n"  # not before the lock was free
    assert done.returncode == 0 and "config.json: another process downloads it; waiting" in done.stderr


def test_models_are_taken_from_the_cache_first(hub, run):
    run("describe", "org/tiny")  # downloads what describing needs
    assert hub.paths("/content/") == []
    hub.log.clear()
    run("describe", "org/tiny")
    assert hub.log == []
    fetched = names_in(run.cache / "models--org--tiny" / "snapshots" / COMMIT)
    assert fetched == sorted(set(MODEL_FILES) - {"model.safetensors"})


def test_a_model_without_its_papers_is_whole(hub, run):
    hub.add("org/llama", {**FILES, "config.json": json.dumps(LLAMA)})
    folder = run.cache / run("download", "org/llama").stdout.strip()
    for name in (".gitattributes", "README.md"):
        (folder / name).unlink()
    hub.log.clear()
    done = run("convert", "org/llama", "out")
    assert "model.safetensors" in done.stderr and hub.log == [], done.stderr  # it got as far as reading the weights
    assert run("download", "org/llama", HF_HUB_OFFLINE="1").stdout.strip() == str(folder)
    assert run("download", "org/llama").returncode == 0
    assert names_in(folder) == MODEL_FILES


def test_offline_uses_what_is_there(hub, run):
    assert_refused(run("describe", "org/tiny", HF_HUB_OFFLINE="1"), "model org/tiny (revision main) is neither a path here "
                   f"nor in the local cache {run.cache}, and HF_HUB_OFFLINE forbids downloads")
    assert hub.log == []
    run("download", "org/tiny", "config.json")
    described = run("describe", "org/tiny", HF_HUB_OFFLINE="1")
    assert "config.json" in described.stderr and "not in the local cache" not in described.stderr
    (run.cache / "models--org--tiny" / "refs" / "main").unlink()  # as of a cache that was filled by a commit
    assert_refused(run("describe", "org/tiny", HF_HUB_OFFLINE="1"), f"(which has the revision {COMMIT})")


def test_offline_a_whole_model_is_found(hub, run):
    folder = run("download", "org/tiny").stdout
    hub.log.clear()
    for words in ([], ["config.json"], ["--revision", COMMIT]):
        done = run("download", "org/tiny", *words, HF_HUB_OFFLINE="1")
        assert (done.returncode, done.stdout) == (0, folder), done.stderr
    (run.cache / "models--org--tiny" / "snapshots" / COMMIT / "model.safetensors").unlink()
    assert_refused(run("download", "org/tiny", HF_HUB_OFFLINE="1"), "is not known to hold all that is asked for")
    assert hub.log == []
