#!/usr/bin/env bash
# Runs the benchmark suite on this machine's CPU and writes benchmarks/results/cpu.json, the page cpu.md and its plots.
# Nothing else should run meanwhile: torch's threads wait for each other, so one busy core slows its calls many times.
# usage: eng/benchmarks.sh [options of the suite, such as --full]
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build benchmarks/VarSparse.Benchmarks -c Release -v q
suite() { dotnet run -c Release --no-build --project benchmarks/VarSparse.Benchmarks -- "$@"; }
suite --device cpu --json benchmarks/results/cpu.json "$@"
suite report benchmarks/results/cpu.json
