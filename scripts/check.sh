#!/bin/sh
# Runs the named checks one after the other, all of them even if one fails.  Usage: sh scripts/check.sh style types layers tests
set -u

PATH="$PWD/.venv/bin:$PATH"
PYRIGHT_PYTHON_IGNORE_WARNINGS=1 # or pyright asks the network for newer versions of itself
export PATH PYRIGHT_PYTHON_IGNORE_WARNINGS
failed=

run() {
    echo "--- $*"
    "$@" || failed="$failed
    $*"
}

for check in "$@"; do
    case $check in
    style)
        run ruff check
        run ruff format --check
        ;;
    types) run pyright ;;
    layers) run lint-imports --no-logo ;;
    tests)
        if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
            sh scripts/xvfb.sh || exit 1
            run xvfb-run --auto-servernum --server-args="-screen 0 1280x800x24" python -m pytest -n auto
        else
            run python -m pytest -n auto
        fi
        ;;
    *)
        echo "No such check: $check. There are: style, types, layers, tests." >&2
        exit 2
        ;;
    esac
done

if [ -n "$failed" ]; then
    echo "Failed:$failed" >&2
    exit 1
fi
