#!/bin/sh
# Sees to it that there is a virtual display to run tests on: installs Xvfb where that needs no password.
set -eu

if command -v Xvfb >/dev/null && command -v xvfb-run >/dev/null && command -v xauth >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root=unavailable
fi
if [ "$as_root" = unavailable ] || ! command -v apt-get >/dev/null; then
    echo "The tests need a display, and there is none: install Xvfb (Debian, Ubuntu: sudo apt-get install xvfb xauth)" \
        "and run make again." >&2
    exit 1
fi
echo "Installing Xvfb, a virtual display for the tests"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends xvfb xauth >/dev/null
