"""`automodel doctor` on the machine of the tests."""

import json
import os
import shutil
import subprocess

import pytest
from hub_client import environment, hub, run  # noqa: F401
from hub_server import TOKEN, Fault

TITLES = ["program", "processor", "kernels", "cores", "memory", "huge pages", "GPU", "disk", "hub", "cache"]


@pytest.fixture
def look(run, tmp_path):  # noqa: F811
    """look(words..., VARIABLE=value) -> the findings by their titles."""

    def call(*words, code=0, **variables):
        done = run("doctor", "--output", tmp_path, "--json", *words, **variables)
        assert done.returncode == code, done.stdout + done.stderr
        return {finding["title"]: finding for finding in json.loads(done.stdout)}

    return call


def test_what_the_user_sees(run, tmp_path):  # noqa: F811
    folder = tmp_path / "runs"
    folder.mkdir()
    done = run("doctor", "--output", folder / "first", HF_HUB_OFFLINE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    titles = [line[:12].strip() for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert titles == TITLES
    assert f"{folder}: " in done.stdout and "MB/s written and synced" in done.stdout
    assert list(folder.iterdir()) == []


def test_what_it_knows(look, tmp_path):
    found = look(HF_HUB_OFFLINE="1", OMP_NUM_THREADS="")
    assert list(found) == TITLES
    assert found["program"]["facts"]["torch_version"].startswith("2.")
    assert os.path.exists(found["program"]["facts"]["torch_library"])
    assert found["cores"]["facts"]["online"] == os.cpu_count()
    assert found["memory"]["facts"]["total_bytes"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert found["kernels"]["facts"]["chosen"] == found["kernels"]["facts"]["supported"][-1]
    assert found["disk"]["facts"]["folder"] == str(tmp_path)
    assert found["cache"]["facts"]["folder"] == str(tmp_path / "hf" / "hub")


def test_kernels_that_the_user_chose(look):
    assert look(AUTOMODEL_ISA="reference", HF_HUB_OFFLINE="1")["kernels"]["facts"]["chosen"] == "reference"
    wrong = look(AUTOMODEL_ISA="sse9", HF_HUB_OFFLINE="1", code=1)["kernels"]
    assert wrong["prevents"] and "sse9 is none of reference" in wrong["text"]


def test_a_folder_that_cannot_be_written_to(run):  # noqa: F811
    done = run("doctor", "--output", "/proc/self", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "cannot be written to" in done.stdout
    assert "TO FIX FIRST: give another folder: --output FOLDER" in done.stdout


@pytest.mark.cpu
def test_without_the_engine(automodel, tmp_path):
    alone = shutil.copy(automodel.path, tmp_path / "automodel")
    done = subprocess.run([alone, "doctor", "--output", tmp_path], capture_output=True, text=True,
                          env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 1
    assert "TO FIX FIRST: build it" in done.stdout


class TestHub:
    def test_is_asked_once(self, look, hub):  # noqa: F811
        found = look()["hub"]
        assert found["facts"]["status"] == 200 and found["fix"] is None
        assert "answers 200 after" in found["text"] and found["text"].endswith("without a token")
        assert len(hub.log) == 1

    def test_is_not_asked_offline(self, look, hub):  # noqa: F811
        assert look(HF_HUB_OFFLINE="1")["hub"]["facts"]["status"] is None
        assert hub.log == []

    def test_checks_the_token(self, look, hub):  # noqa: F811
        assert look(HF_TOKEN=TOKEN)["hub"]["facts"]["status"] == 200
        found = look(HF_TOKEN="hf_old")["hub"]
        assert "the token of HF_TOKEN is not valid" in found["fix"]
        assert [entry["headers"]["authorization"] for entry in hub.log] == [f"Bearer {TOKEN}", "Bearer hf_old"]

    def test_that_is_ill(self, look, hub):  # noqa: F811
        hub.faults["/api/models"] = [Fault(status=503)]
        assert "not what the hub answers" in look()["hub"]["fix"]
        assert len(hub.log) == 1

    def test_that_cannot_be_reached(self, look):
        found = look(HF_ENDPOINT="http://127.0.0.1:1")["hub"]
        assert "cannot be reached" in found["text"] and "HF_HUB_OFFLINE=1" in found["fix"]

    def test_through_a_proxy(self, look, hub):  # noqa: F811
        hub.faults["/api/models"] = [Fault(status=407)]
        found = look(HF_ENDPOINT="http://hub.example", http_proxy=hub.url)["hub"]
        assert "through the proxy of http_proxy" in found["text"]
        assert found["fix"].startswith("the proxy wants a user and a password: http_proxy=")
        assert hub.log[0]["address"].startswith("http://hub.example/")

    @pytest.mark.parametrize(("name", "value", "text"), [
        ("HF_ENDPOINT", "hub.example", "it must be an address"), ("HF_TOKEN", "hf_a b", "the token of HF_TOKEN has blanks")])
    def test_variables_that_are_wrong(self, look, name, value, text):
        found = look(**{name: value})["hub"]
        assert text in found["text"] and "unset the variable" in found["fix"]
