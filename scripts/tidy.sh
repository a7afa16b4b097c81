#!/usr/bin/env bash
# Format and clang-tidy.
#
#   scripts/tidy.sh format           clang-format of every C++ source
#   scripts/tidy.sh all              clang-tidy of src/ and bench/
#   scripts/tidy.sh since REVISION   clang-tidy of the sources of src/ that changed after REVISION, or are not committed,
#                                    and of bench/, which no other check compiles
#
# Sources are looked at in batches (scripts/tidy_batches.py); one that does not compile as such, source by source.
# AM_TIDY_SECONDS=N starts no further batch after N seconds; what was left out is listed. A batch with LibTorch's
# headers takes about 30 s, as one source of it does.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=scripts/bootstrap.sh
source "$root/scripts/bootstrap.sh"

cpp_files() { git -C "$root" ls-files --cached --others --exclude-standard -- "$@" | grep -E '\.(cpp|h)$' || true; }

changed_since() {
  {
    git -C "$root" diff --name-only --diff-filter=d "$1" -- src
    git -C "$root" ls-files --others --exclude-standard -- src
    cpp_files bench
  } | grep -E '\.cpp$' | sort -u || true
}

# The compile commands, and clang's precompiled headers of src.
prepare_database() {
  prepare own
  configure tidy
  local headers
  headers=$(ninja -C "$root/build/tidy" -t targets all | sed -n 's/^\(.*am_.*\.pch\): .*/\1/p')
  # shellcheck disable=SC2086
  build tidy $headers
}

# run_tidy DATABASE FILE: what it finds, once.
run_tidy() { clang-tidy-19 -p "$1" --quiet --warnings-as-errors='*' "$2" 2>/dev/null; }

# tidy_batch N SOURCE...
tidy_batch() {
  local batch=$1 found status=0 source
  shift
  if [ -n "${AM_TIDY_SECONDS-}" ] && [ "$(date +%s)" -gt "$((tidy_start + AM_TIDY_SECONDS))" ]; then
    printf 'not looked at, out of time: %s\n' "$@"
    return
  fi
  found=$(run_tidy "$batches" "$batches/$batch.cpp") || status=1
  if [[ "$found" == *clang-diagnostic-error* ]]; then
    status=0
    found=$(for source in "$@"; do run_tidy "$database" "$root/$source" || echo "FAILED $source"; done)
    [[ "$found" != *FAILED* ]] || status=1
  fi
  [ -z "$found" ] || printf '%s\n' "$found"
  [ $status = 0 ] || echo "FAILED in $*"
  return $status
}

tidy() {
  local sources=$1
  locked prepare_database
  say "clang-tidy of $(grep -c . <<<"$sources" || true) sources"
  [ -n "$sources" ] || return 0
  tidy_start=$(date +%s)
  database="$root/build/tidy" batches="$root/build/tidy/batches"
  export -f run_tidy tidy_batch
  export root tidy_start database batches
  (cd "$root" && python3 scripts/tidy_batches.py "$database/compile_commands.json" "$batches" <<<"$sources") |
    xargs -P "$(num_jobs)" -d '\n' -I {} bash -c 'tidy_batch {}'
}

ensure_packages "$root/scripts/packages.txt" "$root/scripts/tidy-packages.txt"
case "${1-}" in
  format) (cd "$root" && cpp_files src tests bench | xargs -r clang-format-19 --dry-run -Werror) ;;
  all) tidy "$(cpp_files src bench | grep '\.cpp$')" ;;
  since) tidy "$(changed_since "$2")" ;;
  *) die "$bad_input" "usage: scripts/tidy.sh format | all | since REVISION" ;;
esac
