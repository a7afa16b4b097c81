"""300 steps with bfloat16 weights: how far the loss is from that of float32, beside Transformers in bfloat16."""

import collections

import pytest
import tiny_run
import torch
from safetensors.torch import load_file
from test_training import BATCH, load, mean_loss, tokenized, train
from transformers import AutoModelForCausalLM

STEPS = 300
WINDOW = 10  # steps that are compared as one: what is left of a single step's loss is mostly its rows


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    torch.set_num_threads(1)
    path = tiny_run.make(tmp_path_factory.mktemp("bfloat16"), num_rows=STEPS)
    tiny_run.write_model(path.parent / "model", torch.bfloat16)

    def change(content):
        content["model"]["torch_dtype"] = "bfloat16"
        content["dataloader"] = {"shuffle": False}
        content["step_scheduler"].update(max_steps=STEPS, num_epochs=50, save_checkpoint_every_epoch=False)
        content["optimizer"]["lr"] = 0.002
        content["lr_scheduler"] = {"lr_decay_style": "constant", "lr_warmup_steps": 0}
        del content["validation_dataset"]
    return tiny_run.edit(path, change)


def plain_losses(model, rows):
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        first = step * BATCH % len(rows)
        optimizer.zero_grad()
        loss = mean_loss(model, rows[first:first + BATCH])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


@pytest.fixture(scope="module")
def theirs(recipe):
    """The curve in float32, and how far Transformers' in bfloat16 is from it."""
    rows = tokenized(recipe.parent)
    exact = plain_losses(load(recipe.parent / "model"), rows)
    narrow = AutoModelForCausalLM.from_pretrained(recipe.parent / "model", dtype=torch.bfloat16)
    return exact, distance(plain_losses(narrow, rows), exact)


def distance(losses, exact):
    return (losses - exact).view(-1, WINDOW).mean(1).abs().mean().item()


def state_dtypes(folder):
    """{kind of the optimizer's state: its dtypes}, such as exp_avg."""
    found = collections.defaultdict(set)
    for name, tensor in load_file(folder / "LATEST/optim/state.safetensors").items():
        found[name.split(".")[1]].add(tensor.dtype)
    return found


NARROW = ("--optimizer.exp_avg_dtype=bfloat16", "--optimizer.exp_avg_sq_dtype=bfloat16")
MASTER = {"master_remainder": {torch.int8}}


@pytest.mark.parametrize("options,moments,master", [
    ((), torch.float32, MASTER), (NARROW, torch.bfloat16, MASTER),
    ((*NARROW, "--optimizer.master_weights=false"), torch.bfloat16, {}),
], ids=["exact state", "narrow moments", "as narrow as torch's"])
def test_the_curve_stays_as_near_to_float32(automodel, recipe, theirs, options, moments, master):
    exact, their_distance = theirs
    folder = train(automodel, recipe, f"out{len(options)}", *options)
    assert state_dtypes(folder) == {"exp_avg": {moments}, "exp_avg_sq": {moments}, **master}
    ours = torch.tensor([line["loss"] for line in tiny_run.log(folder)])
    assert ours[-20:].mean() < 0.5 * ours[:20].mean()  # it did learn
    print(f"distance {distance(ours, exact):.5f}, Transformers {their_distance:.5f}")
    assert distance(ours, exact) <= 1.1 * their_distance
