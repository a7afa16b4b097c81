#!/usr/bin/env bash
# ./automodel quickstart: fetch, train by recipe.yaml with validation before and after, then three answers of the
# merged model. Arguments override keys of the recipe, e.g. --seed 2. A finished run is shown again, an interrupted
# one goes on; remove runs/quickstart to train anew.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
cd "$root"

run=runs/quickstart # unless an argument names another folder
for ((i = 1; i <= $#; ++i)); do
  next=$((i + 1))
  case ${!i} in
    --smoke | --help | -h) exec ./automodel examples/quickstart/recipe.yaml "$@" ;; # trains nothing to ask
    --checkpoint.checkpoint_dir=*) run=${!i#*=} ;;
    --checkpoint.checkpoint_dir) run=${!next-} ;;
  esac
done

./automodel examples/quickstart/recipe.yaml "$@"

answer() {
  printf '\n%s\n> ' "$1"
  ./automodel generate "$run/LATEST/model/consolidated" "$1" --temperature 0 --max-new-tokens 8 \
    --system "Is the sentiment positive or negative? Answer with one word."
}
answer "A warm, funny film that earns every one of its tears."
answer "Two hours of noise, and not a single idea."
answer "I expected to be bored, and went to see it twice."
