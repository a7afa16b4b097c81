"""automodel train on a tiny model made here: what is written, resume, determinism, wrong input."""

import json

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

TEMPLATE = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
RECIPE = """
recipe: TrainFinetuneRecipeForNextTokenPrediction
seed: 3
step_scheduler: {{global_batch_size: 4, local_batch_size: 2, max_steps: {steps}, num_epochs: 3, ckpt_every_steps: 3}}
distributed: {{strategy: fsdp2}}
model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: {model}
  torch_dtype: float32
{peft}
loss_fn: {{_target_: nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy}}
dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: {data}
optimizer: {{_target_: torch.optim.AdamW, lr: 1.0e-2, weight_decay: 0.0}}
checkpoint: {{checkpoint_dir: {out}}}
"""
LORA = """
peft: {_target_: nemo_automodel.components._peft.lora.PeftConfig, target_modules: "*_proj", dim: 4, alpha: 8, dropout: 0.1}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with a byte-level tiny Llama and twelve rows of chat."""
    folder = tmp_path_factory.mktemp("world")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|user|>", "<|assistant|>", "<|end|>"])
    torch.manual_seed(1)
    config = LlamaConfig(vocab_size=264, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=128, eos_token_id=258, bos_token_id=None)
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    tokenizer.save(str(folder / "model" / "tokenizer.json"))
    (folder / "model" / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|end|>", "chat_template": TEMPLATE}))
    rows = [{"messages": [{"role": "user", "content": f"say {n}"}, {"role": "assistant", "content": f"well, {n * n}"}]}
            for n in range(12)]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def write_recipe(world, tmp_path, name="run", peft="", steps=6):
    path = tmp_path / f"{name}.yaml"
    path.write_text(RECIPE.format(model=world / "model", data=world / "data.jsonl", out=tmp_path / name, peft=peft, steps=steps))
    return path


def weights(folder):
    """Bytes of everything that a later step depends on, by relative name."""
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.safetensors"))}


def losses(folder):
    return [json.loads(line)["loss"] for line in (folder / "training.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("peft", ["", LORA], ids=["full", "lora"])
def test_trains_the_same_twice_and_across_a_restart(automodel, world, tmp_path, peft):
    for name in ("a", "b"):
        done = automodel(write_recipe(world, tmp_path, name, peft), timeout=300)
        assert done.returncode == 0, done.stderr
    assert losses(tmp_path / "a")[-1] < losses(tmp_path / "a")[0]
    assert weights(tmp_path / "a" / "LATEST") == weights(tmp_path / "b" / "LATEST") != {}
    recipe = write_recipe(world, tmp_path, "c", peft)
    lr = "--lr_scheduler.lr_decay_steps=6"  # the schedule of the whole run, not of its first half
    assert automodel(write_recipe(world, tmp_path, "whole", peft), lr, timeout=300).returncode == 0
    assert automodel(recipe, lr, "--step_scheduler.max_steps=3", timeout=300).returncode == 0
    assert automodel(recipe, lr, timeout=300).returncode == 0
    assert weights(tmp_path / "c" / "LATEST") == weights(tmp_path / "whole" / "LATEST")


def test_the_exported_folder_loads_in_transformers(automodel, world, tmp_path):
    assert automodel(write_recipe(world, tmp_path, steps=3), timeout=300).returncode == 0
    consolidated = next((tmp_path / "run" / "LATEST").rglob("config.json")).parent
    _, info = AutoModelForCausalLM.from_pretrained(consolidated, output_loading_info=True)
    assert not any(info.values())


def test_wrong_data_is_named_with_its_line(automodel, world, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text((world / "data.jsonl").read_text() + "\n{oops")
    done = automodel(write_recipe(world, tmp_path), f"--dataset.path_or_dataset_id={bad}", timeout=300)
    assert done.returncode == 2
    assert "bad.jsonl:13" in done.stderr


def test_a_missing_model_is_named(automodel, world, tmp_path):
    done = automodel(write_recipe(world, tmp_path), "--model.pretrained_model_name_or_path=/nowhere", timeout=300)
    assert done.returncode == 2
    assert "/nowhere" in done.stderr
