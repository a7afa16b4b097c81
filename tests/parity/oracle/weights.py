"""Checkpoints with weights that hide nothing: norm gains differ from one, biases from zero, routers from uniform."""

import json
import os
import re

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

from .configs import IMAGE, SDPA, base_type, tiny_config

MAX_PARAMETERS = 5_000_000

STRUCTURED = re.compile(r"A_log|dt_bias|\.D$|time_(decay|first|mix)|recurrent_param|_hc\.(base|scale|fn)|slope")
CORRECTION = re.compile(r"correction_bias|expert_bias|e_score|moe_statics|routing_bias|layer_scalar")
ROUTER = re.compile(r"(router|gate|classifier|gate\.wg|router\.layer)\.weight$")


@torch.no_grad()
def randomise(model, seed):
    """Replaces the usual initialisation (0.02, ones, zeros) by values of order one in effect."""
    generator = torch.Generator().manual_seed(seed)
    experts = {getattr(model.config.get_text_config(), key, None) for key in
               ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")} - {None}
    done = set()
    for name, tensor in model.state_dict(keep_vars=True).items():
        frozen_buffer = not isinstance(tensor, torch.nn.Parameter) and not CORRECTION.search(name)
        if frozen_buffer or not tensor.is_floating_point() or tensor.data_ptr() in done:
            continue
        done.add(tensor.data_ptr())
        noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float32)
        constant = tensor.numel() < 2 or tensor.float().std() == 0
        if CORRECTION.search(name):
            tensor.data.add_(0.05 * noise)  # small beside the scores, so that every expert still gets tokens
        elif tensor.ndim < 2 or constant or STRUCTURED.search(name):
            tensor.data.add_(0.2 * noise)
        elif tensor.ndim == 3 and tensor.shape[1] == 1:  # depthwise convolution
            tensor.data.copy_(0.4 * noise)
        elif ROUTER.search(name) and tensor.ndim == 2 and tensor.shape[0] in experts:
            tensor.data.copy_(0.25 * noise)
        else:
            tensor.data.copy_(0.12 * noise)
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding) and module.padding_idx is not None:
            module.weight.data[module.padding_idx] = 0.0  # as in the library's own initialisation
        if hasattr(module, "tid2eid"):  # DeepSeek-V4 routes by token id in its first layers
            scores = torch.rand(module.tid2eid.shape[0], max(experts), generator=generator)
            module.tid2eid.copy_(scores.topk(module.tid2eid.shape[1]).indices)


def model_class(name):
    return AutoModelForImageTextToText if base_type(name) in IMAGE else AutoModelForCausalLM


def write_old_rope(folder):
    """Rewrites config.json as before Transformers v5: rope_theta, rope_scaling, partial_rotary_factor, torch_dtype."""
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    scaling = config.pop("rope_parameters", None)
    if scaling is None or "rope_theta" not in scaling:
        raise ValueError("--old-rope needs one flat rope_parameters")
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in scaling:
            config[key] = scaling.pop(key)
    config["rope_scaling"] = None if scaling["rope_type"] == "default" else scaling
    config["torch_dtype"] = config.pop("dtype")
    with open(path, "w") as file:
        json.dump(config, file, indent=2)


def write_type(folder, model_type):
    """The type by which AutoModelForCausalLM knows the model, where its configuration class has another: gpt-sw3."""
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    if config["model_type"] != model_type:
        with open(path, "w") as file:
            json.dump(config | {"model_type": model_type}, file, indent=2)


def make(name, out_dir, seed=0, settings=(), dtype="float32", shard_size=None, old_rope=False):
    """Writes the tiny checkpoint and proves that it loads back, complete and unchanged."""
    config = tiny_config(name, settings)
    with torch.device("meta"):
        count = sum(p.numel() for p in model_class(name).from_config(config).parameters())
    if count > MAX_PARAMETERS:
        raise ValueError(f"{count} parameters: {name} needs smaller sizes in TYPES")
    torch.manual_seed(seed)
    model = model_class(name).from_config(config, attn_implementation="eager")
    randomise(model, seed)
    model = model.to(getattr(torch, dtype)).eval()
    model.save_pretrained(out_dir, **({"max_shard_size": shard_size} if shard_size else {}))
    write_type(out_dir, base_type(name))
    if old_rope:
        write_old_rope(out_dir)
    reloaded = load(out_dir, getattr(torch, dtype))
    if getattr(reloaded.config, "rope_parameters", None) != getattr(model.config, "rope_parameters", None):
        raise ValueError(f"rope changed: {model.config.rope_parameters} -> {reloaded.config.rope_parameters}")
    for (key, ours), theirs in zip(model.state_dict().items(), reloaded.state_dict().values(), strict=True):
        if not torch.equal(ours, theirs):
            raise ValueError(f"{key} changed through save and load")
    return count


def load(checkpoint_dir, dtype):
    """The checkpoint as a Hugging Face model in eval mode; a missing or unexpected tensor is an error."""
    config = AutoConfig.from_pretrained(checkpoint_dir)
    architecture = getattr(transformers, config.architectures[0])
    attention = "sdpa" if config.model_type in SDPA else "eager"
    model, info = architecture.from_pretrained(
        checkpoint_dir, dtype=dtype, attn_implementation=attention, output_loading_info=True)
    problems = {key: sorted(map(str, value)) for key, value in info.items() if value}
    if problems:
        raise ValueError(f"{checkpoint_dir}: {problems}")
    for key, parameter in model.named_parameters():
        if CORRECTION.search(key):
            parameter.requires_grad_(False)  # moved by load balancing, never by an optimiser
    for part in {id(c): c for c in (model.config, model.config.get_text_config())}.values():
        part.use_cache = False
    return model.eval()
