"""Runs the built program as a user would."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "parity"))  # the oracle, also for tests/cli


def program_path() -> pathlib.Path:
    """AUTOMODEL_PROGRAM, else the newest build under build/."""
    named = os.environ.get("AUTOMODEL_PROGRAM")
    if named:
        return pathlib.Path(named)
    built = sorted(ROOT.glob("build/*/bin/automodel"), key=lambda path: path.stat().st_mtime)
    assert built, "build the program first: cmake --preset release && cmake --build build/release"
    return built[-1]


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
