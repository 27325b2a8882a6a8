#!/usr/bin/env bash
# tools/npm_test.sh FOLDER: installs the npm packages of FOLDER if they changed, and runs `npm test` there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(flock 9 && npm_install "$1") 9>"$root/build/npm.lock"
cd "$root/$1"
exec npm test --silent
