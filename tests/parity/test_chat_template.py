"""Chat templates render as Transformers renders them, byte for byte, generation spans and errors included."""

import copy
import datetime
import json

import pytest
from chat_conversations import rows
from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import render_jinja_template

import assets

NOW = 1_732_400_000  # what strftime_now sees

COLLECTIONS = {"trl-templates": 72, "axolotl-templates": 36, "llama-cpp-templates": 70}  # at least so many


class FrozenTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, tz)


@pytest.fixture(autouse=True)
def frozen_time(monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", FrozenTime)


@pytest.fixture(scope="session")
def render(automodel):
    """render(template file, rows) -> one JSON object per row, from our program."""

    def run(path, conversations):
        lines = "".join(json.dumps(row) + "\n" for row in conversations)
        done = automodel("render-template", path, input=lines, encoding="utf-8", timeout=300)
        answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        assert len(answers) == len(conversations), done.stderr
        return answers

    return run


def byte_spans(text, spans):
    return [[len(text[:begin].encode()), len(text[:end].encode())] for begin, end in spans]


def without_nulls(messages):
    """What apply_chat_template does before it calls render_jinja_template."""
    return [{key: value for key, value in message.items() if value is not None} for message in messages]


def oracle(source, row):
    """What Transformers makes of the row: {"text", "spans"} or {"error"}."""
    row = copy.deepcopy(row)
    continues = row.get("continue_final_message", False)
    messages = without_nulls(row["messages"])
    try:
        texts, spans = render_jinja_template(
            [messages], tools=row.get("tools"), documents=row.get("documents"), chat_template=source,
            return_assistant_tokens_mask=not continues, continue_final_message=continues,
            add_generation_prompt=row.get("add_generation_prompt", False), **row["variables"])
    except Exception as error:  # pylint: disable=broad-except; whatever Python raises
        return {"error": str(error)}
    return {"text": texts[0], "spans": byte_spans(texts[0], spans[0]) if spans else None}


def difference(ours, theirs):
    if "error" in theirs:
        if "error" not in ours:
            return f"should raise {theirs['error']!r}"
        same = ours["error"] == theirs["error"]
        return None if same else f"raises {ours['error']!r}, not {theirs['error']!r}"
    if "error" in ours:
        return f"raises {ours['where']}"
    if ours["text"] != theirs["text"]:
        return f"{ours['text']!r}\n  is not {theirs['text']!r}"
    if theirs["spans"] is not None and ours["spans"] != theirs["spans"]:
        return f"spans {ours['spans']}, not {theirs['spans']}"
    return None


def compare(path, render):
    source = path.read_text(encoding="utf-8")
    named = [(name, {**row, "now": NOW}) for name, row in rows()]
    answers = render(path, [row for _, row in named])
    problems = []
    for (name, row), ours in zip(named, answers, strict=True):
        problem = difference(ours, oracle(source, row))
        if problem:
            problems.append(f"{path.name}, {name}: {problem}")
    return problems


@pytest.mark.parametrize("name", [
    "trl-templates",
    pytest.param("axolotl-templates", marks=pytest.mark.full),
    pytest.param("llama-cpp-templates", marks=pytest.mark.full),
])
def test_every_template(name, render):
    try:
        paths = sorted(assets.files(name).rglob("*.jinja"))
    except assets.Unavailable as error:
        pytest.skip(str(error))
    assert len(paths) >= COLLECTIONS[name]
    problems = [problem for path in paths for problem in compare(path, render)]
    assert not problems, f"{len(problems)} differences:\n" + "\n".join(problems[:10])
