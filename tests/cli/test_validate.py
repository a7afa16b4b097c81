"""`automodel validate` on upstream's recipes and thousands of variants of them."""

import json
import pathlib
import re

import pytest
import recipe_mutations as mutations
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
UPSTREAM = ROOT / "tests/recipes/upstream"
RECIPES = sorted(UPSTREAM.rglob("*.yaml"))
SMALL = UPSTREAM / "llm_finetune/llama3_1/customizer_llama_3_1_8b_full_sft_tp.yaml"


def name_of(path):
    return path.stem


def load(path):
    return yaml.safe_load(path.read_text())


def write(folder, name, content):
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False))
    return path


def complaints(stderr):
    """Path of each refused file -> its error text."""
    parts = re.split(r"^error: ", stderr, flags=re.MULTILINE)[1:]
    return {part.split(": ", 1)[0]: part for part in parts}


def test_there_are_sixteen():
    assert len(RECIPES) == 16


@pytest.mark.fast
@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_upstream_recipes_are_accepted(automodel, path):
    done = automodel("validate", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: ok\n")
    assert "error" not in done.stderr


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.full)])
@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_every_mutation_is_refused(automodel, tmp_path, path, whole):
    """A key is misspelt in the first recipe that has it at its place alone, unless all are wanted."""
    earlier = [] if whole else RECIPES[:RECIPES.index(path)]
    tried = {place for other in earlier for place in mutations.places(load(other))}
    files = {}
    for i, mutation in enumerate(mutations.all_mutations(load(path), tried)):
        files[str(write(tmp_path, f"{i}.yaml", mutation.recipe))] = mutation
    done = automodel("validate", *files)
    assert done.returncode == 2
    refused = complaints(done.stderr)
    missed = []
    for file, mutation in files.items():
        # The path stands between the place and the complaint, alone.
        if not re.search(rf" {re.escape(mutation.path)}(\.\S+)?: ", refused.get(file, "")):
            missed.append((mutation.kind, mutation.path, refused.get(file, "accepted")))
    assert not missed, f"{len(missed)} of {len(files)}: {missed[:10]}"


@pytest.mark.parametrize("kind", ["misspelt_keys", "wrong_types", "unknown_targets", "missing_keys", "bad_values", "unset_variables"])
def test_one_wrong_recipe_alone_exits_with_2(automodel, tmp_path, kind):
    mutation = next(iter(getattr(mutations, kind)(load(SMALL))))
    done = automodel("validate", write(tmp_path, "wrong.yaml", mutation.recipe))
    assert done.returncode == 2
    assert mutation.path in done.stderr
    assert done.stdout == ""


def effective(automodel, path, *more):
    done = automodel("validate", path, "--print-config", *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def spelt_otherwise(node):
    """YAML text with YAML 1.1's other spellings of scalars, in flow style."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {spelt_otherwise(v)}" for k, v in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(spelt_otherwise, node)) + "]"
    return mutations.spelling(node) or json.dumps(node)


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_harmless_variants_resolve_to_the_same(automodel, tmp_path, path):
    recipe = load(path)
    wanted = effective(automodel, path)
    flow = json.dumps(recipe["dataset"])
    anchored = yaml.safe_dump({**recipe, "dataset": "ALIAS"}).replace("dataset: ALIAS", "dataset: {<<: *shared}", 1)
    variants = {
        "dumped": recipe,
        "reordered": mutations.reordered(recipe),
        "quoted": json.dumps(recipe),
        "numbers quoted": json.dumps(mutations.quoted(recipe)),
        "spelt otherwise": spelt_otherwise(recipe),
        "anchors": f"_shared: &shared {flow}\n{anchored}",
        "alias": f"_shared: &shared {flow}\n{anchored.replace('{<<: *shared}', '*shared')}",
        "comments": "# first\n" + path.read_text().replace("\n", "  # more\n", 1) + "\n# last\n",
        "windows": path.read_text().replace("\n", "\r\n"),
        "bom": "\ufeff" + path.read_text(),
    }
    assert "*shared" in variants["anchors"]
    for name, content in variants.items():
        assert effective(automodel, write(tmp_path, "variant.yaml", content)) == wanted, name


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_the_printed_configuration_is_a_recipe(automodel, tmp_path, path):
    printed = effective(automodel, path)
    again = effective(automodel, write(tmp_path, "printed.yaml", printed))
    assert yaml.safe_load(again) == yaml.safe_load(printed)


def test_origins(automodel, tmp_path):
    recipe = load(SMALL)
    recipe["seed"] = "${RUN_SEED,7}"
    recipe["dist_env"]["timeout_minutes"] = "${RUN_MINUTES}"
    path = write(tmp_path, "r.yaml", recipe)
    done = automodel("validate", path, "--optimizer.lr", "1e-3", "--print-config", env={"RUN_MINUTES": "5"})
    lines = {line.split("#")[0].strip(): line.split("#")[1].strip() for line in done.stdout.splitlines() if "#" in line}
    assert lines["seed: 7"] == "file"
    assert lines["timeout_minutes: 5"] == "environment"
    assert lines["lr: 0.001"] == "override"
    assert lines["start_epoch: 0"] == "default"
    assert lines["max_steps: 13"] == "file"
    placed = automodel("validate", path, "--print-config", "--lines", env={"RUN_MINUTES": "5"}).stdout
    assert re.search(r"max_steps: 13 +# file \d+:14\n", placed)


def test_overrides(automodel):
    def printed(*words):
        return effective(automodel, SMALL, *words)

    assert "max_steps: 3 " in printed("--step_scheduler.max_steps", "3")
    assert "max_steps: 3 " in printed("--step_scheduler.max_steps=3")
    assert "max_steps: 3 " in printed("--step_scheduler.max_steps=3", "--step_scheduler.max_steps=3")
    assert "is_async: true " in printed("--checkpoint.is_async")
    assert "betas: [0.5, 0.75] " in printed("--optimizer.betas", "[0.5, 0.75]")
    assert "max_steps: null " in printed("--step_scheduler.max_steps", "null")
    assert "max_norm: 2.0 " in printed("--clip_grad_norm.max_norm", "2")


@pytest.mark.parametrize(
    "words, text",
    [
        (["--optimizer.lrr", "1"], "command line: optimizer.lrr: unknown key; did you mean 'lr'?"),
        (["--optimiser.lr", "1"], "command line: optimiser: unknown key; did you mean 'optimizer'?"),
        (["--optimizer.lr", "fast"], "command line: optimizer.lr: expected a number >= 0, found 'fast'"),
        (["--optimizer..lr", "1"], "a part of the key is empty"),
        (["--optimizer.betas.0", "1"], "is inside a list"),
        (["--step_scheduler.global_batch_size", "10"], "10 is not divisible by local_batch_size 1 * distributed.dp_size 4"),
    ],
)
def test_wrong_overrides_are_errors(automodel, words, text):
    done = automodel("validate", SMALL, *words)
    assert done.returncode == 2
    assert text in done.stderr


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("just text\n", "expected a mapping of sections, found 'just text'"),
        ("- a\n- b\n", "expected a mapping of sections, found a list"),
        ("a: 1\n---\nb: 2\n", "more than one YAML document"),
        ("a: {b: 1\n", "not valid YAML"),
        ("a:\n\tb: 1\n", "r.yaml:2:"),
        ("a:\tb\n", "a tab before this value"),
        ("a: &x [*x]\n", "a value cannot contain itself"),
        ("a: !!python/object/apply:os.system [ls]\n", "the tag"),
        ("[a, b]: 1\n", "as a key"),
        ("<<: 5\n", "'<<' merges mappings"),
        ("a: " + "[" * 80 + "]" * 80 + "\n", "nested deeper than 64 levels"),
        ("a: " + "[" * 5000 + "]" * 5000 + "\n", "r.yaml:1:"),
    ],
)
def test_bad_yaml(automodel, tmp_path, text, complaint):
    done = automodel("validate", write(tmp_path, "r.yaml", text))
    assert done.returncode == 2
    assert complaint in done.stderr


def test_alias_bomb(automodel, tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    done = automodel("validate", write(tmp_path, "r.yaml", "\n".join(lines)), timeout=10)
    assert done.returncode == 2
    assert "aliases expanded" in done.stderr


@pytest.mark.parametrize("data, complaint", [("a: 1".encode("utf-16"), "r.yaml: the file is UTF-16; save it as UTF-8"), (b"a: \xff\xfe\n", "byte 0xff is not allowed"), (b"a: \x00b\n", "byte 0x00 is not allowed"), (b"a" * (17 << 20), "at most")])
def test_bytes_that_are_no_text(automodel, tmp_path, data, complaint):
    path = tmp_path / "r.yaml"
    path.write_bytes(data)
    done = automodel("validate", path)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_huge_scalar_is_shortened_in_the_complaint(automodel, tmp_path):
    done = automodel("validate", write(tmp_path, "r.yaml", "seed: " + "x" * (1 << 20)))
    assert done.returncode == 2
    assert len(done.stderr) < 10000


def test_files_that_are_no_recipes(automodel, tmp_path):
    done = automodel("validate", tmp_path / "missing.yaml")
    assert done.returncode == 2 and "missing.yaml" in done.stderr
    done = automodel("validate", tmp_path)
    assert done.returncode == 2 and "is a folder" in done.stderr
    done = automodel("validate")
    assert done.returncode == 2 and "no recipe given" in done.stderr


def test_keys_given_twice_warn_and_the_last_counts(automodel, tmp_path):
    text = SMALL.read_text() + "seed: 1\nseed: 2\n"
    done = automodel("validate", write(tmp_path, "r.yaml", text), "--print-config")
    assert "seed: 2 " in done.stdout
    assert "seed: this key was already given" in done.stderr


def test_all_problems_at_once(automodel, tmp_path):
    recipe = load(SMALL)
    recipe["optimizer"]["lrr"] = 1
    recipe["step_scheduler"]["max_steps"] = "many"
    recipe["datset"] = {}
    done = automodel("validate", write(tmp_path, "r.yaml", recipe))
    assert "the recipe has 3 problems" in done.stderr
    for path in ("optimizer.lrr", "step_scheduler.max_steps", "datset"):
        assert f" {path}: " in done.stderr


def test_secrets_are_masked(automodel, tmp_path):
    recipe = load(SMALL)
    recipe["comet"] = {"api_key": "do-not-show"}
    path = write(tmp_path, "r.yaml", recipe)
    assert "do-not-show" not in effective(automodel, path)


def test_logins_and_tokens_are_masked_under_any_key(automodel, tmp_path):
    recipe = load(SMALL)
    recipe["wandb"] = {"project": "https://me:do-not-show@host/x", "notes": "hf_DoNotShowDoNotShowDoNotShow"}
    path = write(tmp_path, "r.yaml", recipe)
    done = automodel("validate", path, "--print-config")
    assert done.returncode == 0, done.stderr
    assert "https://******@host/x" in done.stdout and "hf_******" in done.stdout
    done = automodel("validate", path, "--seed=https://me:do-not-show@host", "--seedd=hf_DoNotShowDoNotShowDoNotShow")
    assert done.returncode == 2
    assert "seedd" in done.stderr and "https://******@host" in done.stderr
    assert "ot-show" not in done.stderr and "DoNotShow" not in done.stderr


@pytest.mark.parametrize("words, text", [
    (["--optimizer.lr=1", "--optimizer.lr=2"], "override --optimizer.lr is given twice, as '1' and as '2'; give it once"),
    (["--packed_sequence={}", "--packed_sequence.packed_sequence_size=8"], "exclude each other")])
def test_contradictory_overrides(automodel, words, text):
    done = automodel("validate", SMALL, *words)
    assert done.returncode == 2 and text in done.stderr
    assert automodel("validate", SMALL, words[0], words[0]).returncode == 0


def test_the_reference_page_is_current(automodel):
    page = automodel("validate", "--reference").stdout
    assert (ROOT / "docs/recipe.md").read_text() == page, "run: automodel validate --reference > docs/recipe.md"


@pytest.mark.cpu
def test_validate_loads_no_libtorch(automodel):
    done = automodel("validate", SMALL, env={"LD_DEBUG": "libs"})
    assert done.returncode == 0
    assert "libc.so" in done.stderr and "libtorch" not in done.stderr
