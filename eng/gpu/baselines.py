"""What a Python user can pick instead, timed on one GPU: SDPA (FlashAttention-2, cuDNN), FlexAttention, a plain Triton gather kernel.

Prints one JSON object a line: {"name", "shape", "milliseconds", ...}. Cold L2: inputs rotate over several buffer sets and a
256 MB buffer is written between calls; times are CUDA event medians.

usage: python3 baselines.py [--heads 24] [--dimension 128] [--batch 2] [--query-scale 12] [--dtype bf16] [--only NAME,NAME]
"""
import argparse
import json

import torch
import triton
import triton.language as tl
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

SIDES = [1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64]
WINDOWS = [-1] * 8 + [1, 1, 3, 5, 7]
SINKS = 5


def offsets():
    ends = [0]
    for side in SIDES:
        ends.append(ends[-1] + side * side)
    return ends


def cross_scale_mask(scale):
    """Token mask [Lq, Lk] of cross-scale local attention (SparVAR): sinks, and windows around round(y / Hq * Hh)."""
    side, ends = SIDES[scale], offsets()
    mask = torch.zeros(side * side, ends[scale + 1], dtype=torch.bool, device="cuda")
    position = torch.arange(side, dtype=torch.float64, device="cuda")
    for source in range(scale + 1):
        columns = slice(ends[source], ends[source + 1])
        if source < SINKS:
            mask[:, columns] = True
        elif WINDOWS[source] >= 0:
            centre = torch.round(position / side * SIDES[source])
            near = (centre[:, None] - torch.arange(SIDES[source], device="cuda")[None]).abs() <= WINDOWS[source] // 2
            mask[:, columns] = (near[:, None, :, None] & near[None, :, None, :]).reshape(side * side, -1)
    return mask


def tile_lists(mask, side, height, width):
    """Queries of each height x width tile, and the union of the keys they see, padded to the longest list."""
    grid = torch.arange(side * side, device="cuda").view(side // height, height, side // width, width)
    queries = grid.permute(0, 2, 1, 3).reshape(-1, height * width)
    unions = [mask[tile].any(0).nonzero().flatten().int() for tile in queries]
    lengths = torch.tensor([len(union) for union in unions], dtype=torch.int32, device="cuda")
    lists = torch.zeros(len(unions), int(lengths.max()), dtype=torch.int32, device="cuda")
    for row, union in zip(lists, unions):
        row[: len(union)] = union
    return queries.int().contiguous(), lists, lengths


@triton.jit
def gather_kernel(q, k, v, o, queries, lists, lengths, longest, query_count, key_count, scale,
                  M: tl.constexpr, N: tl.constexpr, D: tl.constexpr):
    tile, matrix = tl.program_id(0), tl.program_id(1).to(tl.int64)
    d = tl.arange(0, D)
    rows = tl.load(queries + tile * M + tl.arange(0, M))
    q_tile = tl.load(q + matrix * query_count * D + rows[:, None] * D + d[None])
    length = tl.load(lengths + tile)
    m = tl.full((M,), float("-inf"), tl.float32)
    total = tl.zeros((M,), tl.float32)
    out = tl.zeros((M, D), tl.float32)
    base = matrix * key_count * D
    for start in range(0, length, N):
        entry = start + tl.arange(0, N)
        keys = tl.load(lists + tile * longest + entry, mask=entry < length, other=0)
        k_block = tl.load(k + base + keys[:, None] * D + d[None])
        scores = tl.dot(q_tile, tl.trans(k_block)) * scale
        scores = tl.where((entry < length)[None], scores, float("-inf"))
        new = tl.maximum(m, tl.max(scores, 1))
        p = tl.exp2(scores - new[:, None])
        rescale = tl.exp2(m - new)
        total = total * rescale + tl.sum(p, 1)
        v_block = tl.load(v + base + keys[:, None] * D + d[None])
        out = tl.dot(p.to(v_block.dtype), v_block, out * rescale[:, None])
        m = new
    tl.store(o + matrix * query_count * D + rows[:, None] * D + d[None], (out / total[:, None]).to(o.dtype.element_ty))


def gather_attention(q, k, v, plan, warps, stages):
    queries, lists, lengths = plan
    batch, heads, query_count, dimension = q.shape
    o = torch.empty_like(q)
    gather_kernel[(queries.shape[0], batch * heads)](
        q, k, v, o, queries, lists, lengths, lists.shape[1], query_count, k.shape[2], dimension ** -0.5 * 1.4426950408889634,
        M=queries.shape[1], N=64, D=dimension, num_warps=warps, num_stages=stages)
    return o


def median_milliseconds(run, sets, repeats=30):
    scratch = torch.empty(64 * 1024 * 1024, dtype=torch.float32, device="cuda")
    for i in range(3):
        run(*sets[i % len(sets)])
    times = []
    for i in range(repeats):
        scratch.zero_()

        # Holds the device until all is asked for, so that a slow host does not count.
        torch.cuda._sleep(1_000_000)
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run(*sets[i % len(sets)])
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", type=int, default=24)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--query-scale", type=int, default=12)
    parser.add_argument("--dtype", choices=["bf16", "f16"], default="bf16")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.manual_seed(1)
    dtype = {"bf16": torch.bfloat16, "f16": torch.float16}[options.dtype]
    scale = options.query_scale
    side = SIDES[scale]
    query_count, key_count = side * side, offsets()[scale + 1]
    sets = [tuple(torch.randn(options.batch, options.heads, length, options.dimension, device="cuda", dtype=dtype)
                  for length in (query_count, key_count, key_count)) for _ in range(3)]
    mask = cross_scale_mask(scale)
    only = set(filter(None, options.only.split(",")))
    dense_flops = 4 * options.batch * options.heads * options.dimension * query_count * key_count
    q, k, v = sets[0]
    q32, k32, v32 = (x[:1, :1].double() for x in sets[0])
    reference = torch.softmax((q32 @ k32.mT * options.dimension ** -0.5).masked_fill(~mask, float("-inf")), -1) @ v32

    def report(name, run, pairs, check=None):
        if only and name not in only:
            return
        milliseconds = median_milliseconds(run, sets)
        error = None
        if check is not None:
            result = run(q, k, v)[:1, :1].double()
            error = float((result - check).norm() / check.norm())
        flops = 4 * options.batch * options.heads * options.dimension * pairs
        print(json.dumps({
            "name": name, "device": torch.cuda.get_device_name(), "batch": options.batch, "heads": options.heads,
            "dimension": options.dimension, "queries": query_count, "keys": key_count, "dtype": options.dtype,
            "milliseconds": round(milliseconds, 4), "keptTeraflops": round(flops / milliseconds / 1e9, 1), "relativeError": error}), flush=True)

    pairs = query_count * key_count
    for name, backend in (("sdpa-flash2", SDPBackend.FLASH_ATTENTION), ("sdpa-cudnn", SDPBackend.CUDNN_ATTENTION)):
        def dense(q, k, v, backend=backend):
            with sdpa_kernel(backend):
                return scaled_dot_product_attention(q, k, v)
        report(name, dense, pairs)

    from torch.nn.attention.flex_attention import create_block_mask, flex_attention
    compiled = torch.compile(flex_attention)
    blocks = torch.nn.functional.pad(mask, (0, -key_count % 128, 0, -query_count % 128)).view(
        -(-query_count // 128), 128, -(-key_count // 128), 128).any(3).any(1)
    block_mask = create_block_mask(lambda b, h, i, j: blocks[i // 128, j // 128], None, None, query_count, key_count, BLOCK_SIZE=128)
    report("flex-blocks-128", lambda q, k, v: compiled(q, k, v, block_mask=block_mask), int(blocks.sum()) * 128 * 128)

    for height, width, warps in ((8, 8, 4), (8, 16, 8)):
        if side % height or side % width:
            continue
        plan = tile_lists(mask, side, height, width)
        whole = torch.zeros_like(mask)
        for tile, row, length in zip(*plan):
            whole[tile.long()[:, None], row[:length].long()[None]] = True
        check = torch.softmax((q32 @ k32.mT * options.dimension ** -0.5).masked_fill(~whole, float("-inf")), -1) @ v32
        kept = int(plan[2].sum()) * height * width
        for stages in (2, 3):
            report(f"triton-gather-{height}x{width}-s{stages}", lambda q, k, v: gather_attention(q, k, v, plan, warps, stages), kept, check)


if __name__ == "__main__":
    main()
