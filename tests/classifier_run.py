"""A classifier on token rows of its own making: a training run of seconds, and the same measured by Python."""

import json
import random

import tiny_run
import torch
from tiny_run import log  # noqa: F401

SEQ_CLS = "nemo_automodel.components.datasets.llm.seq_cls.TextClassificationDataset"
KINDS = ("colour", "number", "beast")
WORDS = {"colour": "red green blue".split(), "number": "one two three".split(), "beast": "cat dog bird".split()}


def rows(count, seed):
    """Texts of words of one kind among others: the kind is the class."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        kind = rng.choice(KINDS)
        text = " ".join(rng.choices(WORDS[kind], k=rng.randint(1, 4)) + rng.choices(["big", "old", "new"], k=2))
        out.append({"text": text, "label": kind})
    return out


def write_rows(path, count, seed):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(count, seed)))


def make(folder, model, num_labels=3, peft=False):
    """Writes data, a tokenizer into the model's folder unless it has one, and recipe.yaml; returns its path."""
    if not (model / "tokenizer.json").exists():
        tiny_run.write_tokenizer(model)
    write_rows(folder / "train.jsonl", 24, seed=1)
    write_rows(folder / "validation.jsonl", 7, seed=2)
    content = tiny_run.recipe(folder)
    content["recipe"] = "TrainFinetuneRecipeForSequenceClassification"
    del content["loss_fn"]
    content["model"] = {"_target_": "nemo_automodel.NeMoAutoModelForSequenceClassification.from_pretrained",
                        "pretrained_model_name_or_path": str(model), "torch_dtype": "float32",
                        "num_labels": num_labels}
    for section, name in (("dataset", "train"), ("validation_dataset", "validation")):
        content[section] = {"_target_": SEQ_CLS, "path_or_dataset_id": str(folder / f"{name}.jsonl"),
                            "labels": list(KINDS)}
    content["checkpoint"]["save_consolidated"] = True
    if peft:
        content["checkpoint"]["merged_export"] = True
        content["peft"] = {**tiny_run.PEFT, "target_modules": [], "match_all_linear": True}
    return tiny_run.write(folder / "recipe.yaml", content)


def encode(tokenizer, texts):
    return [torch.tensor([tokenizer(text)["input_ids"]]) for text in texts]


def measure(model, held_out, folder=None):
    """(mean loss, accuracy) of a Transformers model, a row at a time."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder or model.config._name_or_path)
    losses, right = [], 0
    for row in held_out:
        label = torch.tensor([KINDS.index(row["label"])])
        with torch.no_grad():
            result = model(input_ids=encode(tokenizer, [row["text"]])[0], labels=label)
        losses.append(result.loss.item())
        right += int(result.logits.argmax(-1).item() == label.item())
    return sum(losses) / len(losses), right / len(losses)
