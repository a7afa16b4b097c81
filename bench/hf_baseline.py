#!/usr/bin/env python3
"""The training step of Transformers (and PEFT), or of Unsloth, on the CPU, to compare with: one process, one configuration,
one line of JSON.

    hf_baseline.py write CASE FOLDER [--dtype bfloat16]      a built-in model with random weights as a checkpoint
    hf_baseline.py environment                               versions, processor, allocator
    hf_baseline.py run --model FOLDER --rows FILE ...        W warm-up and N measured optimizer steps

A step is what Trainer does: forward, loss divided by the number of labels, backward, clipping at 1.0, fused AdamW. Every
step takes all rows of the file, padded to the longest as the default collator does, so that the loss must fall. LoRA
has rank 8, on every linear of a block or on those of attention, in float32 as PEFT makes it unless --narrow-adapters. The allocator is the caller's business (LD_PRELOAD,
MALLOC_CONF); which one is active is reported. `automodel bench --json` reports the same fields.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
import time

if "--unsloth" in sys.argv:
    import unsloth  # noqa: F401, before Transformers, which it changes

import rows as row_files
import torch
from cases import CASES, MODES, TARGETS

def write(args: argparse.Namespace) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    kind, keys = CASES[args.case]
    config = AutoConfig.for_model(kind, pad_token_id=0, bos_token_id=None, eos_token_id=None, use_cache=False, **keys)
    torch.manual_seed(args.seed)
    model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, args.dtype))
    model.save_pretrained(args.folder)


def load_with_unsloth(args: argparse.Namespace) -> torch.nn.Module:
    """Its loader and adapters; the step around them is the same."""
    from unsloth import FastLanguageModel

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for path in pathlib.Path(args.model).iterdir():
            (folder / path.name).symlink_to(path.resolve())
        write_tokenizer(folder)  # it asks for one
        model, _ = FastLanguageModel.from_pretrained(
            str(folder),
            max_seq_length=8192,
            dtype=getattr(torch, args.dtype),
            load_in_4bit=False,
            full_finetuning=args.mode == "full",
        )
    if args.mode in TARGETS:
        layers, _ = TARGETS[args.mode]
        model = FastLanguageModel.get_peft_model(
            model,
            r=8,
            lora_alpha=16,
            lora_dropout=0,
            bias="none",
            target_modules=layers,
            use_gradient_checkpointing="unsloth" if args.recompute else False,
        )
    return model.train()


def write_tokenizer(folder: pathlib.Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1}, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="b", pad_token="a").save_pretrained(folder)


def load(args: argparse.Namespace) -> torch.nn.Module:
    if args.unsloth:
        return load_with_unsloth(args)
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=getattr(torch, args.dtype))
    if args.mode in TARGETS:
        from peft import LoraConfig, get_peft_model

        layers, experts = TARGETS[args.mode]
        lora = LoraConfig(
            r=8,
            lora_alpha=16,
            bias="none",
            task_type="CAUSAL_LM",
            target_modules=layers,
            target_parameters=experts or None,
        )
        model = get_peft_model(model, lora, autocast_adapter_dtype=not args.narrow_adapters)
    model.config.use_cache = False  # as Trainer sets it
    if args.recompute:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    return model.train()


def make_batches(rows: list[dict], layout: str, device: str) -> list[dict[str, torch.Tensor]]:
    parts = [rows] if layout == "pad" else [[row] for row in rows]
    return [{name: tensor.to(device) for name, tensor in make_batch(part).items()} for part in parts]


def make_batch(rows: list[dict]) -> dict[str, torch.Tensor]:
    """As the default collator: padded to the longest row, with the mask of what is no padding."""
    width = max(len(row["input_ids"]) for row in rows)

    def padded(name: str, filler: int) -> torch.Tensor:
        return torch.tensor([row[name] + [filler] * (width - len(row[name])) for row in rows])

    ids = padded("input_ids", 0)
    mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (width - len(row["input_ids"])) for row in rows])
    return dict(input_ids=ids, labels=padded("labels", -100), attention_mask=mask)


class Trainer:
    """One optimizer step at a time, timed. The gradients of several batches are summed."""

    def __init__(self, model: torch.nn.Module, batches: list[dict[str, torch.Tensor]], lr: float):
        self.model, self.batches = model, batches
        self.device = model.device
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=lr, weight_decay=0.0, fused=True)

    def clock(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def forget_peak(self) -> None:
        """The peak counts from here: loading is left out. Not every container allows it."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            return
        try:
            pathlib.Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            pass

    def peak_gib(self) -> float:
        """Of the process, or of tensors on the GPU."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**30
        return status_gib("VmHWM")

    def step(self) -> dict[str, float]:
        num_labels = sum((batch["labels"][:, 1:] != -100).sum() for batch in self.batches)
        cpu, start = time.process_time(), time.perf_counter()
        loss, forward_seconds = 0.0, 0.0
        for batch in self.batches:
            begin = time.perf_counter()
            part = self.model(**batch, num_items_in_batch=num_labels).loss
            forward_seconds += self.clock() - begin
            part.backward()
            loss += part.detach()
        backward = self.clock()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        end = self.clock()
        return dict(
            loss=loss.item(),
            seconds=end - start,
            cpu_seconds=time.process_time() - cpu,
            forward=forward_seconds,
            backward=backward - start - forward_seconds,
            clip_and_step=end - backward,
        )


def status_gib(key: str) -> float:
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+) kB", status).group(1)) / 2**20


def environment() -> dict:
    import peft
    import transformers

    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    maps = pathlib.Path("/proc/self/maps").read_text()
    flags = set(re.search(r"flags\s*:\s*(.*)", cpu).group(1).split())
    allocators = [name for name in ("jemalloc", "tcmalloc", "mimalloc") if f"lib{name}" in maps]
    return dict(
        software=f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}",
        cpu=re.search(r"model name\s*:\s*(.*)", cpu).group(1),
        isa=[flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags],
        threads=torch.get_num_threads(),
        allocator=allocators[0] if allocators else "glibc",
    )


def print_environment(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    print(json.dumps(environment()))


def run(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    start = time.perf_counter()
    model = load(args).to(args.device)
    if args.compile:
        model.compile()
    load_seconds = time.perf_counter() - start
    rows = row_files.read(args.rows)
    trainer = Trainer(model, make_batches(rows, args.layout, args.device), args.lr)
    warm = [trainer.step() for _ in range(args.warmup)]
    trainer.forget_peak()
    steps = [trainer.step() for _ in range(args.steps)]
    print(json.dumps(report(args, rows, trainer, warm, steps) | dict(load_s=round(load_seconds, 2), env=environment())))


def report(args: argparse.Namespace, rows: list[dict], trainer: Trainer, warm: list[dict], steps: list[dict]) -> dict:
    def column(key: str, digits: int = 3) -> list[float]:
        return [round(step[key], digits) for step in steps]

    median = statistics.median(column("seconds", 6))
    num_tokens = sum(len(row["input_ids"]) for row in rows)
    return dict(
        model=args.model,
        mode=args.mode,
        dtype=args.dtype,
        batch=len(rows),
        recompute=args.recompute,
        params_m=round(sum(p.numel() for p in trainer.model.parameters()) / 1e6, 2),
        trainable_m=round(sum(p.numel() for p in trainer.parameters) / 1e6, 2),
        s_step_median=round(median, 4),
        s_step_min=min(column("seconds")),
        s_steps=column("seconds"),
        cpu_s_steps=column("cpu_seconds"),
        split_median={key: round(statistics.median(column(key)), 4) for key in ("forward", "backward", "clip_and_step")},
        tok_s=round(num_tokens / median, 1),
        peak_rss_steps_gib=round(trainer.peak_gib(), 3),
        losses=[step["loss"] for step in warm + steps],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("write")
    command.set_defaults(function=write)
    command.add_argument("case", choices=CASES)
    command.add_argument("folder")
    command.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    command.add_argument("--seed", type=int, default=0)
    command = commands.add_parser("environment")
    command.set_defaults(function=print_environment)
    command.add_argument("--threads", type=int, default=os.cpu_count())
    command = commands.add_parser("run")
    command.set_defaults(function=run)
    command.add_argument("--model", required=True)
    command.add_argument("--mode", choices=MODES, default="full")
    command.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    command.add_argument("--rows", required=True)
    command.add_argument("--recompute", action="store_true")
    command.add_argument("--lr", type=float, default=1e-5)
    command.add_argument("--device", default="cpu", help="as torch names it")
    command.add_argument("--compile", action="store_true", help="torch.compile; the first step takes minutes")
    command.add_argument("--unsloth", action="store_true", help="the model and its adapters as Unsloth loads them")
    command.add_argument("--narrow-adapters", action="store_true", help="adapters of the weights' type; PEFT makes them float32")
    command.add_argument("--layout", default="pad", choices=["pad", "rows"], help="rows: one at a time, nothing padded")
    command.add_argument("--warmup", type=int, default=1)
    command.add_argument("--steps", type=int, default=3)
    command.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    args.function(args)


if __name__ == "__main__":
    main()
