# Shared by run, test and the scripts of tools/; source it. Everything happens relative to the root of the tree.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export NINJA_STATUS="[%f/%t %es] "

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# fail CAUSE REMEDY
fail() {
  printf '\033[1merror:\033[0m %s\n       %s\n' "$1" "$2" >&2
  exit 1
}

install_packages() { "$root/tools/install_packages.sh" "$@"; }

# configure PRESET: once, and again when the presets change; ninja itself looks after the CMakeLists.txt files.
configure() {
  local folder=$root/build/$1
  if [ ! -f "$folder/build.ninja" ] || [ "$root/CMakePresets.json" -nt "$folder/.configured" ]; then
    mkdir -p "$folder"
    (cd "$root" && cmake --preset "$1" >"$folder/configure.log" 2>&1) ||
      { cat "$folder/configure.log" >&2 && fail "the configure step of preset '$1' failed" "its output is above"; }
    touch "$folder/.configured"
  fi
}

# build PRESET [TARGET...]: one build of a preset at a time, whoever starts it.
build() {
  local preset=$1
  shift
  mkdir -p "$root/build"
  (
    flock 9
    configure "$preset"
    cmake --build "$root/build/$preset" ${1:+--target "$@"} 9>&- >&2 ||
      fail "the build of preset '$preset' failed" "the first error is above"
  ) 9>"$root/build/$preset.lock"
}

# A line for each file below a folder of npm's, with its time and size: equal means that nothing changed.
folder_state() {
  find "$1" \( -name node_modules -o -name 'dist*' \) -prune -o -type f -printf '%p %T@ %s\n' | LC_ALL=C sort
}

# npm_install FOLDER: the packages of its package-lock.json, if they are not those of the last time.
npm_install() {
  local lock=$root/$1/package-lock.json stamp=$root/$1/node_modules/.troupe-stamp
  cmp -s "$lock" "$stamp" && return
  say "installing npm packages of $1/"
  (cd "$root/$1" && npm ci --no-audit --no-fund --loglevel=error >&2) ||
    fail "npm ci in $1/ failed" "read npm's message above; most often the network is missing"
  cp "$lock" "$stamp"
}

# build_web: the pages, if a file of web/ changed.
build_web() {
  [ -f "$root/web/package-lock.json" ] || return 0
  local stamp=$root/build/web.stamp
  mkdir -p "$root/build"
  (
    flock 9
    npm_install web
    [ -d "$root/web/dist" ] && folder_state "$root/web" | cmp -s - "$stamp" && exit 0
    say "building web/"
    (cd "$root/web" && npm run --silent build 9>&- >&2) || fail "the build of web/ failed" "the first error is above"
    folder_state "$root/web" >"$stamp"
  ) 9>"$root/build/web.lock"
}

# step NAME COMMAND...: runs the command, says how long it took, and goes on if it fails; `failed_steps` has the names.
failed_steps=()
step() {
  local name=$1 began=$SECONDS verdict=ok
  shift
  say "$name"
  "$@" || verdict=FAILED
  say "$name: $verdict, $((SECONDS - began)) s"
  [ "$verdict" = ok ] || failed_steps+=("$name")
}
