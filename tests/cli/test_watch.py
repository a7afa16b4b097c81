"""The files for TensorBoard, MLflow and Weights & Biases, read back by those programs: they show what the JSONL says."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading

import numpy
import pytest
import tiny_run
from test_train import start, train, wait_for_line


def watched(folder, steps):
    def change(recipe):
        recipe["step_scheduler"].update(max_steps=steps, val_every_steps=3)
        recipe["tensorboard"] = {}
        recipe["wandb"] = {"project": "proj", "name": "mine", "tags": ["one"], "dir": str(folder / "wb")}
        recipe["mlflow"] = {"experiment_name": "exp", "run_name": "mine", "tracking_uri": str(folder / "mlruns"),
                            "tags": {"kind": "test"}, "description": "what it is"}

    return tiny_run.edit(tiny_run.make(folder), change)


@pytest.fixture(scope="module")
def run(automodel, tmp_path_factory):
    """The folder of a recipe whose run was watched."""
    folder = tmp_path_factory.mktemp("watched")
    done = train(automodel, watched(folder, 6))
    for program in ["tensorboard --logdir", "wandb sync", "mlflow ui --backend-store-uri"]:
        assert f"watch with  {program}" in done.stdout
    return folder


@pytest.fixture(scope="module")
def resumed(automodel, tmp_path_factory):
    """The same, but stopped by a signal on its way and gone on with."""
    folder = tmp_path_factory.mktemp("resumed")
    recipe = watched(folder, 400)
    process = start(automodel, recipe)
    wait_for_line(process, "step 4/")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    last = tiny_run.log(folder / "out")[-1]["step"]
    train(automodel, recipe, f"--step_scheduler.max_steps={last + 4}")
    return folder


def logged(folder):
    """Name -> [(step, value)] of what the JSONL files say."""
    out = {}
    for prefix, name in [("", "training"), ("validation_dataset/", "validation")]:
        for line in tiny_run.log(folder / "out", name):
            for key, value in line.items():
                if isinstance(value, (int, float)) and key not in ("step", "epoch"):
                    out.setdefault(prefix + key, []).append((line["step"], value))
    assert len(out["loss"]) >= 6 and out["validation_dataset/val_loss"]
    return out


def tensorboard_shows(folder):
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = event_accumulator.EventAccumulator(str(folder / "out/tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


@pytest.mark.parametrize("name", ["run", "resumed"])
def test_tensorboard(request, name):
    folder = request.getfixturevalue(name)
    wanted = {tag: [(step, float(numpy.float32(value))) for step, value in points] for tag, points in logged(folder).items()}
    assert tensorboard_shows(folder) == wanted


def test_tensorboard_shows_one_attempt(automodel, tmp_path):
    """The first one ended before its first checkpoint, so that the second begins anew."""
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(tensorboard={}))
    options = ["--step_scheduler.ckpt_every_steps=4000", "--step_scheduler.save_checkpoint_every_epoch=false",
               "--step_scheduler.validate_at_start"]
    process = start(automodel, recipe, *options, "--step_scheduler.max_steps=4000", "--step_scheduler.num_epochs=2000")
    wait_for_line(process, "step 5/")
    process.kill()
    process.communicate(timeout=120)
    train(automodel, recipe, *options, "--step_scheduler.max_steps=3", "--optimizer.lr=0.001")
    assert len(list((tmp_path / "out/tensorboard").iterdir())) == 2
    shown = tensorboard_shows(tmp_path)
    assert [step for step, _ in shown["loss"]] == [0, 1, 2]
    assert [step for step, _ in shown["validation_dataset/val_loss"]] == [-1, 2]


@pytest.mark.parametrize("name", ["run", "resumed"])
def test_mlflow(request, monkeypatch, name):
    folder = request.getfixturevalue(name)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient(tracking_uri=f"file://{folder / 'mlruns'}")
    experiment = client.get_experiment_by_name("exp")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.status == "FINISHED" and found.info.run_name == "mine"
    assert found.data.params["optimizer.lr"] == "0.01" and found.data.params["seed"] == "5"
    assert found.data.tags["kind"] == "test" and found.data.tags["mlflow.note.content"] == "what it is"
    wanted = logged(folder)
    assert set(found.data.metrics) == set(wanted)
    for key, points in wanted.items():
        assert [(m.step, m.value) for m in client.get_metric_history(found.info.run_id, key)] == points, key


class FakeServer(http.server.BaseHTTPRequestHandler):
    """As much of the W&B server as `wandb sync` asks for. `server.posts` keeps what it sends."""

    BUCKET = {"id": "r", "name": "r", "displayName": "mine", "sweepName": None, "historyLineCount": 0,
              "project": {"id": "p", "name": "proj", "entity": {"id": "e", "name": "me"}}}
    ANSWER = {"data": {"viewer": {"id": "u", "entity": "me", "username": "me", "teams": {"edges": []}, "flags": "{}"},
                       "serverInfo": {"cliVersionInfo": {"max_cli_version": "9.0.0"}, "features": [],
                                      "latestLocalVersionInfo": None},
                       "upsertBucket": {"inserted": True, "bucket": BUCKET}, "model": {"bucket": None},
                       "project": {"run": None}, "createRunFiles": {"runID": "r", "uploadHeaders": [], "files": []}}}

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.posts.append(body)
        self.answer(200, self.ANSWER if "graphql" in self.path else {})

    def do_GET(self):
        self.answer(404, {})

    def answer(self, code, content):
        data = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def wandb_server():
    pytest.importorskip("wandb")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakeServer)
    server.posts = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def synced(server, folder):
    """What `wandb sync` uploads of a run: variables of the run, and its history."""
    environment = {**os.environ, "WANDB_BASE_URL": f"http://127.0.0.1:{server.server_port}", "WANDB_API_KEY": "a" * 40,
                   "WANDB_ERROR_REPORTING": "false", "HOME": str(folder)}
    runs = sorted(map(str, (folder / "wb/wandb").glob("offline-run-*")))
    for path in runs:
        done = subprocess.run([sys.executable, "-m", "wandb", "sync", path], env=environment, cwd=folder, text=True,
                              capture_output=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
    variables = [post["variables"] for post in server.posts if post.get("operationName") == "UpsertBucket"]
    contents = [line for post in server.posts
                for line in post.get("files", {}).get("wandb-history.jsonl", {}).get("content", [])]
    return runs, variables, [json.loads(line) for line in contents], server.posts[-1]


def test_wandb(wandb_server, run):
    runs, variables, history, last = synced(wandb_server, run)
    assert len(runs) == 1 and last["complete"] and last["exitcode"] == 0
    assert variables[0]["project"] == "proj" and variables[0]["displayName"] == "mine" and variables[0]["tags"] == ["one"]
    assert json.loads(variables[0]["config"])["optimizer"]["value"]["lr"] == 0.01
    shown = {}
    for line in history:
        for key, value in line.items():
            if not key.startswith("_"):
                shown.setdefault(key, []).append((line["_step"], value))
    assert shown == logged(run)


def test_a_resumed_run_keeps_its_id_for_wandb(resumed):
    names = {path.name.rsplit("-", 1)[1] for path in (resumed / "wb/wandb").glob("offline-run-*")}
    assert len(names) == 1


def test_every_nth_step(automodel, tmp_path):
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(tensorboard={}))
    train(automodel, recipe, "--step_scheduler.log_remote_every_steps=2")
    assert [step for step, _ in tensorboard_shows(tmp_path)["loss"]] == [0, 2, 4]


def test_a_server_is_not_supported(automodel, tmp_path):
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(mlflow={"tracking_uri": "http://host:5000"}))
    done = automodel(recipe)
    assert done.returncode != 0
    assert "MLflow servers (a folder works) (mlflow.tracking_uri: " in done.stderr


def test_variables_of_the_programs(automodel, tmp_path):
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(wandb={}, mlflow={}))
    environment = {**os.environ, "WANDB_MODE": "disabled", "MLFLOW_TRACKING_URI": "http://host.example.org:5000"}
    done = automodel(recipe, env=environment, cwd=tmp_path)
    assert done.returncode == 2
    assert "(mlflow.tracking_uri: http://host.example.org:5000)" in done.stderr
    environment["MLFLOW_TRACKING_URI"] = str(tmp_path / "store")
    done = automodel(recipe, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any((tmp_path / "store").iterdir())
    assert not (tmp_path / "wandb").exists() and "wandb sync" not in done.stdout
    done = automodel(recipe, "--wandb.mode=offline", "--checkpoint.checkpoint_dir=again", env=environment, cwd=tmp_path)
    assert any((tmp_path / "wandb").glob("offline-run-*")), done.stdout


def test_variables_name_what_the_recipe_does_not(automodel, tmp_path):
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(wandb={}, mlflow={}))
    environment = {**os.environ, "WANDB_NAME": "named", "WANDB_PROJECT": "planned", "WANDB_TAGS": "a,b",
                   "MLFLOW_EXPERIMENT_NAME": "tried"}
    done = automodel("validate", recipe, "--print-config", env=environment)
    for line in ("name: named", "project: planned", "experiment_name: tried"):
        assert line in done.stdout, done.stdout
    done = automodel("validate", tiny_run.edit(recipe, lambda r: r.update(wandb={"project": "mine", "tags": ["c"]})),
                     "--print-config", env=environment)
    assert "project: mine" in done.stdout and "project: planned" not in done.stdout
    assert automodel(recipe, "--step_scheduler.max_steps=1", env=environment, cwd=tmp_path).returncode == 0
    (experiment,) = [path for path in (tmp_path / "mlruns").iterdir() if path.is_dir()]
    assert '"name": "tried"' in (experiment / "meta.yaml").read_text()


def test_a_folder_that_cannot_be_written(automodel, tmp_path):
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda r: r.update(mlflow={"tracking_uri": "/dev/null/runs"}))
    done = automodel(recipe)
    assert done.returncode == 1
    assert "cannot make the folder /dev/null/runs (mlflow.tracking_uri)" in done.stderr
