"""`automodel doctor` on the machine of the tests."""

import os

import pytest


def findings(automodel, *arguments, **variables):
    done = automodel("doctor", *arguments, env={**os.environ, "HF_HUB_OFFLINE": "1", **variables})
    return done, {line.split()[0]: line for line in done.stdout.splitlines()}


@pytest.mark.fast
def test_what_the_user_sees(automodel, tmp_path):
    done, found = findings(automodel, "--output", tmp_path / "runs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(dict.fromkeys(found))[:1] == ["program"]
    assert {"program", "processor", "cores", "memory", "GPU", "disk", "hub"} <= set(found)
    assert ", LibTorch 2." in found["program"]
    assert f"{os.cpu_count()}, " in found["cores"]
    assert f"{tmp_path}: " in found["disk"] and "MB/s" in found["disk"]
    assert "not tried, HF_HUB_OFFLINE is set" in found["hub"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fast
def test_a_fix_stands_below_its_finding(automodel, tmp_path):
    done, _ = findings(automodel, "--output", tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT="https://no-such-host.invalid/x")
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("hub "))
    assert "no-such-host.invalid: cannot be reached" in lines[at]
    assert lines[at + 1].strip().startswith("fix: check the network")
    assert done.returncode == 0


@pytest.mark.fast
def test_a_folder_that_cannot_be_written(automodel):
    done, found = findings(automodel, "--output", "/proc/self")
    assert done.returncode == 1
    assert "/proc/self: cannot be written" in found["disk"]
