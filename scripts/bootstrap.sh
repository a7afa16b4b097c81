# shellcheck shell=bash
# Sourced by ./automodel and ./check: everything from a bare Debian or Ubuntu machine to a built program.
# Idempotent, resumable, and without the network once everything is there.
: "${root:?}"

# shellcheck source=scripts/common.sh
source "$root/scripts/common.sh"
# shellcheck source=scripts/torch.sh
source "$root/scripts/torch.sh"
# shellcheck source=scripts/arrow.sh
source "$root/scripts/arrow.sh"

# What a container may use, by control groups of version 2 and 1: files whose first word is a number of bytes, and
# "quota period" of cores. Without a limit there is no file, no number, -1, or one beyond all memory.
job_limits() {
  local groups=${AM_CGROUPS:-/sys/fs/cgroup} word period
  echo $(($(awk '/^MemAvailable/ {print $2}' /proc/meminfo) / 2097152))
  nproc
  for file in memory.max memory/memory.limit_in_bytes; do
    read -r word 2>/dev/null <"$groups/$file" && [[ $word =~ ^[0-9]+$ ]] && echo $((word / 2147483648))
  done
  read -r word period 2>/dev/null <"$groups/cpu.max" && [[ $word =~ ^[0-9]+$ ]] && echo $(((word + period - 1) / period))
  read -r word 2>/dev/null <"$groups/cpu/cpu.cfs_quota_us" && read -r period 2>/dev/null <"$groups/cpu/cpu.cfs_period_us" &&
    [ "$word" -gt 0 ] && echo $(((word + period - 1) / period))
  return 0
}

# Compilers of LibTorch sources take up to 2 GiB each.
num_jobs() {
  local jobs
  jobs=$(job_limits | sort -n | head -n 1)
  echo "${AM_JOBS:-$((jobs > 0 ? jobs : 1))}"
}

# Passes "[3/120] ..." lines of ninja on as one line that changes, if a person is watching.
show_progress() {
  local line
  while IFS= read -r line; do
    if [ -t 2 ] && [[ $line =~ ^\[[0-9]+/[0-9]+\] ]]; then
      printf '\r%s building %s ' "$(basename "$0"):" "${BASH_REMATCH[0]}" >&2
    fi
  done
  if [ -t 2 ]; then
    printf '\r\033[K' >&2
  fi
}

# configure PRESET [OPTION...]: only when CMake itself could not know that it must run again.
configure() {
  local preset=$1 folder="$root/build/$1" key
  shift
  key=$(printf '%s\n' "$root" "$torch_dir" "$arrow_dir" "$*" "$(sha256sum <"$root/CMakePresets.json")")
  if [ -e "$folder/build.ninja" ] && [ "$(cat "$folder/.configured" 2>/dev/null)" = "$key" ]; then
    return
  fi
  if [ -e "$folder/CMakeCache.txt" ] && ! grep -qx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    rm -rf "$folder" # the project was moved
  fi
  logged "$folder/log" cmake -S "$root" --preset "$preset" -DAM_TORCH_DIR="$torch_dir" -DAM_ARROW_DIR="${arrow_dir:-none}" "$@"
  echo "$key" >"$folder/.configured"
}

# build PRESET [TARGET...]: all targets by default.
build() {
  local preset=$1 folder="$root/build/$1" start=$SECONDS status jobs
  shift
  jobs=$(num_jobs)
  say "building $preset ($jobs jobs, log: build/$preset/log)"
  (cd "$folder" && ninja -j "$jobs" "$@" </dev/null 2>&1) | tee -a "$folder/log" | show_progress &&
    status=${PIPESTATUS[0]} || status=${PIPESTATUS[0]}
  if [ "$status" != 0 ]; then
    grep -A 30 -m 1 'FAILED' <(tail -n 200 "$folder/log") >&2 || tail -n 30 "$folder/log" >&2
    die 1 "the build failed; the whole log is $folder/log"
  fi
  say "built $preset in $((SECONDS - start)) s"
}

# What the program was built for; a change of it, or a newer source, means building again.
program_key() { printf '%s\n' "$root" "AM_TORCH_DIR=${AM_TORCH_DIR-} AM_ARROW_DIR=${AM_ARROW_DIR-}"; }

program_is_current() {
  local stamp="$root/build/release/.program"
  [ -x "$root/build/release/bin/automodel" ] && [ -e "$stamp" ] &&
    [ "$(head -n 2 "$stamp")" = "$(program_key)" ] && [ -d "$(tail -n 1 "$stamp")" ] &&
    [ -z "$(cd "$root" && find src cmake scripts CMakeLists.txt CMakePresets.json -newer "$stamp" -print -quit)" ]
}

# build_release [TARGET...]: with the chosen LibTorch.
build_release() {
  local stamp="$root/build/release/.program" new="$root/build/program.new" # configure may remove the whole folder
  rm -f "$stamp"
  mkdir -p "$root/build"
  (program_key && echo "$torch_dir") >"$new" # dated before the build: what changes meanwhile is built next time
  configure release
  build release "$@"
  mv "$new" "$stamp"
}

# prepare [own]: packages, compiler, LibTorch, Arrow.
# shellcheck disable=SC2120
prepare() {
  ensure_packages "$root/scripts/packages.txt"
  ensure_compiler
  choose_torch "$@"
  choose_arrow
}

build_program() {
  program_is_current && return
  # shellcheck disable=SC2119
  prepare
  build_release automodel automodel-engine ${arrow_dir:+automodel-tables}
}

# locked FUNCTION: runs it as the only set-up of this tree. Without root's rights nothing is touched, the lock's file
# included, before the packages are known to be there.
locked() {
  if [ "$(id -u)" != 0 ]; then
    ensure_packages "$root/scripts/packages.txt"
  fi
  with_lock "$root/build/lock" "$@"
}
