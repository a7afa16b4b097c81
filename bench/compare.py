#!/usr/bin/env python3
"""The same training step in Transformers (with PEFT) and here: tokens per second, memory, ratios.

    .deps/python/bin/python bench/compare.py [--case dense-135m] [--mode full|lora] [--seq 512] [--batch 1] ...

Sides: `hf` is Transformers as it comes; `hf+jemalloc` with the allocator settings that PyTorch's performance guide
recommends (if libjemalloc2 is installed); `ours` is `automodel bench`. Each side runs in a process of its own, in the
order A B C C B A and so on, so that a machine that slows down does so for all. Compared are medians over all measured
steps. Peak memory is the kernel's figure for one further process per side, loading included.

Nothing else should run meanwhile; `busy` is the share of the machine's other work during the runs.
"""

import argparse
import collections
import ctypes.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASELINE = ROOT / "bench" / "hf_baseline.py"
PROGRAM = ROOT / "build" / "release" / "bin" / "automodel"
JEMALLOC_SETTINGS = (
    "oversize_threshold:1,background_thread:true,metadata_thp:auto,dirty_decay_ms:9000000000,muzzy_decay_ms:9000000000"
)


def jemalloc_environment() -> dict[str, str] | None:
    library = ctypes.util.find_library("jemalloc")
    return {"LD_PRELOAD": library, "MALLOC_CONF": JEMALLOC_SETTINGS} if library else None


def sides(args: argparse.Namespace, folder: pathlib.Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Name -> (command, environment)."""
    options = ["--model", str(folder), "--mode", args.mode, "--seq", str(args.seq), "--batch", str(args.batch)]
    options += ["--dtype", args.dtype, "--steps", str(args.steps), "--threads", str(args.threads)]
    options += ["--recompute"] if args.recompute else []
    baseline = [sys.executable, str(BASELINE), "run", *options]
    out = {"hf": (baseline, {})}
    if (tuned := jemalloc_environment()) is not None:
        out["hf+jemalloc"] = (baseline, tuned)
    out["ours"] = ([str(PROGRAM), "bench", *options, "--json"], {})
    return out


def run(command: list[str], environment: dict[str, str]) -> dict:
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_gib(command: list[str], environment: dict[str, str]) -> float:
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 2**20


def machine_seconds() -> float:
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def measure(todo: dict[str, tuple[list[str], dict[str, str]]], rounds: int) -> tuple[dict[str, list[dict]], float]:
    """Reports of every side, and the share of the machine that was busy with other work."""
    reports = collections.defaultdict(list)
    busy, own, start = machine_seconds(), os.times(), time.monotonic()
    for i in range(rounds):
        for name in list(todo)[:: -1 if i % 2 else 1]:
            print(f"{name} ...", end=" ", flush=True, file=sys.stderr)
            reports[name].append(run(*todo[name]))
            print(f"{reports[name][-1]['tok_s']} tokens/s", file=sys.stderr)
    now = os.times()
    mine = sum(now[:4]) - sum(own[:4])
    others = (machine_seconds() - busy - mine) / (time.monotonic() - start) / os.cpu_count()
    return reports, max(0.0, others)


def print_table(args: argparse.Namespace, reports: dict[str, list[dict]], peaks: dict[str, float]) -> None:
    tokens = args.seq * args.batch
    rate = {name: tokens / statistics.median(s for r in rs for s in r["s_steps"]) for name, rs in reports.items()}
    print(f"{'side':12} {'tokens/s':>9} {'ratio':>6} {'peak GiB':>9} {'ratio':>6} {'CPU s/step':>10}")
    for name, rs in reports.items():
        cpu = statistics.median(s for r in rs for s in r["cpu_s_steps"])
        print(
            f"{name:12} {rate[name]:9.1f} {rate[name] / rate['hf']:6.2f} "
            f"{peaks[name]:9.2f} {peaks[name] / peaks['hf']:6.2f} {cpu:10.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="dense-135m", help="a case of hf_baseline.py, or a checkpoint's folder")
    parser.add_argument("--mode", choices=["full", "lora"], default="full")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--seq", type=int, default=512)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    folder = pathlib.Path(args.case)
    if not folder.exists():
        folder = ROOT / ".cache" / "bench" / f"{args.case}-{args.dtype}"
    if not folder.exists():
        subprocess.run([sys.executable, BASELINE, "write", args.case, folder, "--dtype", args.dtype], check=True)
    todo = sides(args, folder)
    reports, busy = measure(todo, args.rounds)
    peaks = {name: peak_gib(*side) for name, side in todo.items()}
    env = reports["hf"][0]["env"]
    print(f"{args.case}, {args.mode}, {args.dtype}, {args.batch} x {args.seq} tokens, recompute {args.recompute}")
    print(f"{env['cpu']}, {'+'.join(env['isa'])}, {env['threads']} threads, busy with other work {busy:.0%}")
    print(f"{env['software']}; ours: {reports['ours'][0].get('env', {})}")
    print_table(args, reports, peaks)


if __name__ == "__main__":
    main()
