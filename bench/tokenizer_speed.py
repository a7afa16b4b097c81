#!/usr/bin/env python3
"""Encoding speed: Hugging Face's tokenizers (Rust) and here, megabytes per second.

    .deps/python/bin/python bench/tokenizer_speed.py [--threads 2] [--repeat 5] [--asset llama3 | --file tokenizer.json] [--lines 20000]

The texts are those of the comparisons in tests/parity (web text, chats, code, oddities), encoded as one batch with
offsets by both sides in turn; compared are the median times. `fast` is their mode without offsets. With --cpu times are
those of the processor, all threads together: they can be measured while other programs run.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "release" / "bin" / "automodel"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "parity")]


def seconds_of(action, clock) -> float:
    start = clock()
    action()
    return clock() - start


def measure_ours(path: pathlib.Path, lines: str, threads: int) -> dict:
    command = [os.environ.get("AUTOMODEL_PROGRAM", str(PROGRAM)), "tokenize", str(path), "--bench", "2"]
    done = subprocess.run([*command, "--threads", str(threads)], input=lines, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--asset", default="llama3", help="an asset of tests/assets.py with a tokenizer.json")
    parser.add_argument("--file", type=pathlib.Path, help="another tokenizer.json, such as `automodel tokenize --export` makes")
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--cpu", action="store_true", help="processor time instead of wall time")
    args = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)

    import assets  # after the environment is set: tokenizers reads it when loaded
    from tokenizer_corpus import corpus
    from tokenizers import Tokenizer

    path = args.file or assets.file(args.asset, "tokenizer.json")
    texts = corpus(assets.file("llamafactory", "wiki_demo.txt").parent, args.lines)
    theirs = Tokenizer.from_file(str(path))
    theirs.no_truncation()
    theirs.no_padding()
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    clock = time.process_time if args.cpu else time.perf_counter
    times = {"tokenizers": [], "tokenizers, fast": [], "automodel": []}
    for _ in range(args.repeat):
        times["tokenizers"].append(seconds_of(lambda: theirs.encode_batch(texts), clock))
        times["tokenizers, fast"].append(seconds_of(lambda: theirs.encode_batch_fast(texts), clock))
        ours = measure_ours(path, lines, args.threads)
        times["automodel"] += ours["cpu_seconds" if args.cpu else "seconds"]
    print(f"{args.file or args.asset}: {ours['bytes'] / 1e6:.2f} MB, {ours['tokens']} tokens, {args.threads} threads")
    typical = {name: statistics.median(values) for name, values in times.items()}
    for name, value in typical.items():
        print(f"{name:<18} {ours['bytes'] / 1e6 / value:7.2f} MB/s   {value / typical['automodel']:5.2f} x automodel's time")


if __name__ == "__main__":
    main()
