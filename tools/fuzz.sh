#!/usr/bin/env bash
# tools/fuzz.sh [SECONDS] [NAME...]: runs each fuzzer of fuzz/ (or those named) for so long, 20 s unless given. What it finds
# lands in build/fuzz/corpus/, a crash in build/fuzz/crashes/: copy it to fuzz/corpus/<name>/, where every build replays it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:-20}
shift $(($# > 0 ? 1 : 0))
install_packages build strict
build asan fuzzers

export ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer
[ $# -gt 0 ] || set -- $(cd "$root/fuzz" && ls *.cpp | sed 's/\.cpp$//' | grep -v '^replay_main$')
for name in "$@"; do
  found=$root/build/fuzz/corpus/$name known=$root/fuzz/corpus/$name crashes=$root/build/fuzz/crashes
  log=$root/build/fuzz/$name.log
  mkdir -p "$found" "$crashes"
  say "fuzz $name for $seconds s"
  "$root/build/asan/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$crashes/$name-" "$found" $([ ! -d "$known" ] || echo "$known") >"$log" 2>&1 ||
    { tail -n 50 "$log" >&2 && fail "the fuzzer $name found an input that breaks it" "it is in build/fuzz/crashes/"; }
  tail -n 1 "$log"
done
