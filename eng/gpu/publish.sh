#!/usr/bin/env bash
# Publishes tests and programs self-contained for linux-x64, and packs them for a machine without .NET.
# usage: eng/gpu/publish.sh [kernels] [torch] [models]      (default: all three)
#   kernels  kernel tests and the GPU benchmark: no torch needed
#   torch    EmojiVar, the far-field study, the stack benchmark, the benchmark suite and the TorchSharp tests, without libtorch: they take that
#            of a Python torch
#   models   the weights of EmojiVar, in an archive of their own
# -> .gpu/varsparse-gpu.tar.xz (programs) and .gpu/varsparse-models.tar.xz (about 45 MB), to be unpacked in the same folder
set -euo pipefail
cd "$(dirname "$0")/../.."
out=.gpu/publish
rm -rf "$out"
mkdir -p "$out"
wanted=" ${*:-kernels torch models} "
publish() { dotnet publish "$1" -c Release -r linux-x64 --self-contained -o "$out/$2" -v q "${@:3}"; rm -f "$out/$2"/*.pdb; }
if [[ $wanted == *' kernels '* ]]; then
    # Ready to run, as a program should be whose first call is waited for: ILGPU is a large part of it.
    publish benchmarks/VarSparse.GpuBenchmarks bench -p:PublishReadyToRun=true
    publish tests/VarSparse.Kernels.Tests tests
fi
if [[ $wanted == *' torch '* ]]; then
    # One folder for all: they share the runtime and TorchSharp.
    publish samples/EmojiVar torch -p:OmitLibTorch=true
    publish benchmarks/VarSparse.FarFieldStudy torch -p:OmitLibTorch=true
    publish benchmarks/VarSparse.StackBenchmarks torch -p:OmitLibTorch=true
    publish benchmarks/VarSparse.Benchmarks torch -p:OmitLibTorch=true
    publish tests/VarSparse.Torch.Tests torch -p:OmitLibTorch=true
    rm -rf "$out/torch/models"
fi
# The .NET runtime is the same everywhere: as hard links it is packed once.
for twin in "$out"/{tests,torch}/*; do
    for file in "$out"/{bench,tests}/"$(basename "$twin")"; do
        if [ -f "$twin" ] && [ -f "$file" ] && [ ! "$file" -ef "$twin" ] && cmp -s "$file" "$twin"; then ln -f "$file" "$twin"; fi
    done
done
cp eng/gpu/run.sh eng/gpu/baselines.py eng/gpu/pareto.txt eng/gpu/pareto-more.txt "$out/"
XZ_OPT="-1 -T0" tar -C "$out" -cJf .gpu/varsparse-gpu.tar.xz .
if [[ $wanted == *' models '* ]]; then
    XZ_OPT="-1 -T0" tar -C samples --transform 's,^,torch/,' --exclude golden.safetensors -cJf .gpu/varsparse-models.tar.xz models/emoji-var
fi
ls -l .gpu/*.tar.xz
