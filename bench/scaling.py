#!/usr/bin/env python3
"""How the cost of a step grows: tokens a second of `automodel bench` against one size at a time.

    .deps/python/bin/python bench/scaling.py                      the table of docs/performance.md
    .deps/python/bin/python bench/scaling.py --only length --dtype float32

Full training with random weights of models of cases.py with one size changed, the batch one row of 512 tokens unless it is
the batch or the length that changes. Nothing else should run meanwhile.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

import compare
import rows as row_files
import yaml
from cases import CASES

# What changes -> (case, values)
SWEEPS = {
    "length": ("dense-135m", [512, 1024, 2048, 4096, 8192]),
    "batch": ("dense-135m", [1, 2, 4, 8]),
    "vocabulary": ("dense-135m", [32768, 65536, 131072, 262144]),
    "experts": ("qwen3moe-378m", [8, 16, 32, 64, 128]),
}
KEYS = {"vocabulary": "vocab_size", "experts": "num_experts"}


def write_config(folder: pathlib.Path, case: str, changes: dict) -> None:
    from transformers import AutoConfig

    kind, keys = CASES[case]
    config = AutoConfig.for_model(kind, pad_token_id=0, bos_token_id=None, eos_token_id=None, use_cache=False,
                                  **(keys | changes))
    config.architectures = [{"llama": "LlamaForCausalLM", "qwen3_moe": "Qwen3MoeForCausalLM"}[kind]]
    config.save_pretrained(folder)


def measure(sweep: str, case: str, value: int, args: argparse.Namespace) -> dict:
    args.batch = value if sweep == "batch" else 1
    length = value if sweep == "length" else 512
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model"
        write_config(model, case, {KEYS[sweep]: value} if sweep in KEYS else {})
        content = compare.recipe(model, "full", args, args.batch)
        content["model"] = {
            "_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_config",
            "config": {"_target_": "transformers.AutoConfig.from_pretrained",
                       "pretrained_model_name_or_path": str(model)},
            "torch_dtype": args.dtype,
        }
        rng = random.Random(0)
        vocab_size = json.loads((model / "config.json").read_text())["vocab_size"]
        rows = row_files.write(pathlib.Path(folder) / "rows.jsonl",
                               [row_files.fixed_row(rng, vocab_size, length) for _ in range(args.batch)])
        path = pathlib.Path(folder) / "recipe.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        command = [str(compare.PROGRAM), "bench", str(path), "--rows", str(rows), "--threads", str(args.threads), "--json"]
        return compare.run(command, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SWEEPS, default=list(SWEEPS))
    parser.add_argument("--dtype", default="bfloat16" if compare.has_bfloat16() else "float32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3)
    args = parser.parse_args()
    args.recompute, args.device, args.chats = False, "cpu", False
    print(f"{args.dtype}, {args.threads} threads\n\n| what | value | tokens/s | s a step | TFLOP/s | peak GiB |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for sweep in args.only:
        case, values = SWEEPS[sweep]
        for value in values:
            found = measure(sweep, case, value, args)
            print(f"| {sweep} of `{case}` | {value:,} | {found['tok_s']:.0f} | {found['s_step_median']:.2f} "
                  f"| {found['tflops']:.3f} | {found['peak_rss_steps_gib']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
