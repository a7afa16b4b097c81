#!/usr/bin/env python3
"""Fetches thirty encyclopedia articles into .cache/pretrain_wiki, and the quickstart's model for its tokenizer.

The articles (Wikipedia, CC BY-SA) are the demo text of llamafactory, out of its source package.
"""

import pathlib
import re
import runpy
import sys

EXAMPLES = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(EXAMPLES))
import fetching  # noqa: E402

PACKAGE = fetching.Package(
    "llamafactory", "0.9.5", "1702c0bfb864e80577a59521d2edcacd2aab05ec6aee06188fcba335a589681f", source=True
)
TEXT = "data/wiki_demo.txt"
DATA_FILES = {
    "train.jsonl": "a5ae763da44ef964c319b112972632150cfa58731e74722815d3c793fc4b22de",
    "validation.jsonl": "ad9865737774d8bb9fb4f7a8c04a817842f98cf87adb51e5dc58f91ca4410bd1",
}
MAX_CHARACTERS = 800
HELD_OUT_EVERY = 20


def make_data() -> dict[str, bytes]:
    articles = fetching.package_files(PACKAGE, [TEXT])[TEXT].decode().splitlines()
    rows = [{"text": passage} for article in articles for passage in passages(article)]
    held_out = rows[::HELD_OUT_EVERY]
    return {
        "train.jsonl": fetching.jsonl(row for i, row in enumerate(rows) if i % HELD_OUT_EVERY),
        "validation.jsonl": fetching.jsonl(held_out),
    }


def passages(article: str) -> list[str]:
    """Whole sentences, up to MAX_CHARACTERS where they allow it. The text lacks the space between paragraphs."""
    out = []
    for sentence in re.split(r"(?<=[.!?])\s*(?=[A-Z])", article.strip()):
        if out and len(out[-1]) + 1 + len(sentence) <= MAX_CHARACTERS:
            out[-1] += " " + sentence
        else:
            out.append(sentence)
    return [passage for passage in out if passage]


def main() -> None:
    runpy.run_path(str(EXAMPLES / "quickstart" / "fetch.py"), run_name="__main__")
    fetching.ensure_files(fetching.cache_folder("pretrain_wiki"), DATA_FILES, make_data)


if __name__ == "__main__":
    main()
