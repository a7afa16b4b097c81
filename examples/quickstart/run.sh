#!/usr/bin/env bash
# ./automodel quickstart: fetch, train by recipe.yaml, show what was gained. Further arguments override recipe keys.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
cd "$root"

./automodel examples/quickstart/recipe.yaml "$@"
