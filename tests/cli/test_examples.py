"""Every example is a valid recipe that says what it needs."""

import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/recipe.yaml"))

pytestmark = pytest.mark.fast


def test_there_are_examples():
    assert {path.parent.name for path in EXAMPLES} >= {"quickstart", "full_finetune", "address_to_json"}


@pytest.mark.parametrize("recipe", EXAMPLES, ids=lambda path: path.parent.name)
def test_validates(automodel, recipe):
    done = automodel("validate", recipe)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{recipe}: ok\n"  # nothing in it that is not supported yet


@pytest.mark.parametrize("recipe", EXAMPLES, ids=lambda path: path.parent.name)
def test_fetches_its_inputs_and_is_explained(recipe):
    assert (recipe.parent / "fetch.py").exists()
    assert f"./automodel examples/{recipe.parent.name}/recipe.yaml" in (recipe.parent / "README.md").read_text()
