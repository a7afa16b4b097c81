"""Every supported model_type against live Transformers: logits, loss, every gradient, three AdamW steps, export.

Tiny random models whose every switch and weight is away from the value that hides it (oracle/). Tolerance: float32
rounding of sums over at most a few hundred terms, relative to each tensor's largest entry.
"""

import json
import shutil

import compare
import pytest
import torch
from oracle.reference import reference
from oracle.weights import load, make
from safetensors.torch import load_file, save_file
from sway import unexplained

TOLERANCE = 1e-4
WEIGHTS, GENERATION = "model.safetensors", "generation_config.json"
NAMES = [
    "afmoe",
    "arcee",
    "aria_text",
    "axk1",
    "beam",
    "biogpt",
    "bloom",
    "bloom:12heads",
    "codegen",
    "cohere",
    "cohere2",
    "cohere2_moe",
    "cohere:qknorm",
    "cohere_compass_text",
    "cwm",
    "dbrx",
    "deepseek_v2",
    "deepseek_v2:lite",
    "deepseek_v3",
    "dots1",
    "ernie4_5",
    "ernie4_5_moe",
    "exaone4",
    "exaone_moe",
    "falcon",
    "falcon:11b",
    "falcon:40b",
    "falcon:alibi",
    "flex_olmo",
    "flint",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gemma4_text",
    "gemma4_text:moe",
    "gemma4_text:shared",
    "gemma4_unified_text",
    "glm",
    "glm4",
    "glm4_moe",
    "glm4_moe_lite",
    "gpt-sw3",
    "gpt2",
    "gpt2:by_depth",
    "gpt_bigcode",
    "gpt_bigcode:mha",
    "gpt_neo",
    "gpt_neox",
    "gpt_neox:sequential",
    "gpt_neox_japanese",
    "gpt_oss",
    "gptj",
    "granite",
    "granite_swa",
    "granitemoe",
    "granitemoe_swa",
    "granitemoeshared",
    "helium",
    "hunyuan_v1_dense",
    "hunyuan_v1_moe",
    "hy_v3",
    "hyperclovax",
    "internlm3",
    "iquestcoder",
    "jais2",
    "kolibri1",
    "laguna",
    "laguna:per_element",
    "llama",
    "llama4_text",
    "llama:bias",
    "llama:dynamic",
    "llama:linear",
    "llama:mha",
    "llama:yarn",
    "mellum",
    "mimo_v2_flash",
    "minicpm3",
    "minimax_m2",
    "ministral",
    "ministral3",
    "mistral",
    "mixtral",
    "modernbert-decoder",
    "modernbert-decoder:bias",
    "mpt",
    "mpt:12heads",
    "nanochat",
    "nemotron",
    "olmo",
    "olmo2",
    "olmo3",
    "olmoe",
    "openai-gpt",
    "opt",
    "opt:125m",
    "opt:350m",
    "opt:plain",
    "persimmon",
    "phi",
    "phi3",
    "phi3:window",
    "phi:qknorm",
    "qwen2",
    "qwen2:window",
    "qwen2_moe",
    "qwen3",
    "qwen3:window",
    "qwen3_moe",
    "seed_oss",
    "smollm3",
    "solar_open",
    "stablelm",
    "stablelm:parallel",
    "starcoder2",
    "vaultgemma",
    "youtu",
]


@pytest.fixture(scope="module", params=NAMES)
def case(request, tmp_path_factory):
    """(name, checkpoint folder, reference file)"""
    folder = tmp_path_factory.mktemp("model")
    torch.set_num_threads(1)
    make(request.param, str(folder / "checkpoint"), seed=7)
    reference(str(folder / "checkpoint"), str(folder / "reference.safetensors"), bf16=True)
    return request.param, folder / "checkpoint", folder / "reference.safetensors"


def trace(automodel, checkpoint, reference_file, out, *options):
    done = automodel("trace", checkpoint, reference_file, out, *options)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def traced(automodel, case, tmp_path_factory):
    """Our numbers on the reference's inputs."""
    _, checkpoint, reference_file = case
    return trace(automodel, checkpoint, reference_file, tmp_path_factory.mktemp("traced") / "out")


def assert_close(ours, reference_file):
    wrong = {name: error for name, error in compare.errors(ours, reference_file).items() if not error <= TOLERANCE}
    assert not wrong, wrong


@pytest.mark.gpu
def test_equals_transformers(traced, case, tmp_path):
    """Where a number is further off, no further than twice what last bits of the weights make of Transformers' own."""
    _, checkpoint, reference_file = case
    assert unexplained(traced, reference_file, checkpoint, tmp_path, TOLERANCE) == {}


def test_recompute_is_bit_equal(automodel, traced, case, tmp_path):
    _, checkpoint, reference_file = case
    for kind in ("full", "selective"):
        recomputed = trace(automodel, checkpoint, reference_file, tmp_path / kind, f"--recompute={kind}")
        assert traced.read_bytes() == recomputed.read_bytes(), kind


def choices(names, variants):
    """Of the names in a reference file, those of the experts that routers chose."""
    return [name for name in names if name.startswith(tuple(f"{variant}.experts." for variant in variants))]


def assert_exported_as_imported(automodel, checkpoint, out):
    done = automodel("convert", checkpoint, out)
    assert done.returncode == 0, done.stderr
    compare.assert_same_tensors(load_file(out / WEIGHTS), load_file(checkpoint / WEIGHTS))
    assert (out / WEIGHTS).read_bytes() == (checkpoint / WEIGHTS).read_bytes()
    assert json.loads((out / "config.json").read_text()) == json.loads((checkpoint / "config.json").read_text())


def test_export_is_the_import_and_loads_in_transformers(automodel, case, tmp_path):
    """The same tensors byte for byte, in the same dtypes and under the same names; Transformers misses none of them and
    finds none too many. Also as Transformers saves a model in bfloat16: parts of routers stay float32."""
    _, checkpoint, reference_file = case
    assert_exported_as_imported(automodel, checkpoint, tmp_path / "out")
    assert (tmp_path / "out" / GENERATION).read_bytes() == (checkpoint / GENERATION).read_bytes()
    load(str(tmp_path / "out"), torch.float32)  # raises for a missing or unexpected key
    if choices(compare.load(reference_file)[0], ["plain"]):
        load(str(checkpoint), torch.bfloat16).save_pretrained(tmp_path / "bfloat16")
        assert_exported_as_imported(automodel, tmp_path / "bfloat16", tmp_path / "out_bfloat16")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_rounded_model_keeps_float32_where_transformers_does(automodel, case, tmp_path, dtype):
    """The same tensors byte for byte, in the same types: of some routers, sinks and norms, float32."""
    _, checkpoint, _ = case
    done = automodel("convert", checkpoint, tmp_path / "ours", "--dtype", dtype)
    assert done.returncode == 0, done.stderr
    load(str(checkpoint), getattr(torch, dtype)).save_pretrained(tmp_path / "theirs")
    compare.assert_same_tensors(load_file(tmp_path / "ours" / WEIGHTS), load_file(tmp_path / "theirs" / WEIGHTS))


def with_variants(reference_file):
    """The reference's numbers with the names of its variants."""
    theirs, metadata = compare.load(reference_file)
    return theirs, json.loads(metadata["variants"])


def bfloat16(automodel, case, out, experts):
    """Our numbers, and with_variants of the reference."""
    _, checkpoint, reference_file = case
    ours, _ = compare.load(
        trace(automodel, checkpoint, reference_file, out, "--dtype", "bfloat16", "--experts", experts))
    return ours, *with_variants(reference_file)


def test_bfloat16_is_as_near_to_float32_as_transformers(automodel, case, tmp_path):
    """Root mean square over all tokens of all variants: single logits are noise.

    Rounding flips a router's near ties, in Transformers as here, and a token that went to other experts, or one that
    looks back at such a token, is far off for no fault of the arithmetic. So all sides take the experts that
    Transformers chose in float32, and compute everything else, the experts' weights too, from their own numbers. That
    the routers choose well is the next test's matter.
    """
    ours, theirs, variants = bfloat16(automodel, case, tmp_path / "out", "given")
    distance = {}
    for side, name in (("ours", "{}.logits"), ("theirs", "bf16.{}.given" if choices(theirs, variants) else "bf16.{}.logits")):
        squares = []
        for variant in variants:
            mask = compare.real_positions(theirs, variant)
            logits = (ours if side == "ours" else theirs)[name.format(variant)]
            squares.append((logits[mask].double() - theirs[f"{variant}.logits"][mask].double()).square().sum(-1))
        distance[side] = torch.cat(squares).mean().item() ** 0.5
    assert distance["ours"] <= 1.1 * distance["theirs"]


def test_bfloat16_chooses_other_experts_no_more_often_than_transformers(automodel, case, tmp_path):
    """How many choices (of a token, in a layer) are not those of float32. Counts of rare events: the difference of two
    has the deviation of the root of their sum."""
    if not choices(*with_variants(case[2])):
        return  # no router
    ours, theirs, variants = bfloat16(automodel, case, tmp_path / "out", "chosen")
    flipped = {"ours": 0, "theirs": 0}
    assert sorted(choices(ours, variants)) == sorted(choices(theirs, variants))
    for name in choices(theirs, variants):
        mask = compare.real_positions(theirs, name.split(".")[0])
        exact = theirs[name][mask].sort(-1).values
        for side, chosen in (("ours", ours[name]), ("theirs", theirs[f"bf16.{name}"])):
            flipped[side] += (chosen[mask].sort(-1).values != exact).any(-1).sum().item()
    assert flipped["ours"] <= flipped["theirs"] + 3 * (flipped["ours"] + flipped["theirs"]) ** 0.5, flipped


@pytest.mark.parametrize("case", ["deepseek_v3", "gpt2", "llama", "qwen3_moe"], indirect=True, scope="module")
def test_a_changed_weight_is_noticed(automodel, case, tmp_path):
    """The comparison can fail: some weights are changed by one part in a hundred."""
    _, checkpoint, reference_file = case
    changed = tmp_path / "changed"
    shutil.copytree(checkpoint, changed)
    weights = load_file(changed / WEIGHTS)
    next(value for name, value in sorted(weights.items()) if ".1." in name and value.dim() == 2)[0] += 0.01
    save_file(weights, changed / WEIGHTS, {"format": "pt"})
    out = trace(automodel, changed, reference_file, tmp_path / "out")
    noticed = unexplained(out, reference_file, checkpoint, tmp_path, TOLERANCE)
    variants = json.loads(compare.load(reference_file)[1]["variants"])
    assert {f"{variant}.logits" for variant in variants} < noticed.keys()
    assert any(name.startswith("trained.") for name in noticed)


def test_a_buffer_that_released_files_lack_is_as_in_transformers(automodel, tmp_path):
    """A.X K1 is published without the corrections of its routers' choices."""
    checkpoint = tmp_path / "checkpoint"
    make("axk1", str(checkpoint))
    weights = load_file(checkpoint / WEIGHTS)
    kept = {name: value for name, value in weights.items() if not name.endswith("e_score_correction_bias")}
    assert len(kept) < len(weights)
    save_file(kept, checkpoint / WEIGHTS, {"format": "pt"})
    done = automodel("convert", checkpoint, tmp_path / "ours")
    assert done.returncode == 0, done.stderr
    load(str(checkpoint), torch.float32).save_pretrained(tmp_path / "theirs")
    compare.assert_same_tensors(load_file(tmp_path / "ours" / WEIGHTS), load_file(tmp_path / "theirs" / WEIGHTS))


@pytest.mark.parametrize("name", ["llama", "qwen3"])
def test_old_dialect_and_shards(automodel, tmp_path, name):
    """rope_theta, rope_scaling and torch_dtype as hub files have them, weights in several files."""
    torch.set_num_threads(1)
    checkpoint, reference_file = tmp_path / "checkpoint", tmp_path / "reference.safetensors"
    make(name, str(checkpoint), old_rope=True, shard_size="200KB")
    assert len(list(checkpoint.glob("*.safetensors"))) > 1
    reference(str(checkpoint), str(reference_file), variants=["plain"])
    assert_close(trace(automodel, checkpoint, reference_file, tmp_path / "out"), reference_file)
