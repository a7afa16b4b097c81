"""Runs that are stopped, by signals or at once, and go on."""

import json
import os
import re
import signal
import time

import pytest
import tiny_run
from test_train import assert_same, out, start, train, wait_for_line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_the_same_command_goes_on(automodel, recipe, number):
    options = ["--step_scheduler.max_steps=40", "--step_scheduler.num_epochs=20", "--step_scheduler.val_every_steps=1"]
    train(automodel, recipe, out(recipe, "whole"), *options)
    process = start(automodel, recipe, out(recipe, "cut"), *options)
    wait_for_line(process, "step 3/40")
    process.send_signal(number)
    rest = process.stdout.read()
    assert process.wait() == 75, rest
    assert "the same command goes on from the last checkpoint" in rest
    done = train(automodel, recipe, out(recipe, "cut"), *options)
    assert "going on from " in done.stdout
    assert_same(recipe.parent / "whole/epoch_7_step_39", recipe.parent / "cut/epoch_7_step_39")
    left_out = [int(step) for step in re.findall(r"the validation of step (\d+) on held-out rows is left out", rest)]
    validated = [line["step"] for line in tiny_run.log(recipe.parent / "cut", "validation")]
    assert sorted(validated + left_out) == list(range(40))


def test_a_signal_ends_the_preparation_of_the_data(automodel, tmp_path):
    """Of which nothing is kept: no step is made for its sake, and no checkpoint is there to go on from."""
    recipe = tiny_run.make(tmp_path, num_rows=200_000)
    process = start(automodel, recipe, "--packed_sequence.packed_sequence_size=128",
                    env={**os.environ, "AUTOMODEL_CACHE": str(tmp_path / "cache")})
    while process.poll() is None and not list(tmp_path.glob("cache/tokens/*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    assert process.wait() == 75, rest
    assert "stopped by a signal while the data were prepared: this start has trained nothing yet" in rest
    assert not list(tmp_path.glob("cache/tokens/*")) and not list(tmp_path.glob("out/epoch_*"))


def test_a_signal_does_not_wait_for_a_long_validation(automodel, recipe):
    """Who sends SIGTERM kills soon after: a validation of minutes must not keep the run from saving."""
    tiny_run.write_rows(recipe.parent / "validation.jsonl", 100_000, seed=2)
    process = start(automodel, recipe, "--step_scheduler.val_every_steps=1")
    wait_for_line(process, "step 1/6")
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    assert process.wait() == 75, rest
    assert "the validation of step 0 on held-out rows is left out" in rest
    assert (recipe.parent / "out/LATEST").resolve().name == "epoch_0_step_0"
    assert tiny_run.log(recipe.parent / "out", "validation") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_though_the_terminal_is_gone(automodel, recipe, number):
    """As with `automodel RECIPE 2>&1 | tee LOG`, of which Ctrl-C ends tee first."""
    process = start(automodel, recipe, "--step_scheduler.max_steps=100000", "--step_scheduler.num_epochs=null",
                    "--step_scheduler.save_checkpoint_every_epoch=false", "--step_scheduler.ckpt_every_steps=100000",
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    wait_for_line(process, "step 2/")
    process.stdout.close()
    process.send_signal(number)
    assert process.wait(timeout=60) == 75
    assert json.loads((recipe.parent / "out/LATEST/manifest.json").read_text())["step"] >= 1


def test_nohup_goes_on_when_the_terminal_is_closed(automodel, recipe):
    process = start(automodel, recipe, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for_line(process, "step 1/6")
    process.send_signal(signal.SIGHUP)
    rest = process.stdout.read()
    assert process.wait() == 0, rest


def test_a_second_signal_stops_at_once(automodel, tmp_path):
    """In a step of seconds; the second one comes late enough not to be the first one's echo."""
    recipe = tiny_run.make(tmp_path, num_rows=20000)
    process = start(automodel, recipe, "--step_scheduler.global_batch_size=20000", "--step_scheduler.max_steps=1")
    wait_for_line(process, "first row")
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    wait_for_line(process, "once more stops at once")
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait() == 128 + signal.SIGINT, rest


def test_killed_at_any_moment_the_last_checkpoint_goes_on(automodel, recipe):
    options = ["--step_scheduler.max_steps=15", "--step_scheduler.num_epochs=20", "--step_scheduler.ckpt_every_steps=1",
               "--checkpoint.max_recent_checkpoints=2"]
    train(automodel, recipe, out(recipe, "whole"), *options)
    for step in (2, 6, 11):
        process = start(automodel, recipe, out(recipe, "killed"), *options)
        wait_for_line(process, f"step {step}/15")
        time.sleep(0.003 * step)
        process.kill()
        process.wait()
    train(automodel, recipe, out(recipe, "killed"), *options)
    assert_same(recipe.parent / "whole/epoch_2_step_14", recipe.parent / "killed/epoch_2_step_14")
    assert [line["step"] for line in tiny_run.log(recipe.parent / "killed")] == list(range(15))
