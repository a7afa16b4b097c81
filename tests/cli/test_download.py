"""automodel download: from a hub of our own (tests/hub_server.py) into the cache."""

import hashlib
import os
import pathlib
import subprocess

import pytest
from hub_client import FILES, MODEL_FILES, WEIGHTS, assert_refused, environment, hub, names_in, run  # noqa: F401
from hub_server import COMMIT, TOKEN, Fault

pytestmark = pytest.mark.fast

AT_ONCE = {"Retry-After": "0"}
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def folder_of(done):
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


def test_a_model_lands_in_the_cache(hub, run):
    folder = folder_of(run("download", "org/tiny"))
    assert folder == run.cache / "models--org--tiny" / "snapshots" / COMMIT
    assert names_in(folder) == MODEL_FILES
    assert all((folder / name).read_bytes() == hub.repos["models", "org/tiny"].files[name] for name in MODEL_FILES)
    assert os.readlink(folder / "model.safetensors") == f"../../blobs/{SHA256}"
    assert os.readlink(folder / "additional_chat_templates/tool use.jinja").startswith("../../../blobs/")
    assert (folder.parents[1] / "refs" / "main").read_text() == COMMIT
    assert not list(run.cache.rglob("*.incomplete"))


def test_what_is_there_is_not_fetched_again(hub, run):
    folder_of(run("download", "org/tiny"))
    hub.log.clear()
    folder_of(run("download", "org/tiny"))
    assert hub.paths() == ["/api/models/org/tiny/revision/main"]
    folder_of(run("download", "org/tiny", "pytorch_model.bin"))
    assert len(hub.paths("/content/")) + len(hub.paths("/resolve-cache/")) == 1


def test_a_new_commit_shares_what_did_not_change(hub, run):
    folder_of(run("download", "org/tiny"))
    hub.add("org/tiny", {**FILES, "config.json": "[]"}, commit="1" * 40)
    hub.log.clear()
    folder = folder_of(run("download", "org/tiny"))
    assert folder.name == "1" * 40 and (folder / "config.json").read_text() == "[]"
    assert names_in(folder) == MODEL_FILES
    assert len(hub.paths("/resolve/")) == 1


def test_a_data_set_comes_whole_and_page_by_page(hub, run):
    hub.page_size = 2
    files = {f"data/{i}.jsonl": f'{{"i": {i}}}\n' for i in range(7)} | {"empty.txt": ""}
    hub.add("org/rows", files, kind="datasets")
    folder = folder_of(run("download", "org/rows", "--repo-type", "dataset"))
    assert folder.parents[1].name == "datasets--org--rows"
    assert names_in(folder) == sorted(files)
    assert (folder / "empty.txt").read_text() == ""


def test_files_by_name_and_pattern(hub, run):
    folder = folder_of(run("download", "org/tiny", "onnx/", "*.bin"))
    assert names_in(folder) == ["onnx/model.onnx", "pytorch_model.bin"]
    assert_refused(run("download", "org/tiny", "confg.json"), "has no file 'confg.json'; did you mean 'config.json'")


@pytest.mark.parametrize("revision", ["refs/pr/1", COMMIT])
def test_revisions(hub, run, revision):
    folder = folder_of(run("download", "org/tiny", "config.json", "--revision", revision))
    assert folder.name == COMMIT
    noted = folder.parents[1] / "refs" / revision
    assert (noted.read_text() == COMMIT) if revision != COMMIT else not noted.exists()


def test_what_the_hub_refuses(hub, run):
    hub.add("org/gated", FILES, gated=True)
    hub.add("org/private", FILES, private=True)
    assert_refused(run("download", "org/nothing"), f"there is no model org/nothing on {hub.url}")
    assert_refused(run("download", "org/private"), "or it is private. Check the name; to see what is private,")
    assert_refused(run("download", "org/tiny", "--revision", "v9"), "the model org/tiny has no revision 'v9'")
    assert_refused(run("download", "org/gated"), "is gated (HTTP 401: Access to this model is restricted.): its owners let "
                   f"in who accepts their conditions. Open {hub.url}/org/gated")
    assert_refused(run("download", "org/tiny", HF_TOKEN="hf_wrong"), "the hub refuses the token of HF_TOKEN")
    assert_refused(run("download", "a/b/c"), "'a/b/c' is no name of a repository on the hub")
    assert_refused(run("download", "org/tiny", "--revision", "../x"), "'../x' is no revision")
    assert_refused(run("download", "org/tiny", HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE forbids downloads")
    folder_of(run("download", "org/gated", HF_TOKEN=TOKEN))
    folder_of(run("download", "org/private", HF_TOKEN=TOKEN))


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_trouble_that_passes(hub, run, status):
    hub.faults = {"/revision/": [Fault(status, AT_ONCE)], "/content/": [Fault(status, AT_ONCE)] * 4}
    done = run("download", "org/tiny")
    folder_of(done)
    assert f"org/tiny: HTTP {status}; again in 0 s\n" in done.stderr
    assert f"model.safetensors: HTTP {status}; again in 0 s\n" in done.stderr


def test_trouble_that_stays(hub, run):
    hub.faults = {"/content/": [Fault(503, AT_ONCE)] * 5}
    assert_refused(run("download", "org/tiny"), "(HTTP 503); the server is in trouble: try again later", code=1)
    assert not hub.faults["/content/"]
    hub.faults = {"/revision/": [Fault(429, {"Retry-After": "4000"})]}
    assert_refused(run("download", "org/tiny"), "too many requests (HTTP 429); try again in 4000 seconds", code=1)
    hub.faults = {"/revision/": [Fault(200)]}
    assert_refused(run("download", "org/tiny"), f"{hub.url}/api/models/org/tiny/revision/main:1:1")


def ranges(hub):
    return [entry["headers"].get("range") for entry in hub.log if "/content/" in entry["path"]]


def test_the_next_process_goes_on(hub, run):
    hub.faults = {"/content/": [Fault(cut=700_000), Fault(404)]}
    assert run("download", "org/tiny").returncode == 2
    [left] = run.cache.rglob("*.incomplete")
    assert left.name == SHA256 + ".incomplete" and left.stat().st_size == 700_000
    assert not (run.cache / "models--org--tiny" / "refs").exists()
    hub.log.clear()
    folder = folder_of(run("download", "org/tiny"))
    assert ranges(hub) == ["bytes=700000-"]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("faults", [
    [Fault(no_range=True)],  # a server that knows no ranges sends all of it
    [Fault(damaged=True)],
    [],  # what was left is not the beginning of the file
])
def test_leftovers_that_are_of_no_use(hub, run, faults):
    blobs = run.cache / "models--org--tiny" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{SHA256}.incomplete").write_bytes(WEIGHTS[:5000] if faults else b"x" * 5000)
    hub.faults = {"/content/": faults}
    folder = folder_of(run("download", "org/tiny"))
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_content_with_another_hash_is_not_kept(hub, run):
    hub.faults = {"/content/": [Fault(damaged=True)] * 2}
    assert_refused(run("download", "org/tiny"), f"has not the SHA-256 that the repository lists ({SHA256})")
    assert not (run.cache / "models--org--tiny" / "blobs" / SHA256).exists()
    hub.faults = {"/resolve-cache/": [Fault(damaged=True)] * 20}
    assert_refused(run("download", "org/tiny", "*.bin"), "pytorch_model.bin has not the git hash")
    hub.faults = {"/content/": [Fault(extra=b"more")]}
    assert_refused(run("download", "org/tiny"), "the server sends more of model.safetensors than")
    assert not (run.cache / "models--org--tiny" / "refs").exists()


def test_a_disk_that_is_too_small(hub, run):
    hub.repos["models", "org/tiny"].claimed["model.safetensors"] = 1 << 49
    assert_refused(run("download", "org/tiny"), "512 TiB more must be downloaded and the disk of", code=1)
    assert hub.paths("/resolve/") == []


def test_two_processes_download_once(hub, automodel, tmp_path):
    hub.faults = {"/content/": [Fault(stall=0.7)]}
    words = [str(automodel.path), "download", "org/tiny"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(words, env=environment(hub, tmp_path / "hf"), **pipes) for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], ended
    assert len(hub.paths("/content/")) == 1
    assert any("model.safetensors: another process downloads it; waiting\n" in errors for _, errors in ended)


def test_a_listing_that_leads_out_of_its_folder(hub, run, tmp_path):
    hub.add("org/bad", {"../../../../evil": "x"})
    assert_refused(run("download", "org/bad"), '"../../../../evil" is no path of a file')
    assert not list(tmp_path.rglob("evil"))
