"""What is learnt of a conversation equals Transformers' assistant masks, for every template that TRL marks by hand."""

import copy
import datetime
import json
import re

import pytest
from transformers import AutoTokenizer
from transformers.utils import chat_template_utils

import assets
import byte_tokenizer

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
CALL = {"role": "assistant", "content": "", "tool_calls": [
    {"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich"}}}]}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": "sunny"}


class FrozenTime(datetime.datetime):
    """The time that our templates see."""

    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(1_721_995_200, tz)


@pytest.fixture(autouse=True)
def frozen_time(monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", FrozenTime)


def chat(*contents, system=None):
    roles = ["user", "assistant"]
    messages = [{"role": "system", "content": system}] if system is not None else []
    return messages + [{"role": roles[i % 2], "content": content} for i, content in enumerate(contents)]


# Transformers cuts the last character of a block off its mask if that character is several tokens: none here ends so.
ROWS = {
    "turn": {"messages": chat("Hi", "Hello!")},
    "turns": {"messages": chat("Hi", "Hello!", "2 + 2?", "4\n\nSure.", "Ça va ?", "Très 🙂 bien")},
    "system": {"messages": chat("Hi", "Hello!", "And?", "Nothing.", system="Be brief.")},
    "ends_with_user": {"messages": chat("Hi", "Hello!", "Still there?")},
    "empty": {"messages": chat("Hi", "", "And?", "x")},
    "tools": {"messages": [*chat("Weather?"), CALL, RESULT, *chat("x", "Sunny.")[1:]], "tools": [WEATHER]},
}


def special_tokens(source):
    """What looks like a control token in the template's source."""
    found = set(re.findall(r"<[|｜][^<>'\"\s]{1,40}[|｜]>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]|<end_of_utterance>", source))
    return sorted(found | {"<s>", "</s>"})


def text_form(row):
    """The row with the arguments of calls as JSON text, which some templates need."""
    row = copy.deepcopy(row)
    for message in row["messages"]:
        for call in message.get("tool_calls", []):
            call["function"]["arguments"] = json.dumps(call["function"]["arguments"], ensure_ascii=False)
    return row


def expected(tokenizer, row):
    """Ids and mask by Transformers in either form of arguments, or nothing where the template refuses both."""
    answers = []
    for candidate in (row, text_form(row)):
        try:
            encoded = tokenizer.apply_chat_template(
                candidate["messages"], tools=candidate.get("tools"), return_dict=True, return_assistant_tokens_mask=True)
        except Exception:  # pylint: disable=broad-except; whatever the template raises
            continue
        answers.append((encoded["input_ids"], encoded["assistant_masks"]))
    return answers


def learnt(row):
    """1 for each token that is a label, as Transformers' mask has it but for the first token."""
    return [0] + [int(label != -100) for label in row["labels"][:-1]]


@pytest.fixture(scope="module")
def templates():
    try:
        return {path.stem: path.read_text(encoding="utf-8") for path in assets.files("trl-templates").rglob("*.jinja")}
    except assets.Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def ours(automodel, tmp_path):
    """ours(template) -> the tokenizer's folder and, by name, what we make of each row."""

    def run(source, special):
        folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", source, special, "</s>")
        data = tmp_path / "rows.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in ROWS.values()), encoding="utf-8")
        done = automodel("data", "--dataset", data, "--tokenizer", folder, "--json")
        lines = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        assert len(lines) == len(ROWS), done.stderr
        return folder, dict(zip(ROWS, lines))

    return run


def test_generation_blocks(templates, ours):
    compared = 0
    for name, source in sorted(templates.items()):
        if not name.endswith("_training"):
            continue
        folder, answers = ours(source, special_tokens(source))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        for row_name, row in ROWS.items():
            theirs = [(ids, mask) for ids, mask in expected(tokenizer, row) if any(mask)]
            if not theirs:
                continue
            answer = answers[row_name]
            assert "error" not in answer, f"{name}, {row_name}: {answer['error']}"
            # The first token is never a label.
            assert (answer["ids"], learnt(answer)) in [(ids, [0] + mask[1:]) for ids, mask in theirs], f"{name}, {row_name}"
            compared += 1
    assert compared > 100


def test_reasoning_before_a_call_is_left_out(templates, automodel, tmp_path):
    """As upstream's format_chat_template has it: the reasoning with its tags is masked, the call is learnt."""
    special = ["<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>", "</tool_call>"]
    folder = byte_tokenizer.write_tokenizer(tmp_path / "tokenizer", templates["qwen3"], special, "<|im_end|>")
    data = tmp_path / "rows.jsonl"
    row = {"messages": [*chat("Weather?"), {**CALL, "reasoning_content": "I ask."}, RESULT, *chat("x", "Sunny.")[1:]]}
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = automodel("data", "--dataset", data, "--tokenizer", folder, "--keys", '{"mask_reasoning_content": true}', "--json")
    answer = json.loads(done.stdout)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    shown = "".join(
        tokenizer.decode([token]) if is_learnt else "\0" for token, is_learnt in zip(answer["ids"], learnt(answer)))
    call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Z'
    assert re.split("\0+", shown)[1].startswith(call), shown
    assert "I ask" not in shown


def without_blanks(answer, folder):
    """The learnt tokens as text without white space: marked templates differ in the newlines around an answer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    runs, inside = [], False
    for token, is_learnt in zip(answer["ids"], learnt(answer)):
        text = tokenizer.convert_ids_to_tokens(token)
        if is_learnt and text not in ("Ċ", "Ġ"):
            runs = runs if inside else [*runs, []]
            runs[-1].append(token)
            inside = True
        elif not is_learnt:
            inside = False
    return runs


# Templates whose marked variant prints the same text as the unmarked one.
SAME_TEXT = ["qwen2_5", "llama3", "gemma", "gemma3", "phi3", "phi3_5", "qwen3_instruct_2507"]


@pytest.mark.parametrize("name", SAME_TEXT)
def test_prefixes_find_what_the_marks_say(name, templates, ours):
    special = special_tokens(templates[name])
    folder, marked = ours(templates[name + "_training"], special)
    _, unmarked = ours(templates[name], special)
    compared = 0
    for row_name in ROWS:
        if "error" in marked[row_name]:
            continue
        assert "error" not in unmarked[row_name], f"{row_name}: {unmarked[row_name]['error']}"
        assert unmarked[row_name]["ids"] == marked[row_name]["ids"], row_name
        assert without_blanks(unmarked[row_name], folder) == without_blanks(marked[row_name], folder), row_name
        compared += 1
    assert compared >= 3
