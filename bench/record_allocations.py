"""Records the tensor allocations of three training steps of a small Transformers model: the traces in
tests/tensor/traces on which the arena allocator is measured.

    python bench/record_allocations.py full tests/tensor/traces/full_finetune.txt
    python bench/record_allocations.py lora tests/tensor/traces/lora.txt

A line is the bytes of a new block, or "-N" where the Nth block was freed. Each step has another number of tokens.
"""

import argparse
import random

import torch
from torch._C._profiler import _EventType
from torch.profiler import ProfilerActivity, profile
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 8192
STEPS = 3


def build(mode: str, layers: int) -> torch.nn.Module:
    sizes = {"hidden_size": 576, "intermediate_size": 1536, "num_attention_heads": 9, "num_key_value_heads": 3}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, num_hidden_layers=layers, tie_word_embeddings=True, **sizes))
    if mode == "lora":
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear"))
    return model


def train(mode: str, layers: int, tokens: int) -> None:
    model = build(mode, layers)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for _ in range(STEPS):
        ids = torch.randint(0, VOCABULARY, (1, tokens + random.randrange(-tokens // 8, tokens // 8)))
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)


def allocations(profiler) -> list:
    """(time, address, bytes) in order; negative bytes are a free."""
    found, nodes = [], list(profiler.profiler.kineto_results.experimental_event_tree())
    while nodes:
        node = nodes.pop()
        if node.tag == _EventType.Allocation:
            found.append((node.start_time_ns, node.extra_fields.ptr, node.extra_fields.alloc_size))
        nodes.extend(node.children)
    return sorted(found)


def lines(events: list):
    blocks, count = {}, 0
    for _, address, size in events:
        if size > 0:
            blocks[address] = count
            count += 1
            yield str(size)
        elif address in blocks:
            yield f"-{blocks.pop(address)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["full", "lora"])
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=256)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(1)
    torch.set_num_threads(1)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        train(options.mode, options.layers, options.tokens)
    with open(options.out, "w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines(allocations(profiler)))


if __name__ == "__main__":
    main()
