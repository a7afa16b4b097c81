"""docs/models.md, from `automodel models --json` and the list of compared models.

python tests/parity/models_page.py > docs/models.md
"""

import json
import subprocess
import sys
from collections import defaultdict

from oracle.configs import base_type
from test_families import NAMES

HEAD = """# Supported models

Made by `python tests/parity/models_page.py > docs/models.md` from `automodel models --json` and the list of compared
models in `tests/parity/test_families.py`; a test proves that it is current. `automodel describe MODEL_TYPE` says more.

Proven for every type below, live against the pinned Transformers, on tiny random models in which every kind of weight
matters (`tests/parity/test_families.py`):

- logits, loss, every gradient and the weights after three AdamW steps, on plain, padded and packed rows with labels of
  -100: within 1e-4 of each tensor's largest entry, in float32;
- bfloat16: at most 1.1 times as far from float32 as Transformers' own bfloat16, the root of the mean square over all
  tokens; where routers choose experts, with the choices of float32, and no more other choices than Transformers makes;
- loaded in bfloat16 or float16: the same weights rounded, the same kept in float32;
- fresh weights (`from_config`): the same constants and distributions (`tests/parity/test_init.py`);
- every key of the configuration class away from its default in some configuration, or refused
  (`tests/parity/test_switches.py`); no key ignored that Transformers' logits depend on (`test_ignored_keys.py`);
- with recompute, selective and full: equal to the last bit to the run without;
- an export of an import is the same byte for byte, and Transformers loads it with no missing and no unexpected key;
- a key that config.json leaves out means what Transformers' configuration class says (`tests/models`).

"Compared" names the configurations: the type itself, and variants that turn further switches (`tests/parity/oracle`).
Sizes and kinds of blocks are those of the configuration that Transformers' class makes without arguments.

A recipe's section `model` overrides keys of config.json, by the type's own name or the common one (`num_hidden_layers` is
GPT-2's `n_layer`), and within objects key by key. Only a RoPE that names its `rope_type` replaces the other type's
keys: it keeps `rope_theta` and `partial_rotary_factor` unless it says them. `rope_scaling: null` is RoPE without scaling.
Where each kind of layer has its RoPE (Gemma 3, OLMo 3) write `rope_parameters.full_attention` or
`rope_parameters.sliding_attention`; keys that name no kind are refused.

A key of config.json that the family does not know is refused, unless it says nothing (null, false, 0, empty): it could
change the mathematics. Where it does not, a recipe takes it out by null (`model.that_key: null`); a null of a key that
neither the file nor any configuration of Hugging Face has is an error. Keys of released files that Transformers' classes do
not read are ignored, or checked where they say what the class has fixed; YaRN's `attn_factor` (DeepSeek-R1-0528-Qwen3-8B) is
ignored as there. `automodel describe FOLDER` lists what is without effect.

| model type | compared | parameters, per token | blocks |
| --- | --- | --- | --- |
"""


def compared():
    """model_type -> the names under which test_families.py compares it."""
    names = defaultdict(list)
    for name in NAMES:
        names[base_type(name)].append(name)
    return names


def human(count):
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return str(count)


def row(family, names):
    active = "" if family["active"] == family["parameters"] else f", {human(family['active'])}"
    shown = ", ".join(names) or "no"
    return (f"| {family['model_type']} | {shown} | {human(family['parameters'])}{active} | "
            f"{'; '.join(family['kinds'])} |\n")


def page(program):
    done = subprocess.run([program, "models", "--json"], capture_output=True, text=True, check=True)
    names = compared()
    return HEAD + "".join(row(family, names[family["model_type"]]) for family in json.loads(done.stdout))


if __name__ == "__main__":
    sys.path.insert(0, "tests")
    from program import program_path

    sys.stdout.write(page(program_path()))
