using System.Reflection;
using VarSparse.Geometry;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Scoring;

/// <summary>How the scoring kernels are launched: sizes checked, grids counted.</summary>
internal static class ScoringLaunches
{
    public static KernelLaunch<PoolBlocksParameters> Pool(
        in CudaTensor k, in CudaTensor v, ulong places, GridSize grid, int side, int levels, in CudaTensor meanK, in CudaTensor meanV, ulong logCounts,
        AttentionElement element)
    {
        CheckGrid(grid, nameof(grid));
        Require.AtLeastOne(side);
        if (levels is < 1 or > PoolBlocksKernel.MostLevels)
            throw new ArgumentOutOfRangeException(nameof(levels), $"levels: got {levels}, expected 1 to {PoolBlocksKernel.MostLevels}.");

        // A larger block is the whole grid too, and could overflow.
        side = Math.Min(side, Math.Max(grid.Height, grid.Width));
        if (levels > 1 && (long)side << (levels - 1) > 1 << 30)
            throw new ArgumentException($"levels: got {levels} of blocks from side {side} on, expected sides of at most {1 << 30}.", nameof(levels));
        int blocks = BlocksBefore(grid, side, levels);
        if (places == 0 && k.Layout.Tokens != grid.TokenCount)
            throw new ArgumentException($"k: has {k.Layout.Tokens} tokens, expected {grid.TokenCount}, those of the {grid} grid.", nameof(k));
        CheckLike(k, v, k.Layout.Tokens, nameof(v));
        CheckLike(k, meanK, blocks, nameof(meanK));
        CheckLike(k, meanV, blocks, nameof(meanV));
        var parameters = new PoolBlocksParameters
        {
            Keys = k.Address,
            Values = v.Address,
            Places = places,
            MeanKeys = meanK.Address,
            MeanValues = meanV.Address,
            LogCounts = logCounts,
            KeyBatchStride = k.Layout.BatchStride,
            KeyHeadStride = k.Layout.HeadStride,
            KeyTokenStride = k.Layout.TokenStride,
            ValueBatchStride = v.Layout.BatchStride,
            ValueHeadStride = v.Layout.HeadStride,
            ValueTokenStride = v.Layout.TokenStride,
            MeanKeyBatchStride = meanK.Layout.BatchStride,
            MeanKeyHeadStride = meanK.Layout.HeadStride,
            MeanKeyTokenStride = meanK.Layout.TokenStride,
            MeanValueBatchStride = meanV.Layout.BatchStride,
            MeanValueHeadStride = meanV.Layout.HeadStride,
            MeanValueTokenStride = meanV.Layout.TokenStride,
            GridHeight = grid.Height,
            GridWidth = grid.Width,
            Side = side,
            Levels = levels,
            Level0 = Level(grid, side, 0),
            Level1 = Level(grid, side, 1),
            Level2 = Level(grid, side, 2),
            Level3 = Level(grid, side, 3),
            LargestColumns = Columns(grid, (long)side << (levels - 1)),
            HeadDimension = k.Layout.HeadDimension,
        };
        return Launch(
            Bind(typeof(PoolBlocksKernel), nameof(PoolBlocksKernel.Run), element), PoolBlocksKernel.Threads, Blocks(grid, (long)side << (levels - 1)), k.Layout.Heads,
            k.Layout.Batch, parameters);
    }

    private static PoolLevel Level(GridSize grid, int side, int level) =>
        new() { First = BlocksBefore(grid, side, level), Columns = Columns(grid, (long)side << level) };

    /// <summary>Blocks of the levels before one.</summary>
    private static int BlocksBefore(GridSize grid, int side, int level)
    {
        int blocks = 0;
        for (int before = 0; before < level; before++)
            blocks += Blocks(grid, (long)side << before);
        return blocks;
    }

    private static int Blocks(GridSize grid, long side) => (int)((grid.Height + side - 1) / side) * Columns(grid, side);

    private static int Columns(GridSize grid, long side) => (int)((grid.Width + side - 1) / side);

    /// <summary>The two launches of the energy, in their order.</summary>
    public static (KernelLaunch<EnergyParameters> OfBlocks, KernelLaunch<EnergyParameters> AtTarget) Energy(
        ulong residual, AttentionElement element, int images, int channels, GridSize grid, GridSize target, ulong energy, ulong scratch)
    {
        Require.AtLeastOne(images);
        Require.AtLeastOne(channels);
        CheckGrid(grid, nameof(grid));
        CheckGrid(target, nameof(target));
        var parameters = new EnergyParameters
        {
            Residual = residual,
            Blocks = scratch,
            Energy = energy,
            Channels = channels,
            Height = grid.Height,
            Width = grid.Width,
            TargetHeight = target.Height,
            TargetWidth = target.Width,
        };
        return (
            Launch(
                Bind(typeof(EnergyKernels), nameof(EnergyKernels.OfBlocks), element), EnergyKernels.Threads,
                QueryTiles.CeilingDivide(parameters.BlockRows * parameters.BlockColumns, EnergyKernels.Threads), images, 1, parameters),
            KernelLaunch<EnergyParameters>.Of(
                EnergyKernels.AtTarget, EnergyKernels.Threads, QueryTiles.CeilingDivide(target.TokenCount, EnergyKernels.Threads), images, 1, parameters));
    }

    /// <summary>The two launches of the discrepancy, in their order.</summary>
    public static (KernelLaunch<DiscrepancyParameters> SumGroups, KernelLaunch<DiscrepancyParameters> Finish) Discrepancy(
        ulong conditional, ulong unconditional, AttentionElement element, int images, int tokens, int vocabulary, ulong distances, ulong scratch)
    {
        Require.AtLeastOne(images);
        Require.AtLeastOne(tokens);
        Require.AtLeastOne(vocabulary);
        var parameters = new DiscrepancyParameters
        {
            Conditional = conditional,
            Unconditional = unconditional,
            Partials = scratch,
            Result = distances,
            Count = (long)tokens * vocabulary,
            Tokens = tokens,
        };
        return (
            Launch(
                Bind(typeof(DiscrepancyKernels), nameof(DiscrepancyKernels.SumGroups), element), DiscrepancyKernels.Threads,
                DiscrepancyKernels.Groups, images, 1, parameters),
            KernelLaunch<DiscrepancyParameters>.Of(DiscrepancyKernels.Finish, DiscrepancyKernels.Threads, images, 1, 1, parameters));
    }

    private static KernelLaunch<T> Launch<T>(MethodInfo kernel, int threads, int gridX, int gridY, int gridZ, T parameters)
        where T : unmanaged =>
        new(kernel, new LaunchBounds(threads), new(gridX, gridY, gridZ, threads, 1, 1, 0), parameters);

    private static MethodInfo Bind(Type kernels, string name, AttentionElement element) =>
        kernels.GetMethod(name)!.MakeGenericMethod(DeviceElements.Of(element));

    private static void CheckLike(in CudaTensor k, in CudaTensor other, int tokens, string name)
    {
        var expected = (k.Layout.Batch, k.Layout.Heads, tokens, k.Layout.HeadDimension);
        var actual = (other.Layout.Batch, other.Layout.Heads, other.Layout.Tokens, other.Layout.HeadDimension);
        if (actual != expected)
            throw new ArgumentException($"{name}: got sizes {actual}, expected {expected}.", name);
    }

    private static void CheckGrid(GridSize grid, string name)
    {
        if (grid.Height < 1 || grid.Width < 1 || (long)grid.Height * grid.Width > int.MaxValue)
            throw new ArgumentException($"{name}: got {grid}, expected sides of at least 1 and at most {int.MaxValue} tokens.", name);
    }
}
