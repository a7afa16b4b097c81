"""Random expressions and templates give what jinja2 gives, set up as Transformers does; or both raise."""

import json
import re

import jinja_programs
import pytest
from transformers.utils.chat_template_utils import _cached_compile_jinja_template

MESSAGES = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]

# Where this interpreter refuses on purpose, and Python's texts that name addresses in memory.
REFUSED = re.compile(r"not supported|do(es)? not fit 64 bits")
ADDRESS = re.compile(r"(?i) (at|bt) 0x|object at")


def oracle(source):
    try:
        text = _cached_compile_jinja_template(source).render(
            messages=json.loads(json.dumps(MESSAGES)), tools=None, documents=None, add_generation_prompt=False)
    except Exception as error:  # pylint: disable=broad-except; whatever Python raises
        return {"error": str(error)}
    return {"text": text}


def is_known(ours, theirs):
    refused = "error" in ours and REFUSED.search(ours["error"])
    return refused or ("text" in theirs and ADDRESS.search(theirs["text"]))


def agree(ours, theirs):
    return ours.get("text") == theirs.get("text") and ("error" in ours) == ("error" in theirs)


@pytest.fixture
def render(automodel, tmp_path):
    def run(sources):
        path = tmp_path / "programs.jsonl"
        rows = [{"template": source, "messages": MESSAGES} for source in sources]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with open(path, encoding="utf-8") as lines:
            done = automodel("render-template", stdin=lines, encoding="utf-8", timeout=300)
        answers = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        assert len(answers) == len(sources), done.stderr
        return answers

    return run


def check(sources, render):
    problems = []
    for source, ours in zip(sources, render(sources), strict=True):
        theirs = oracle(source)
        if not agree(ours, theirs) and not is_known(ours, theirs):
            problems.append(f"{source!r}\n  ours:   {ours}\n  theirs: {theirs}")
    assert not problems, f"{len(problems)} differences:\n" + "\n".join(problems[:10])


@pytest.mark.parametrize("seed", [1, pytest.param(range(2, 12), marks=pytest.mark.full)])
def test_expressions(seed, render):
    for one in [seed] if isinstance(seed, int) else seed:
        check(jinja_programs.expressions(one, 1500), render)


@pytest.mark.parametrize("seed", [1, pytest.param(range(2, 12), marks=pytest.mark.full)])
def test_templates(seed, render):
    for one in [seed] if isinstance(seed, int) else seed:
        check(jinja_programs.templates(one, 700), render)
