"""Random small tokenizers, which combine everything a tokenizer.json may hold, on random texts."""

import json
import random

import pytest
from tokenizers import Tokenizer

import random_tokenizers
from tokenizer_tools import Ours

SEEDS_PER_TEST = 25
TEXTS_PER_SEED = 40


def usable(tokenizer: Tokenizer, texts):
    """The texts that Hugging Face's tokenizer does not panic on, with their encodings."""
    for text in texts:
        try:
            yield text, tokenizer.encode(text)
        except BaseException as error:  # pyo3's PanicException is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise


def decodable(tokenizer: Tokenizer, encodings, skip):
    for encoding in encodings:
        try:
            yield encoding.ids, tokenizer.decode(encoding.ids, skip_special_tokens=skip)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise


def compare(automodel, path, seed):
    made = random_tokenizers.tokenizer(seed)
    path.write_text(json.dumps(made), encoding="utf-8")
    theirs, ours = Tokenizer.from_str(json.dumps(made)), Ours(automodel, path)
    rng = random.Random(seed)
    encoded = list(usable(theirs, [random_tokenizers.text(rng) for _ in range(TEXTS_PER_SEED)]))
    # Without an unknown token characters are dropped; Hugging Face's offsets then slip by their length, ours do not.
    offsets_hold = made["model"]["type"] != "BPE" or made["model"]["unk_token"] is not None
    for (text, ref), got in zip(encoded, ours.encode([text for text, _ in encoded]), strict=True):
        assert got["ids"] == ref.ids, (seed, text)
        if offsets_hold:
            assert got["offsets"] == [tuple(span) for span in ref.offsets], (seed, text, ref.tokens)
    for skip in (False, True):
        pairs = list(decodable(theirs, [ref for _, ref in encoded], skip))
        decoded = ours.decode([ids for ids, _ in pairs], skip)
        assert decoded == [expected for _, expected in pairs], (seed, skip)


def length_settings(rng: random.Random) -> dict:
    truncation = {"max_length": rng.randrange(4, 9), "stride": rng.randrange(2), "strategy": rng.choice(["LongestFirst", "OnlyFirst"]),
                  "direction": rng.choice(["Left", "Right"])}
    padding = {"strategy": rng.choice(["BatchLongest", {"Fixed": rng.randrange(12)}]), "direction": rng.choice(["Left", "Right"]),
               "pad_to_multiple_of": rng.choice([None, 1, 4]), "pad_id": 1, "pad_type_id": 0, "pad_token": "x"}
    return {"truncation": rng.choice([None, truncation]), "padding": rng.choice([None, padding])}


def test_length_settings(automodel, tmp_path):
    """Truncation and padding of the file, which only --as-file applies."""
    path = tmp_path / "tokenizer.json"
    for seed in range(60):
        rng = random.Random(seed)
        made = random_tokenizers.tokenizer(seed)
        texts = [text for text, _ in usable(Tokenizer.from_str(json.dumps(made)), [random_tokenizers.text(rng) for _ in range(12)])]
        made |= length_settings(rng)
        path.write_text(json.dumps(made), encoding="utf-8")
        got = Ours(automodel, path).ids(texts, "--as-file")
        assert got == [ref.ids for ref in Tokenizer.from_str(json.dumps(made)).encode_batch(texts)], seed


def block(number, *marks):
    return pytest.param(range(number * SEEDS_PER_TEST, (number + 1) * SEEDS_PER_TEST), marks=marks, id=f"block{number}")


@pytest.mark.parametrize("seeds", [*(block(i) for i in range(6)), *(block(i, pytest.mark.full) for i in range(6, 60))])
def test_random_tokenizers(automodel, tmp_path, seeds):
    for seed in seeds:
        compare(automodel, tmp_path / "tokenizer.json", seed)
