"""Passwords and tokens of a recipe, of the command line and of the environment: in nothing that is printed or written."""

import os

import pytest
import tiny_run

KEY, LOGIN, TOKEN = "KeyThatNobodyMaySee", "LoginThatNobodyMaySee", "hf_TokenThatNobodyMaySee"


@pytest.fixture(scope="module")
def made(automodel, tmp_path_factory):
    """A finished run that is watched by everything; and all that commands said about it."""
    folder = tmp_path_factory.mktemp("secrets")
    recipe = tiny_run.make(folder)
    tiny_run.edit(recipe, lambda content: content.update(
        tensorboard={}, mlflow={"tracking_uri": str(folder / "mlruns"), "tags": {"db_password": KEY}},
        wandb={"project": "p", "notes": f"see https://me:{LOGIN}@host/x", "dir": str(folder / "wandb")}))
    environment = {**os.environ, "HF_TOKEN": TOKEN, "WANDB_API_KEY": KEY}
    said = []

    def call(*words, code=0):
        done = automodel(*words, env=environment, timeout=300, cwd=folder)
        assert done.returncode == code, done.stdout + done.stderr
        said.append(done.stdout + done.stderr)

    overrides = ["--mlflow.tags", f"{{'db_password': '{KEY}'}}", "--wandb.name", TOKEN]
    out = folder / "out"
    call(recipe, *overrides)
    call("validate", recipe, "--print-config", "--lines")
    call("validate", recipe, f"--comet.api_key=['{KEY}']", code=2)
    call("validate", recipe, f"--seed=https://me:{LOGIN}@host", code=2)
    call("plan", recipe)
    call("data", recipe, "--html", folder / "data.html")
    call("report", out, "--output", folder / "report.html")
    call("diff", out, out)
    call("doctor", "--json", "--output", folder)
    call(out / "manifest.json", f"--checkpoint.checkpoint_dir={folder / 'again'}")
    recipe.unlink()
    return folder, said


@pytest.mark.parametrize("secret", [KEY, LOGIN, TOKEN])
def test_is_nowhere(made, secret):
    folder, said = made
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".jsonl", ".html", ".wandb"}
    assert any("tfevents" in path.name for path in files) and any("mlruns" in str(path) for path in files)
    assert [str(path) for path in files if secret.encode() in path.read_bytes()] == []
    assert [text for text in said if secret in text] == []


def test_is_told_to_be_missing(made):
    folder, said = made
    assert "******" in said[1] and "https://******@host/x" in said[1]
    for path in ("mlflow.tags.db_password", "wandb.notes", "wandb.name"):
        assert path in (folder / "out/manifest.json").read_text()
