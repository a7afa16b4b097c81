"""automodel models and automodel describe."""

import json
import os

import pytest

pytestmark = pytest.mark.fast

LLAMA = {"model_type": "llama", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
         "num_attention_heads": 4, "use_cache": True}


@pytest.fixture(autouse=True)
def no_hub_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def folder(path, config):
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(config))
    return path


def test_models_lists_each_type_once(automodel):
    done = automodel("models")
    assert done.returncode == 0
    families = json.loads(automodel("models", "--json").stdout)
    types = [family["model_type"] for family in families]
    assert types == sorted(set(types))
    assert [line.split()[0] for line in done.stdout.splitlines()[:len(types)]] == types
    assert f"{len(types)} model types" in done.stdout
    assert all(family["kinds"] and 0 < family["active"] <= family["parameters"] for family in families)


def test_describes_every_type(automodel):
    for family in json.loads(automodel("models", "--json").stdout):
        done = automodel("describe", family["model_type"])
        assert done.returncode == 0, done.stderr
        assert f"({family['parameters']})" in done.stdout


def test_describes_known_sizes(automodel):
    text = automodel("describe", "mixtral").stdout
    assert "46.7 B (46702792704)" in text
    assert "12.88 B (12879925248)" in text
    assert "2 of 8 experts, 14336 wide" in text


@pytest.mark.parametrize("place", ["folder", "file", "hub"])
def test_describes_a_configuration(automodel, tmp_path, place):
    if place == "hub":
        folder(tmp_path / "hub" / "models--org--name" / "snapshots" / "main", LLAMA)
        word = "org/name"
    else:
        word = folder(tmp_path / "model", LLAMA) / ("config.json" if place == "file" else "")
    done = automodel("describe", word)
    assert done.returncode == 0, done.stderr
    counted, rest = done.stdout.split("absent, so by default")
    assert "2 of the layers: 0-1" in counted
    assert "  hidden_size = 64\n" in counted
    by_default, ignored = rest.split("without effect on the mathematics")
    assert "  rms_norm_eps = 1e-06\n" in by_default
    assert "  use_cache = true\n" in ignored


@pytest.mark.parametrize(("word", "text"), [
    ("lama", "did you mean 'llama'?"),
    ("xlm", "'xlm' is unsupported: needs bidirectional attention"),
    ("/no/such/model", "does not exist"),
])
def test_a_wrong_word_is_named(automodel, word, text):
    done = automodel("describe", word)
    assert done.returncode == 2
    assert text in done.stderr


def test_a_revision_of_what_is_not_on_the_hub_is_refused(automodel, tmp_path):
    done = automodel("describe", "llama", "--revision", "v1")
    assert done.returncode == 2 and "llama is a model type: leave --revision out" in done.stderr
    for command in (["describe"], ["tokenize"]):
        done = automodel(*command, tmp_path, "--revision", "v1")
        assert done.returncode == 2 and f"but {tmp_path} is a path on this machine" in done.stderr


def test_a_wrong_folder_is_named(automodel, tmp_path):
    done = automodel("describe", tmp_path)
    assert done.returncode == 2
    assert "has no config.json; a Hugging Face model folder has" in done.stderr
    done = automodel("describe", folder(tmp_path / "model", {**LLAMA, "hidden_act": "mish"}))
    assert done.returncode == 2
    assert "'hidden_act' is \"mish\"" in done.stderr


def test_a_gguf_file_is_handed_to_the_engine(automodel, tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(os.urandom(64))
    done = automodel("describe", file)
    assert done.returncode == 2
    assert "model.gguf" in done.stderr and "not a GGUF file" in done.stderr
