"""Training on made-up data: no data set, no tokenizer, with `from_config` no weights."""

import json
import math
import random
import struct

import pytest
import tiny_run
import torch
from transformers import AutoModelForCausalLM

LLM = "nemo_automodel.components.datasets.llm."
KINDS = {
    "sentences": {"_target_": LLM + "mock.build_unpacked_dataset", "num_sentences": 24},
    "packs": {"_target_": LLM + "mock_packed.build_packed_dataset", "num_blocks": 24, "block_size": 48},
    "batches": {"_target_": LLM + "mock_iterable_dataset.MockIterableDataset", "seq_len": 24, "vocab_size": 300, "num_samples": 40,
                "batch_size": 2},
    "rollouts": {"_target_": LLM + "mock_prefix_tree.build_mock_rollout_dataset", "num_groups": 24, "completions_per_group": 3,
                 "prompt_len": 12, "completion_len": 6, "vocab_size": 20},
}


def words_of(seed, mean_len=20, std_len=6, vocab_size=100, max_sentence_len=64):
    """Sentences as upstream's mock data sets draw them."""
    draws = random.Random(seed)
    while True:
        length = max(1, min(max_sentence_len, int(draws.gauss(mean_len, std_len))))
        yield [2 + i for i in draws.choices(range(vocab_size - 2), k=length)] + [1]


def packs_of(sentences, size):
    block = []
    while True:
        sentence = next(sentences)
        if len(block) + len(sentence) > size:
            if len(block) == size:
                yield block
            block = []
        block = block + sentence


@pytest.fixture
def recipe(tmp_path):
    path = tiny_run.make(tmp_path)
    for file in (tmp_path / "model").iterdir():
        if file.name != "config.json":
            file.unlink()

    def write(kind):
        def change(content):
            content["model"] = {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config",
                                "config": str(tmp_path / "model")}
            content["dataset"] = KINDS[kind]
            content["validation_dataset"] = {**KINDS[kind], **({} if kind == "batches" else {"seed": 9})}
        return tiny_run.edit(path, change)

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_model_trains_on_it(automodel, recipe, tmp_path, kind):
    done = automodel(recipe(kind), timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    losses = [line["loss"] for line in tiny_run.log(tmp_path / "out")]
    assert len(losses) == 6 and losses[-1] < losses[0]
    assert len(tiny_run.log(tmp_path / "out", "validation")) > 0


def rows(automodel, recipe, *overrides):
    done = automodel("data", recipe, "--json", *overrides)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("seed", [0, 12345])
def test_sentences_are_upstreams(automodel, recipe, seed):
    sentences = words_of(seed, mean_len=9.5)
    shown = rows(automodel, recipe("sentences"), f"--dataset.seed={seed}", "--dataset.mean_len=9.5")
    assert [row["ids"] for row in shown] == [next(sentences) for _ in range(24)]


def test_packs_are_upstreams(automodel, recipe):
    packs = packs_of(words_of(3, vocab_size=50), 48)
    shown = rows(automodel, recipe("packs"), "--dataset.seed=3", "--dataset.vocab_size=50")
    assert [row["ids"] for row in shown] == [next(packs) for _ in range(24)]
    for row in shown:
        assert sum(row["document_lengths"]) == 48 and len(row["document_lengths"]) > 1


def rollouts_of(seed, completions_per_group=3, prompt_len=12, completion_len=6, vocab_size=20):
    """Groups of a prompt and its answers as upstream's build_mock_rollout_dataset draws them."""
    draws = random.Random(seed)
    while True:
        lengths = [prompt_len] + [completion_len] * completions_per_group
        prompt, *answers = [[draws.randint(2, vocab_size - 1) for _ in range(length)] for length in lengths]
        yield prompt, answers


def test_rollouts_are_upstreams(automodel, recipe):
    shown = rows(automodel, recipe("rollouts"), "--dataset.seed=7")
    assert len(shown) == 24
    for row, (prompt, answers) in zip(shown, rollouts_of(7)):
        assert row["ids"] == [token for answer in answers for token in prompt + answer]
        assert row["document_lengths"] == [18, 18, 18]
        unlearnt = [-100] * 12
        assert row["labels"] == [label for answer in answers for label in [*unlearnt, *answer[1:], -100]]


def folded_loss(model, groups):
    """The loss of upstream's prefix_tree_collate_fn: the prompt once, each answer sees it and itself."""
    total, count = 0.0, 0
    for prompt, answers in groups:
        ids, labels, positions = list(prompt), [-100] * len(prompt), list(range(len(prompt)))
        owners = [0] * len(prompt)
        for number, answer in enumerate(answers, 1):
            ids += answer
            labels += [*answer[1:], -100]
            positions += range(len(prompt), len(prompt) + len(answer))
            owners += [number] * len(answer)
        owner = torch.tensor(owners)
        sees = torch.tril(torch.ones(len(ids), len(ids), dtype=torch.bool)) & ((owner == 0) | (owner[:, None] == owner))
        mask = torch.zeros(sees.shape).masked_fill(~sees, torch.finfo(torch.float32).min)
        logits = model(torch.tensor([ids]), attention_mask=mask[None, None], position_ids=torch.tensor([positions])).logits[0]
        total += torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="sum").item()
        count += sum(label != -100 for label in labels)
    return total / count


def test_rollouts_lose_what_upstreams_folded_form_loses(automodel, tmp_path):
    def change(content):
        content["dataset"] = {**KINDS["rollouts"], "num_groups": 4}
        content["step_scheduler"].update(max_steps=1, local_batch_size=1)
        content["dataloader"] = {"collate_fn": LLM + "prefix_tree.prefix_tree_collate_fn"}
        del content["validation_dataset"]

    done = automodel(tiny_run.edit(tiny_run.make(tmp_path), change), timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    step = tiny_run.log(tmp_path / "out")[0]
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model", attn_implementation="eager")
    groups = rollouts_of(0)
    with torch.no_grad():
        assert step["loss"] == pytest.approx(folded_loss(model, [next(groups) for _ in range(4)]), rel=1e-6)
    assert step["num_label_tokens"] == 4 * 3 * 5


def test_a_smoke_run_on_long_rollouts(automodel, tmp_path):
    long = {**KINDS["rollouts"], "prompt_len": 5000, "completion_len": 900}
    recipe = tiny_run.edit(tiny_run.make(tmp_path), lambda content: content.update(dataset=long, validation_dataset=long))
    done = automodel("train", "--smoke", recipe, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "made up, as mock_prefix_tree.build_mock_rollout_dataset" in done.stdout


def test_tokens_outside_the_models_vocabulary(automodel, recipe):
    done = automodel(recipe("sentences"), "--dataset.vocab_size=500", timeout=300)
    assert done.returncode == 2 and "outside_vocabulary" in done.stderr, done.stderr


@pytest.mark.parametrize("mock", ["dataset", "validation_dataset"])
def test_beside_real_data(automodel, tmp_path, mock):
    path = tiny_run.make(tmp_path)
    tiny_run.edit(path, lambda content: content.update({mock: KINDS["packs"]}))
    done = automodel("data", path, "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stdout + done.stderr
    done = automodel(path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(tiny_run.log(tmp_path / "out")) == 6 and tiny_run.log(tmp_path / "out", "validation")


def test_gpt2_from_nothing_but_tokens(automodel, tmp_path):
    """As upstream's nanogpt recipe: an architecture without a folder, token files, no tokenizer."""
    header = struct.pack("<256i", 278895051, 1, 4000, 2, *[0] * 252)
    draws = random.Random(1)
    (tmp_path / "part.bin").write_bytes(header + struct.pack("<4000H", *(draws.choice([1, 5, 7]) for _ in range(4000))))
    recipe = tiny_run.recipe(tmp_path)
    recipe["model"] = {"_target_": "nemo_automodel.components.models.gpt2.build_gpt2_model", "vocab_size": 300, "n_embd": 32,
                       "n_layer": 2, "n_head": 2, "n_positions": 64}
    recipe["dataset"] = {"_target_": LLM + "nanogpt_dataset.NanogptDataset", "file_pattern": str(tmp_path / "*.bin"), "seq_len": 32}
    del recipe["validation_dataset"]
    path = tiny_run.write(tmp_path / "recipe.yaml", recipe)
    done = automodel(path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stored in float32" in done.stdout
    losses = [line["loss"] for line in tiny_run.log(tmp_path / "out")]
    assert abs(losses[0] - math.log(300)) < 0.2 and losses[-1] < losses[0]
    config = json.loads((tmp_path / "out/LATEST/model/consolidated/config.json").read_text())
    assert (config["model_type"], config["n_layer"], config["activation_function"]) == ("gpt2", 2, "gelu")
    planned = automodel("plan", path)
    assert planned.returncode == 0 and "GPT2LMHeadModel" in planned.stdout, planned.stderr
