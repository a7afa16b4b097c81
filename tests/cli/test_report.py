"""`automodel report`: one page of several runs, drawn by a real browser without a network."""

import json
import re
import shutil
import subprocess

import pytest
import tiny_run
from test_train import out, train


@pytest.fixture(scope="module")
def page(automodel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    recipe = tiny_run.make(folder)
    train(automodel, recipe, out(recipe, "first"), "--step_scheduler.val_every_steps=2")
    train(automodel, recipe, out(recipe, "second"), "--optimizer.lr=0.02")
    path = folder / "both.html"
    done = automodel("report", folder / "first", folder / "second", "--output", path)
    assert (done.returncode, done.stdout) == (0, f"wrote {path}\n"), done.stderr
    return path


def data(page):
    text = page.read_text().split('<script id="data" type="application/json">')[1].split("</script>")[0]
    return json.loads(text)


def test_it_holds_both_runs(page):
    first, second = data(page)
    assert [first["name"], second["name"]] == ["first", "second"]
    assert first["steps"] == tiny_run.log(page.parent / "first")
    assert first["validations"]["default"] == tiny_run.log(page.parent / "first", "validation")
    assert second["manifest"]["config"]["optimizer"]["lr"] == 0.02
    assert "<|im_start|>assistant" in first["manifest"]["sample"]


def test_by_default_it_lies_in_the_first_run(automodel, page):
    assert automodel("report", page.parent / "second").returncode == 0
    assert len(data(page.parent / "second/report.html")) == 1


def test_what_is_no_run(automodel, tmp_path):
    done = automodel("report", tmp_path)
    assert done.returncode == 2
    assert "holds no manifest.json of a run" in done.stderr


def test_a_browser_draws_it_without_an_error(page):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
                           "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    dom = done.stdout.split('<script id="data"')[0]
    titles = re.findall(r"<figcaption>([^<]+)<", dom)
    assert titles[:5] == ["loss", "learning rate", "gradient norm", "speed", "peak memory"]
    loss = re.search(r"<figure><figcaption>loss.*?</figure>", dom, re.DOTALL).group()
    assert loss.count("<path") == 4 and loss.count('class="held-out"') == 2
    assert '<tr class="differs"><td>optimizer.lr</td><td>0.01</td><td>0.02</td></tr>' in dom
