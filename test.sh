#!/usr/bin/env bash
# Everything needed to test, a browser too, then all tests. Ends with "N passed, N failed" and that exit code.
set -uo pipefail
cd "$(dirname "$0")"
install() { # a Debian package for a program that is missing
  command -v "$1" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || { echo "$1 is needed: apt-get install $2" >&2; return; }
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2 >/dev/null
}
install chromium "chromium fonts-noto-core"
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  npm ci --prefix src/Host --no-audit --no-fund --ignore-scripts --loglevel=error
fi

dotnet build Cea.sln -c Release -v quiet --nologo || { echo "the build failed"; echo "0 passed, 1 failed"; exit 1; }
# Formatting is a test like any other; what .editorconfig says, without building anything.
unformatted=0
if [ $# = 0 ] && ! dotnet format whitespace . --folder --verify-no-changes --exclude '**/node_modules/**' 2>&1 | sed "s|$PWD/||" | head -20; then
  echo "not formatted: dotnet format whitespace . --folder"
  unformatted=1
fi
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
dotnet test Cea.sln -c Release --no-build --nologo -v quiet --logger "trx" --results-directory "$results" "$@" | grep -vE '^\s*$|^Test run for|test files matched'
ended=${PIPESTATUS[0]}
passed=0 failed=$unformatted skipped=0
[ $# = 0 ] && passed=$((1 - unformatted))
for trx in "$results"/*.trx; do
  [ -e "$trx" ] || continue
  counters=$(grep -o '<Counters [^>]*>' "$trx" | head -1)
  number() { echo "$counters" | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*'; }
  total=$(number total) ran=$(number executed) good=$(number passed)
  passed=$((passed + good)) failed=$((failed + ran - good)) skipped=$((skipped + total - ran))
done
# A project whose run broke off before it could report is a failure, not a silence.
expected=$(ls -d tests/*.Tests tests/Stories 2>/dev/null | wc -l) reported=$(ls "$results"/*.trx 2>/dev/null | wc -l)
if [ $# = 0 ] && [ "$reported" -lt "$expected" ]; then
  echo "only $reported of $expected test projects reported"
  failed=$((failed + expected - reported))
fi
# Nor is a run that crashed, or was stopped, after some of it had reported.
if [ "$ended" != 0 ] && [ "$failed" = 0 ]; then
  echo "a test project did not run to its end"
  failed=1
fi
if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
