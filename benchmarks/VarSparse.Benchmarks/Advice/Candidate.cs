using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Advice;

/// <summary>A sparse attention that may be advised.</summary>
/// <param name="Name">What a reader calls it.</param>
/// <param name="Code">The policy, without its scales.</param>
/// <param name="Prepare">Builds the pattern of a schedule's scale, and gives the call on q, k and v [B, H, L, D].</param>
internal sealed record Candidate(string Name, string Code, Func<ScaleSchedule, int, Tensor, Tensor, Tensor, Action> Prepare)
{
    /// <summary>Cross-scale local attention by tile, the exact mask first: its result does not depend on the tile.</summary>
    public static IReadOnlyList<Candidate> Local { get; } =
        [.. ((bool[])[true, false]).SelectMany(exact => ((TileShape[])[TileShape.Default, new(8, 8), new(16, 16)]).Select(tile => OfWindows(tile, exact)))];

    public static IReadOnlyList<Candidate> Far { get; } = [OfSummaries(TileShape.Default), OfSummaries(new(8, 8))];

    private static Candidate OfWindows(TileShape tile, bool exact) => new(
        $"cross-scale local{(exact ? "" : ", whole tiles")}, tile {tile}",
        $"new CrossScaleLocalAttention(new() {{ Tile = new({tile.Height}, {tile.Width}){(exact ? "" : ", ExactMask = false")} }})",
        (schedule, scale, q, k, v) =>
        {
            SparsePattern pattern = CrossScaleLocal.Create(schedule, scale, new() { Tile = tile, ExactMask = exact });
            return () => SparseAttention.Apply(q, k, v, pattern).Dispose();
        });

    /// <summary>The summaries of all blocks are made at each call; a generation's cache makes only those of the newest scale.</summary>
    private static Candidate OfSummaries(TileShape tile) => new(
        $"far field, tile {tile}",
        $"new FarFieldAttention(new() {{ Tile = new({tile.Height}, {tile.Width}) }})",
        (schedule, scale, q, k, v) =>
        {
            FarFieldPlan plan = FarField.Create(schedule, scale, new() { Tile = tile });
            (Tensor keys, Tensor values) = KeySummaries.Prepend(k, v, plan);
            return () =>
            {
                (Tensor newKeys, Tensor newValues) = KeySummaries.Pool(k, v, plan);
                newKeys.Dispose();
                newValues.Dispose();
                SparseAttention.Apply(q, keys, values, plan.Pattern).Dispose();
            };
        });
}
