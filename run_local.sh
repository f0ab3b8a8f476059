#!/bin/sh
# Starts StoryGen on Linux and macOS; sets it up first where that is needed.
# It only looks for a fit Python; everything else is done by storygen/launch.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
entry=$here/storygen/launch/entry.py
reasons=

for python in "${STORYGEN_PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python \
    /opt/homebrew/bin/python3 /usr/local/bin/python3 /usr/bin/python3 \
    /Library/Frameworks/Python.framework/Versions/Current/bin/python3; do
    [ -n "$python" ] && command -v "$python" >/dev/null 2>&1 || continue
    if reason=$("$python" "$entry" --check-python 2>/dev/null); then
        exec "$python" "$entry" "$@"
    fi
    reasons="$reasons  $python: ${reason:-does not start}
"
done

{
    echo "StoryGen needs Python 3.11, 3.12, 3.13 or 3.14 (64 bit), and found none on this machine."
    [ -z "$reasons" ] || printf '%s' "$reasons"
    if [ "$(uname -s)" = Darwin ]; then
        echo "Install one from https://www.python.org/downloads/ (or: brew install python@3.13), then start again."
    else
        echo "Install one (on Debian and Ubuntu: sudo apt install python3 python3-venv), then start again."
    fi
} >&2
exit 1
