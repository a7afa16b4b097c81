"""Where the program under test is."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]


def program_path() -> pathlib.Path:
    """AUTOMODEL_PROGRAM, else the newest build under build/."""
    named = os.environ.get("AUTOMODEL_PROGRAM")
    if named:
        return pathlib.Path(named)
    built = sorted(ROOT.glob("build/*/bin/automodel"), key=lambda path: path.stat().st_mtime)
    assert built, "build the program first: cmake --preset release && cmake --build build/release"
    return built[-1]
