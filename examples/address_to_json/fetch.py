#!/usr/bin/env python3
"""Fetches the quickstart's model, and hand-labelled US addresses into .cache/address_to_json.

The addresses (MIT) are the training material of the parser usaddress, out of its source package.
"""

import html
import json
import pathlib
import random
import re
import runpy
import sys

EXAMPLES = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(EXAMPLES))
import fetching  # noqa: E402

PACKAGE = fetching.Package(
    "usaddress", "0.5.16", "f7e614e2489c159cf85be1b6f86edbfaf329dbeedef4d002a025757afd1ec6c6", source=True
)
LABELLED = "training/labeled.xml"
US50 = ["training/us50_messiest_manual_label.xml", "training/us50_train_tagged.xml"]
DATA_FILES = {
    "train.jsonl": "314a218266e21c8048019f9979d44c26bb42f750843ddcfdc0efc2a55003ec4e",
    "validation.jsonl": "0501aa29e1ed86c1ae0e429c761448b0f92ec80fe85546127df9e820ead55d25",
    "us50.jsonl": "6e50d7d0600245428869d513a4503f7f5e9f9b46d0d3c6725eef7ddebe354e1f",
}

INSTRUCTION = "Extract the address as JSON."
HELD_OUT = 200
MAX_CHARACTERS = 90

# Our field -> the labels of usaddress that go into it, in the order of the answer.
FIELDS = {
    "name": "Recipient BuildingName LandmarkName",
    "number": "AddressNumber AddressNumberPrefix AddressNumberSuffix",
    "street": "StreetName StreetNamePreDirectional StreetNamePreType StreetNamePreModifier StreetNamePostType "
    "StreetNamePostDirectional StreetNamePostModifier",
    "unit": "OccupancyType OccupancyIdentifier",
    "box": "USPSBoxType USPSBoxID",
    "city": "PlaceName",
    "state": "StateName",
    "zip": "ZipCode ZipPlus4",
}
FIELD_OF_LABEL = {label: field for field, labels in FIELDS.items() for label in labels.split()}


def make_data() -> dict[str, bytes]:
    files = fetching.package_files(PACKAGE, [LABELLED, *US50])
    labelled = addresses(files[LABELLED].decode())
    random.Random(1).shuffle(labelled)
    seen = {text for text, _ in labelled}
    us50 = addresses("".join(files[name].decode() for name in US50))
    return {
        "train.jsonl": rows(labelled[HELD_OUT:]),
        "validation.jsonl": rows(labelled[:HELD_OUT]),
        "us50.jsonl": rows([pair for pair in us50 if pair[0] not in seen]),
    }


def rows(pairs: list[tuple[str, str]]) -> bytes:
    return fetching.jsonl(fetching.chat(INSTRUCTION, text, answer) for text, answer in pairs)


def addresses(xml: str) -> list[tuple[str, str]]:
    """(address, JSON of its fields), sorted; ambiguous, short and very long ones are left out."""
    pairs = set()
    for body in re.findall(r"<AddressString>(.*?)</AddressString>", xml, re.DOTALL):
        words = re.findall(r"<(\w+)>([^<]*)</\1>([^<]*)", body)
        text = " ".join("".join(html.unescape(word + space) for _, word, space in words).split())
        fields = {}
        for label, word, _ in words:
            fields.setdefault(FIELD_OF_LABEL.get(label), []).append(html.unescape(word))
        if None not in fields and len(fields) >= 3 and len(text) <= MAX_CHARACTERS:
            pairs.add((text, answer_of(fields)))
    return sorted(pairs)


def answer_of(fields: dict[str, list[str]]) -> str:
    answer = {field: " ".join(fields[field]).strip(" ,;.()") for field in FIELDS if field in fields}
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    runpy.run_path(str(EXAMPLES / "quickstart" / "fetch.py"), run_name="__main__")
    fetching.ensure_files(fetching.cache_folder("address_to_json"), DATA_FILES, make_data)


if __name__ == "__main__":
    main()
