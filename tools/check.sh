#!/usr/bin/env bash
# Every check that a reviewer would make, beside the tests. tools/check.sh [--all | --fix]
#   (no flag)  clang-tidy looks at the folders that differ from origin/main (without one: that are not committed)
#   --all      clang-tidy looks at everything (minutes)
#   --fix      formats the C++ files in place, and checks nothing
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

cpp_files() { git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' | while read -r f; do [ ! -f "$f" ] || echo "$f"; done; }

check_format() { cpp_files | xargs --no-run-if-empty clang-format-19 --dry-run -Werror; }

# The sources of the folders with a changed C++ file, or all; tests are left to the compilers.
tidy_files() {
  local base changed
  base=$(git merge-base HEAD origin/main 2>/dev/null || echo HEAD)
  if [ "$1" = --all ]; then
    changed=$(cpp_files)
  else
    changed=$(git diff --name-only "$base" -- '*.cpp' '*.hpp' && git ls-files --others --exclude-standard -- '*.cpp' '*.hpp') ||
      return 1
  fi
  [ -z "$changed" ] || xargs -n1 dirname <<<"$changed" | sort -u |
    while read -r folder; do ls "$folder"/*.cpp 2>/dev/null || true; done | grep -v -E '\.test\.cpp$|^(tests|bench|fuzz)/' || true
}

check_tidy() {
  configure clang
  local files
  files=$(tidy_files "$1") || return 1
  [ -z "$files" ] || printf '%s\n' $files | xargs -P "$(nproc)" -n 2 clang-tidy-19 -p build/clang --quiet \
    2> >(grep -v 'warnings generated\|Processing file\|Suppressed' >&2)
}

install_packages build strict
if [ "${1:-}" = --fix ]; then
  cpp_files | xargs --no-run-if-empty clang-format-19 -i
  exit
fi

step "format" check_format
step "tree" tools/check_tree.py
step "headers alone" build clang all_verify_interface_header_sets
step "clang-tidy" check_tidy "${1:---changed}"
[ ${#failed_steps[@]} -eq 0 ] || fail "failed: $(printf '%s; ' "${failed_steps[@]}")" "the messages are above"
