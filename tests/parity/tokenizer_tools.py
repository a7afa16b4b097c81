"""Both tokenizers on the same texts: ours by its command, Hugging Face's in this process."""

import json
import pathlib

import gguf
import pytest
from tokenizers import Tokenizer

SAMPLE = 4_000  # lines, of ./check
ALL = 100_000  # lines, of ./check --full


def full(*values):
    """A case that only ./check --full runs."""
    return pytest.param(*values, marks=pytest.mark.full)


def save(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


class Ours:
    """A tokenizer that `automodel tokenize` reads: a tokenizer.json or a dump of GGUF metadata."""

    def __init__(self, automodel, path: pathlib.Path):
        self.automodel, self.path = automodel, path

    def run(self, inputs, *options):
        lines = "".join(json.dumps(item) + "\n" for item in inputs)
        done = self.automodel("tokenize", self.path, *options, input=lines, timeout=600)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.split("\n") if line]

    def encode(self, texts, *options):
        """[{"ids": ..., "offsets": in characters}]"""
        encodings = self.run(texts, "--offsets", *options)
        for text, encoding in zip(texts, encodings, strict=True):
            encoding["offsets"] = in_characters(text, encoding["offsets"])
        return encodings

    def ids(self, texts, *options):
        return self.run(texts, *options)

    def decode(self, ids, skip_special=False):
        return self.run(ids, "--decode", *(["--skip-special"] if skip_special else []))


def in_characters(text: str, offsets) -> list[tuple[int, int]]:
    """Byte ranges as character ranges; -1 for bytes inside a character."""
    place, byte = {}, 0
    for i, character in enumerate(text):
        place[byte] = i
        byte += len(character.encode())
    place[byte] = len(text)
    return [(place.get(begin, -1), place.get(end, -1)) for begin, end in offsets]


def whole(tokenizer: Tokenizer) -> Tokenizer:
    """Without the file's truncation and padding, as Transformers calls it."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def differences(theirs: Tokenizer, ours: Ours, texts: list[str]) -> list[str]:
    """A line for each text whose ids, offsets or decoded text differ."""
    found = []
    expected = theirs.encode_batch(texts)
    for text, ref, got in zip(texts, expected, ours.encode(texts), strict=True):
        if ref.ids != got["ids"]:
            found.append(f"ids of {text!r}: {ref.ids} != {got['ids']}")
        elif [tuple(span) for span in ref.offsets] != got["offsets"]:
            found.append(f"offsets of {text!r}: {ref.offsets} != {got['offsets']}")
    ids = [ref.ids for ref in expected]
    for skip in (False, True):
        decoded = theirs.decode_batch(ids, skip_special_tokens=skip)
        for sequence, ref, got in zip(ids, decoded, ours.decode(ids, skip), strict=True):
            if ref != got:
                found.append(f"decoded {sequence}, skip={skip}: {ref!r} != {got!r}")
    return found


def assert_same(theirs: Tokenizer, ours: Ours, texts: list[str]) -> None:
    found = differences(theirs, ours, texts)
    assert not found, f"{len(found)} of {len(texts)} differ, e.g.\n" + "\n".join(line[:2000] for line in found[:5])


def gguf_metadata(path: pathlib.Path) -> dict:
    """The tokenizer's part of a GGUF file's metadata, by the gguf package."""
    fields = gguf.GGUFReader(path).fields
    names = [name for name in fields if name.startswith("tokenizer.") or name == "general.architecture"]
    return {name: fields[name].contents() for name in names}
