# shellcheck shell=bash
# Sourced by scripts/bootstrap.sh: Arrow's C++ out of the pinned pyarrow wheel, for Parquet and Arrow files.
#
# In this order: $AM_ARROW_DIR, a pyarrow package's folder, or "none"; the pinned wheel, installed into .deps/python. Where it cannot
# be had the program is built without it and says so when it meets such a file.
: "${root:?}" "${bad_input:?}"

arrow_pin="pyarrow==26.0.1"

# Sets $arrow_dir, empty if there is none.
choose_arrow() {
  local mark="$root/.deps/python/$arrow_pin.ready"
  arrow_dir=${AM_ARROW_DIR-}
  if [ "$arrow_dir" = none ]; then
    arrow_dir=""
    return
  fi
  if [ -n "$arrow_dir" ]; then
    [ -e "$arrow_dir/include/parquet/arrow/reader.h" ] ||
      die "$bad_input" "AM_ARROW_DIR=$arrow_dir is no pyarrow package (include/parquet/arrow/reader.h is expected)"
    return
  fi
  ensure_own_python
  if [ ! -e "$mark" ]; then
    say "installing $arrow_pin into .deps/python"
    printf '\n$ pip install %s\n' "$arrow_pin" >>"$root/.deps/log"
    if ! "$own_python" -m pip install --disable-pip-version-check --no-deps "$arrow_pin" >>"$root/.deps/log" 2>&1 </dev/null; then
      say "$arrow_pin cannot be had (see .deps/log): Parquet and Arrow files will not be read"
      return
    fi
    touch "$mark"
  fi
  arrow_dir=$("$own_python" -c 'import importlib.util as u; print(u.find_spec("pyarrow").submodule_search_locations[0])')
}
