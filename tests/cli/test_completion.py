"""Completion scripts in real shells, the manual page in a real formatter."""

import pathlib
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.fast
ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script(automodel):
    return lambda shell: automodel("completion", shell).stdout


@pytest.fixture
def complete(script, tmp_path):
    """complete("plan", "--js") -> what bash offers for the last word."""
    (tmp_path / "script").write_text(script("bash"))

    def call(*words):
        shell = 'source ./script; COMP_WORDS=(automodel "$@"); COMP_CWORD=$#; _automodel; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "--norc", "-uc", shell, "bash", *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return [word for word in done.stdout.split("\n") if word]

    return call


def commands(automodel):
    return re.findall(r"^  ([a-z-]+) +[A-Z]", automodel("--help").stdout, re.MULTILINE)


def options(automodel, command):
    return set(re.findall(r"(?<![\w-])(--[a-z-]+)", automodel(command, "--help").stdout.split("Options:")[1].split("Example:")[0]))


def test_bash_offers_the_commands(automodel, complete):
    names = commands(automodel)
    assert len(names) > 15 and {"train", "doctor", "help"} <= set(names)
    assert set(complete("")) == {*names, "--help", "--version"}
    assert complete("doc") == ["doctor"]
    assert complete("help", "doc") == ["doctor"]
    assert complete("recipe.y") == []  # files, which bash adds itself


def test_bash_offers_each_option_of_the_help(automodel, complete):
    for command in set(commands(automodel)) - {"help", "version"}:
        offered = complete(command, "--")
        assert len(offered) > 0
        missing = set(offered) ^ {name for name in options(automodel, command) if "." not in name}
        assert missing <= {"--section", "--base"}, (command, missing)  # named in descriptions only


def test_bash_offers_values_and_files(complete):
    assert complete("download", "--repo-type", "") == ["model", "dataset"]
    assert complete("completion", "") == ["bash", "zsh", "fish"]
    assert complete("plan", "") == [] and complete("plan", "rec") == []
    assert complete("train", "--smoke", "x") == []


@pytest.mark.parametrize("first", ["train", "examples/quickstart/recipe.yaml", "plan"])
def test_bash_offers_the_keys_of_recipes(complete, first):
    assert "--optimizer.lr" in complete(first, "--optimizer.l")
    assert complete(first, "--step_scheduler.max_st") == ["--step_scheduler.max_steps"]


def test_bash_offers_keys_to_recipes_only(complete):
    assert complete("report", "--optimizer.l") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_good_syntax(script, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    done = subprocess.run([shell, "-n"], input=script(shell), capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_zsh_takes_the_script(script, tmp_path):
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not here")
    (tmp_path / "script").write_text(script("zsh"))
    ask = "autoload -U compinit && compinit -D && source ./script && print $_comps[automodel] && whence -w _automodel"
    done = subprocess.run(["zsh", "-fc", ask], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == ["_automodel", "_automodel:", "function"] and done.stderr == "", done.stdout + done.stderr


def test_fish_offers_options(script):
    if shutil.which("fish") is None:
        pytest.skip("fish is not here")
    ask = script("fish") + "\ncomplete -C 'automodel plan --js'; complete -C 'automodel doc'\n"
    done = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, text=True)
    assert done.stdout.splitlines()[0].startswith("--json") and "doctor" in done.stdout, done.stdout + done.stderr


def test_another_shell_is_refused(automodel):
    done = automodel("completion", "csh")
    assert done.returncode == 2 and "{bash,zsh,fish}" in done.stderr


def formatted(page, tmp_path):
    path = tmp_path / "automodel.1"
    path.write_text(page)
    for words in (["mandoc", "-T", "utf8", "-W", "error", path], ["groff", "-man", "-ww", "-T", "utf8", path]):
        if shutil.which(words[0]):
            done = subprocess.run(words, capture_output=True, text=True)
            assert done.returncode == 0 and done.stderr == "", done.stderr
            return re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)
    pytest.skip("neither mandoc nor groff is here")


def test_the_manual_page(automodel, tmp_path):
    page = automodel("man").stdout
    assert page.startswith(".TH AUTOMODEL 1 ")
    for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "ENVIRONMENT", "EXIT STATUS"):
        assert f"\n.SH {title}\n" in page
    text = re.sub(r"[‐−]", "-", formatted(page, tmp_path))
    for command in commands(automodel):
        assert re.search(rf"^   {command}\b", text, re.MULTILINE), command
        assert f"automodel {command}" in text, command
    for part in ("--smoke", "--section.key VALUE", "       75     interrupted", "model|dataset"):
        assert part in text, part
    assert re.search(r"the shell: bash, zsh,\s+fish", text)
    variables = (ROOT / "docs/hub.md").read_text().split("## Variables")[1].split("\n## ")[0]
    for name in re.findall(r"^\| .*?\|", variables, re.MULTILINE):
        for variable in re.findall(r"`(\w+)`", re.sub(r"\(older: .*?\)", "", name)):
            assert variable in text, variable
