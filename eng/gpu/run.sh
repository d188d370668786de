#!/usr/bin/env bash
# Runs what publish.sh packed, on any Linux machine with an NVIDIA driver: no .NET and no CUDA toolkit needed.
# usage: tar -xJf varsparse-gpu.tar.xz && ./run.sh [STEP ...]      (default: tests bench)
#   tests        kernel tests on the device, against float64
#   bench        correctness at full size, then times with cold L2
#   device       the same for patterns, selection, scoring and normalisation alone
#   first        what the first call of a process takes, without compiled kernels on disk and with them
#   growth       dense and sparse attention over the image's side, 256 to 4096 pixels: growth.svg
#   baselines    what a Python user can pick instead; needs python3 with torch and triton
#   sanitize     compute-sanitizer over the attention kernels, a few random problems of each kind (SANITIZE_SEEDS); needs the CUDA toolkit
# Those that follow need a python3 with a CUDA torch, for its libtorch. Files go to $OUT (default: out).
#   torch-tests  SparseAttention and the policies on CUDA tensors, against float64
#   emoji        EmojiVar: 12 labels x 2 seeds, dense and accelerated; needs varsparse-models.tar.xz unpacked here too. If there is a
#                folder "reference" with the pictures of another run, dense images are compared with it. EMOJI_ARGS adds options.
#   pareto       EmojiVar: the same images with each policy of pareto.txt, or of the file that PARETO names, six processes at once, then one label on the CPU for times and work; ends
#                with a table and a plot of likeness over work and time
#   trace        EmojiVar: driver calls of each scale, counted through CUPTI
#   study        far-field summaries made in other ways, on the emoji step's labels and seeds: PSNR and work. Needs the
#                models too. STUDY_ARGS adds options; those of --label, --seed and --variant replace the defaults.
#   stack        the transformer stack at Infinity's sizes, 2b and 8b. STACK_ARGS adds options.
#   host         what a block and its attention cost the host, in microseconds, mode by mode and step by step
#   suite        the benchmark suite on the device and a page of its results: suite.json, suite.md, plots. SUITE_ARGS adds options.
#   advise       which attention to take, measured in a few seconds. ADVISE_ARGS adds options.
set -euo pipefail
cd "$(dirname "$0")"
export TESTINGPLATFORM_TELEMETRY_OPTOUT=1
OUT=${OUT:-out}
on_device=(--filter-class '*AttentionOnDeviceTests' --filter-class '*RealDriverTests')
labels=(face-smiling cat-face food-sweet plant-flower person time animal-mammal food-fruit heart clothing 'sky & weather' hand-fingers-open)
policies=(csla far 'far scales=2' 'far scales=2 residual-cache=on' cs4a sparvar ld cfg csla,ld csla,ld,cfg 'far scales=2 residual-cache=on,ld,cfg')

with_torch() {
    local lib
    lib=$(python3 -c 'import torch; print(torch.__path__[0])')/lib
    LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$@"
}

emoji() {
    local args=(--accelerate none)
    [[ " $* " == *' --device '* ]] || args+=(--device cuda)
    for policy in "${policies[@]}"; do args+=(--accelerate "$policy"); done
    if [ -d reference ]; then args+=(--reference reference); fi
    # shellcheck disable=SC2086
    with_torch torch/EmojiVar "${args[@]}" "$@" ${EMOJI_ARGS:-}
}

mkdir -p "$OUT"
for what in "${@:-tests bench}"; do
    for step in $what; do
        case "$step" in
            tests)
                tests/VarSparse.Kernels.Tests "${on_device[@]}"
                tests/VarSparse.Kernels.Tests --filter-method '*_on_a_device' ;;
            bench) bench/VarSparse.GpuBenchmarks ;;
            device) bench/VarSparse.GpuBenchmarks device ;;
            first)
                # The driver has a cache of its own, which may know the kernel from another run.
                cache=$(mktemp -d)
                for _ in 1 2; do VARSPARSE_CACHE=$cache/kernels CUDA_CACHE_PATH=$cache/driver bench/VarSparse.GpuBenchmarks first; done
                rm -rf "$cache" ;;
            growth) OUT="$OUT" bench/VarSparse.GpuBenchmarks growth ;;
            baselines) python3 baselines.py ;;
            sanitize)
                for tool in memcheck racecheck initcheck; do
                    echo "== $tool"
                    VARSPARSE_SEEDS=${SANITIZE_SEEDS:-6} compute-sanitizer --tool "$tool" --error-exitcode 1 tests/VarSparse.Kernels.Tests \
                        --filter-method '*Match_the_reference_on_random_problems' --filter-method '*Match_the_reference_at_the_tuned_head_dimensions'
                done ;;
            torch-tests) with_torch torch/VarSparse.Torch.Tests --filter-class '*OnCudaTests' ;;
            emoji)
                chosen=(--seed 1 --seed 2)
                for label in "${labels[@]}"; do chosen+=(--label "$label"); done
                emoji "${chosen[@]}" --out "$OUT/emoji" --json "$OUT/emoji.json" | tee "$OUT/emoji.txt" ;;
            pareto)
                mapfile -t policies <"${PARETO:-pareto.txt}"
                running=() files=()
                for ((i = 0; i < ${#labels[@]}; i += 2)); do
                    files+=("$OUT/pareto/$i.json")
                    mkdir -p "$OUT/pareto"
                    emoji --label "${labels[i]}" --label "${labels[i + 1]}" --seed 1 --seed 2 --threads 2 --out "$OUT/pareto/$i" --json "$OUT/pareto/$i.json" >"$OUT/pareto/$i.txt" &
                    running+=($!)
                done
                for one in "${running[@]}"; do wait "$one"; done
                emoji --device cpu --label face-smiling --out "$OUT/pareto/cpu" --json "$OUT/pareto/cpu.json" >"$OUT/pareto/cpu.txt"
                with_torch torch/EmojiVar summary "${files[@]}" --cost-from "$OUT/pareto/cpu.json" --out "$OUT" ;;
            trace) emoji --label heart --seed 1 --trace --profile --out "$OUT/trace" | tee "$OUT/trace.txt" ;;
            study)
                # shellcheck disable=SC2086
                with_torch torch/VarSparse.FarFieldStudy --device cuda --json "$OUT/study.json" ${STUDY_ARGS:-} ;;
            stack)
                for model in 2b 8b; do
                    # shellcheck disable=SC2086
                    with_torch torch/VarSparse.StackBenchmarks --model "$model" --mode dense,csla,far,cs4a,ld,csla+ld --json "$OUT/stack-$model.json" ${STACK_ARGS:-}
                done ;;
            host) with_torch torch/VarSparse.StackBenchmarks --host --mode dense,csla,far,cs4a,ld,csla+ld --repeats 200 --json "$OUT/host.json" ;;
            suite)
                # shellcheck disable=SC2086
                with_torch torch/VarSparse.Benchmarks --device cuda --json "$OUT/suite.json" --artifacts "$OUT/suite" ${SUITE_ARGS:-}
                with_torch torch/VarSparse.Benchmarks report "$OUT/suite.json" ;;
            advise)
                # shellcheck disable=SC2086
                with_torch torch/VarSparse.Benchmarks advise --device cuda ${ADVISE_ARGS:-} ;;
            *) echo "unknown step '$step', expected tests, bench, device, first, growth, baselines, sanitize, torch-tests, emoji, pareto, trace, study, stack, host, suite or advise" >&2; exit 2 ;;
        esac
    done
done
