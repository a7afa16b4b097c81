#!/usr/bin/env python3
"""The training step of Transformers (with PEFT) and ours, on the same weights and the same tokens.

    .deps/python/bin/python bench/compare.py --tokens 512          the table of the README
    .deps/python/bin/python bench/compare.py --mode full --tokens 512 --rounds 5 --threads 2

Sides: `stock` is Transformers as a user starts it; `tuned` has the allocator that PyTorch's performance guide
recommends (jemalloc with huge pages, apt-get install libjemalloc2) and adapters of the weights' type, as ours are (PEFT
makes them float32 beside bfloat16, unless told otherwise); `ours` is `automodel bench`. `--dtype auto` is the
type that a user would choose on this processor: bfloat16 where it has bfloat16 arithmetic, else float32. With `--chats`
there is also Transformers taking one row at a time, so that nothing is padded: its fastest layout on a CPU. `--isa reference`
adds a side: ours without its own kernels. `--rounded` adds ours with `optimizer.master_weights: false`: beside a bfloat16
weight it keeps what torch's optimizers keep, and rounds at random where they round to the nearest, by which steps smaller than
half a last bit are lost: its losses are therefore compared with those of Transformers in float32. `--unsloth PYTHON` adds
Unsloth's CPU backend, compiled, as that interpreter has it (it wants a Transformers of its own:
`python3 -m venv DIR && DIR/bin/pip install torch==2.13.0+cpu unsloth`).

Each run is a process of its own, in the order A B C C B A and so on, so that a machine that slows down does so for all;
compared are medians over all measured steps. A comparison whose losses differ between the sides, or fall differently, is not
printed.

Nothing else should run meanwhile. Where that cannot be had, `--threads 1 --by cpu` compares the CPU seconds of a
step, which other programs disturb much less than its wall time. `other work` is how many cores they kept busy.
"""

import argparse
import ctypes.util
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import rows as row_files
import yaml
from cases import MODES, TARGETS, modes_of

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASELINE = ROOT / "bench" / "hf_baseline.py"
PROGRAM = ROOT / "build" / "release" / "bin" / "automodel"
LLM = "nemo_automodel.components"
JEMALLOC = {
    "MALLOC_CONF": "thp:always,oversize_threshold:1,background_thread:true,metadata_thp:auto,"
    "dirty_decay_ms:9000000000,muzzy_decay_ms:9000000000"
}
ROUNDED = "ours, rounded"
# Of the losses, relative. Adapters begin with other random numbers on each side, which the first loss does not see.
TOLERANCES = {"float32": {"first": 1e-5, "later": 1e-3}, "bfloat16": {"first": 1e-2, "later": 2e-2}}


class NotTheSame(Exception):
    """The sides computed different things: there is nothing to compare."""


def has_bfloat16() -> bool:
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def rate(mode: str) -> float:
    """So large that what was trained shows in the loss."""
    return 1e-4 if mode in TARGETS else 1e-5


def recipe(model: pathlib.Path, mode: str, args: argparse.Namespace, batch: int) -> dict:
    content = {
        "recipe": "BenchmarkingRecipeForNextTokenPrediction",
        "benchmark": {
            "warmup_steps": args.warmup,
            "peak_tflops": 1,
            "nsys_start": -1,
            "nsys_end": -1,
            "nsys_ranks": [],
        },
        "step_scheduler": {
            "global_batch_size": batch,
            "local_batch_size": batch,
            "max_steps": args.warmup + args.steps,
        },
        "dist_env": {"device": args.device},
        "distributed": {"strategy": "fsdp2", "activation_checkpointing": args.recompute},
        "model": {
            "_target_": "nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained",
            "pretrained_model_name_or_path": str(model),
            "torch_dtype": args.dtype,
        },
        "loss_fn": {"_target_": f"{LLM}.loss.masked_ce.MaskedCrossEntropy"},
        "dataset": {"_target_": f"{LLM}.datasets.llm.mock_iterable_dataset.MockIterableDataset", "seq_len": 1},
        # The state has the weights' type, as torch's optimizers make it.
        "optimizer": {
            "_target_": "torch.optim.AdamW",
            "lr": rate(mode),
            "weight_decay": 0,
            "exp_avg_dtype": args.dtype,
            "exp_avg_sq_dtype": args.dtype,
        },
        "clip_grad_norm": {"max_norm": 1.0},
    }
    if mode in TARGETS:
        layers, experts = TARGETS[mode]
        content["peft"] = {
            "_target_": f"{LLM}._peft.lora.PeftConfig",
            "target_modules": layers + [f"*.{name}" for name in experts],
            "dim": 8,
            "alpha": 16,
            "lora_A_init": "kaiming",
        }
    return content


def write_rows(path: pathlib.Path, vocab_size: int, tokens: int, args: argparse.Namespace) -> pathlib.Path:
    rng = random.Random(0)
    make = row_files.chat_row if args.chats else row_files.fixed_row
    return row_files.write(path, [make(rng, vocab_size, tokens) for _ in range(args.batch)])


def sides(model: pathlib.Path, mode: str, rows: pathlib.Path, args: argparse.Namespace) -> dict:
    """Name -> (command, environment)."""
    options = ["--model", str(model), "--mode", mode, "--rows", str(rows), "--dtype", args.dtype, "--lr", str(rate(mode))]
    options += ["--device", args.device, "--warmup", str(args.warmup), "--steps", str(args.steps), "--threads", str(args.threads)]
    options += ["--recompute"] if args.recompute else []
    baseline = [sys.executable, str(BASELINE), "run", *options]
    out = {"stock": (baseline, {})}
    narrow = ["--narrow-adapters"] if mode in TARGETS else []  # as ours are
    if library := ctypes.util.find_library("jemalloc"):
        out["tuned"] = ([*baseline, *narrow], {"LD_PRELOAD": library, **JEMALLOC})
    if args.compile:
        out["tuned, compiled"] = ([*baseline, *narrow, "--compile"], out.get("tuned", out["stock"])[1])
    if args.unsloth:
        command = [args.unsloth, *baseline[1:], "--unsloth"]
        out["Unsloth, compiled"] = (command, out.get("tuned", out["stock"])[1] | {"UNSLOTH_CPU_COMPILE": "1", "HF_HUB_OFFLINE": "1"})
    if args.chats:
        out["tuned, row by row"] = ([*baseline, *narrow, "--layout", "rows"], out.get("tuned", out["stock"])[1])
    path = rows.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(recipe(model, mode, args, args.batch), sort_keys=False))
    ours = [str(PROGRAM), "bench", str(path), "--rows", str(rows), "--threads", str(args.threads), "--json"]
    out["ours"] = (ours, {})
    if args.rounded:
        out[ROUNDED] = ([*ours, "--optimizer.master_weights", "false"], {})
    for isa in args.isa:
        out[f"ours, {isa}"] = (ours, {"AUTOMODEL_ISA": isa})
    return out


def run(command: list[str], environment: dict[str, str]) -> dict:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def difference(name: str, losses: list[float], reference: list[float], dtype: str) -> float:
    """The largest relative one."""
    if len(losses) != len(reference):
        raise NotTheSame(f"{name} made {len(losses)} steps, Transformers {len(reference)}")
    worst = 0.0
    for i, (loss, expected) in enumerate(zip(losses, reference)):
        off = abs(loss - expected) / expected
        worst = max(worst, off)
        if not off <= TOLERANCES[dtype]["later" if i else "first"]:
            raise NotTheSame(f"loss of step {i}: {name} {loss}, Transformers {expected}")
    return worst


def check_losses(reports: dict[str, list[dict]], exact: list[float] | None, dtype: str) -> float:
    """The largest relative difference, step by step: every run of every side from the first of stock, of weights that are
    rounded at random from `exact`."""
    stock = reports["stock"][0]["losses"]
    return max(
        difference(name, report["losses"], exact if name == ROUNDED else stock, dtype)
        for name, runs in reports.items()
        for report in runs
    )


def check_trained(reports: dict[str, list[dict]], mode: str) -> None:
    """Every side trains as many numbers, and adapters lower the loss by about as much: how much of it they begin with,
    which is random, decides."""
    stock = reports["stock"][0]
    fall = stock["losses"][0] - stock["losses"][-1]
    for name, runs in reports.items():
        for report in runs:
            if abs(report["trainable_m"] / stock["trainable_m"] - 1) > 1e-3:
                raise NotTheSame(f"{name} trains {report['trainable_m']} M numbers, Transformers {stock['trainable_m']}")
            other = report["losses"][0] - report["losses"][-1]
            if mode in TARGETS and not 0.5 < other / fall < 2:
                raise NotTheSame(f"the loss of {name} falls by {other:.4f}, that of Transformers by {fall:.4f}")


def machine_seconds() -> float:
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def measure(todo: dict, rounds: int) -> tuple[dict[str, list[dict]], float]:
    """Reports of every side, and how many cores were busy with other work."""
    reports = {name: [] for name in todo}
    busy, own, start = machine_seconds(), os.times(), time.monotonic()
    for i in range(rounds):
        for name in list(todo)[:: -1 if i % 2 else 1]:
            reports[name].append(run(*todo[name]))
            print(f"  {name}: {reports[name][-1]['s_steps']} s", file=sys.stderr, flush=True)
    mine = sum(os.times()[:4]) - sum(own[:4])
    return reports, max(0.0, machine_seconds() - busy - mine) / (time.monotonic() - start)


def median(runs: list[dict], key: str) -> float:
    return statistics.median(value for report in runs for value in report[key])


def summary(reports: dict[str, list[dict]], num_tokens: int, by: str) -> dict[str, dict[str, float]]:
    key = {"wall": "s_steps", "cpu": "cpu_s_steps"}[by]
    return {
        name: {
            "tokens_per_second": num_tokens / median(runs, key),
            "step_seconds": median(runs, "s_steps"),
            "cpu_seconds": median(runs, "cpu_s_steps"),
            "peak_gib": statistics.median(report["peak_rss_steps_gib"] for report in runs),
        }
        for name, runs in reports.items()
    }


def print_case(title: str, found: dict[str, dict[str, float]]) -> None:
    theirs = [side for name, side in found.items() if not name.startswith("ours")]
    best = max(side["tokens_per_second"] for side in theirs)
    least = min(side["peak_gib"] for side in theirs)
    for name, side in found.items():
        print(
            f"| {title} | {name} | {side['tokens_per_second']:.1f} | {side['tokens_per_second'] / best:.2f} "
            f"| {side['peak_gib']:.2f} | {side['peak_gib'] / least:.2f} | {side['cpu_seconds']:.2f} |",
            flush=True,
        )


def machine_text(threads: int) -> str:
    env = run([sys.executable, str(BASELINE), "environment", "--threads", str(threads)], {})
    return f"{env['cpu']}, {' '.join(env['isa'])}, {threads} of {os.cpu_count()} threads; {env['software']}"


def print_head(model: pathlib.Path, args: argparse.Namespace) -> None:
    speed = {"wall": "tokens/s", "cpu": "tokens per CPU second"}[args.by]
    print(f"{model.name}, {args.dtype}, {args.batch} row(s) a step{', recompute' if args.recompute else ''}")
    print(f"{machine_text(args.threads)}\n")
    print(f"| step | side | {speed} | to their best | peak GiB | to their least | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)


def compare(model: pathlib.Path, mode: str, tokens: int, args: argparse.Namespace) -> dict:
    vocab_size = json.loads((model / "config.json").read_text())["vocab_size"]
    with tempfile.TemporaryDirectory() as folder:
        rows = write_rows(pathlib.Path(folder) / "rows.jsonl", vocab_size, tokens, args)
        num_tokens = sum(len(row["input_ids"]) for row in row_files.read(rows))
        todo = sides(model, mode, rows, args)
        reports, others = measure(todo, args.rounds)
        exact = run([*todo["stock"][0], "--dtype", "float32"], {})["losses"] if args.rounded else None
    found = {"mode": mode, "tokens": num_tokens, "other_cores": round(others, 2)}
    found["largest_loss_difference"] = check_losses(reports, exact, args.dtype)
    check_trained(reports, mode)
    found["sides"] = summary(reports, num_tokens, args.by)
    found["ours"] = reports["ours"][0]
    return found


def model_folder(args: argparse.Namespace) -> pathlib.Path:
    """Random weights that both sides load; written once."""
    folder = pathlib.Path(args.case)
    if not folder.exists():
        folder = ROOT / ".cache" / "bench" / f"{args.case}-{args.dtype}"
    if not folder.exists():
        subprocess.run([sys.executable, BASELINE, "write", args.case, folder, "--dtype", args.dtype], check=True)
    return folder


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="dense-135m", help="a case of cases.py, or a checkpoint's folder")
    parser.add_argument("--mode", nargs="+", choices=MODES, help="default: those that the case has")
    parser.add_argument("--tokens", nargs="+", type=int, default=[512, 2048], help="of a row; with --chats: at most")
    parser.add_argument("--batch", type=int, default=1, help="rows of a step")
    parser.add_argument("--chats", action="store_true", help="rows of chat-like lengths, the prompts masked")
    parser.add_argument("--compile", action="store_true", help="also Transformers with torch.compile")
    parser.add_argument("--unsloth", metavar="PYTHON", help="also Unsloth, of this interpreter")
    parser.add_argument("--dtype", default="float32", choices=["auto", "float32", "bfloat16"])
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--isa", nargs="+", default=[], help="ours also with these values of AUTOMODEL_ISA")
    parser.add_argument("--rounded", action="store_true", help="also ours with weights rounded at random")
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--by", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--json", type=pathlib.Path, help="all figures")
    args = parser.parse_args(arguments)
    args.mode = args.mode or modes_of(args.case)
    if args.dtype == "auto":
        args.dtype = "bfloat16" if has_bfloat16() else "float32"
    return args


def main() -> None:
    args = parse()
    model = model_folder(args)
    print_head(model, args)
    results, failures = [], []
    for mode in args.mode:
        for tokens in args.tokens:
            try:
                results.append(compare(model, mode, tokens, args))
                print_case(f"{mode}, {results[-1]['tokens']} tokens", results[-1]["sides"])
            except NotTheSame as difference:
                failures.append(f"{mode}, {tokens} tokens: not compared, {difference}")
    if results:
        worst = max(result["largest_loss_difference"] for result in results)
        busy = ", ".join(f"{result['other_cores']:.2f}" for result in results)
        print(f"\nlosses agree to {worst:.1e}; other work: {busy} cores")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
