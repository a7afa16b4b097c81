"""Training step by step against a plain PyTorch loop over Transformers and PEFT, in float32.

The tiny models, rows and recipe of tests/tiny_run.py; rows in their order, so that both sides see the same batches.
"""

import json
import re

import pytest
import tiny_run
import torch
from peft import PeftModel
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, Qwen3MoeConfig

IGNORED = -100
BATCH = 4
BETAS, EPS = (0.8, 0.95), 1e-4  # others than the defaults


@pytest.fixture
def recipe(tmp_path):
    torch.set_num_threads(1)
    path = tiny_run.make(tmp_path, num_rows=20)

    def change(content):
        content["dataloader"] = {"shuffle": False}
        content["step_scheduler"].update(num_epochs=50, save_checkpoint_every_epoch=False, ckpt_every_steps=1000)
        content["optimizer"].update(betas=list(BETAS), eps=EPS)
        del content["validation_dataset"]
    return tiny_run.edit(path, change)


def train(automodel, recipe, name, *overrides):
    done = automodel(recipe, f"--checkpoint.checkpoint_dir={recipe.parent / name}", *overrides, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return recipe.parent / name


def tokenized(folder):
    """(ids, labels) of each row: what the assistant says is learnt, its end included."""
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    out = []
    for line in (folder / "train.jsonl").read_text().splitlines():
        messages = json.loads(line)["messages"]
        prompt = tokenizer.apply_chat_template(messages[:1], add_generation_prompt=True, tokenize=False)
        text = tokenizer.apply_chat_template(messages, tokenize=False).removesuffix("\n")
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        known = len(tokenizer(prompt, add_special_tokens=False)["input_ids"])
        out.append((ids, [IGNORED] * known + ids[known:]))
    return out


def padded(rows):
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [IGNORED] * (width - len(labels)) for _, labels in rows])
    mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in rows])
    return ids, labels, mask


def mean_loss(model, rows, smoothing=0.0, z_loss=0.0):
    ids, labels, mask = padded(rows)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].flatten(0, 1)
    labels = labels[:, 1:].flatten()
    loss = cross_entropy(logits, labels, ignore_index=IGNORED, label_smoothing=smoothing)
    return loss + z_loss * logits[labels != IGNORED].logsumexp(-1).square().mean()


def rate(step):
    """The recipe's: up over two steps from a tenth, then down to zero at step 100."""
    return 0.001 + 0.009 * step / 2 if step <= 2 else 0.01 * (1 - (step - 2) / 98)


def plain_loop(model, rows, num_steps, loss_of=mean_loss, norms=None, groups=()):
    """Losses of each step; norms: gets those of the gradients; groups: pattern, factors of lr and weight decay."""
    trained = [p for p in model.parameters() if p.requires_grad]
    left = dict(model.named_parameters())
    optimizer = torch.optim.AdamW([{"params": [], "lr_mult": 1}], lr=0.01, weight_decay=0.01, betas=BETAS, eps=EPS)
    for pattern, lr_mult, wd_mult in groups:
        chosen = [left.pop(name) for name in list(left) if re.search(pattern, name)]
        optimizer.add_param_group({"params": chosen, "lr_mult": lr_mult, "weight_decay": 0.01 * wd_mult})
    optimizer.param_groups[0]["params"] += [p for p in left.values() if p.requires_grad]
    losses = []
    for step in range(num_steps):
        first = step * BATCH % len(rows)
        for group in optimizer.param_groups:
            group["lr"] = rate(step) * group["lr_mult"]
        optimizer.zero_grad()
        loss = loss_of(model, rows[first:first + BATCH])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, 1.0)
        if norms is not None:
            norms.append(norm.item())
        optimizer.step()
        losses.append(loss.item())
    return losses


def assert_same_curve(folder, losses, tolerance):
    ours = [line["loss"] for line in tiny_run.log(folder)]
    assert len(ours) == len(losses)
    assert ours[-1] < 0.7 * ours[0]  # it did learn
    for step, (got, expected) in enumerate(zip(ours, losses)):
        assert got == pytest.approx(expected, rel=tolerance), f"step {step}"


def logits(model, rows):
    model.eval()
    ids, _, mask = padded(rows[:BATCH])
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=mask).logits[mask.bool()]


def assert_close(got, expected, tolerance):
    assert (got - expected).abs().max() <= tolerance * expected.abs().max()


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


@pytest.mark.cpu  # the last steps turn rounding into 5e-5, which the pretended GPU's order of sums makes 1.1e-4
def test_full_fine_tuning_is_the_plain_loop(automodel, recipe):
    folder = train(automodel, recipe, "full", "--step_scheduler.max_steps=50")
    rows = tokenized(recipe.parent)
    model = load(recipe.parent / "model")
    assert_same_curve(folder, plain_loop(model, rows, 50), tolerance=1e-4)
    exported = load(folder / "LATEST/model/consolidated")
    assert_close(logits(exported, rows), logits(model, rows), tolerance=1e-3)


@pytest.mark.parametrize("terms", [{"smoothing": 0.1}, {"z_loss": 0.01}, {"smoothing": 0.3, "z_loss": 0.001}],
                         ids=["smoothing", "z-loss", "both"])
@pytest.mark.parametrize("isa", ["", "reference"])
def test_smoothed_labels_and_z_loss_are_the_plain_loop(automodel, recipe, monkeypatch, terms, isa):
    monkeypatch.setenv("AUTOMODEL_ISA", isa)
    folder = train(automodel, recipe, "terms", "--step_scheduler.max_steps=10",
                   f"--loss_fn.label_smoothing={terms.get('smoothing', 0)}", f"--loss_fn.z_loss={terms.get('z_loss', 0)}")
    model = load(recipe.parent / "model")
    norms = []
    losses = plain_loop(model, tokenized(recipe.parent), 10, lambda m, rows: mean_loss(m, rows, **terms), norms)
    lines = tiny_run.log(folder)
    assert [line["loss"] for line in lines] == pytest.approx(losses, rel=1e-4)
    assert [line["grad_norm"] for line in lines] == pytest.approx(norms, rel=1e-3)


def test_parameter_groups_go_by_transformers_names(automodel, recipe):
    torch.manual_seed(4)
    config = GPT2Config(vocab_size=384, n_embd=64, n_layer=2, n_head=4, n_positions=128, initializer_range=0.1,
                        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(recipe.parent / "model")
    groups = [("bias|ln_", 1, 0), ("c_attn", 0.2, 3)]
    rules = ", ".join(f"{{'pattern': '{p}', 'lr_mult': {lr}, 'wd_mult': {wd}}}" for p, lr, wd in groups)
    folder = train(automodel, recipe, "groups", "--step_scheduler.max_steps=10",
                   f"--optimizer.param_group_overrides=[{rules}]")
    losses = plain_loop(load(recipe.parent / "model"), tokenized(recipe.parent), 10, groups=groups)
    assert [line["loss"] for line in tiny_run.log(folder)] == pytest.approx(losses, rel=1e-4)


def write_routed_model(folder):
    """In place of the Llama: four experts, two a token."""
    torch.manual_seed(3)
    config = Qwen3MoeConfig(vocab_size=384, hidden_size=64, moe_intermediate_size=32, num_hidden_layers=2,
                            num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=128,
                            num_experts=4, num_experts_per_tok=2, norm_topk_prob=True, initializer_range=0.1)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)


@pytest.fixture(params=["llama", "qwen3_moe"])
def lora_recipe(recipe, request):
    is_routed = request.param == "qwen3_moe"
    if is_routed:
        write_routed_model(recipe.parent / "model")

    def with_adapters(content):
        targets = ["attention", "experts", "router"] if is_routed else ["q_proj", "v_proj", "*.mlp.*"]
        content["peft"] = {**tiny_run.PEFT, "target_modules": targets}
        content["checkpoint"]["merged_export"] = True
    return tiny_run.edit(recipe, with_adapters)


def initial_adapter(automodel, recipe):
    """Our adapter before training: a step at a learning rate of zero."""
    return train(automodel, recipe, "initial", "--step_scheduler.max_steps=1", "--optimizer.lr=0",
                 "--lr_scheduler.init_lr=0") / "LATEST/model"


def test_lora_is_pefts(automodel, lora_recipe):
    recipe = lora_recipe
    rows = tokenized(recipe.parent)
    base = recipe.parent / "model"
    peft = PeftModel.from_pretrained(load(base), initial_adapter(automodel, recipe), is_trainable=True)
    folder = train(automodel, recipe, "lora", "--step_scheduler.max_steps=10")
    losses = plain_loop(peft, rows, 10)
    ours = [line["loss"] for line in tiny_run.log(folder)]
    assert ours == pytest.approx(losses, rel=1e-3)
    loaded = PeftModel.from_pretrained(load(base), folder / "LATEST/model")
    assert_close(logits(loaded, rows), logits(peft, rows), tolerance=1e-3)


def test_our_adapter_in_peft_gives_our_logits(automodel, lora_recipe):
    recipe = lora_recipe
    rows = tokenized(recipe.parent)
    folder = train(automodel, recipe, "lora", "--step_scheduler.max_steps=10")
    loaded = PeftModel.from_pretrained(load(recipe.parent / "model"), folder / "LATEST/model")
    merged = load(folder / "LATEST/model/consolidated")
    assert_close(logits(loaded, rows), logits(merged, rows), tolerance=1e-4)
    # The eleventh step's loss is our forward with the adapter beside the weight.
    train(automodel, recipe, "lora", "--step_scheduler.max_steps=11")
    eleventh = tiny_run.log(folder)[10]["loss"]
    first = 10 * BATCH % len(rows)
    assert mean_loss(loaded, rows[first:first + BATCH]).item() == pytest.approx(eleventh, rel=1e-4)
