#!/bin/sh
# Installs what the browser tests need: Debian's chromium, a Chinese font, and the pinned npm tools.
# A package that cannot be installed is named in one line, and the script fails.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

die() {
    echo "install-tools: $1" >&2
    exit 1
}

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
[ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' -print -quit 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"

if [ -n "$missing" ]; then
    command -v apt-get >/dev/null 2>&1 || die "missing:$missing (no apt-get here: install them by hand)"
    root=""
    [ "$(id -u)" = 0 ] || root="sudo -n"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # the lists are meant to be split
    { $root apt-get update -q && $root apt-get install -y -q --no-install-recommends $missing; } >&2 \
        || die "missing:$missing (apt-get could not install them)"
fi

stamp="$here/browser/node_modules/.installed"
if ! cmp -s "$here/browser/package-lock.json" "$stamp"; then
    (cd "$here/browser" && npm ci --ignore-scripts --no-audit --no-fund >&2) || die "npm ci failed in tests/browser"
    cp "$here/browser/package-lock.json" "$stamp"
fi
