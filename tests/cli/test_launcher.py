"""./automodel before there is a program: what is missing is said, and nothing else happens.

The launcher runs in a copy of its scripts, with stand-ins for the system's commands.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.fast

ALL_INSTALLED = 'shift 2; for package in "$@"; do echo "$package installed"; done'


class Machine:
    """A copy of the launcher on a machine whose commands can be replaced."""

    def __init__(self, folder: pathlib.Path):
        self.root = folder / "project"
        self.commands = folder / "commands"
        self.commands.mkdir()
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in ("automodel", "CMakePresets.json", "CMakeLists.txt"):
            shutil.copy(ROOT / name, self.root / name)
        for name in ("src", "cmake"):
            (self.root / name).mkdir()
        self.command("dpkg-query", ALL_INSTALLED)
        self.command("apt-get", "exit 1")
        self.command("id", "echo 1000")
        self.command("g++", "echo 12.2.0")
        self.command("cmake", "echo cmake version 3.25.1")

    def command(self, name: str, script: str) -> None:
        path = self.commands / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        path = f"{self.commands}:{os.environ['PATH']}"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AM_")}
        return subprocess.run(
            [self.root / "automodel", *arguments],
            env={**inherited, "PATH": path, "AM_ARROW_DIR": "none", **environment},
            capture_output=True,
            text=True,
        )

    def files(self) -> set[str]:
        return {path.name for path in self.root.iterdir()}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_missing_packages_are_named_and_nothing_happens_without_root(machine):
    machine.command("dpkg-query", ALL_INSTALLED + " | grep -v -e ninja -e fmt")
    before = machine.files()
    done = machine.run("--version")
    assert done.returncode == 2
    assert "sudo apt-get update && sudo apt-get install -y libfmt-dev ninja-build\n" in done.stderr
    assert done.stdout == ""
    assert machine.files() == before


def test_a_failed_installation_shows_its_end_and_the_log(machine):
    machine.command("dpkg-query", "exit 1")
    machine.command("id", "echo 0")
    machine.command("apt-get", "echo no network; exit 100")
    done = machine.run("--version")
    assert done.returncode == 1
    assert "no network" in done.stderr
    assert f"the whole log is {machine.root}/.deps/log" in done.stderr


@pytest.mark.parametrize(
    "command, script, text",
    [
        ("g++", "echo 11.4.0", "g++ 11.4.0 is too old: 12 or newer is needed"),
        ("cmake", "echo cmake version 3.22.1", "CMake 3.22.1 is too old: 3.25 or newer is needed"),
    ],
)
def test_old_tools_are_named(machine, command, script, text):
    machine.command(command, script)
    done = machine.run("--version")
    assert done.returncode == 2
    assert text in done.stderr


def test_a_folder_without_libtorch_is_refused(machine, tmp_path):
    done = machine.run("--version", AM_TORCH_DIR=str(tmp_path))
    assert done.returncode == 2
    assert f"AM_TORCH_DIR={tmp_path} holds no LibTorch" in done.stderr


def fake_libtorch(folder: pathlib.Path) -> pathlib.Path:
    for name in ("include/torch/headeronly/version.h", "lib/libtorch_cpu.so"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    return folder


def test_a_folder_without_arrow_is_refused(machine, tmp_path):
    torch = str(fake_libtorch(tmp_path / "torch"))
    done = machine.run("--version", AM_TORCH_DIR=torch, AM_ARROW_DIR=str(tmp_path))
    assert done.returncode == 2
    assert f"AM_ARROW_DIR={tmp_path} is no pyarrow package" in done.stderr


def test_a_failed_configuration_shows_its_end_and_the_log(machine, tmp_path):
    machine.command("cmake", '[ "$1" = --version ] && echo cmake version 3.25.1 || { echo no fmt here; exit 1; }')
    done = machine.run("--version", AM_TORCH_DIR=str(fake_libtorch(tmp_path / "torch")))
    assert done.returncode == 1
    assert "no fmt here" in done.stderr
    assert f"the whole log is {machine.root}/build/release/log" in done.stderr


NINJA = """mkdir -p bin && printf '#!/bin/sh\\necho "ran $@"\\n' >bin/automodel && chmod +x bin/automodel; echo "built $@" >>../../built"""
CMAKE = '[ "$1" = --version ] && echo cmake version 3.25.1 || { echo "$@" >>"$2/../configured"; touch "$2/build/release/build.ninja"; }'


def test_a_torch_with_cuda_is_taken_without_the_cuda_toolkit(machine, tmp_path):
    torch = fake_libtorch(tmp_path / "torch")
    (torch / "lib/libtorch_cuda.so").touch()
    (torch / "version.py").write_text("cuda: Optional[str] = '13.0'\n")
    machine.command("python3", f'[ "$1" = - ] || exec {sys.executable} "$@"; cat >/dev/null; echo "2.11.0+cu130 {torch}"')
    machine.command("nvcc", "exit 127")
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    done = machine.run("a", AM_TORCH_DIR="")
    assert (done.returncode, done.stdout) == (0, "ran a\n"), done.stderr
    assert f"using the active Python's torch in {torch}" in done.stderr
    assert f"-DAM_TORCH_DIR={torch}" in (tmp_path / "configured").read_text()


def test_without_pyarrow_the_rest_is_built(machine, tmp_path):
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    python = machine.root / ".deps/python/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$3" = --version ] || { echo no network; exit 1; }\n')
    python.chmod(0o755)
    done = machine.run("a", AM_TORCH_DIR=str(fake_libtorch(tmp_path / "torch")), AM_ARROW_DIR="")
    assert (done.returncode, done.stdout) == (0, "ran a\n"), done.stderr
    assert "pyarrow==26.0.1 cannot be had (see .deps/log): Parquet and Arrow files will not be read" in done.stderr
    assert "no network" in (machine.root / ".deps/log").read_text()
    assert "-DAM_ARROW_DIR=none" in (tmp_path / "configured").read_text()
    assert "automodel-tables" not in (machine.root / "built").read_text()


def test_with_pyarrow_its_program_is_built(machine, tmp_path):
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    header = tmp_path / "pyarrow/include/parquet/arrow/reader.h"
    header.parent.mkdir(parents=True)
    header.touch()
    done = machine.run("a", AM_TORCH_DIR=str(fake_libtorch(tmp_path / "torch")), AM_ARROW_DIR=str(tmp_path / "pyarrow"))
    assert (done.returncode, done.stdout) == (0, "ran a\n"), done.stderr
    assert f"-DAM_ARROW_DIR={tmp_path / 'pyarrow'}" in (tmp_path / "configured").read_text()
    assert "automodel automodel-engine automodel-tables" in (machine.root / "built").read_text()


def test_builds_once_and_again_when_a_source_changes(machine, tmp_path):
    torch = str(fake_libtorch(tmp_path / "torch"))
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    first = machine.run("a", "b c", AM_TORCH_DIR=torch)
    assert (first.returncode, first.stdout) == (0, "ran a b c\n")
    assert "building release" in first.stderr
    again = machine.run("d", AM_TORCH_DIR=torch)
    assert (again.stdout, again.stderr) == ("ran d\n", "")
    (machine.root / "src" / "new.cpp").touch()
    assert "building release" in machine.run(AM_TORCH_DIR=torch).stderr
    assert machine.run(AM_TORCH_DIR=torch).stderr == ""


def test_a_moved_project_is_built_anew(machine, tmp_path):
    torch = str(fake_libtorch(tmp_path / "torch"))
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    assert machine.run("a", AM_TORCH_DIR=torch).stdout == "ran a\n"
    (machine.root / "build/release/CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={machine.root}\n")
    machine.root = machine.root.rename(tmp_path / "a new place")
    machine.command("cmake", CMAKE.replace("touch", 'mkdir -p "$2/build/release"; touch'))
    done = machine.run("b", AM_TORCH_DIR=torch)
    assert (done.returncode, done.stdout) == (0, "ran b\n"), done.stderr
    assert machine.run("c", AM_TORCH_DIR=torch).stderr == ""


def test_no_more_jobs_than_a_container_may_run(machine, tmp_path):
    groups = tmp_path / "groups"

    def jobs(files: dict[str, str]) -> str:
        shutil.rmtree(groups, ignore_errors=True)
        for name, text in files.items():
            (groups / name).parent.mkdir(parents=True, exist_ok=True)
            (groups / name).write_text(text + "\n")
        script = f"root={machine.root}; bad_input=2; source scripts/bootstrap.sh; num_jobs"
        done = subprocess.run(["bash", "-euc", script], cwd=machine.root, capture_output=True, text=True,
                              env={"PATH": f"{machine.commands}:{os.environ['PATH']}", "AM_CGROUPS": str(groups)})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    machine.command("nproc", "echo 64")
    machine.command("awk", "echo 268435456")  # of the host's memory in /proc/meminfo
    assert jobs({}) == "64"
    assert jobs({"memory.max": "max", "cpu.max": "max 100000"}) == "64"
    assert jobs({"memory.max": str(8 << 30)}) == "4"
    assert jobs({"memory.max": str(1 << 30)}) == "1"
    assert jobs({"memory.max": str(64 << 30), "cpu.max": "350000 100000"}) == "4"
    memory, quota, period = "memory/memory.limit_in_bytes", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"
    assert jobs({memory: str(12 << 30), quota: "-1", period: "100000"}) == "6"
    assert jobs({memory: "9223372036854771712", quota: "200000", period: "100000"}) == "2"


def test_a_virtual_environment_whose_python_is_gone_is_made_anew(machine, tmp_path):
    """Marks of what was installed are no proof after an upgrade of the system's Python."""
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    own = machine.root / ".deps/python"
    pyarrow = tmp_path / "pyarrow"

    def write_python(pip: str) -> str:
        return f'#!/bin/sh\ncase "$3" in --version) exit {pip};; install) touch {tmp_path}/installed;; *) echo {pyarrow};; esac\n'

    (own / "bin").mkdir(parents=True)
    (own / "pyarrow==26.0.1.ready").touch()
    (own / "bin/python").write_text(write_python("1"))
    (own / "bin/python").chmod(0o755)
    fresh = tmp_path / "fresh"
    fresh.write_text(write_python("0"))
    fresh.chmod(0o755)
    machine.command("python3", f'[ "$2" = venv ] || exec {sys.executable} "$@"; mkdir -p "$3/bin"; cp {fresh} "$3/bin/python"')
    done = machine.run("a", AM_TORCH_DIR=str(fake_libtorch(tmp_path / "torch")), AM_ARROW_DIR="")
    assert (done.returncode, done.stdout) == (0, "ran a\n"), done.stderr
    assert (tmp_path / "installed").exists()
    assert f"-DAM_ARROW_DIR={pyarrow}" in (tmp_path / "configured").read_text()


def test_an_examples_inputs_are_fetched(machine, tmp_path):
    machine.command("ninja", NINJA)
    machine.command("cmake", CMAKE)
    example = machine.root / "examples" / "small"
    example.mkdir(parents=True)
    for name in ("fetch.py", "recipe.yaml"):
        (example / name).touch()
    python = machine.root / ".deps" / "python" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/bash\necho fetched ${1##*/examples/}\n")
    python.chmod(0o755)
    torch = str(fake_libtorch(tmp_path / "torch"))
    for command in ([], ["train"], ["plan"], ["data"], ["bench"]):
        words = [*command, str(example / "recipe.yaml")]
        done = machine.run(*words, AM_TORCH_DIR=torch)
        assert done.stdout == f"fetched small/fetch.py\nran {' '.join(words)}\n", done.stdout + done.stderr
    words = [str(example / "recipe.yaml"), "--smoke"]
    assert machine.run(*words, AM_TORCH_DIR=torch).stdout == f"ran {' '.join(words)}\n"
    machine.command("ninja", NINJA.replace("ran $@", "inputs in $AM_CACHE"))
    (machine.root / "src" / "new.cpp").touch()
    words = [str(example / "recipe.yaml")]
    assert f"inputs in {machine.root}/.cache\n" in machine.run(*words, AM_TORCH_DIR=torch).stdout  # from another folder
    assert "inputs in elsewhere\n" in machine.run(*words, AM_TORCH_DIR=torch, AM_CACHE="elsewhere").stdout
