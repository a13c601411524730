#!/bin/sh
# Installs what the issue tests run against: exactly the locked versions, without running their scripts.
set -eu
cd "$(dirname "$0")"
exec npm ci --ignore-scripts --no-audit --no-fund
