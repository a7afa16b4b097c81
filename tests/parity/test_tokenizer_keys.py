"""dataset.tokenizer.*: the ids of `automodel data` are those that Transformers gives with the same keys."""

import json

import pytest
import yaml
from transformers import AutoTokenizer

import byte_tokenizer

ROWS = [{"q": "What is the capital of France?", "a": "Paris, of course."}, {"q": "", "a": "Nothing was asked."}, {"q": "é", "a": "ü"}]


@pytest.fixture
def model(tmp_path):
    """model(adds_bos) -> a model's folder."""

    def make(adds_bos):
        folder = byte_tokenizer.write_tokenizer(tmp_path / "model")
        if adds_bos:
            path = folder / "tokenizer.json"
            tokenizer = json.loads(path.read_text())
            bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
            text = {"Sequence": {"id": "A", "type_id": 0}}
            tokenizer["post_processor"] = {"type": "TemplateProcessing", "single": [bos, text], "pair": [bos, text],
                                           "special_tokens": {"<s>": {"id": "<s>", "ids": [256], "tokens": ["<s>"]}}}
            path.write_text(json.dumps(tokenizer))
        config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 264, "hidden_size": 16,
                  "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
                  "hidden_act": "silu", "rms_norm_eps": 1e-5, "max_position_embeddings": 256}
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return make


def ours(automodel, tmp_path, folder, tokenizer, **keys):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    recipe = {
        "recipe": "TrainFinetuneRecipeForNextTokenPrediction", "distributed": {"strategy": "fsdp2"},
        "model": {"_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained", "pretrained_model_name_or_path": str(folder)},
        "loss_fn": {"_target_": "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy"},
        "optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.01},
        "dataset": {
            "_target_": "nemo_automodel.components.datasets.llm.column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset",
            "path_or_dataset_id": str(tmp_path / "rows.jsonl"), "column_mapping": {"question": "q", "answer": "a"},
            "tokenizer": tokenizer, **keys},
    }
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel("data", tmp_path / "recipe.yaml", "--json", "--disabled_data_checks", "['too_long', 'no_trained_tokens']")
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["ids"] for line in done.stdout.splitlines()]


def texts(eos):
    return [(row["q"] + " " if row["q"] else "") + row["a"] + eos for row in ROWS]


@pytest.mark.parametrize("adds_bos", [False, True])
@pytest.mark.parametrize("side", ["left", "right"])
def test_truncation_side(automodel, model, tmp_path, side, adds_bos):
    folder = model(adds_bos)
    theirs = AutoTokenizer.from_pretrained(folder, truncation_side=side)
    expected = theirs(texts("<|im_end|>"), truncation=True, max_length=12)["input_ids"]
    assert ours(automodel, tmp_path, folder, {"truncation_side": side}, seq_length=12, truncation=True) == expected


@pytest.mark.parametrize("adds_bos", [False, True])
def test_tokens_by_name(automodel, model, tmp_path, adds_bos):
    """As upstream enforces them: a BOS first and an EOS last, once each."""
    folder = model(adds_bos)
    keys = {"add_bos_token": True, "add_eos_token": True, "bos_token": "<s>", "eos_token": "</s>"}
    theirs = AutoTokenizer.from_pretrained(folder, bos_token="<s>", eos_token="</s>")
    expected = [[theirs.bos_token_id, *theirs(text, add_special_tokens=False)["input_ids"], theirs.eos_token_id] for text in texts("")]
    assert ours(automodel, tmp_path, folder, keys) == expected
