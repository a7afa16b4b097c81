"""Command line of the oracle; see the package's docstring."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import traceback

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch  # noqa: E402
import transformers  # noqa: E402

from .configs import NOT_BUILT, known_names, tag_of  # noqa: E402
from .reference import reference  # noqa: E402
from .weights import make  # noqa: E402


def check(name, bf16=False):
    """make + reference in a temporary folder; one line of text."""
    try:
        with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as null, contextlib.redirect_stderr(null):
            count = make(name, folder)
            result = reference(folder, os.path.join(folder, "reference.out"), bf16=bf16)
        norms = "/".join(f"{norm:.2g}" for norm in result["grad_norm"])
        return True, (f"ok    {count:>8} parameters, {result['tensors']} tensors, loss {result['loss']:.2f}, "
                      f"grad norm {norms}, frozen {len(result['frozen'])}, unused {len(result['unused'])}")
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(str(error).split())[:160]
        return False, f"FAIL  {type(error).__name__}: {text} ({os.path.basename(where.filename)}:{where.lineno})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    cmd = commands.add_parser("make", help="write a tiny random checkpoint")
    cmd.add_argument("name", help="model_type or model_type:variant, see list")
    cmd.add_argument("out_dir")
    cmd.add_argument("--seed", type=int, default=0)
    cmd.add_argument("--set", nargs="+", default=[], metavar="KEY=JSON", help="config overrides, dots go into dicts")
    cmd.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    cmd.add_argument("--shard-size", metavar="SIZE", help='e.g. "200KB": sharded files and an index')
    cmd.add_argument("--old-rope", action="store_true", help="config.json in the dialect of Transformers v4")
    cmd = commands.add_parser("reference", help="write logits, loss, gradients and trained parameters")
    cmd.add_argument("checkpoint_dir")
    cmd.add_argument("out_file")
    cmd.add_argument("--variants", nargs="+", choices=["plain", "padded", "packed", "image"], help="default: all")
    cmd.add_argument("--bf16", action="store_true", help="also logits and loss of the model in bfloat16")
    commands.add_parser("list", help="known names")
    cmd = commands.add_parser("check", help="make + reference for each name (default: all)")
    cmd.add_argument("names", nargs="*")
    cmd.add_argument("--bf16", action="store_true")
    args = parser.parse_args()

    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if args.command == "make":
        count = make(args.name, args.out_dir, args.seed, args.set, args.dtype, args.shard_size, args.old_rope)
        print(f"{args.out_dir}: {args.name}, {count} parameters, verified to load")
    elif args.command == "reference":
        print(json.dumps(reference(args.checkpoint_dir, args.out_file, args.variants, args.bf16), indent=1))
    elif args.command == "list":
        for name in known_names():
            print(f"{name:28} {tag_of(name):12} {'not built: ' + NOT_BUILT[name] if name in NOT_BUILT else 'verified'}")
    else:
        failed = 0
        for name in args.names or [name for name in known_names() if name not in NOT_BUILT]:
            ok, line = check(name, args.bf16)
            failed += not ok
            print(f"{name:28} {tag_of(name):12} {line}", flush=True)
        sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
