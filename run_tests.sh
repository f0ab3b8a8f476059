#!/bin/sh
# Runs every check and test, on a fresh machine too: installs what they need first.
# Arguments go to pytest, as in: ./run_tests.sh tests/unit -k launch
# A machine without a browser skips the browser tests, loudly; with CI=true nothing may be skipped.
cd -- "$(dirname -- "$0")" || exit 1
python=.venv/bin/python
failed=
unset PYTHONDONTWRITEBYTECODE # hundreds of processes start, and each would compile the program anew

has_browser() {
    "$python" -c 'import sys; sys.path.insert(0, "tests"); import conftest
conftest.pytest_configure(); sys.exit(not conftest.os.environ["STORYGEN_CHROMIUM"])'
}

install_browser() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "== Installing Chromium for the browser tests"
        apt-get update -qq
        for browser in chromium-headless-shell chromium; do
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$browser" >/dev/null && break
        done
    fi
}

has_postgres() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

install_postgres() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "== Installing Postgres for the store's tests"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
    fi
}

check() {
    title=$1
    shift
    echo "== $title"
    "$@" || failed="$failed $title;"
}

# What reads the program and does not run it, while the browser and Postgres are fetched; told afterwards.
checks_without_running() {
    failed=
    check "ruff check" "$python" -m ruff check .
    check "ruff format" "$python" -m ruff format --check .
    check "mypy" "$python" -m mypy
    check "page: types and format" npm run --silent check
    [ -z "$failed" ] || echo "$failed" >"$told.failed"
}

# Three at a time, since most tests wait for one process or another; then those that must be alone.
tests() {
    "$python" -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not alone" "$@"
    beside=$?
    [ $# != 0 ] || set -- tests/model # where they all are; to look through every test takes long
    "$python" -m pytest -m alone "$@"
    alone=$?
    case $beside,$alone in
        0,0 | 0,5 | 5,0) return ;; # 5: the arguments choose none of these
        5,5) return 1 ;;
    esac
    echo "== Once more, what failed. A test that passes only now is unsteady: mend it."
    "$python" -m pytest --last-failed --last-failed-no-failures none
}

./run_local.sh --install-only --for-tests || exit 1
[ ! -x .venv/bin/npm ] || PATH=$PWD/.venv/bin:$PATH # the launcher's own Node, where there was none
[ -d node_modules ] || npm ci --no-audit --no-fund || exit 1
told=$(mktemp) || exit 1
checks_without_running >"$told" 2>&1 &
has_browser || install_browser
has_browser || echo "== No Chromium, Chrome or Edge: THE BROWSER TESTS ARE SKIPPED"

has_postgres || install_postgres
has_postgres || echo "== No Postgres: THE STORE IS TESTED ON SQLITE ONLY"

wait
cat "$told"
failed=$(cat "$told.failed" 2>/dev/null)
rm -f "$told" "$told.failed"
check "pytest" tests "$@"

[ -z "$failed" ] || echo "FAILED:$failed"
[ -z "$failed" ]
