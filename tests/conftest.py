"""Runs the built program as a user would."""

import pathlib
import subprocess
import sys

import pytest
from program import program_path

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "parity"))  # the oracle, also for tests/cli


@pytest.fixture(scope="session")
def automodel():
    """automodel(*arguments) -> CompletedProcess with text output."""
    path = program_path()

    def run(*arguments, **options):
        options.setdefault("timeout", 60)
        words = [str(path), *map(str, arguments)]
        return subprocess.run(words, capture_output=True, text=True, **options)

    run.path = path
    return run


@pytest.fixture
def recipe(tmp_path):
    """The recipe of a training run of seconds, in a folder of its own."""
    import tiny_run  # brings torch, which most tests do without

    return tiny_run.make(tmp_path)
