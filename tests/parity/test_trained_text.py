"""A model is exported with the tokenizer and the chat template that it was trained with, as Transformers reads them."""

import json

import pytest
import tiny_run
import yaml
from transformers import AutoTokenizer, GenerationConfig

TEMPLATE = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}<|stop|>{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
MESSAGES = [{"role": "user", "content": "red green"}]


@pytest.fixture
def folder(tmp_path):
    """A base model without a chat template, another tokenizer with a token and a template of its own, and rows."""
    tiny_run.write_model(tmp_path / "model")
    for name in ("model", "other"):
        tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
        tokenizer.chat_template = None
        if name == "other":
            tokenizer.add_special_tokens({"additional_special_tokens": ["<|stop|>"]})
        tokenizer.save_pretrained(tmp_path / name)
    (tmp_path / "model/chat_template.jinja").unlink(missing_ok=True)
    (tmp_path / "model/generation_config.json").write_text(json.dumps({"eos_token_id": [1, 7], "temperature": 0.5}))
    tiny_run.write_rows(tmp_path / "train.jsonl", 24, 1)
    tiny_run.write_rows(tmp_path / "validation.jsonl", 4, 2)
    (tmp_path / "new.jinja").write_text(TEMPLATE)
    return tmp_path


def train(automodel, folder, peft=None):
    recipe = tiny_run.recipe(folder)
    recipe["dataset"]["chat_template"] = recipe["validation_dataset"]["chat_template"] = str(folder / "new.jinja")
    recipe["dataset"]["tokenizer"] = {"pretrained_model_name_or_path": str(folder / "other"), "eos_token": "<|stop|>"}
    recipe["checkpoint"]["merged_export"] = peft is not None
    if peft:
        recipe["peft"] = peft
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out/LATEST/model"


def assert_as_trained(folder, base):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.apply_chat_template(MESSAGES, tokenize=False) == "[user] red green<|stop|>"
    assert tokenizer.eos_token == "<|stop|>"
    stop = AutoTokenizer.from_pretrained(base / "other").convert_tokens_to_ids("<|stop|>")
    assert tokenizer.eos_token_id == stop
    defaults = GenerationConfig.from_pretrained(folder)
    assert defaults.eos_token_id == [stop, 1, 7] and defaults.temperature == 0.5
    return stop


def test_of_a_whole_model(automodel, folder):
    exported = train(automodel, folder) / "consolidated"
    stop = assert_as_trained(exported, folder)
    assert json.loads((exported / "config.json").read_text())["eos_token_id"] == stop
    assert automodel("convert", folder / "out/LATEST", folder / "converted", timeout=300).returncode == 0
    assert_as_trained(folder / "converted", folder)
    done = automodel("generate", exported, "red", "--max-new-tokens", "2", timeout=300)
    assert done.returncode == 0, done.stderr


def test_of_an_adapter(automodel, folder):
    adapter = train(automodel, folder, dict(tiny_run.PEFT))
    assert_as_trained(adapter, folder)
    assert_as_trained(adapter / "consolidated", folder)
    done = automodel("generate", adapter, "red", "--max-new-tokens", "2", timeout=300)
    assert done.returncode == 0, done.stderr
    merged = automodel("merge", adapter, folder / "merged", timeout=300)
    assert merged.returncode == 0, merged.stderr
    assert_as_trained(folder / "merged", folder)


def test_of_an_unchanged_tokenizer(automodel, folder):
    """What the recipe does not touch stays byte for byte."""
    recipe = tiny_run.recipe(folder)
    tokenizer = tiny_run.write_tokenizer(folder / "model")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = folder / "out/LATEST/model/consolidated"
    assert tokenizer.eos_token == "<|im_end|>"
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        assert (exported / file).read_bytes() == (folder / "model" / file).read_bytes(), file


def test_ids_that_the_recipe_gives_the_model(automodel, folder):
    recipe = tiny_run.recipe(folder)
    recipe["dataset"]["chat_template"] = recipe["validation_dataset"]["chat_template"] = str(folder / "new.jinja")
    recipe["model"].update(eos_token_id=9, pad_token_id=5)
    recipe["disabled_data_checks"] = ["missing_eos"]
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = folder / "out/LATEST/model/consolidated"
    assert json.loads((exported / "config.json").read_text())["eos_token_id"] == 9
    defaults = GenerationConfig.from_pretrained(exported)
    assert defaults.eos_token_id == 9 and defaults.pad_token_id == 5 and defaults.temperature == 0.5
