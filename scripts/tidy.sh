#!/usr/bin/env bash
# Format and clang-tidy.
#
#   scripts/tidy.sh format           clang-format of every C++ source
#   scripts/tidy.sh all              clang-tidy of src/
#   scripts/tidy.sh since REVISION   clang-tidy of the sources of src/ that changed after REVISION, or are not committed
#
# AM_TIDY_SECONDS=N starts no further source after N seconds; what was left out is listed. A source with LibTorch's
# headers takes about 20 s.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=scripts/bootstrap.sh
source "$root/scripts/bootstrap.sh"

cpp_files() { git -C "$root" ls-files --cached --others --exclude-standard -- "$@" | grep -E '\.(cpp|h)$' || true; }

changed_since() {
  {
    git -C "$root" diff --name-only --diff-filter=d "$1" -- src
    git -C "$root" ls-files --others --exclude-standard -- src
  } | grep -E '\.cpp$' | sort -u || true
}

# The compile commands, and clang's precompiled header of LibTorch.
prepare_database() {
  prepare own
  configure tidy
  local header
  header=$(ninja -C "$root/build/tidy" -t targets all | sed -n 's/^\(.*\.pch\): .*/\1/p')
  # shellcheck disable=SC2086
  build tidy $header
}

tidy_one() {
  local source=$1
  if [ -n "${AM_TIDY_SECONDS-}" ] && [ "$(date +%s)" -gt "$((tidy_start + AM_TIDY_SECONDS))" ]; then
    echo "not looked at, out of time: $source"
    return
  fi
  clang-tidy-19 -p "$root/build/tidy" --quiet --warnings-as-errors='*' "$root/$source" 2>/dev/null || {
    echo "FAILED $source"
    return 1
  }
}

tidy() {
  local sources=$1
  locked prepare_database
  say "clang-tidy of $(grep -c . <<<"$sources" || true) sources"
  tidy_start=$(date +%s)
  export -f tidy_one
  export root tidy_start
  [ -z "$sources" ] || xargs -P "$(num_jobs)" -I {} bash -c 'tidy_one {}' <<<"$sources"
}

ensure_packages "$root/scripts/packages.txt" "$root/scripts/tidy-packages.txt"
case "${1-}" in
  format) (cd "$root" && cpp_files src tests bench | xargs -r clang-format-19 --dry-run -Werror) ;;
  all) tidy "$(cpp_files src | grep '\.cpp$')" ;;
  since) tidy "$(changed_since "$2")" ;;
  *) die "$bad_input" "usage: scripts/tidy.sh format | all | since REVISION" ;;
esac
