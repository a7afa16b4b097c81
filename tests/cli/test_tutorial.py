"""docs/tutorial.md, tried as a new user would: every command in it, in its order, in a folder of its own."""

import pathlib
import re
import subprocess

import pytest
import tiny_run
from hub_client import environment
from hub_server import Hub

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"


def files_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def follow(automodel, folder, hub, timeout):
    """Runs the blocks; returns what each printed."""
    (folder / "automodel").symlink_to(automodel.path)
    variables = {**environment(hub, folder / "hf"), "AUTOMODEL_CACHE": str(folder / "cache")}
    out = []
    for block in BLOCKS:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=variables, timeout=timeout,
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        out.append(done.stdout)
    return out


def check_what_it_left(folder, said):
    assert "12 rows" in said[4] and "delivery" in said[4] and "the recipe works: 3 steps were made" in said[4]
    for run in ("first", "second"):
        assert len(tiny_run.log(folder / "runs" / run)) == 12
        assert len(tiny_run.log(folder / "runs" / run, "validation")) >= 2
    assert "optimizer.lr" in said[7] and "0.001 -> 0.0001" in said[7]
    report = (folder / "mails/report.html").read_text()
    assert '"name":"first"' in report and '"name":"second"' in report
    assert "delivery" in (folder / "mails/data.html").read_text()
    assert (folder / "mails/model/model.safetensors").exists()


def test_each_block_is_found():
    assert len(BLOCKS) == 9 and PAGE.count("```") == 18
    assert "./automodel " not in re.sub(r"`[^`]*`", "", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))


def test_every_command_works(automodel, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    tiny_run.write_model(model, max_position_embeddings=512)
    with Hub() as hub:
        hub.add(MODEL, files_of(model))
        said = follow(automodel, tmp_path, hub, timeout=120)
        check_what_it_left(tmp_path, said)
        asked = {entry["path"].split("/")[1] for entry in hub.log}
        assert asked <= {"api", "HuggingFaceTB", "content"}


@pytest.mark.full
def test_every_command_works_with_the_real_model(automodel, tmp_path):
    import assets
    folder = tmp_path / "model"
    done = automodel("convert", assets.model("smollm2-135m"), folder, timeout=600)
    assert done.returncode == 0, done.stderr
    with Hub() as hub:
        hub.add(MODEL, files_of(folder))
        said = follow(automodel, tmp_path, hub, timeout=900)
    check_what_it_left(tmp_path, said)
    first = tiny_run.log(tmp_path / "runs/first", "validation")
    assert first[-1]["val_loss"] < first[0]["val_loss"]
    assert said[8].split()[0].strip(".") in ("repair", "delivery", "billing"), said[8]
