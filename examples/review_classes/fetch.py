#!/usr/bin/env python3
"""Fetches the quickstart's model and movie reviews, and writes the reviews as rows of a text and its class."""

import json
import pathlib
import runpy
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import fetching  # noqa: E402

DATA_FILES = {
    "train.jsonl": "8eb15f5afe3d2126c9a1a21a8e8282ded9954ec08d3cd9b84351932df70e3c7b",
    "validation.jsonl": "35875cf96ed6afcaea6aa9d64352ac7b6f40ca5fd8d837c85e35243c88238108",
}


def as_class(chat: dict) -> dict:
    _, review, answer = chat["messages"]
    return {"text": review["content"], "label": answer["content"]}


def make_data() -> dict[str, bytes]:
    chats = fetching.cache_folder("quickstart")
    return {
        name: fetching.jsonl(as_class(json.loads(line)) for line in (chats / name).read_text("utf-8").splitlines())
        for name in DATA_FILES
    }


def main() -> None:
    runpy.run_path(str(pathlib.Path(__file__).parents[1] / "quickstart" / "fetch.py"), run_name="__main__")
    fetching.ensure_files(fetching.cache_folder("review_classes"), DATA_FILES, make_data)


if __name__ == "__main__":
    main()
