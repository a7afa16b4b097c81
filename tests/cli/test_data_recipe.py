"""automodel data RECIPE: the data sets of a recipe, looked at before a run."""

import json

import gguf
import numpy as np
import pytest
import yaml
from tokenizers import pre_tokenizers

import byte_tokenizer

CHAT = "nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset"
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 260, "hidden_size": 16,
          "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
          "hidden_act": "silu", "rms_norm_eps": 1e-5, "max_position_embeddings": 64, "tie_word_embeddings": True}


def row(answer):
    return json.dumps({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}]}) + "\n"


@pytest.fixture
def recipe(tmp_path):
    byte_tokenizer.write_tokenizer(tmp_path / "model")
    (tmp_path / "model/config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "train.jsonl").write_text(row("Hello") + row("Good day") + row("Hello"))
    (tmp_path / "validation.jsonl").write_text(row("Bye"))
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({
        "recipe": "TrainFinetuneRecipeForNextTokenPrediction",
        "step_scheduler": {"global_batch_size": 2, "local_batch_size": 2, "max_steps": 2},
        "distributed": {"strategy": "fsdp2"},
        "model": {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained",
                  "pretrained_model_name_or_path": str(tmp_path / "model")},
        "loss_fn": {"_target_": "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy"},
        "dataset": {"_target_": CHAT, "path_or_dataset_id": str(tmp_path / "train.jsonl")},
        "validation_dataset": {"_target_": CHAT, "path_or_dataset_id": str(tmp_path / "validation.jsonl")},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.01},
    }))
    return path


def test_both_data_sets_are_told_of(automodel, recipe):
    done = automodel("data", recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ["dataset (chat_dataset.ChatDataset)\n3 rows", "validation_dataset (chat_dataset.ChatDataset)\n1 rows",
                 "tokens by role:\n  user ", "duplicates: 1 rows have the tokens of one before (first ",
                 "train.jsonl:3, as ", "encoded at ", "rows by tokens:", "[Hello<|im_end|>]", "[Bye<|im_end|>]"]:
        assert part in done.stdout, part


def test_overrides_and_a_page(automodel, recipe, tmp_path):
    done = automodel("data", recipe, "--dataset.split", "train[:1]", "--html", tmp_path / "data.html")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n1 rows, " in done.stdout
    assert "<mark>Hello&lt;|im_end|&gt;</mark>" in (tmp_path / "data.html").read_text()


def test_a_check_that_fails_is_an_exit_code(automodel, recipe, tmp_path):
    (tmp_path / "model/config.json").write_text(json.dumps({**CONFIG, "vocab_size": 100}))
    done = automodel("data", recipe)
    assert done.returncode == 2
    assert "error outside_vocabulary: 3 of 3 rows" in done.stdout
    done = automodel("data", recipe, "--disabled_data_checks", "['outside_vocabulary']")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "switched off: outside_vocabulary" in done.stdout


def test_a_model_in_a_gguf_file_is_left_to_the_engine(automodel, recipe, tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"no such file")
    done = automodel("data", recipe, "--model.pretrained_model_name_or_path", tmp_path / "model.gguf")
    assert done.returncode == 2
    assert "not a GGUF file" in done.stderr


def write_gguf(path):
    """A llama's description and byte-level vocabulary, without its layers."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(32)
    writer.add_context_length(64)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([*letters, "He", "<|im_start|>", "<|im_end|>"])
    writer.add_token_types([1] * (len(letters) + 1) + [3, 3])
    writer.add_token_merges(["H e"])
    writer.add_eos_token_id(len(letters) + 2)
    writer.add_chat_template(byte_tokenizer.CHATML)
    writer.add_tensor("token_embd.weight", np.ones((len(letters) + 3, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_tokenizer_of_a_gguf_file(automodel, recipe, tmp_path):
    file = write_gguf(tmp_path / "tokenizer.gguf")
    done = automodel("data", "--dataset", tmp_path / "train.jsonl", "--tokenizer", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[Hello<|im_end|>]" in done.stdout
    done = automodel("data", recipe, "--dataset.tokenizer.pretrained_model_name_or_path", file)
    assert "not say which kind" not in done.stderr and "[Hello<|im_end|>]" in done.stdout, done.stdout + done.stderr


def test_a_blend_by_weight(automodel, recipe, tmp_path):
    """Three rows of one kind and one of another, as one data set with half of its rows from each; its parts are checked as any."""
    squad = {"context": "c", "question": "q", "answers": {"text": ["Paris"]}}
    (tmp_path / "squad.jsonl").write_text(json.dumps(squad) + "\n")
    content = yaml.safe_load(recipe.read_text())
    parts = [{**content["dataset"], "weight": 0.5},
             {"_target_": "nemo_automodel.components.datasets.llm.squad.make_squad_dataset",
              "dataset_name": str(tmp_path / "squad.jsonl"), "seq_length": 64, "truncation": True, "weight": 0.5}]
    content["dataset"] = {"_target_": "nemo_automodel.components.datasets.llm.blend.WeightedBlend", "parts": parts}
    recipe.write_text(yaml.safe_dump(content))
    done = automodel("data", recipe, "--show", "6")
    assert "dataset (blend.WeightedBlend)\n6 rows, " in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("squad.jsonl:1\n") == 3 and done.stdout.count("train.jsonl:") >= 3
    assert automodel("validate", recipe).returncode == 0
    content["dataset"]["parts"][0]["chat_template"] = "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"
    recipe.write_text(yaml.safe_dump(content))
    assert "warning template_differs" in automodel("data", recipe).stdout
    content["dataset"]["parts"][1]["weigth"] = content["dataset"]["parts"][1].pop("weight")
    recipe.write_text(yaml.safe_dump(content))
    done = automodel("data", recipe)
    assert done.returncode == 2 and "dataset.parts.1.weigth" in done.stderr and "did you mean 'weight'" in done.stderr
    content["dataset"]["parts"] = [None]
    recipe.write_text(yaml.safe_dump(content))
    done = automodel("data", recipe)
    assert done.returncode == 2 and "dataset.parts.0: expected a mapping" in done.stderr
