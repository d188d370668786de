#!/usr/bin/env bash
# Publishes the kernel tests and the GPU benchmark self-contained for linux-x64, and packs them for a machine without .NET.
# usage: eng/gpu/publish.sh   -> .gpu/varsparse-gpu.tar.xz (about 30 MB)
set -euo pipefail
cd "$(dirname "$0")/../.."
out=.gpu/publish
rm -rf "$out"
publish() { dotnet publish "$1" -c Release -r linux-x64 --self-contained -o "$out/$2" -v q -p:DebugType=none; }
publish benchmarks/VarSparse.GpuBenchmarks bench
publish tests/VarSparse.Kernels.Tests tests
# The .NET runtime is the same in both: as hard links it is packed once.
for file in "$out"/bench/*; do
    twin="$out/tests/$(basename "$file")"
    if [ -f "$twin" ] && cmp -s "$file" "$twin"; then ln -f "$file" "$twin"; fi
done
cp eng/gpu/run.sh eng/gpu/baselines.py "$out/"
XZ_OPT="-1 -T0" tar -C "$out" -cJf .gpu/varsparse-gpu.tar.xz .
ls -l .gpu/varsparse-gpu.tar.xz
