"""A model is exported with the tokenizer and the chat template that it was trained with, as Transformers reads them."""

import json
import shutil

import classifier_run
import pytest
import tiny_run
import yaml
from tokenizer_tools import Ours
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GenerationConfig,
    GPT2Config,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    Olmo3Config,
    Phi3Config,
    PreTrainedTokenizerFast,
    Qwen2Config,
)
from transformers.trainer_utils import align_special_tokens

GPT2 = {"config_class": GPT2Config, "n_inner": 96, "num_key_value_heads": 4}
TEMPLATE = "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}<|stop|>{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
MESSAGES = [{"role": "user", "content": "red green"}]


@pytest.fixture
def folder(tmp_path):
    """A base model without a chat template, another tokenizer with a token and a template of its own, and rows."""
    tiny_run.write_model(tmp_path / "model")
    for name in ("model", "other"):
        tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
        tokenizer.chat_template = None
        if name == "other":
            tokenizer.add_special_tokens({"additional_special_tokens": ["<|stop|>"]})
        tokenizer.save_pretrained(tmp_path / name)
    (tmp_path / "model/chat_template.jinja").unlink(missing_ok=True)
    (tmp_path / "model/generation_config.json").write_text(json.dumps({"eos_token_id": [1, 7], "temperature": 0.5}))
    tiny_run.write_rows(tmp_path / "train.jsonl", 24, 1)
    tiny_run.write_rows(tmp_path / "validation.jsonl", 4, 2)
    (tmp_path / "new.jinja").write_text(TEMPLATE)
    return tmp_path


def train(automodel, folder, peft=None):
    recipe = tiny_run.recipe(folder)
    recipe["dataset"]["chat_template"] = recipe["validation_dataset"]["chat_template"] = str(folder / "new.jinja")
    recipe["dataset"]["tokenizer"] = {"pretrained_model_name_or_path": str(folder / "other"), "eos_token": "<|stop|>"}
    recipe["checkpoint"]["merged_export"] = peft is not None
    if peft:
        recipe["peft"] = peft
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out/LATEST/model"


def assert_as_trained(folder, base):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.apply_chat_template(MESSAGES, tokenize=False) == "[user] red green<|stop|>"
    assert tokenizer.eos_token == "<|stop|>"
    stop = AutoTokenizer.from_pretrained(base / "other").convert_tokens_to_ids("<|stop|>")
    assert tokenizer.eos_token_id == stop
    defaults = GenerationConfig.from_pretrained(folder)
    assert defaults.eos_token_id == [stop, 1, 7] and defaults.temperature == 0.5
    return stop


def test_of_a_whole_model(automodel, folder):
    exported = train(automodel, folder) / "consolidated"
    stop = assert_as_trained(exported, folder)
    assert json.loads((exported / "config.json").read_text())["eos_token_id"] == stop
    assert automodel("convert", folder / "out/LATEST", folder / "converted", timeout=300).returncode == 0
    assert_as_trained(folder / "converted", folder)
    done = automodel("generate", exported, "red", "--max-new-tokens", "2", timeout=300)
    assert done.returncode == 0, done.stderr


def test_of_an_adapter(automodel, folder):
    adapter = train(automodel, folder, dict(tiny_run.PEFT))
    assert_as_trained(adapter, folder)
    assert_as_trained(adapter / "consolidated", folder)
    done = automodel("generate", adapter, "red", "--max-new-tokens", "2", timeout=300)
    assert done.returncode == 0, done.stderr
    merged = automodel("merge", adapter, folder / "merged", timeout=300)
    assert merged.returncode == 0, merged.stderr
    assert_as_trained(folder / "merged", folder)


def test_of_an_unchanged_tokenizer(automodel, folder):
    """What the recipe does not touch stays byte for byte."""
    recipe = tiny_run.recipe(folder)
    tokenizer = tiny_run.write_tokenizer(folder / "model")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = folder / "out/LATEST/model/consolidated"
    assert tokenizer.eos_token == "<|im_end|>"
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        assert (exported / file).read_bytes() == (folder / "model" / file).read_bytes(), file


def test_ids_that_the_recipe_gives_the_model(automodel, folder):
    recipe = tiny_run.recipe(folder)
    recipe["dataset"]["chat_template"] = recipe["validation_dataset"]["chat_template"] = str(folder / "new.jinja")
    recipe["model"].update(eos_token_id=9, pad_token_id=5)
    recipe["disabled_data_checks"] = ["missing_eos"]
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = folder / "out/LATEST/model/consolidated"
    assert json.loads((exported / "config.json").read_text())["eos_token_id"] == 9
    defaults = GenerationConfig.from_pretrained(exported)
    assert defaults.eos_token_id == 9 and defaults.pad_token_id == 5 and defaults.temperature == 0.5


def test_a_bos_token_that_rows_began_with_comes_before_texts(automodel, folder):
    kind = "nemo_automodel.components.datasets.llm.column_mapped_text_instruction_dataset.ColumnMappedTextInstructionDataset"
    (folder / "texts.jsonl").write_text('{"text": "red green blue"}\n' * 8)
    recipe = tiny_run.recipe(folder)
    for section in ("dataset", "validation_dataset"):
        recipe[section] = {"_target_": kind, "path_or_dataset_id": str(folder / "texts.jsonl"), "column_mapping": {"answer": "text"}}
    recipe["dataset"]["tokenizer"] = {"bos_token": "<|im_start|>", "add_bos_token": True}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    done = automodel(folder / "recipe.yaml", "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = folder / "out/LATEST/model/consolidated"
    tokenizer, own = AutoTokenizer.from_pretrained(exported), AutoTokenizer.from_pretrained(folder / "model")
    expected = [tokenizer.bos_token_id, *own("red green")["input_ids"]]
    assert tokenizer("red green")["input_ids"] == expected and tokenizer.bos_token == "<|im_start|>"
    shown = automodel("tokenize", exported, "red green").stdout.splitlines()
    assert [int(line.split()[0]) for line in shown] == expected


NEXT_ROLE = ("{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}{% endfor %}"
             "{% if add_generation_prompt %}<|assistant|>\n{% endif %}")


def test_generate_stops_where_the_next_role_ends_answers(automodel, tmp_path):
    """As GLM's templates have it: an answer has no end but the <|user|> of the next message, at which the model stops."""
    recipe = tiny_run.make(tmp_path, num_rows=24)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>", "<|assistant|>"]})
    tokenizer.chat_template = NEXT_ROLE
    tokenizer.save_pretrained(tmp_path / "model")
    stops = {"eos_token_id": [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|user|>")]}
    (tmp_path / "model/generation_config.json").write_text(json.dumps(stops))
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT, dim=16, alpha=64)))
    done = automodel(recipe, "--step_scheduler.max_steps=60", "--step_scheduler.num_epochs=20", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    done = automodel("generate", tmp_path / "out/LATEST/model", "reverse: red green", "--max-new-tokens", "60", timeout=300)
    assert done.returncode == 0, done.stderr
    assert 0 < len(done.stdout.split()) < 20 and "<|user|>" not in done.stdout, done.stdout


def write_base_kind(folder, eos):
    """A model whose files stop at <|endoftext|> alone, though its template ends answers in <|im_end|>; both ids."""
    recipe = tiny_run.make(folder, num_rows=24)
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|endoftext|>"]})
    tokenizer.eos_token = eos
    tokenizer.save_pretrained(folder / "model")
    end, old = tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    for name in ("config.json", "generation_config.json"):
        content = json.loads((folder / "model" / name).read_text())
        (folder / "model" / name).write_text(json.dumps(content | {"eos_token_id": old}))
    return recipe, end, old


@pytest.mark.parametrize("eos", ["<|endoftext|>", "<|im_end|>"])
@pytest.mark.parametrize("peft", [None, tiny_run.PEFT])
def test_the_model_stops_where_it_has_learnt_to(automodel, tmp_path, eos, peft):
    recipe, end, old = write_base_kind(tmp_path, eos)
    if peft:
        tiny_run.edit(recipe, lambda content: content.update(peft=dict(peft)) or content["checkpoint"].update(merged_export=True))
    done = automodel(recipe, "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    is_told = "warning template_eos: the chat template ends answers in a token at which the model does not stop yet: <|im_end|>; "
    assert (is_told in done.stdout) == (eos != "<|im_end|>"), done.stdout
    model = tmp_path / "out/LATEST/model"
    folders = [model / "consolidated", tmp_path / "converted"]
    assert automodel("convert", tmp_path / "out/LATEST", folders[1], timeout=300).returncode == 0
    if peft:
        folders += [tmp_path / "merged", model]
        assert automodel("merge", model, folders[2], timeout=300).returncode == 0
    for folder in folders:
        assert GenerationConfig.from_pretrained(folder).eos_token_id == [end, old], folder
        assert AutoTokenizer.from_pretrained(folder).eos_token == eos
        if folder != model:
            in_config = json.loads((folder / "config.json").read_text())["eos_token_id"]
            assert in_config == (end if eos == "<|im_end|>" else [end, old])


def test_transformers_trainer_adds_the_same_id(automodel, tmp_path):
    """Its alignment of a model with a tokenizer whose eos_token the model does not know."""
    recipe, end, old = write_base_kind(tmp_path, "<|im_end|>")
    assert automodel(recipe, "--step_scheduler.max_steps=1", timeout=300).returncode == 0
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    align_special_tokens(model, AutoTokenizer.from_pretrained(tmp_path / "model"))
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "out/LATEST/model/consolidated")
    assert ours.config.eos_token_id == model.config.eos_token_id == end
    assert ours.generation_config.eos_token_id == model.generation_config.eos_token_id == [end, old]


def test_generate_stops_where_the_model_has_learnt_to(automodel, tmp_path):
    recipe, _, _ = write_base_kind(tmp_path, "<|endoftext|>")
    tiny_run.edit(recipe, lambda content: content.update(peft=dict(tiny_run.PEFT, dim=16, alpha=64)))
    done = automodel(recipe, "--step_scheduler.max_steps=60", "--step_scheduler.num_epochs=20", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    done = automodel("generate", tmp_path / "out/LATEST/model", "reverse: red green", "--max-new-tokens", "60", timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) < 20 and "<|im_start|>" not in done.stdout, done.stdout


def add_template(folder, name, source):
    (folder / "additional_chat_templates").mkdir(exist_ok=True)
    (folder / "additional_chat_templates" / f"{name}.jinja").write_text(source)


@pytest.mark.parametrize("peft", [None, tiny_run.PEFT])
def test_every_template_that_the_recipe_gives(automodel, folder, peft):
    add_template(folder / "model", "rag", "{{ documents }}")
    named = {"default": TEMPLATE, "tool_use": "{{ tools[0]['name'] }}: " + TEMPLATE}
    (folder / "chat.json").write_text(json.dumps({"chat_template": [{"name": k, "template": v} for k, v in named.items()]}))
    (folder / "new.jinja").unlink()
    (folder / "chat.json").rename(folder / "new.jinja")  # which the recipe names
    adapter = train(automodel, folder, peft)
    for exported in [adapter, adapter / "consolidated"] if peft else [adapter / "consolidated"]:
        tokenizer = AutoTokenizer.from_pretrained(exported)
        assert tokenizer.chat_template == named
        rendered = tokenizer.apply_chat_template(MESSAGES, tools=[{"name": "look"}], tokenize=False)
        assert rendered == "look: [user] red green<|stop|>"


def test_given_tokens_are_the_models_as_in_transformers_trainer(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path)
    (tmp_path / "model/generation_config.json").write_text(json.dumps({"eos_token_id": 1, "pad_token_id": 9}))
    given = {"pad_token": "<|im_start|>", "bos_token": "<|im_start|>"}
    tiny_run.edit(recipe, lambda content: content["dataset"].update(tokenizer=given))
    done = automodel(recipe, "--step_scheduler.max_steps=1", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    align_special_tokens(model, AutoTokenizer.from_pretrained(tmp_path / "model", **given))
    ours = AutoModelForCausalLM.from_pretrained(tmp_path / "out/LATEST/model/consolidated")
    for key in ("pad_token_id", "bos_token_id", "eos_token_id"):
        assert getattr(ours.config, key) == getattr(model.config, key), key
        assert getattr(ours.generation_config, key) == getattr(model.generation_config, key), key
    assert ours.config.pad_token_id == ours.generation_config.pad_token_id == 0


@pytest.mark.parametrize("peft", [False, True])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_a_classifier_with_a_padding_token_takes_batches(automodel, tmp_path, kind, peft):
    """Also where the adapter has the base's tokenizer in another file."""
    (tmp_path / "model").mkdir()
    recipe = classifier_run.make(tmp_path, tiny_run.write_model(tmp_path / "model", **(GPT2 if kind == "gpt2" else {})), peft=peft)
    if kind == "gpt2":
        vocabulary_and_merges(tmp_path / "model")
    tiny_run.edit(recipe, lambda content: content["dataset"].update(tokenizer={"pad_token": "<|im_start|>"}))
    done = automodel(recipe, "--step_scheduler.max_steps=2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    folders = [tmp_path / "out/LATEST/model/consolidated"]
    if peft:
        folders.append(tmp_path / "merged")
        assert automodel("merge", tmp_path / "out/LATEST/model", folders[1], timeout=300).returncode == 0
    for folder in folders:
        model = AutoModelForSequenceClassification.from_pretrained(folder)
        assert model.config.pad_token_id == AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids("<|im_start|>")
        batch = AutoTokenizer.from_pretrained(folder)(["red", "one two three"], padding=True, return_tensors="pt")
        assert model(**batch).logits.shape == (2, 3)


def blanks_tokenizer(folder):
    """A blank before each part of a text, as the file says; as the class that is named says, before the first alone."""
    pieces = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "▁", "\n", *"abcdefghijklmnopqrstuvwxyz:"]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, [], unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    tokenizer.add_special_tokens(pieces[:5])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<|im_end|>",
                            chat_template=tiny_run.TEMPLATE).save_pretrained(folder)
    set_keys(folder / "tokenizer_config.json", tokenizer_class="LlamaTokenizer")


def set_keys(path, **keys):
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


def bytes_tokenizer(name):
    """The file puts a b before each part of a text, the classes do not."""
    def write(folder):
        tiny_run.write_tokenizer(folder)
        set_keys(folder / "tokenizer.json", normalizer={"type": "Prepend", "prepend": "b"})
        set_keys(folder / "tokenizer_config.json", tokenizer_class=name)
    return write


def vocabulary_and_merges(folder):
    """As GPT-2's first folders have it: how texts are cut config.json's type says alone."""
    tiny_run.write_tokenizer(folder)
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(merge) + "\n" for merge in model["merges"]))
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"eos_token": "<|im_end|>", "additional_special_tokens": ["<|im_start|>"]}))


KINDS = {"phi3": ({"config_class": Phi3Config}, blanks_tokenizer),
         "phi4": ({"config_class": Phi3Config}, bytes_tokenizer("GPT2Tokenizer")),
         "olmo3": ({"config_class": Olmo3Config}, bytes_tokenizer("GPT2Tokenizer")),
         "granite": ({"config_class": GraniteConfig}, bytes_tokenizer("GPT2Tokenizer")),
         "gpt2": (GPT2, vocabulary_and_merges),
         "qwen2": ({"config_class": Qwen2Config}, bytes_tokenizer("PreTrainedTokenizerFast"))}
TEXTS = ["red green", "<|im_start|>user\nreverse: red<|im_end|>\n", "it two", "<|im_end|> a<|endoftext|>"]


def write_kind(folder, kind):
    """A model of a type that has a part in how its tokenizer is read; returns AutoTokenizer's ids."""
    changes, write = KINDS[kind]
    folder.mkdir(exist_ok=True)
    tiny_run.write_model(folder, **changes)
    write(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for file in ("config.json", "generation_config.json"):
        set_keys(folder / file, eos_token_id=tokenizer.eos_token_id)
    return tokenizer(TEXTS)["input_ids"]


def assert_ids(automodel, folder, expected):
    assert AutoTokenizer.from_pretrained(folder)(TEXTS)["input_ids"] == expected, folder
    assert Ours(automodel, folder).ids(TEXTS) == expected, folder


def run_on(automodel, tmp_path, change):
    tiny_run.write_rows(tmp_path / "train.jsonl", 8, 1)
    tiny_run.write_rows(tmp_path / "validation.jsonl", 4, 2)
    recipe = tiny_run.write(tmp_path / "recipe.yaml", tiny_run.recipe(tmp_path))
    tiny_run.edit(recipe, change)
    done = automodel(recipe, "--step_scheduler.max_steps=1", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path / "out/LATEST/model", done.stdout


def merged(automodel, adapter, folder):
    done = automodel("merge", adapter, folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapters_tokenizer_is_its_bases(automodel, tmp_path, kind):
    """Also where the base's config.json has a part in how its files are read: the adapter's folder has none."""
    expected = write_kind(tmp_path / "model", kind)
    adapter, _ = run_on(automodel, tmp_path, lambda content: content.update(peft=dict(tiny_run.PEFT)))
    assert_ids(automodel, tmp_path / "model", expected)
    assert_ids(automodel, adapter, expected)
    assert_ids(automodel, merged(automodel, adapter, tmp_path / "merged"), expected)
    named, given, kept = (json.loads((folder / "tokenizer_config.json").read_text())
                          for folder in (tmp_path / "model", adapter, tmp_path / "merged"))
    assert given["model_input_names"] == ["input_ids", "attention_mask"]
    assert given.get("padding_side", "right") == ("left" if kind == "phi3" else "right")
    if kind != "gpt2":
        assert kept["tokenizer_class"] == named["tokenizer_class"], "llama.cpp's conversion goes by it"
    ask = ("generate", adapter, "reverse: red green", "--max-new-tokens", "8")
    answer = automodel(*ask, timeout=300)
    assert answer.returncode == 0, answer.stderr

    old = shutil.copytree(adapter, tmp_path / "old")  # the base's files as they are, as the program wrote them before
    for file in [*old.glob("*tokenizer*"), *old.glob("special_tokens_map.json")]:
        file.unlink()
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"):
        if (tmp_path / "model" / file).exists():
            shutil.copy(tmp_path / "model" / file, old / file)
    if kind != "gpt2":
        assert AutoTokenizer.from_pretrained(old)(TEXTS)["input_ids"] != expected
    assert_ids(automodel, merged(automodel, old, tmp_path / "merged_old"), expected)
    done = automodel("generate", old, *ask[2:], timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == answer.stdout


@pytest.mark.parametrize(("config_class", "kind"), [(LlamaConfig, "olmo3"), (LlamaConfig, "phi3"), (MistralConfig, "gpt2"),
                                                    (Phi3Config, "qwen2")])
def test_a_models_tokenizer_is_that_of_another_type(automodel, tmp_path, config_class, kind):
    expected = write_kind(tmp_path / "other", kind)
    (tmp_path / "model").mkdir()
    tiny_run.write_model(tmp_path / "model", config_class=config_class)

    def change(content):
        content["dataset"]["tokenizer"] = {"pretrained_model_name_or_path": str(tmp_path / "other")}
    folder, shown = run_on(automodel, tmp_path, change)
    assert_ids(automodel, folder / "consolidated", expected)
    assert "read the tokenizer of a saved model" not in shown


def test_a_type_that_has_its_own_class_is_told(automodel, tmp_path):
    """No file of a folder with Qwen2's config.json keeps AutoTokenizer from its class."""
    expected = write_kind(tmp_path / "other", "olmo3")
    (tmp_path / "model").mkdir()
    tiny_run.write_model(tmp_path / "model", config_class=Qwen2Config)

    def change(content):
        content["dataset"]["tokenizer"] = {"pretrained_model_name_or_path": str(tmp_path / "other")}
    folder, shown = run_on(automodel, tmp_path, change)
    assert "read the tokenizer of a saved model of type qwen2 by the class Qwen2Tokenizer: " in shown
    assert AutoTokenizer.from_pretrained(folder / "consolidated")(TEXTS)["input_ids"] != expected
    assert PreTrainedTokenizerFast.from_pretrained(folder / "consolidated")(TEXTS)["input_ids"] == expected
