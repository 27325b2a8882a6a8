#!/usr/bin/env bash
# tools/install_packages.sh GROUP...: installs what is missing of these groups on Debian 12, as root or through sudo.
# Silent and quick when nothing is missing.
#   build    compiler, CMake and the C++ libraries         web      Node and npm, unless a recent Node is on the PATH
#   browser  Chromium, for the browser tests               strict   clang 19, clang-format, clang-tidy, sanitizers
#   postgres PostgreSQL 15, for tests and for demos of several nodes
#   erlang, caf   what `troupe bench --peers` compares with
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

node_major_min=18

packages_of() {
  case "$1" in
    build)
      echo g++ cmake ninja-build ccache git ca-certificates python3 \
        libboost1.81-dev librocksdb-dev libpq-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev \
        prometheus-cpp-dev nlohmann-json3-dev libgtest-dev libgmock-dev libbenchmark-dev libmimalloc-dev \
        libxxhash-dev libssl-dev openssl zlib1g-dev libzstd-dev liblz4-dev libsnappy-dev libbz2-dev libcurl4-openssl-dev libc-ares-dev
      ;;
    web)
      node_is_recent || echo nodejs
      command -v npm >/dev/null || echo npm
      ;;
    browser)
      command -v chromium >/dev/null || echo chromium
      echo fonts-dejavu-core
      ;;
    strict) echo clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev lld-19 llvm-19 ;;
    postgres) echo postgresql-15 ;;
    erlang) echo erlang-base ;;
    caf) echo libcaf-dev ;;
    *) fail "install_packages: no group '$1'" "the groups are build, web, browser, strict, postgres, erlang and caf" ;;
  esac
}

node_is_recent() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge "$node_major_min" ]
}

# Of the packages given, those that dpkg does not know as installed.
missing_of() {
  local installed
  installed=" $(dpkg-query --show --showformat='${db:Status-Abbrev}${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" ii $package "* || $installed == *"ii $package "* ]] || echo "$package"
  done
}

install() {
  local as_root=() options=(-qq -o DPkg::Lock::Timeout=300)
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing, and this is neither root nor is there sudo: $*" \
      "as root, run: apt-get update && apt-get install --no-install-recommends $*"
    as_root=(sudo DEBIAN_FRONTEND=noninteractive)
  fi
  export DEBIAN_FRONTEND=noninteractive
  say "installing $# packages: $*"
  local strict_update=("${as_root[@]}" apt-get "${options[@]}" -o APT::Update::Error-Mode=any update)
  "${strict_update[@]}" || { sleep 3 && "${strict_update[@]}"; } || say "apt-get update failed; trying with the lists there are"
  "${as_root[@]}" apt-get "${options[@]}" install -y --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install: $*" \
      "read apt's message above; most often the network or a Debian 12 (bookworm) line in /etc/apt/sources.list is missing"
}

[ $# -gt 0 ] || fail "install_packages: no group given" "for example: tools/install_packages.sh build web"
wanted=()
for group in "$@"; do
  names=$(packages_of "$group")
  read -r -d '' -a more <<<"$names" || true
  wanted+=("${more[@]}")
done
[ ${#wanted[@]} -gt 0 ] || exit 0

command -v dpkg-query >/dev/null || fail "this system has no dpkg" \
  "Troupe is built on Debian 12; elsewhere, install what corresponds to: ${wanted[*]}"
mapfile -t missing < <(missing_of "${wanted[@]}")
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"

if [[ " $* " == *" web "* ]] && ! node_is_recent; then
  fail "the node on the PATH ($(command -v node || echo none)) is older than version $node_major_min" \
    "remove it from the PATH, so that Debian's /usr/bin/node is found"
fi
