# What tools/up and tools/test share: a Python, a virtual environment, Debian packages. Sourced, with the root as cwd.

LOG=/dev/null

say() { printf '%s\n' "$*"; }

fail() {
    printf 'failed: %s\n' "$1" >&2
    [ "$LOG" = /dev/null ] || { tail -n 15 "$LOG" | sed 's/^/  | /' >&2; }
    exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }

# apt PACKAGE...: install from Debian's or Ubuntu's packages; false where that is not possible.
apt() {
    is_root && command -v apt-get >/dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@" >>"$LOG" 2>&1 </dev/null && return
    apt-get update -q >>"$LOG" 2>&1 </dev/null
    apt-get install -y -q --no-install-recommends "$@" >>"$LOG" 2>&1 </dev/null
}

# find_python: the name of a Python >= 3.11 in $PYTHON_FOUND.
find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON_FOUND=$name
            return
        fi
    done
    apt python3 && "$(command -v python3)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        || fail "Python 3.11 or later is needed, and none is on PATH: install one, or name it with PYTHON=/path/to/python3"
    PYTHON_FOUND=python3
}

# make_venv EXTRAS: .venv with this checkout installed in it, again only when what is to be installed has changed.
# Editable: a pull takes effect at once, and `barter --help` starts as fast as from a wheel (docs/decisions/install.md).
make_venv() {
    local wanted stamp=.venv/barter.installed
    find_python
    wanted="$PYTHON_FOUND $(cksum pyproject.toml setup.cfg | tr '\n' ' ')"
    if [ -x .venv/bin/barter ] && grep -qsxF "$wanted$1" "$stamp" && .venv/bin/python -c 'import barter.core' 2>/dev/null; then
        return
    fi
    LOG=$(mktemp "${TMPDIR:-/tmp}/barter-setup.XXXXXX")
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        if ! "$PYTHON_FOUND" -c 'import venv, ensurepip' 2>/dev/null; then
            say "installing python3-venv"
            apt python3-venv || fail "$PYTHON_FOUND has no venv module: apt-get install python3-venv, as root"
        fi
        say "making .venv with $("$PYTHON_FOUND" --version)"
        "$PYTHON_FOUND" -m venv --clear .venv >>"$LOG" 2>&1 || fail "$PYTHON_FOUND -m venv .venv"
    fi
    say "installing barter$1 and what it needs into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".$1" >>"$LOG" 2>&1 </dev/null \
        || fail "pip could not install what barter$1 needs; is a package index reachable?"
    { [ ! -f "$stamp" ] || grep -F "$wanted" "$stamp"; printf '%s\n' "$wanted$1"; } >"$stamp.new" || true
    mv "$stamp.new" "$stamp"
    rm -f "$LOG"
    LOG=/dev/null
}
