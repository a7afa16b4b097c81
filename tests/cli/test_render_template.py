"""automodel render-template: one answer per conversation, and what it says about wrong input."""

import json

import pytest

pytestmark = pytest.mark.fast

SOURCE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ raise_exception('no!') if stop }}"
HELLO = {"messages": [{"role": "user", "content": "Grüße"}]}


@pytest.fixture
def render(automodel, tmp_path):
    def run(rows, source=SOURCE, options=()):
        (tmp_path / "t.jinja").write_text(source, encoding="utf-8")
        lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        return automodel("render-template", tmp_path / "t.jinja", *options, input=lines, encoding="utf-8")

    return run


def test_one_line_each(render):
    done = render([HELLO, {**HELLO, "variables": {"stop": True}}, HELLO])
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == answers[2] == {"text": "user: Grüße\n", "spans": []}
    assert answers[1]["error"] == "no!"
    assert "rendering line 2 of the chat template" in answers[1]["where"]
    assert done.returncode == 2


def test_bare_text(render):
    done = render([HELLO], options=["--text"])
    assert (done.stdout, done.returncode) == ("user: Grüße\n", 0)
    refused = render([{**HELLO, "variables": {"stop": True}}], options=["--text"])
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: no!\n  while rendering line 2")


def test_spans_of_generation_blocks(render):
    done = render([HELLO], source="ü{% generation %}ab{% endgeneration %}")
    assert json.loads(done.stdout) == {"text": "üab", "spans": [[2, 4]]}


def test_template_in_the_row(automodel):
    rows = [{**HELLO, "template": "{{ 1 }}"}, {**HELLO, "template": "{{ 1"}, HELLO]
    done = automodel("render-template", input="".join(json.dumps(row) + "\n" for row in rows))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0]["text"] == "1"
    assert "template:1: " in answers[1]["error"]
    assert "no template file was given, nor the key 'template'" in done.stderr


@pytest.mark.parametrize("row, text", [
    ("{", "line 1 of the standard input"),
    ("[]", "must be a JSON object with the key 'messages'"),
    ({"messages": [], "tool": []}, "unknown key 'tool'; did you mean 'tools'?"),
    ({"messages": [], "now": "x"}, "'now' has the wrong type: string"),
])
def test_wrong_input(render, row, text):
    done = render([row])
    assert done.returncode == 2
    assert text in done.stderr


def test_wrong_template(render, automodel, tmp_path):
    done = render([HELLO], source="a\n{% if %}")
    assert done.returncode == 2
    assert "t.jinja:2: Expected an expression" in done.stderr
    assert automodel("render-template", tmp_path / "none.jinja", input="").returncode == 2
