# shellcheck shell=bash
# Sourced by scripts/bootstrap.sh: which LibTorch the build uses.
#
# In this order: $AM_TORCH_DIR; what an earlier run chose (.deps/torch_dir; delete it to choose again); a torch >= 2.11
# of the active Python; the pinned CPU wheel, installed into .deps/python.
: "${root:?}" "${bad_input:?}"

torch_pin="torch==2.13.0+cpu"
torch_index="https://download.pytorch.org/whl/cpu"
oldest_torch=2.11
own_python="$root/.deps/python/bin/python"

has_libtorch() { [ -e "$1/include/torch/headeronly/version.h" ] && [ -e "$1/lib/libtorch_cpu.so" ]; }

# Prints "VERSION FOLDER" of a Python's torch without importing it; fails if there is none.
torch_of() {
  "$1" - 2>/dev/null <<'PYTHON'
import importlib.metadata, importlib.util
print(importlib.metadata.version("torch"), importlib.util.find_spec("torch").submodule_search_locations[0])
PYTHON
}

# The folder of the active Python's torch, if the build can use it.
active_torch() {
  local version folder
  read -r version folder < <(torch_of python3) || return 1
  has_libtorch "$folder" && at_least "${version%%+*}" "$oldest_torch" || return 1
  echo "$folder"
}

# Pip's plain call finds the wheel where it was made available locally; PyTorch's own index has it for everyone else.
install_torch() {
  local pip=("$1" -m pip install --disable-pip-version-check --no-deps)
  printf '\n$ %s %s\n' "${pip[*]}" "$torch_pin" >>"$root/.deps/log"
  "${pip[@]}" "$torch_pin" >>"$root/.deps/log" 2>&1 </dev/null ||
    logged "$root/.deps/log" "${pip[@]}" --index-url "$torch_index" "$torch_pin"
}

# A virtual environment with pip. One whose Python the system has replaced since has none: it is made anew, with what lay in it.
ensure_own_python() {
  if ! "$own_python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$root/.deps/python"
    logged "$root/.deps/log" python3 -m venv "$root/.deps/python"
  fi
}

# The pinned wheel in it. The mark is written last, so that an interrupted set-up is resumed.
ensure_own_torch() {
  local mark="$root/.deps/python/$torch_pin.ready"
  ensure_own_python
  if [ -e "$mark" ]; then
    return
  fi
  say "installing $torch_pin into .deps/python"
  install_torch "$own_python"
  has_libtorch "$(own_torch_dir)" || die 1 "$torch_pin is incomplete: remove .deps/python and try again"
  touch "$mark"
}

own_torch_dir() { torch_of "$own_python" | cut -d ' ' -f 2-; }

# Sets $torch_dir. "own" as argument passes the active Python by: tests are compared with the pinned version.
choose_torch() {
  local record="$root/.deps/torch_dir"
  if [ -n "${AM_TORCH_DIR-}" ]; then
    has_libtorch "$AM_TORCH_DIR" ||
      die "$bad_input" "AM_TORCH_DIR=$AM_TORCH_DIR holds no LibTorch (include/torch/headeronly/version.h and lib/libtorch_cpu.so are expected)"
    torch_dir=$(cd "$AM_TORCH_DIR" && pwd)
    return
  fi
  torch_dir=""
  if [ -e "$record" ]; then
    torch_dir=$(<"$record")
  elif [ "${1-}" != own ]; then
    torch_dir=$(active_torch) && say "using the active Python's torch in $torch_dir"
  fi
  if [ -z "$torch_dir" ] || ! has_libtorch "$torch_dir" || [ "${1-}" = own ]; then
    ensure_own_torch
    torch_dir=$(own_torch_dir)
  fi
  mkdir -p "$root/.deps"
  echo "$torch_dir" >"$record"
}
