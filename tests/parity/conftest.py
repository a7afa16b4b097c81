"""What the comparisons with Python libraries share."""

import os
import pathlib
import subprocess
import warnings

import pytest

import assets
from tokenizer_corpus import corpus

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program_folder() -> pathlib.Path:
    """Where the programs were built: beside AUTOMODEL_PROGRAM, else the newest build."""
    named = os.environ.get("AUTOMODEL_PROGRAM")
    if named:
        return pathlib.Path(named).parent
    built = sorted(ROOT.glob("build/*/bin/tensor_tool"), key=lambda path: path.stat().st_mtime)
    assert built, "build first: cmake --preset release && cmake --build build/release"
    return built[-1].parent


@pytest.fixture(scope="session")
def tool():
    """tool(program, *arguments) -> its stdout; a failure of the program fails the test."""

    def run(program, *arguments):
        words = [str(program_folder() / program), *map(str, arguments)]
        result = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture(scope="session")
def real_model():
    """real_model(name) -> path of a GGUF file of tests/assets.py; skips where it cannot be fetched."""

    def fetch(name):
        try:
            return assets.model(name)
        except assets.Unavailable as error:
            pytest.skip(str(error))

    return fetch


@pytest.fixture(scope="session")
def asset():
    """asset(name, base) -> path of a file of tests/assets.py; skips where it cannot be fetched."""

    def fetch(name, base):
        try:
            return assets.file(name, base)
        except assets.Unavailable as error:
            pytest.skip(str(error))

    return fetch


@pytest.fixture(scope="session")
def texts(asset):
    """texts(count) -> so many lines of tokenizer_corpus."""
    made = {}

    def make(count):
        if count not in made:
            made[count] = corpus(asset("llamafactory", "wiki_demo.txt").parent, count)
        return made[count]

    return make


@pytest.fixture
def no_warnings():
    """PEFT only warns of missing and unexpected keys, of targets that match nothing, of a wrong fan_in_fan_out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning)
        yield
