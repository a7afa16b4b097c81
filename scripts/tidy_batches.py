#!/usr/bin/env python3
"""Writes batches of sources for clang-tidy: FOLDER/N.cpp includes some of them, FOLDER/compile_commands.json says how.

    scripts/tidy_batches.py DATABASE FOLDER <SOURCES

Most of clang-tidy's time goes into the headers, LibTorch's above all: a batch pays for them once. Sources of one module
whose names in unnamed namespaces do not meet share a batch. Prints "N SOURCE..." a line.
"""

import json
import pathlib
import re
import sys

MOST = 12  # sources of a batch
NAME = re.compile(r"^[^(=]*?(?:^|[\s*&])([A-Za-z_]\w*)\s*(?:\(|=|\{|;|$)")
TYPE = re.compile(r"^\s*(?:template <.*>\s*)?(?:struct|class|enum class|enum)\s+(\w+)")
CONSTANT = re.compile(r"\b(k[A-Z]\w*)\b(?=[^,;]*=)")

WORDS = {"const", "override", "noexcept", "operator", "default"}  # of the language, where a name may stand


def local_names(text: str) -> set[str]:
    """What a source may declare at the level of a namespace: rather too much than too little."""
    names = set()
    for line in text.splitlines():
        if line[:1].isalpha() and not line.startswith(("namespace ", "using ")):
            words = TYPE.findall(line) or NAME.findall(line) + CONSTANT.findall(line)
            names.update(word for word in words if word not in WORDS)
        elif line.startswith("using "):
            names.update(re.findall(r"^using (\w+) =", line))
    return names


def main() -> None:
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    entries = {entry["file"]: entry for entry in json.loads(pathlib.Path(sys.argv[1]).read_text())}
    known, strange = [], []
    for source in sys.stdin.read().split():
        (known if str(pathlib.Path(source).resolve()) in entries else strange).append(source)
    for source in strange:
        print("not compiled on this machine, not looked at:", source, file=sys.stderr)
    batches = []  # (module and how it is compiled, names, sources)
    for source in known:
        names = local_names(pathlib.Path(source).read_text())
        command = entries[str(pathlib.Path(source).resolve())]["command"]
        kind = (source.split("/")[1], re.sub(r" -o .*", "", command))
        for batch in batches:
            if batch[0] == kind and len(batch[2]) < MOST and not batch[1] & names:
                batch[1].update(names)
                batch[2].append(source)
                break
        else:
            batches.append((kind, names, [source]))
    database = []
    for i, (_, _, sources) in enumerate(batches):
        paths = [str(pathlib.Path(source).resolve()) for source in sources]
        file = folder.resolve() / f"{i}.cpp"
        file.write_text("".join(f'#include "{path}"  // NOLINT(bugprone-suspicious-include)\n' for path in paths))
        command = entries[paths[0]]["command"].replace(paths[0], str(file))
        command = command.replace(" -Wshadow", "")  # of other sources' names; g++ warns within each
        database.append({**entries[paths[0]], "file": str(file), "command": command})
        print(i, *sources)
    (folder / "compile_commands.json").write_text(json.dumps(database))


main()
