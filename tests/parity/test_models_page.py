"""The tables of supported models are current, and no supported type is unproven."""

import json
import pathlib

import class_configs
import default_configs
import models_page

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_supported_type_is_compared(automodel):
    supported = {family["model_type"] for family in json.loads(automodel("models", "--json").stdout)}
    assert supported == set(models_page.compared())


def test_page_is_current(automodel):
    page = models_page.page(automodel.path)
    assert (ROOT / "docs/models.md").read_text() == page, "run: python tests/parity/models_page.py > docs/models.md"


def test_default_configurations_are_transformers(automodel):
    made = (ROOT / "src/models/default_configs.jsonl").read_text()
    assert made == default_configs.lines(), \
        "run: python tests/parity/default_configs.py > src/models/default_configs.jsonl"


def test_arguments_of_configuration_classes_are_transformers():
    made = (ROOT / "tests/models/class_configs.jsonl").read_text()
    assert made == class_configs.lines(), \
        "run: python tests/parity/class_configs.py > tests/models/class_configs.jsonl"
