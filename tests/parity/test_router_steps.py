"""Steps with upstream's balance loss, the z-loss and moving corrections against a plain loop over Transformers' models,
in float32: written from the papers' formulas, over the whole batch where the program cuts it into micro-batches."""

import pytest
import tiny_run
import torch
from test_training import BATCH, load, mean_loss, padded, rate, tokenized, train

STEPS = 6
AUX, Z = 0.5, 0.05  # far above the usual, so that they weigh as much as the tokens' loss


def make(folder, model):
    path = tiny_run.make(folder, num_rows=20, **model)

    def change(content):
        content["dataloader"] = {"shuffle": False}
        content["step_scheduler"].update(num_epochs=50, save_checkpoint_every_epoch=False, max_steps=STEPS)
        del content["validation_dataset"]
    return tiny_run.edit(path, change)


class Routers:
    """What each router of a model returned in its last forward: (logits, chosen experts)."""

    def __init__(self, model):
        self.outputs = {}
        for name, module in model.named_modules():
            if name.endswith("mlp.gate"):
                module.register_forward_hook(self.keep(name))

    def keep(self, name):
        def hook(module, inputs, output):
            self.outputs[name] = (output[0], output[2])
        return hook


def one_hot(chosen, experts):
    return torch.nn.functional.one_hot(chosen, experts).sum(1).float()


def balance_of_documents(logits, chosen, mask, sigmoid):
    """Weighted by the documents' tokens."""
    experts, k = logits.shape[-1], chosen.shape[-1]
    scores = logits.sigmoid() if sigmoid else logits.softmax(-1)
    scores = (scores / scores.sum(-1, keepdim=True)).view(*mask.shape, experts)
    choices = one_hot(chosen, experts).view(*mask.shape, experts)
    total = 0
    for row in range(len(mask)):
        real = mask[row].bool()
        f = choices[row][real].mean(0) * experts / k
        total = total + real.sum() * (f * scores[row][real].mean(0)).sum()
    return total / mask.sum()


def z_loss(logits, mask):
    return logits[mask.view(-1).bool()].logsumexp(-1).square().mean()


def move_corrections(model, routers, mask, factor):
    for name, (logits, chosen) in routers.outputs.items():
        load_of = one_hot(chosen, logits.shape[-1])[mask.view(-1).bool()].sum(0)
        model.get_submodule(name).e_score_correction_bias += factor * (load_of.mean() - load_of).sign()


def plain_loop(model, rows, factor):
    """{name in training.jsonl: value} of each step."""
    routers = Routers(model)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.01, weight_decay=0.01)
    steps = []
    for step in range(STEPS):
        batch = rows[step * BATCH % len(rows):][:BATCH]
        mask = padded(batch)[2]
        optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.zero_grad()
        loss = mean_loss(model, batch)
        outputs = routers.outputs.values()
        balances = [balance_of_documents(logits, chosen, mask, factor is not None) for logits, chosen in outputs]
        z_losses = [z_loss(logits, mask) for logits, _ in outputs]
        added = AUX * sum(balances) + Z * sum(z_losses)
        (loss + added).backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if factor:
            with torch.no_grad():
                move_corrections(model, routers, mask, factor)
        steps.append({"loss": loss.item(), "aux_loss": added.item(), "grad_norm": norm.item(),
                      "sequence_balance_loss": sum(balances).item() / len(balances),
                      "z_loss": sum(z_losses).item() / len(z_losses)})
    return steps


@pytest.mark.parametrize("kind", ["qwen3_moe", "deepseek_v3"])
def test_steps_are_those_of_the_plain_loop(automodel, tmp_path, kind):
    torch.set_num_threads(1)
    factor = 0.05 if kind == "deepseek_v3" else None
    recipe = make(tmp_path, tiny_run.DEEPSEEK if factor else tiny_run.QWEN_MOE)
    options = [f"--model.moe_overrides.aux_loss_coeff={AUX}", f"--model.moe_overrides.z_loss_coeff={Z}"]
    if factor:
        options.append(f"--model.moe_overrides.gate_bias_update_factor={factor}")
    folder = train(automodel, recipe, "out", *options)
    model = load(tmp_path / "model")
    expected = plain_loop(model, tokenized(tmp_path), factor)
    for step, (ours, theirs) in enumerate(zip(tiny_run.log(folder), expected, strict=True)):
        got = {name: ours[name] for name in theirs}
        assert got == pytest.approx(theirs, rel=1e-3 if step else 1e-5), f"step {step}"
    if factor:
        exported = load(folder / "LATEST/model/consolidated")
        ours, theirs = [m.model.layers[1].mlp.gate.e_score_correction_bias for m in (exported, model)]
        assert ours.any() and torch.allclose(ours, theirs, atol=1e-6)
