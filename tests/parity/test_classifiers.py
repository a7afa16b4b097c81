"""Classifiers of sequences against live Transformers and PEFT, of every type that has them: logits, loss, every gradient,
three AdamW steps, export; a head beside adapters as PEFT saves it; which types there are."""

import json
import re

import classifier_run
import compare
import pytest
import torch
from oracle.configs import SDPA, base_type, tiny_config
from oracle.reference import TRAINING, gradients, on_disk, train, trainable_names
from oracle.weights import load, randomise, write_type
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from test_families import NAMES, TOLERANCE
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSES

LABELS = 3
# Its classifier has a layer and a norm before the last one.
OTHER_HEADS = {"modernbert-decoder"}
TYPES = sorted({base_type(name) for name in NAMES} & set(CLASSES) - OTHER_HEADS)
WEIGHTS = "model.safetensors"
# With layers of their own kind each: plain, tied, fused, learned positions, a projection before the head, experts.
ADAPTED = ["llama", "qwen3", "qwen2", "gpt2", "gemma3_text", "opt", "phi3", "qwen3_moe"]


def batches():
    """Rows of several lengths; padding on the right, which no real token is."""
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(8, 256, (3, 20), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 13:], mask[2, 1:] = 0, 0
    ids[mask == 0] = 0
    return {"plain": {"input_ids": ids[:1], "labels": torch.tensor([2])},
            "padded": {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([1, 0, 2])}}


def make(name, folder):
    config = tiny_config(name)
    config.id2label = {i: f"kind {i}" for i in range(LABELS)}
    config.label2id = {f"kind {i}": i for i in range(LABELS)}
    config.problem_type = "single_label_classification"
    torch.manual_seed(7)
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").eval()
    randomise(model, 7)
    model.save_pretrained(folder)
    write_type(folder, base_type(name))
    return folder


def reference(checkpoint, out_file):
    model = load(str(checkpoint), torch.float32)
    trained = trainable_names(model)
    out = {}
    for variant, batch in batches().items():
        model.zero_grad(set_to_none=True)
        result = model(**batch)
        result.loss.backward()
        grads = on_disk(model, gradients(model))
        out |= {f"{variant}.{key}": value for key, value in batch.items()}
        out |= {f"{variant}.logits": result.logits.detach(), f"{variant}.loss": result.loss.detach()}
        out |= {f"{variant}.grad.{name}": grads[name] for name in sorted(trained)}
    losses, norms = train(model, list(batches().values()), lambda model, batch: model(**batch).loss)
    after = on_disk(model, model.state_dict())
    out |= {"step.loss": losses, "step.grad_norm": norms}
    out |= {f"trained.{name}": after[name] for name in sorted(trained)}
    metadata = {"variants": list(batches()), "training": TRAINING,
                "frozen": sorted(set(load_file(checkpoint / WEIGHTS)) - trained)}
    save_file({key: value.contiguous().clone() for key, value in out.items()}, out_file,
              {key: json.dumps(value) for key, value in metadata.items()})


def trace(automodel, checkpoint, reference_file, out):
    done = automodel("trace", checkpoint, reference_file, out)
    assert done.returncode == 0, done.stderr
    return out


def errors(ours_file, reference_file):
    """As compare.errors, of logits [rows, classes]."""
    ours, _ = compare.load(ours_file)
    theirs, metadata = compare.load(reference_file)
    names = compare.expected_names(theirs, metadata)
    assert set(ours) == names
    return {name: error for name in sorted(names)
            if not compare.is_noise(name, ours[name], theirs[name], theirs)
            and not (error := compare.relative_error(ours[name], theirs[name])) <= TOLERANCE}


@pytest.fixture(scope="module", params=TYPES)
def case(request, tmp_path_factory):
    """(checkpoint folder, reference file)"""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("classifier")
    checkpoint = make(request.param, folder / "checkpoint")
    reference(checkpoint, folder / "reference.safetensors")
    return checkpoint, folder / "reference.safetensors"


def test_equals_transformers(automodel, case, tmp_path):
    checkpoint, reference_file = case
    assert errors(trace(automodel, checkpoint, reference_file, tmp_path / "out"), reference_file) == {}


@pytest.mark.parametrize("case", ["gpt2", "llama"], indirect=True, scope="module")
def test_a_changed_head_is_noticed(automodel, case, tmp_path):
    checkpoint, reference_file = case
    weights = load_file(checkpoint / WEIGHTS)
    weights["score.weight"][1] *= 1.5
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "config.json").write_bytes((checkpoint / "config.json").read_bytes())
    save_file(weights, changed / WEIGHTS, {"format": "pt"})
    assert "plain.logits" in errors(trace(automodel, changed, reference_file, tmp_path / "out"), reference_file)


def test_export_is_the_import(automodel, case, tmp_path):
    checkpoint, _ = case
    done = automodel("convert", checkpoint, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    compare.assert_same_tensors(load_file(tmp_path / "out" / WEIGHTS), load_file(checkpoint / WEIGHTS))
    assert json.loads((tmp_path / "out/config.json").read_text()) == json.loads((checkpoint / "config.json").read_text())
    load(str(tmp_path / "out"), torch.float32)  # raises for a missing or unexpected key


def test_types_are_transformers(automodel, tmp_path):
    """A config.json whose "architectures" names a classifier means Transformers' class of its type, or is refused."""
    found = {}
    for kind in sorted({base_type(name) for name in NAMES}):
        config = {**tiny_config(kind).to_dict(), "model_type": kind, "architectures": ["ForSequenceClassification"]}
        (tmp_path / "config.json").write_text(json.dumps(config))
        done = automodel("describe", tmp_path)
        if done.returncode == 0:
            found[kind] = re.search(r"architecture +(\S+)", done.stdout)[1]
        else:
            assert "cannot be classifiers of sequences here" in done.stderr, done.stderr
    assert found == {kind: CLASSES[kind] for kind in TYPES}


def language_model(name, folder):
    torch.manual_seed(3)
    config = tiny_config(name, ["vocab_size=384"])
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    randomise(model, 3)
    model.save_pretrained(folder)
    return folder


def classifier_of(folder, labels=LABELS, **more):
    return AutoModelForSequenceClassification.from_pretrained(folder, num_labels=labels, attn_implementation="eager", **more)


@pytest.mark.parametrize("labels, more", [(1, {}), (4, {"problem_type": "multi_label_classification"})])
def test_what_is_not_trained_here_is_converted(automodel, tmp_path, labels, more):
    """A reward model, and a classifier of several classes at once."""
    theirs = classifier_of(language_model("llama", tmp_path / "base"), labels, **more)
    theirs.save_pretrained(tmp_path / "model")
    done = automodel("convert", tmp_path / "model", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out/config.json").read_text()) == json.loads((tmp_path / "model/config.json").read_text())
    compare.assert_same_tensors(load_file(tmp_path / "out" / WEIGHTS), load_file(tmp_path / "model" / WEIGHTS))
    assert load(str(tmp_path / "out"), torch.float32).config.num_labels == labels


@pytest.mark.parametrize("name, labels", [("llama", LABELS), ("qwen2", LABELS), ("gpt2", LABELS), ("llama", 1)])
def test_we_merge_what_peft_trains(automodel, no_warnings, tmp_path, name, labels):
    """An adapter of PEFT's with a head of its own, on a language model; of one class it is a reward model's."""
    base = classifier_of(language_model(name, tmp_path / "base"), labels)
    config = LoraConfig(r=4, lora_alpha=6, target_modules="all-linear", task_type="SEQ_CLS",
                        fan_in_fan_out=name == "gpt2")
    adapted = get_peft_model(base, config).eval()
    for key, parameter in adapted.named_parameters():
        if ".lora_" in key or "modules_to_save" in key:
            parameter.data.copy_(0.2 * torch.randn(parameter.shape))
    adapted.save_pretrained(tmp_path / "adapter")
    done = automodel("merge", tmp_path / "adapter", tmp_path / "merged", "--base", tmp_path / "base")
    assert done.returncode == 0, done.stderr
    merged = load(str(tmp_path / "merged"), torch.float32)
    assert merged.config.num_labels == labels
    theirs = adapted.merge_and_unload()
    for key, value in theirs.state_dict().items():
        assert (merged.state_dict()[key] - value).abs().max() <= 1e-6 * value.abs().max(), key
    ids = batches()["plain"]["input_ids"]
    assert torch.allclose(merged(ids).logits, theirs(ids).logits, atol=1e-5)


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_a_body_alone_becomes_a_classifier_by_the_usual_names(automodel, tmp_path, name):
    """Transformers before 5 loads a body's names only where no head is beside them."""
    whole = language_model(name, tmp_path / "whole")
    AutoModel.from_pretrained(whole).save_pretrained(tmp_path / "model")
    recipe = classifier_run.make(tmp_path, tmp_path / "model", LABELS)
    done = automodel(recipe, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    ours = load_file(tmp_path / "out/LATEST/model/consolidated" / WEIGHTS)
    classifier_of(whole).save_pretrained(tmp_path / "theirs")
    assert set(ours) == set(load_file(tmp_path / "theirs" / WEIGHTS))
    assert not set(ours) & set(load_file(tmp_path / "model" / WEIGHTS))
    again = automodel(recipe, timeout=300)
    assert again.returncode == 0 and "nothing left to do" in again.stdout, again.stdout + again.stderr


@pytest.mark.parametrize("name", ADAPTED)
def test_peft_computes_what_we_train(automodel, no_warnings, tmp_path, name):
    """A run with adapters on a language model; PEFT loads the adapter with its head and finds the loss that validation
    found, and the merged folder is the same model."""
    checkpoint = language_model(name, tmp_path / "model")
    recipe = classifier_run.make(tmp_path, checkpoint, LABELS, peft=True)
    done = automodel(recipe, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    measured = classifier_run.log(tmp_path / "out", "validation")[-1]
    saved = tmp_path / "out" / "LATEST" / "model"
    merged = load(str(saved / "consolidated"), torch.float32)
    peft_model = PeftModel.from_pretrained(classifier_of(checkpoint), saved).eval()
    for model in (peft_model, merged):
        loss, accuracy = classifier_run.measure(model, classifier_run.rows(7, seed=2))
        assert abs(loss - measured["val_loss"]) <= 1e-4 * loss
        assert accuracy == pytest.approx(measured["val_accuracy"])
