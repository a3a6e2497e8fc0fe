#!/bin/sh
# Makes a virtual environment, unless there is one.  Usage: sh scripts/venv.sh FOLDER
set -eu

venv=$1
supported='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' # the versions that torch has wheels for

if ! "$venv/bin/python" -c "$supported" 2>/dev/null || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=
    for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
        if "$candidate" -c "$supported" 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Deixis needs Python 3.11 to 3.14, and there is none on the PATH: install one and run make again." >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make virtual environments: install its venv package" \
            "(Debian, Ubuntu: sudo apt-get install python3-venv) and run make again." >&2
        exit 1
    fi
    echo "Making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
fi
