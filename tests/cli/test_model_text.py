"""A model's own tokenizer, template and end of answer: automodel generate on a tiny model."""

import json
import os
import pty
import shutil

import tiny_run
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM


def tiny(folder, template):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|user|>", "<|end|>"])
    torch.manual_seed(2)
    config = LlamaConfig(vocab_size=258, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                         max_position_embeddings=64, eos_token_id=257, bos_token_id=None, initializer_range=0.5)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"eos_token": "<|end|>"} | ({"chat_template": template} if template else {})
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return tokenizer


def test_generates_what_transformers_generates(automodel, tmp_path):
    template = "{% for m in messages %}<|user|>{{ m['content'] }}{% endfor %}"
    tokenizer = tiny(tmp_path, template)
    done = automodel("generate", tmp_path, "abc", "--max-new-tokens", "12")
    assert done.returncode == 0, done.stderr
    ids = torch.tensor([tokenizer.encode("<|user|>abc").ids])
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    new = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False)[0, ids.shape[1]:]
    assert done.stdout == tokenizer.decode(new.tolist()) + "\n"


def test_the_models_limit_ends_a_text_and_is_said(automodel, tmp_path):
    tiny(tmp_path, None)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 8, "eos_token_id": None}))
    (tmp_path / "generation_config.json").unlink()
    (tmp_path / "tokenizer_config.json").write_text("{}")
    done = automodel("generate", tmp_path, "abc", "--raw", "--max-new-tokens", "30")
    assert done.returncode == 0, done.stderr
    assert "ends here because the model takes 8 tokens at most" in done.stderr
    done = automodel("generate", tmp_path, "abc", "--raw", "--max-new-tokens", "3")
    assert done.stderr == ""


def test_without_a_template_raw_is_asked_for(automodel, tmp_path):
    tiny(tmp_path, None)
    done = automodel("generate", tmp_path, "abc")
    assert done.returncode == 2
    assert "--raw" in done.stderr
    assert automodel("generate", tmp_path, "abc", "--raw", "--max-new-tokens", "2").returncode == 0
    done = automodel("generate", tmp_path, "abc", "--raw", "--system", "x")
    assert done.returncode == 2
    assert "--system is a message of a chat, which --raw switches off" in done.stderr


def test_variables_of_the_template(automodel, tmp_path):
    tiny(tmp_path, "<|user|>{% if style is defined %}{{ style }}{% else %}{{ messages[0]['content'] }}{% endif %}")
    words = ("--max-new-tokens", "8", "--chat-template-kwargs")
    assert automodel("generate", tmp_path, "abc", *words, '{"style": "xyz"}').stdout == automodel("generate", tmp_path, "xyz", *words[:2]).stdout
    done = automodel("generate", tmp_path, "abc", *words, "[1]")
    assert done.returncode == 2 and 'must be an object such as {"enable_thinking": false}' in done.stderr
    done = automodel("generate", tmp_path, "abc", "--raw", *words, "{}")
    assert done.returncode == 2 and "--chat-template-kwargs is for the chat template, which --raw switches off" in done.stderr


def test_at_a_terminal_the_prompt_is_asked_for(automodel, tmp_path):
    tiny(tmp_path, None)
    here, there = pty.openpty()
    os.write(here, b"abc\n\x04")
    done = automodel("generate", tmp_path, "--raw", "--max-new-tokens", "2", stdin=there)
    os.close(here)
    os.close(there)
    assert done.returncode == 0
    assert done.stderr == "type what the user says, then press Ctrl-D on a line of its own\n"
    assert done.stdout == automodel("generate", tmp_path, "abc", "--raw", "--max-new-tokens", "2").stdout


def answers(automodel, folder, *words):
    done = automodel("generate", folder, "abc", "--raw", "--max-new-tokens", "8", *words)
    assert done.returncode == 0, done.stderr
    return done


def test_an_option_of_draws_draws(automodel, tmp_path):
    tiny(tmp_path, None)
    greedy = answers(automodel, tmp_path).stdout
    drawn = answers(automodel, tmp_path, "--seed", "3").stdout
    assert drawn != greedy
    assert drawn == answers(automodel, tmp_path, "--seed", "3", "--temperature", "1").stdout
    assert drawn != answers(automodel, tmp_path, "--seed", "4").stdout
    hot = ["--seed", "3", "--temperature", "9"]
    assert answers(automodel, tmp_path, *hot).stdout == answers(automodel, tmp_path, *hot, "--top-k", "50").stdout
    assert answers(automodel, tmp_path, *hot).stdout != answers(automodel, tmp_path, *hot, "--top-k", "0").stdout
    assert greedy == answers(automodel, tmp_path, "--top-k", "1").stdout
    for option in ("--top-k", "--top-p", "--seed"):
        done = automodel("generate", tmp_path, "abc", "--raw", "--temperature", "0", option, "1")
        assert done.returncode == 2 and "with a temperature of 0" in done.stderr


def test_the_models_own_defaults_of_drawing(automodel, tmp_path):
    tiny(tmp_path, None)
    greedy = answers(automodel, tmp_path)
    assert greedy.stderr == ""
    file = tmp_path / "generation_config.json"
    own = json.loads(file.read_text()) | {"temperature": 2.0, "top_k": 200}
    file.write_text(json.dumps(own))
    assert answers(automodel, tmp_path).stdout == greedy.stdout  # without do_sample they wait for an option
    drawn = answers(automodel, tmp_path, "--temperature", "2", "--top-k", "200").stdout
    assert drawn == answers(automodel, tmp_path, "--seed", "0").stdout != greedy.stdout
    file.write_text(json.dumps(own | {"do_sample": True}))
    done = answers(automodel, tmp_path)
    assert done.stdout == drawn
    assert "drawing tokens (temperature 2, top-k 200, top-p 1) as the model's generation_config.json" in done.stderr
    assert answers(automodel, tmp_path, "--temperature", "0").stdout == greedy.stdout
    file.write_text(json.dumps(own | {"repetition_penalty": 1.5}))
    assert answers(automodel, tmp_path).stdout == answers(automodel, tmp_path, "--repetition-penalty", "1.5").stdout
    file.write_text(json.dumps(own | {"num_beams": 4}))
    assert "asks for num_beams = 4, which is not applied here" in answers(automodel, tmp_path).stderr
    file.write_text(json.dumps(own | {"top_p": "high"}))
    done = automodel("generate", tmp_path, "abc", "--raw")
    assert done.returncode == 2 and 'top_p is "high", expected a number' in done.stderr


def test_an_adapters_answers_end_as_its_recipe_says(automodel, tmp_path):
    recipe = tiny_run.make(tmp_path)

    def change(content):
        content["peft"] = dict(tiny_run.PEFT)
        content["model"]["eos_token_id"] = list(range(384))

    tiny_run.edit(recipe, change)
    done = automodel(recipe, "--step_scheduler.max_steps=1", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    adapter = tmp_path / "out/LATEST/model"
    one, eight = (automodel("generate", adapter, "red", "--raw", f"--max-new-tokens={count}") for count in (1, 8))
    assert one.returncode == 0, one.stderr
    assert eight.stdout == one.stdout, "any token ends the answer"
    alone = shutil.copytree(adapter, tmp_path / "alone")
    assert automodel("generate", alone, "red", "--raw", "--max-new-tokens=8").stdout != one.stdout


def test_an_empty_value_is_no_number_and_not_the_next_word(automodel, tmp_path):
    tiny(tmp_path, "{% for m in messages %}<|user|>{{ m['role'] }}{{ m['content'] }}{% endfor %}")
    for words in (["--max-new-tokens", ""], ["--max-new-tokens="], ["--seed="], ["--temperature", ""]):
        done = automodel("generate", tmp_path, "abc", *words)
        assert done.returncode == 2 and f"{words[0].rstrip('=')}: found no number, expected one " in done.stderr
    plain = automodel("generate", tmp_path, "abc", "--max-new-tokens=4")
    assert plain.returncode == 0, plain.stderr
    assert automodel("generate", tmp_path, "--system=", "abc", "--max-new-tokens=4").stdout == plain.stdout
    assert automodel("generate", tmp_path, "--system", "", "abc", "--max-new-tokens=4").stdout == plain.stdout
