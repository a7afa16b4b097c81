"""A tiny model, its tokenizer, a few conversations and a recipe: a training run of seconds."""

import json
import pathlib
import random

import torch
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    DeepseekV3Config,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen3MoeConfig,
)

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = "red green blue one two three cat dog bird big small old new fast slow".split()


def conversation(rng):
    """Asks for the reversed words of a line: something that can be learnt."""
    words = rng.sample(WORDS, rng.randint(2, 6))
    return {"messages": [{"role": "user", "content": "reverse: " + " ".join(words)},
                         {"role": "assistant", "content": " ".join(reversed(words))}]}


def write_rows(path, count, seed):
    rng = random.Random(seed)
    rows = [conversation(rng) for _ in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_tokenizer(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=["<|im_start|>", "<|im_end|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([" ".join(WORDS), "user assistant reverse: "] * 4, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", chat_template=TEMPLATE)
    fast.save_pretrained(folder)
    return fast


def write_model(folder, dtype=torch.float32, config_class=LlamaConfig, **changes):
    """A random Llama, or another, of two layers with its tokenizer."""
    tokenizer = write_tokenizer(folder)
    torch.manual_seed(3)
    settings = dict(vocab_size=384, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                    num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.1, tie_word_embeddings=True,
                    eos_token_id=tokenizer.eos_token_id, bos_token_id=None, pad_token_id=None)
    model = AutoModelForCausalLM.from_config(config_class(**{**settings, **changes}), dtype=torch.float32)
    model.to(dtype).save_pretrained(folder)
    return folder


def recipe(folder):
    """Full fine-tuning in float32: 6 steps of 4 rows, cut into micro-batches of 2."""
    llm = "nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset"
    return {
        "recipe": "TrainFinetuneRecipeForNextTokenPrediction",
        "seed": 5,
        "step_scheduler": {"global_batch_size": 4, "local_batch_size": 2, "max_steps": 6, "num_epochs": 5},
        "distributed": {"strategy": "fsdp2"},
        "model": {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained",
                  "pretrained_model_name_or_path": str(folder / "model"), "torch_dtype": "float32"},
        "loss_fn": {"_target_": "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy"},
        "dataset": {"_target_": llm, "path_or_dataset_id": str(folder / "train.jsonl")},
        "validation_dataset": {"_target_": llm, "path_or_dataset_id": str(folder / "validation.jsonl")},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.01, "weight_decay": 0.01},
        "lr_scheduler": {"lr_decay_style": "linear", "lr_warmup_steps": 2, "lr_decay_steps": 100, "min_lr": 0.0,
                         "wd_incr_steps": 100},
        "checkpoint": {"checkpoint_dir": str(folder / "out")},
    }


# Changes of the model for two with experts.
QWEN_MOE = {"config_class": Qwen3MoeConfig, "num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 24,
            "head_dim": 16}
DEEPSEEK = {"config_class": DeepseekV3Config, "num_key_value_heads": 4, "q_lora_rank": 24, "kv_lora_rank": 16,
            "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "n_routed_experts": 6,
            "num_experts_per_tok": 2, "n_group": 3, "topk_group": 2, "moe_intermediate_size": 24, "n_shared_experts": 1,
            "first_k_dense_replace": 1}

PEFT = {"_target_": "nemo_automodel.components._peft.lora.PeftConfig", "target_modules": "*_proj", "dim": 4, "alpha": 8,
        "lora_A_init": "kaiming"}


def make(folder, num_rows=18, **model_changes):
    """Writes model/, train.jsonl, validation.jsonl and recipe.yaml into `folder`; returns the recipe's path."""
    folder = pathlib.Path(folder)
    (folder / "model").mkdir()
    write_model(folder / "model", **model_changes)
    write_rows(folder / "train.jsonl", num_rows, seed=1)
    write_rows(folder / "validation.jsonl", 7, seed=2)
    return write(folder / "recipe.yaml", recipe(folder))


def write(path, content):
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def edit(path, change):
    """Changes the recipe by a function of its content."""
    content = yaml.safe_load(path.read_text())
    change(content)
    return write(path, content)


def log(folder, name="training"):
    return [json.loads(line) for line in (pathlib.Path(folder) / f"{name}.jsonl").read_text().splitlines()]
