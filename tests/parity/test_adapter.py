"""Adapters between PEFT and us, both ways: of every supported model_type one that we write, which PEFT must load without
a warning and compute with as we do; of those that differ in kind also one that PEFT writes, gradients and merging."""

import re
import warnings

import pytest
import torch
from oracle.configs import SDPA, tiny_config
from oracle.weights import load, make, model_class, randomise
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from test_families import NAMES
from transformers.pytorch_utils import Conv1D

pytestmark = [pytest.mark.usefixtures("no_warnings"), pytest.mark.gpu]

TOLERANCE = 1e-4
IDS = torch.arange(8, 24).unsqueeze(0)
TYPES = sorted({name.split(":")[0] for name in NAMES})
# Fused, grouped and transposed linears; shared keys; experts from files of each, fused, transposed, with biases; latent
# attention; shared experts; a dense feed-forward beside experts.
KINDS = ["aria_text", "bloom", "codegen", "deepseek_v3", "falcon:40b", "gemma4_text:moe", "gemma4_text:shared",
         "gpt2", "gpt_bigcode", "gpt_neox", "gpt_oss", "granitemoeshared", "hunyuan_v1_moe", "llama", "llama4_text",
         "mixtral", "mpt", "phi3", "qwen2_moe", "qwen3_moe"]
# Names that PEFT 0.21 takes in target_modules for those of Transformers 4, whatever module has them.
OLD_NAMES = {"gate", "gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"}
ROUTER = re.compile(r"(mlp\.gate|router)\.(base_layer\.)?weight$")
# What PEFT 0.21 cannot do with adapters, its own neither.
PEFT_FAILS = {"dbrx": (RuntimeError, "size mismatch"),  # all experts are one matrix to it; and AttributeError if run
              "laguna": (UserWarning, "missing adapter keys.*shared_experts")}  # a pattern matches the new name too


@pytest.fixture(scope="module", params=KINDS)
def checkpoint(request, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("model") / "checkpoint"
    make(request.param, str(folder), seed=7)
    return folder


def results(model):
    """(logits, {name in PEFT's file: gradient of the mean loss})"""
    out = model(IDS, labels=IDS)
    out.loss.backward()
    grads = {name.replace(".default.", "."): parameter.grad for name, parameter in model.named_parameters()
             if ".lora_" in name}
    return out.logits.detach()[0], grads


def our_results(folder):
    return load_file(folder / "logits.safetensors")["logits"], load_file(folder / "adapter_model.safetensors")


def assert_equal(ours, theirs):
    (our_logits, our_grads), (their_logits, their_grads) = ours, theirs
    assert (our_logits - their_logits).abs().max() <= TOLERANCE * their_logits.abs().max()
    assert set(our_grads) == set(their_grads)
    largest = max(grad.abs().max() for grad in their_grads.values())
    wrong = {}
    for name, theirs_ in their_grads.items():
        error = (our_grads[name] - theirs_).abs().max()
        if not error <= TOLERANCE * theirs_.abs().max() + 1e-7 * largest:
            wrong[name] = (error / theirs_.abs().max()).item()
    assert not wrong, wrong


def without_adapter(model):
    with torch.no_grad(), model.disable_adapter():
        return model(IDS).logits[0]


def test_peft_computes_what_we_do(tool, checkpoint, tmp_path):
    tool("adapter_tool", "write", checkpoint, tmp_path / "adapter", tmp_path / "ours", "all")
    model = PeftModel.from_pretrained(load(str(checkpoint), torch.float32), tmp_path / "adapter", is_trainable=True)
    theirs = results(model.eval())
    plain = without_adapter(model)
    assert (theirs[0] - plain).abs().max() > 0.1 * plain.abs().max()
    assert_equal(our_results(tmp_path / "ours"), theirs)


def test_one_layer_is_one_layer(tool, checkpoint, tmp_path):
    tool("adapter_tool", "write", checkpoint, tmp_path / "adapter", tmp_path / "ours", "1")
    model = PeftModel.from_pretrained(load(str(checkpoint), torch.float32), tmp_path / "adapter", is_trainable=True)
    names = set(load_file(tmp_path / "adapter" / "adapter_model.safetensors"))
    assert names and all(".1." in name for name in names)
    assert_equal(our_results(tmp_path / "ours"), results(model.eval()))


def peft_targets(model):
    """What a user of PEFT names: linear modules, and of routed models parameters."""
    parameters = [name for name, value in model.named_parameters() if value.dim() == 3 or ROUTER.search(name)]
    modules = [name for name, module in model.named_modules()
               if isinstance(module, (torch.nn.Linear, Conv1D)) and module is not model.get_output_embeddings()]
    if parameters:
        modules = [name for name in modules if name.rpartition(".")[2] not in OLD_NAMES | {"router"}]
    return modules, parameters


def random_peft_adapter(model, targets):
    modules, parameters = targets
    is_conv1d = any(isinstance(module, Conv1D) for module in model.modules())
    config = LoraConfig(r=4, lora_alpha=6, target_modules=modules, target_parameters=parameters or None,
                        fan_in_fan_out=is_conv1d, task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config).eval()
    generator = torch.Generator().manual_seed(3)
    for name, parameter in adapted.named_parameters():
        if ".lora_" in name:
            parameter.data.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return adapted


@pytest.mark.parametrize("part", ["all", "last"])
def test_we_compute_what_peft_does(tool, checkpoint, tmp_path, part):
    base = load(str(checkpoint), torch.float32)
    modules, parameters = peft_targets(base)
    targets = (modules, parameters) if part == "all" else ([], parameters[-1:]) if parameters else (modules[-1:], [])
    model = random_peft_adapter(base, targets)
    model.save_pretrained(tmp_path / "adapter")
    tool("adapter_tool", "read", checkpoint, tmp_path / "adapter", tmp_path / "ours")
    assert_equal(our_results(tmp_path / "ours"), results(model))


def test_our_merge_is_pefts(automodel, checkpoint, tmp_path):
    model = random_peft_adapter(load(str(checkpoint), torch.float32), peft_targets(load(str(checkpoint), torch.float32)))
    model.save_pretrained(tmp_path / "adapter")
    done = automodel("merge", tmp_path / "adapter", tmp_path / "merged", "--base", checkpoint)
    assert done.returncode == 0, done.stderr
    merged = load(str(tmp_path / "merged"), torch.float32).state_dict()
    theirs = model.merge_and_unload().state_dict()
    assert set(merged) == set(theirs)
    for name, value in theirs.items():
        assert (merged[name] - value).abs().max() <= 1e-6 * value.abs().max(), name


def adapter_of_head(checkpoint, folder, dtype):
    """PEFT's, trained beside the base in this type. Returns what PEFT makes of both."""
    model = random_peft_adapter(load(str(checkpoint), dtype), (["lm_head", "q_proj"], []))
    with pytest.warns(UserWarning, match="embedding layers found"):
        model.save_pretrained(folder)
    assert any(".base_layer." in name for name in load_file(folder / "adapter_model.safetensors"))
    return model


@pytest.mark.parametrize(("name", "stored", "trained"), [
    ("mistral", "float32", "float32"), ("mistral", "float32", "bfloat16"), ("mistral", "bfloat16", "float16"),
    ("phi", "float32", "float32")])  # its head has a bias
def test_an_adapted_head(automodel, tmp_path, name, stored, trained):
    """PEFT stores the head's own weight beside its adapter."""
    torch.set_num_threads(1)
    checkpoint = tmp_path / "checkpoint"
    make(name, str(checkpoint), seed=7, dtype=stored)
    theirs = adapter_of_head(checkpoint, tmp_path / "adapter", getattr(torch, trained)).merge_and_unload().state_dict()
    done = automodel("merge", tmp_path / "adapter", tmp_path / "merged", "--base", checkpoint)
    assert done.returncode == 0, done.stderr
    merged = load(str(tmp_path / "merged"), torch.float32).state_dict()
    tolerance = 1e-6 if stored == trained else 2**-7
    for key in ("lm_head.weight", "model.layers.0.self_attn.q_proj.weight"):
        assert (merged[key] - theirs[key]).abs().max() <= tolerance * theirs[key].abs().max(), key
    make(name, str(checkpoint), seed=8, dtype=stored)
    done = automodel("merge", tmp_path / "adapter", tmp_path / "other", "--base", checkpoint)
    assert done.returncode == 2
    assert "of lm_head than the base model: it was trained beside another base, or changes it" in done.stderr
    assert not (tmp_path / "other").exists()


def test_an_adapted_head_that_is_tied(automodel, tmp_path):
    torch.set_num_threads(1)
    make("llama:bias", str(tmp_path / "checkpoint"), seed=7)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tie_word_embeddings")
        adapter_of_head(tmp_path / "checkpoint", tmp_path / "adapter", torch.float32)
    done = automodel("merge", tmp_path / "adapter", tmp_path / "out", "--base", tmp_path / "checkpoint")
    assert done.returncode == 2
    assert "no linear layer 'lm_head'; a head that is tied to the embedding takes no adapter here" in done.stderr


def fresh_model(name, folder, **changes):
    torch.set_num_threads(1)
    torch.manual_seed(7)
    attention = "sdpa" if name in SDPA else "eager"
    config = tiny_config(name)
    config.update(changes)
    model = model_class(name).from_config(config, attn_implementation=attention).eval()
    randomise(model, seed=7)
    model.save_pretrained(folder)
    return model


@pytest.mark.parametrize("name", TYPES)
def test_every_type(automodel, tool, tmp_path, name):
    """Adapters on all linear layers, experts, routers and untied heads included."""
    base = fresh_model(name, tmp_path / "checkpoint")
    tool("adapter_tool", "write", tmp_path / "checkpoint", tmp_path / "adapter", tmp_path / "ours", "all")
    if name in PEFT_FAILS:
        error, text = PEFT_FAILS[name]
        with pytest.raises(error, match=text):
            PeftModel.from_pretrained(base, tmp_path / "adapter")
        done = automodel("merge", tmp_path / "adapter", tmp_path / "merged", "--base", tmp_path / "checkpoint")
        assert done.returncode == 0, done.stderr
        model = load(str(tmp_path / "merged"), torch.float32)
    else:
        model = PeftModel.from_pretrained(base, tmp_path / "adapter")
        assert_adapts_every_linear(model)
    assert_same_logits(tmp_path / "ours", model)


def test_a_routed_type_without_a_routed_layer(tool, tmp_path):
    """PEFT takes the names of its feed-forwards in target_modules for experts, by the type alone."""
    base = fresh_model("qwen3_moe", tmp_path / "checkpoint", mlp_only_layers=[0, 1, 2])
    tool("adapter_tool", "write", tmp_path / "checkpoint", tmp_path / "adapter", tmp_path / "ours", "all")
    model = PeftModel.from_pretrained(base, tmp_path / "adapter")
    assert_adapts_every_linear(model)
    assert_same_logits(tmp_path / "ours", model)


def assert_same_logits(ours, model):
    with torch.no_grad():
        theirs = model(IDS).logits[0]
    assert (our_results(ours)[0] - theirs).abs().max() <= TOLERANCE * theirs.abs().max()


def assert_adapts_every_linear(model):
    """Every linear module but a tied head, and every matrix of experts and routers."""
    base = model.get_base_model()
    wrappers = [module for module in model.modules() if hasattr(module, "lora_A")]
    modules = {id(module.get_base_layer()) for module in wrappers if not hasattr(module, "parameter_name")}
    parameters = {id(module.get_param()) for module in wrappers if hasattr(module, "parameter_name")}
    tied = id(base.get_input_embeddings().weight)
    missing = [name for name, module in base.named_modules() if isinstance(module, (torch.nn.Linear, Conv1D))
               and ".lora_" not in name and id(module) not in modules and id(module.weight) not in parameters | {tied}]
    missing += [name for name, value in base.named_parameters() if ".lora_" not in name and id(value) not in parameters
                and (value.dim() == 3 or ROUTER.search(name))]
    assert not missing, missing
