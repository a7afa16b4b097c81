"""Both tokenizers on the same texts: ours by its command, Hugging Face's in this process."""

import json
import pathlib

import gguf
import pytest
from tokenizers import Tokenizer

from byte_tokenizer import byte_names

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


def given_spans(text: str, ref) -> list[tuple[int, int]]:
    """Where Hugging Face says that the tokens of `text` are."""
    return [tuple(span) for span in ref.offsets]


class KeptBytes:
    """Where tokens are by a byte-level vocabulary that lacks some bytes, without a normalizer.

    Hugging Face's BPE without an unknown token drops a byte that no token has, and counts the places of the word's other
    tokens as if it had never been there. Here each token covers as many of the text's kept bytes as it spells.
    """

    def __init__(self, tokenizer: Tokenizer):
        assert tokenizer.normalizer is None and tokenizer.model.unk_token is None
        vocabulary = tokenizer.get_vocab()
        self.lacking = {byte for byte, name in enumerate(byte_names()) if name not in vocabulary}

    def spans(self, text: str, ref) -> list[tuple[int, int]]:
        if self.lacking.isdisjoint(text.encode()):
            return given_spans(text, ref)
        return self.counted(text, ref.tokens)

    def counted(self, text: str, tokens: list[str]) -> list[tuple[int, int]]:
        kept = [i for i, character in enumerate(text) for byte in character.encode() if byte not in self.lacking]
        result, begin = [], 0
        for token in tokens:
            end = begin + len(token)
            result.append((kept[begin], kept[end - 1] + 1))
            begin = end
        assert begin == len(kept), (text, tokens)
        return result


def differences(theirs: Tokenizer, ours: Ours, texts: list[str], spans=given_spans) -> list[str]:
    """A line for each text whose ids, offsets or decoded text differ."""
    found = []
    expected = theirs.encode_batch(texts)
    for text, ref, got in zip(texts, expected, ours.encode(texts), strict=True):
        if ref.ids != got["ids"]:
            found.append(f"ids of {text!r}: {ref.ids} != {got['ids']}")
        elif (expected_spans := spans(text, ref)) != got["offsets"]:
            found.append(f"offsets of {text!r}: {expected_spans} != {got['offsets']}")
    ids = [ref.ids for ref in expected]
    for skip in (False, True):
        decoded = theirs.decode_batch(ids, skip_special_tokens=skip)
        for sequence, ref, got in zip(ids, decoded, ours.decode(ids, skip), strict=True):
            if ref != got:
                found.append(f"decoded {sequence}, skip={skip}: {ref!r} != {got!r}")
    return found


def assert_same(theirs: Tokenizer, ours: Ours, texts: list[str], spans=given_spans) -> None:
    found = differences(theirs, ours, texts, spans)
    assert not found, f"{len(found)} of {len(texts)} differ, e.g.\n" + "\n".join(line[:2000] for line in found[:5])


def gguf_metadata(path: pathlib.Path) -> dict:
    """The tokenizer's part of a GGUF file's metadata, by the gguf package."""
    fields = gguf.GGUFReader(path).fields
    names = [name for name in fields if name.startswith("tokenizer.") or name == "general.architecture"]
    return {name: fields[name].contents() for name in names}
