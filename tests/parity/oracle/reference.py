"""Reference numbers of a checkpoint, as Transformers computes them.

For each VARIANT (plain, padded, packed, and image for vision-language models):
    VARIANT.input_ids / .labels      [b, t] int64. Label t belongs to token t (not shifted); -100 is ignored
    VARIANT.attention_mask           padded only, [b, t]: 1 = token, 0 = right padding
    VARIANT.position_ids / .doc_lens packed only: several documents in one row, none sees another
    VARIANT.pixel_values / ...       image only: what the model's forward takes besides ids
    VARIANT.logits                   [b, t, v] float32. Rows of padding hold whatever HF computed: skip them
    VARIANT.loss                     mean over label tokens of cross entropy(logits[t], labels[t + 1]) per document,
                                     and the routers' balance loss where the config has output_router_logits: true
    VARIANT.grad.NAME                d loss / d tensor NAME of the checkpoint, model in eval mode (no dropout)
    VARIANT.experts.LAYER            [b, t, k] int64, which experts a router chose; padding too
    bf16.VARIANT.logits / .experts   with bf16: the same, model loaded in bfloat16
    bf16.VARIANT.given               with bf16: the logits with the experts that float32 chose
    step.loss, step.grad_norm        [3] before each update; step k trains on VARIANT number k mod their count
    trained.NAME                     parameters after 3 steps of clip_grad_norm_ + AdamW
The file's metadata holds model_type, versions, and `training` (lr, betas, eps, weight_decay, max_grad_norm),
`frozen` (tensors of the checkpoint that no optimiser touches), `unused` (trainable, but no gradient reached them).
Gradients and trained parameters are mapped back through Transformers' own reverse conversion, so every name is a name
in the checkpoint. Routers choose by top-k: compare the gradients of such models only where both sides chose alike.
"""

import inspect
import json
import os
import sys
import tempfile

import torch
import torch.nn.functional as F
import transformers
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from .choices import Choices, by_layer
from .configs import IMAGE, PAD
from .weights import load

TRAINING = {"lr": 1e-3, "betas": [0.9, 0.95], "eps": 1e-6, "weight_decay": 0.1, "max_grad_norm": 1.0, "steps": 3}
SEQ = 32
FIRST_TOKEN = 8  # ids below are special tokens: never in the inputs, so padding_idx rows and masks stay out of play

def fixed_inputs(vocab_size):
    """The variants, the same for every model with this vocabulary size."""
    generator = torch.Generator().manual_seed(20260101)

    def tokens(rows):
        return torch.randint(FIRST_TOKEN, vocab_size, (rows, SEQ), generator=generator)

    plain = {"input_ids": tokens(2)}
    plain["labels"] = plain["input_ids"].clone()

    padded = {"input_ids": tokens(2), "attention_mask": torch.ones(2, SEQ, dtype=torch.long)}
    padded["input_ids"][1, 20:] = PAD
    padded["attention_mask"][1, 20:] = 0
    padded["labels"] = padded["input_ids"].clone()
    padded["labels"][0, :8] = -100  # a prompt
    padded["labels"][1, :5] = -100
    padded["labels"][1, 12] = -100
    padded["labels"][1, 20:] = -100

    lengths = torch.tensor([13, 9, 10])
    packed = {"input_ids": tokens(1), "doc_lens": lengths,
              "position_ids": torch.cat([torch.arange(n) for n in lengths.tolist()])[None]}
    packed["labels"] = packed["input_ids"].clone()
    packed["labels"][0, :4] = -100
    packed["labels"][0, 13:16] = -100
    return {"plain": plain, "padded": padded, "packed": packed}


def image_inputs(model):
    """One row with one image; its tokens are contiguous and carry no label."""
    layout, count = IMAGE[model.config.model_type]
    generator = torch.Generator().manual_seed(20260102)
    vision = model.config.vision_config
    ids = torch.randint(FIRST_TOKEN, model.config.get_text_config().vocab_size, (1, SEQ), generator=generator)
    is_image = torch.zeros_like(ids)
    is_image[:, 3 : 3 + count] = 1
    image_token = getattr(model.config, "image_token_id", None) or getattr(model.config, "image_token_index", None)
    ids[is_image.bool()] = image_token
    batch = {"input_ids": ids, "labels": ids.masked_fill(is_image.bool(), -100)}
    if layout == "grid":
        width = getattr(vision, "in_channels", 3) * getattr(vision, "temporal_patch_size", 1) * 8 * 8
        batch |= {"pixel_values": torch.randn(16, width, generator=generator),
                  "image_grid_thw": torch.tensor([[1, 4, 4]])}
    else:
        shape = {"square": (1, 3, 32, 32), "tiles": (1, 1, 3, 32, 32)}[layout]
        batch["pixel_values"] = torch.randn(shape, generator=generator)
    optional = {"mm_token_type_ids": is_image, "token_type_ids": is_image}
    if vision.model_type == "pixtral":
        optional["image_sizes"] = torch.tensor([[32, 32]])
    accepted = inspect.signature(model.forward).parameters
    return batch | {key: value for key, value in optional.items() if key in accepted}


def logits_and_loss(model, batch):
    """Documents of a packed row run one by one: what any correct packed forward must equal."""
    balanced = getattr(model.config, "output_router_logits", False) and hasattr(model, "router_aux_loss_coef")
    if "doc_lens" in batch:
        lengths = batch["doc_lens"].tolist()
        outputs = [model(input_ids=ids) for ids in batch["input_ids"].split(lengths, dim=1)]
        labels = batch["labels"].split(lengths, dim=1)
    elif balanced:
        output = model(**batch)  # its own sum of both losses
        return output.logits, output.loss
    else:
        extra = {key: value for key, value in batch.items() if key != "labels"}
        outputs, labels = [model(**extra)], [batch["labels"]]
    parts = [output.logits for output in outputs]
    scores = torch.cat([part[:, :-1].reshape(-1, part.shape[-1]) for part in parts]).float()
    targets = torch.cat([part[:, 1:].reshape(-1) for part in labels])
    loss = F.cross_entropy(scores, targets, ignore_index=-100)
    if balanced:
        loss = loss + model.router_aux_loss_coef * balance_loss(model, outputs)
    return torch.cat(parts, dim=1), loss


def balance_loss(model, outputs):
    """Transformers' own, of documents that ran one by one, as if they had been one batch."""
    layers = tuple(torch.cat(logits) for logits in zip(*(output.router_logits for output in outputs), strict=True))
    load_balancing_loss = sys.modules[type(model).__module__].load_balancing_loss_func
    return load_balancing_loss(layers, model.num_experts, model.num_experts_per_tok)


def on_disk(model, tensors):
    """`tensors` (a dict with the keys of model.state_dict()) under the names and layouts of the checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, state_dict=tensors, max_shard_size="100GB")
        return load_file(os.path.join(folder, "model.safetensors"))


def gradients(model):
    state = model.state_dict(keep_vars=True)
    grads = {}  # tied tensors must stay one object, as save_pretrained drops the copies by identity
    for tensor in state.values():
        grads.setdefault(id(tensor), torch.zeros_like(tensor) if tensor.grad is None else tensor.grad)
    return {key: grads[id(tensor)].detach() for key, tensor in state.items()}


def trainable_names(model):
    """Checkpoint names that hold trained parameters: ones marked, converted, looked up."""
    state = model.state_dict(keep_vars=True)
    marks = {}
    for tensor in state.values():
        trained = isinstance(tensor, torch.nn.Parameter) and tensor.requires_grad
        marks.setdefault(id(tensor), torch.full_like(tensor, float(trained)).detach())
    marked = on_disk(model, {key: marks[id(tensor)] for key, tensor in state.items()})
    return {name for name, mark in marked.items() if mark.any()}


def checkpoint_shapes(folder):
    shapes = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".safetensors"):
            with safe_open(os.path.join(folder, file), "pt") as tensors:
                shapes |= {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}
    return shapes


def named_choices(model, variant, made, batch):
    layers = by_layer(model, made, len(batch["input_ids"]))
    return {f"{variant}.experts.{layer}": experts for layer, experts in layers.items()}


def in_bfloat16(model, variant, batch, choices):
    with Choices() as routers:
        logits, _ = logits_and_loss(model, batch)
    out = {f"bf16.{variant}.logits": logits}
    if choices:
        with Choices(choices):
            out[f"bf16.{variant}.given"], _ = logits_and_loss(model, batch)
    return out | {f"bf16.{name}": experts for name, experts in named_choices(model, variant, routers.made, batch).items()}


def reference(checkpoint_dir, out_file, variants=None, bf16=False):
    model = load(checkpoint_dir, torch.float32)
    batches = fixed_inputs(model.config.get_text_config().vocab_size)
    if model.config.model_type in IMAGE:
        batches["image"] = image_inputs(model)
    variants = list(variants or batches)
    trained = trainable_names(model)
    shapes = checkpoint_shapes(checkpoint_dir)
    unused = set(trained)
    out, choices = {}, {}
    for variant in variants:
        batch = batches[variant]
        model.zero_grad(set_to_none=True)
        with Choices() as routers:
            logits, loss = logits_and_loss(model, batch)
        choices[variant] = routers.made
        out |= named_choices(model, variant, routers.made, batch)
        loss.backward()
        grads = on_disk(model, gradients(model))
        if {name: tuple(g.shape) for name, g in grads.items()} != shapes:
            raise ValueError(f"gradients of {checkpoint_dir} do not map back to its tensors")
        if not torch.isfinite(logits).all() or not all(torch.isfinite(g).all() for g in grads.values()):
            raise ValueError(f"{checkpoint_dir}: {variant} is not finite")
        unused -= {name for name in trained if grads[name].any()}
        out |= {f"{variant}.{key}": value for key, value in batch.items()}
        out |= {f"{variant}.logits": logits.detach(), f"{variant}.loss": loss.detach()}
        out |= {f"{variant}.grad.{name}": grads[name] for name in sorted(trained)}

    losses, norms = train(model, [batches[variant] for variant in variants],
                          lambda model, batch: logits_and_loss(model, batch)[1])
    after = on_disk(model, model.state_dict())
    out |= {f"trained.{name}": after[name] for name in sorted(trained)}
    out |= {"step.loss": losses, "step.grad_norm": norms}
    if bf16:
        half = load(checkpoint_dir, torch.bfloat16)
        with torch.no_grad():
            for variant in variants:
                out |= in_bfloat16(half, variant, batches[variant], choices[variant])

    metadata = {"model_type": model.config.model_type, "architecture": model.config.architectures[0],
                "torch": torch.__version__, "transformers": transformers.__version__, "variants": variants,
                "training": TRAINING, "frozen": sorted(set(shapes) - trained), "unused": sorted(unused)}
    save_file({key: value.contiguous().clone() for key, value in out.items()}, out_file,
              {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()})
    return {"loss": float(out[f"{variants[0]}.loss"]), "grad_norm": norms.tolist(), "frozen": metadata["frozen"],
            "unused": metadata["unused"], "tensors": len(shapes)}


def train(model, batches, loss_of):
    """Plain AdamW on every parameter, one tensor at a time; returns loss_of(model, batch) and gradient norm before each
    step."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=TRAINING["lr"], betas=TRAINING["betas"], eps=TRAINING["eps"],
                                  weight_decay=TRAINING["weight_decay"], foreach=False)
    losses, norms = [], []
    for step in range(TRAINING["steps"]):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model, batches[step % len(batches)])
        loss.backward()
        for parameter in parameters:  # a tensor no gradient reached is still decayed: one rule for all of them
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, TRAINING["max_grad_norm"]))
        losses.append(loss.detach())
        optimizer.step()
    return torch.stack(losses), torch.stack(norms)
