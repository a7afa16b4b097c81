#!/usr/bin/env python3
"""The tables of docs/performance.md: every case against Transformers, a line each as it is measured.

    .deps/python/bin/python bench/suite.py                 in the type that this processor is best at
    .deps/python/bin/python bench/suite.py --avx2          every side limited to AVX2, float32
    .deps/python/bin/python bench/suite.py --only gptoss   the lines whose case or step says so

What `compare.py` says of its sides, of losses that differ and of other programs holds here too. In 2 rounds of 3 steps it
takes about an hour.
"""

import argparse
import dataclasses
import os
import sys

import compare

ONLY_AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "AUTOMODEL_ISA": "avx2",
}
CHATS = ["--chats", "--batch", "4"]  # real lengths, the prompts masked


@dataclasses.dataclass(frozen=True)
class Line:
    case: str
    step: str
    mode: str
    tokens: int = 512
    options: tuple[str, ...] = ()


FULL, LORA, EXPERTS = "full", "LoRA on all linears", "LoRA on attention and experts"
LINES = [
    Line("dense-135m", FULL, "full"),
    Line("dense-135m", LORA, "lora-all"),
    Line("dense-135m", f"{FULL}, 4 chats", "full", 1024, tuple(CHATS)),
    Line("dense-135m", f"{LORA}, 4 chats", "lora-all", 1024, tuple(CHATS)),
    Line("dense-152k", FULL, "full", 2048),
    Line("qwen3moe-378m", FULL, "full"),
    Line("qwen3moe-378m", EXPERTS, "lora-experts"),
    Line("qwen3moe-378m", f"{EXPERTS}, 4 chats", "lora-experts", 1024, tuple(CHATS)),
    Line("qwen3moe-30b-layer", FULL, "full"),
    Line("qwen3moe-30b-layer", EXPERTS, "lora-experts"),
    Line("gptoss-small", FULL, "full"),
    Line("gptoss-small", FULL, "full", 2048),
    Line("deepseekv3-small", FULL, "full"),
    Line("deepseekv3-small", FULL, "full", 2048),
]


def row(line: Line, found: dict) -> str:
    sides = found["sides"]
    theirs = {name: side for name, side in sides.items() if name != "ours"}
    best = max(theirs, key=lambda name: theirs[name]["tokens_per_second"])
    least = min(side["peak_gib"] for side in theirs.values())
    ours = sides["ours"]

    def ratio(side: str) -> str:
        return f"{ours['tokens_per_second'] / sides[side]['tokens_per_second']:.2f}"

    speeds = ", ".join(f"{side['tokens_per_second']:.0f}" for side in theirs.values())
    cells = [f"`{line.case}`", line.step, found["tokens"], speeds, f"{ours['tokens_per_second']:.0f}"]
    cells += [f"**{ratio(best)}**", ratio("tuned") if "tuned" in sides else "", ratio("stock")]
    cells += [f"{ours['peak_gib']:.2f}", f"{ours['peak_gib'] / least:.2f}", f"{found['other_cores']:.2f}"]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def measure(line: Line, args: argparse.Namespace) -> None:
    options = ["--case", line.case, "--dtype", args.dtype, "--threads", str(args.threads), "--warmup", "1"]
    options += ["--steps", str(args.steps), "--rounds", str(args.rounds), *line.options]
    found_args = compare.parse(options)
    try:
        found = compare.compare(compare.model_folder(found_args), line.mode, line.tokens, found_args)
        print(row(line, found), flush=True)
    except compare.NotTheSame as difference:
        args.failures.append(f"{line.case}, {line.step}, {line.tokens} tokens: not compared, {difference}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--avx2", action="store_true", help="every side limited to AVX2, float32")
    parser.add_argument("--only", default="", help="lines whose case or step contains this")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if args.avx2:
        os.environ.update(ONLY_AVX2)
    args.dtype = "bfloat16" if compare.has_bfloat16() and not args.avx2 else "float32"
    args.failures = []
    print(f"{compare.machine_text(args.threads)}; {args.dtype}, medians of {args.rounds} x {args.steps} steps\n")
    print("| case | step | tokens | Transformers: stock, tuned, row by row | automodel, tokens/s | to their best | to tuned ", end="")
    print("| to stock | peak GiB | to their least | other work, cores |")
    print("| --- " * 11 + "|", flush=True)
    for line in LINES:
        if args.only in f"{line.case} {line.step}":
            measure(line, args)
    if args.failures:
        sys.exit("\n".join(args.failures))


if __name__ == "__main__":
    main()
