# shellcheck shell=bash
# Sourced by ./automodel, ./check and the other scripts: messages, logs, Debian packages.
# $root is the project's folder. Messages go to stderr.
: "${root:?}"

export bad_input=2 # the exit code for "you must do something first", as the program's own

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# die CODE TEXT...
die() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}

# logged LOG COMMAND...: the output goes to LOG; on failure its end and its place are shown.
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  printf '\n$ %s\n' "$*" >>"$log"
  if ! "$@" >>"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    die 1 "failed: $*; the whole log is $log"
  fi
}

# with_lock FILE COMMAND...: one process at a time; the others wait for it.
with_lock() (
  file=$1
  shift
  mkdir -p "$(dirname "$file")"
  exec 9>"$file"
  if ! flock --nonblock 9; then
    say "waiting for another set-up of $root"
    flock 9
  fi
  "$@"
)

# The packages of the lists FILE... that are not installed.
missing_packages() {
  local wanted installed
  wanted=$(cat "$@" | grep -v '^#' | sort -u)
  if python3 -c 'import ensurepip, venv' 2>/dev/null; then
    wanted=$(grep -vx python3-venv <<<"$wanted")
  fi
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
    sed -n 's/ installed$//p' | sort -u) || true # dpkg-query fails if it does not know one of them
  comm -23 <(echo "$wanted") <(echo "$installed")
}

# Installs what is missing of the lists FILE... when root; else prints the command and stops.
ensure_packages() {
  if ! command -v dpkg-query apt-get >/dev/null; then
    ensure_tools_without_apt "$@"
    return
  fi
  local missing
  missing=$(missing_packages "$@" | xargs)
  if [ -z "$missing" ]; then
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    say "these packages are missing; install them, then repeat the command:"
    printf '\n  sudo apt-get update && sudo apt-get install -y %s\n\n' "$missing" >&2
    exit "$bad_input"
  fi
  say "installing Debian packages: $missing"
  logged "$root/.deps/log" apt-get -o DPkg::Lock::Timeout=600 update
  # shellcheck disable=SC2086
  logged "$root/.deps/log" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
}

ensure_tools_without_apt() {
  local tool missing=""
  for tool in g++ cmake ninja pkg-config python3; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  if [ -n "$missing" ]; then
    say "not found:$missing. This is neither Debian nor Ubuntu: install by its own means what these Debian packages hold:"
    cat "$@" | grep -v '^#' | xargs printf '  %s\n' >&2
    exit "$bad_input"
  fi
}

# at_least FOUND WANTED: compares versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

ensure_compiler() {
  local gcc cmake
  gcc=$(g++ -dumpfullversion)
  cmake=$(cmake --version | sed -n '1s/.* //p')
  at_least "$gcc" 12 || die "$bad_input" "g++ $gcc is too old: 12 or newer is needed (Debian 12, Ubuntu 24.04)"
  at_least "$cmake" 3.25 || die "$bad_input" "CMake $cmake is too old: 3.25 or newer is needed (Debian 12, Ubuntu 24.04)"
}
