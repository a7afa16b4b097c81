"""Rows of tokens for a benchmark, the same for every side: {"input_ids": [...], "labels": [...]}, one a line."""

import json
import math
import pathlib
import random


def token(rng: random.Random, vocab_size: int) -> int:
    """Frequent ids are small, as in a real vocabulary (about Zipf's law); never 0."""
    return 1 + min(vocab_size - 2, int(math.exp(rng.random() ** 1.1 * math.log(vocab_size - 1))) - 1)


def fixed_row(rng: random.Random, vocab_size: int, length: int) -> dict:
    """All learnt."""
    ids = [token(rng, vocab_size) for _ in range(length)]
    return {"input_ids": ids, "labels": ids}


def chat_row(rng: random.Random, vocab_size: int, longest: int) -> dict:
    """A length as chats have it (log-normal, median 350); the last 40 % are the answer, the prompt is masked."""
    length = max(16, min(longest, round(350 * math.exp(rng.gauss(0, 0.9)))))
    ids = [token(rng, vocab_size) for _ in range(length)]
    prompt = round(0.6 * length)
    return {"input_ids": ids, "labels": [-100] * prompt + ids[prompt:]}


def write(path: pathlib.Path, rows: list[dict]) -> pathlib.Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]
