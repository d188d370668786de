using System.Diagnostics;
using System.Globalization;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Selection;
using VarSparse.Patterns;

namespace VarSparse.GpuBenchmarks;

/// <summary>
/// Selection, pattern building, scoring and adaptive layer normalisation on the GPU at Infinity's sizes: each checked against the host where
/// that is quick, and timed.
/// </summary>
internal sealed class DeviceBench(CudaAttention attention)
{
    private const int Batch = 2;
    private const int Heads = 24;
    private const int Dimension = 128;
    private const int Channels = 32;
    private const int Seed = 1;

    private const double MostPatternMilliseconds = 0.1;

    private readonly List<DeviceMemory> _memory = [];

    public void Run(ScaleSchedule schedule, int decisionScale)
    {
        int last = schedule.Count - 1;
        BuildPatterns(schedule);
        Decide(schedule, decisionScale, last);
        Score(schedule, last);
        foreach (int width in (int[])[2048, 3584])
            Normalise(schedule[last].TokenCount, width);
        _memory.ForEach(memory => memory.Dispose());
    }

    /// <summary>A pattern made on the device gives the bits that the uploaded one gives.</summary>
    private void BuildPatterns(ScaleSchedule schedule)
    {
        foreach (bool exact in (bool[])[true, false])
        {
            for (int scale = schedule.Count - 3; scale < schedule.Count; scale++)
            {
                var options = new CrossScaleLocalOptions { ExactMask = exact };
                SparsePattern pattern = CrossScaleLocal.Create(schedule, scale, options);
                using CudaPattern made = attention.BuildCrossScaleLocal(schedule, scale, options);
                var queries = AttentionLayout.HeadsFirst(1, 2, pattern.QueryCount, Dimension);
                var keys = AttentionLayout.HeadsFirst(1, 2, pattern.KeyCount, Dimension);
                CudaTensor q = new(Random16(queries.Extent), queries), k = new(Random16(keys.Extent), keys);
                DeviceMemory expected = Allocate(queries.Extent * 2), actual = Allocate(queries.Extent * 2);
                attention.Run(q, k, k, pattern, new(expected.Address, queries), AttentionElement.BFloat16);
                attention.RunResident(q, k, k, made, new(actual.Address, queries), AttentionElement.BFloat16);
                attention.Device.Synchronize();
                bool same = Download(expected).AsSpan().SequenceEqual(Download(actual));

                // Disposing waits for the kernel, so it comes after the event that ends the time.
                var patterns = new List<CudaPattern>();
                double milliseconds = Median(() => patterns.Add(attention.BuildCrossScaleLocal(schedule, scale, options)));
                patterns.ForEach(built => built.Dispose());
                Report(
                    $"pattern scale {scale} {(exact ? "exact" : "whole")}, host's allocation and launch included, same output as uploaded: {same}",
                    milliseconds,
                    milliseconds < MostPatternMilliseconds ? "" : $" (goal {MostPatternMilliseconds})");
                ReportParts(scale, CrossScaleLocalPlan.Create(schedule, scale, options), () => attention.BuildCrossScaleLocal(schedule, scale, options));
            }
        }
    }

    /// <summary>What the host takes to return, with the device idle, and what the kernel takes in a row of its like.</summary>
    private void ReportParts(int scale, CrossScaleLocalPlan plan, Func<CudaPattern> build)
    {
        const int repeats = 30;
        var host = new double[repeats];
        for (int i = 0; i < repeats; i++)
        {
            attention.Device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            using CudaPattern built = build();
            host[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(host);
        var (memory, at) = plan.Lay();
        CrossScaleLocalParameters parameters = at(Allocate(memory.Bytes).Address);
        _memory[^1].Upload(plan.Sources, (long)(parameters.Sources - _memory[^1].Address));
        using var kernels = new DeviceKernels(attention.Device, DiskCacheLocation.Resolve());
        double kernel = Median(() =>
        {
            for (int i = 0; i < repeats; i++)
                kernels.Start(CrossScaleLocalPlan.Launch(parameters), stream: 0);
        }) / repeats;
        Report($"pattern scale {scale}, host's part", host[repeats / 2]);
        Report($"pattern scale {scale}, kernel alone", kernel);
    }

    private void Decide(ScaleSchedule schedule, int decision, int last)
    {
        GridSize grid = schedule[decision];
        int keyCount = schedule.TokensThrough(decision), tiles = QueryTiles.FromGrid(grid, TileShape.Default).TileCount;
        int rows = Batch * Heads * tiles, keep = keyCount / 5;
        var queries = AttentionLayout.HeadsFirst(Batch, Heads, grid.TokenCount, Dimension);
        var keys = AttentionLayout.HeadsFirst(Batch, Heads, keyCount, Dimension);
        CudaTensor q = new(Random16(queries.Extent), queries), k = new(Random16(keys.Extent), keys);
        DeviceMemory output = Allocate(queries.Extent * 2), logSumExp = Allocate((long)Batch * Heads * grid.TokenCount * sizeof(float));
        attention.Run(q, k, k, SparsePattern.Dense(grid.TokenCount, keyCount), new(output.Address, queries), AttentionElement.BFloat16, null, logSumExp.Address);

        DeviceMemory sums = Allocate((long)rows * keyCount * sizeof(float));
        double milliseconds = Median(() => attention.Selection.ColumnSums(
            q, k, logSumExp.Address, grid, TileShape.Default, sums.Address, AttentionElement.BFloat16));
        float[] masses = new float[rows * keyCount];
        sums.Download<float>(masses);

        // Probabilities of a query sum to one, so those of a tile to its queries.
        double worst = masses.Chunk(keyCount).Select((row, i) => Math.Abs(row.Sum(x => (double)x)
            / QueryTiles.FromGrid(grid, TileShape.Default).Queries(i % tiles).Length - 1)).Max();
        Report($"column sums scale {decision}, {rows} rows of {keyCount}: mass off by at most {worst:E1}", milliseconds);

        var lists = new CudaKeyLists(Allocate((long)rows * keyCount * sizeof(int)).Address, Allocate(rows * sizeof(int)).Address, keyCount);
        milliseconds = Median(() => attention.Selection.KeepCoverage(sums.Address, rows, keyCount, 0.5, lists));
        Report($"keys that cover a half", milliseconds);
        lists = lists with { Capacity = keep };
        milliseconds = Median(() => attention.Selection.KeepHeaviest(sums.Address, rows, keyCount, keep, lists));
        Report($"heaviest {keep} keys", milliseconds);

        using CudaKeyMap map = attention.Selection.CreateMap(schedule, decision, last, Batch, Heads, keep);
        milliseconds = Median(() => map.Run(lists));
        Report($"map to scale {last}", milliseconds);
        var lastQueries = AttentionLayout.HeadsFirst(Batch, Heads, schedule[last].TokenCount, Dimension);
        var lastKeys = AttentionLayout.HeadsFirst(Batch, Heads, schedule.TokensThrough(last), Dimension);
        CudaTensor lastQ = new(Random16(lastQueries.Extent), lastQueries), lastK = new(Random16(lastKeys.Extent), lastKeys);
        DeviceMemory lastOutput = Allocate(lastQueries.Extent * 2);
        milliseconds = Median(() => attention.RunResident(lastQ, lastK, lastK, map.Pattern, new(lastOutput.Address, lastQueries), AttentionElement.BFloat16));
        Report($"attention over the mapped lists", milliseconds);
    }

    private void Score(ScaleSchedule schedule, int last)
    {
        GridSize grid = schedule[last - 1], target = schedule[last];
        const int side = FarField.DefaultBlockSide, levels = CudaScoring.MostPoolLevels;
        int blocks = Enumerable.Range(0, levels).Sum(level => QueryTiles.FromGrid(target, new TileShape(side << level, side << level)).TileCount);
        var layout = AttentionLayout.HeadsFirst(Batch, Heads, target.TokenCount, Dimension);
        CudaTensor keys = new(Random16(layout.Extent), layout), values = new(Random16(layout.Extent), layout);
        var meansLayout = AttentionLayout.HeadsFirst(Batch, Heads, blocks, Dimension);
        CudaTensor means = new(Allocate(meansLayout.Extent * 2).Address, meansLayout), others = new(Allocate(meansLayout.Extent * 2).Address, meansLayout);
        ulong counts = Allocate(blocks * sizeof(float)).Address;
        Report($"pool {target} in blocks of {side} and on {levels - 1} levels above", Median(() => attention.Scoring.PoolBlocks(
            keys, values, target, side, means, others, counts, AttentionElement.BFloat16, levels: levels)));

        ulong residual = Random16((long)Channels * grid.TokenCount), energy = Allocate(target.TokenCount * sizeof(float)).Address;
        ulong scratch = Allocate((grid.Height + 1L) * (grid.Width + 1L) / 2 * sizeof(double)).Address;
        var kept = new CudaKeyLists(Allocate(target.TokenCount * sizeof(int)).Address, Allocate(sizeof(int)).Address, target.TokenCount);
        Report($"energy of {Channels} channels {grid} to {target} and the tokens that hold half of it", Median(() =>
        {
            attention.Scoring.HighFrequencyEnergy(residual, AttentionElement.BFloat16, 1, Channels, grid, target, energy, scratch);
            attention.Selection.KeepCoverage(energy, 1, target.TokenCount, 0.5, kept);
        }));

        ulong conditional = Random16(64L * target.TokenCount), unconditional = Random16(64L * target.TokenCount);
        ulong distance = Allocate(sizeof(float)).Address, partials = Allocate(CudaScoring.GuidanceScratchBytes).Address;
        Report($"guidance distance of 64 logits a token", Median(() => attention.Scoring.GuidanceDistance(
            conditional, unconditional, AttentionElement.BFloat16, 1, target.TokenCount, 64, distance, partials)));
    }

    /// <summary>The steps between a block's matrix products, cold: the products before them leave nothing of use in the L2.</summary>
    private void Normalise(int tokens, int width)
    {
        long count = (long)Batch * tokens * width;
        var sizes = new CudaRowSizes(Batch, tokens, width, AttentionElement.BFloat16);
        CudaRows x = new(Random16(count), (long)tokens * width, width), branch = x with { Address = Random16(count) };
        CudaRows output = x with { Address = Allocate(count * sizeof(ushort)).Address };
        CudaRows scale = OfBatch(), shift = OfBatch(), gate = OfBatch();
        var modulation = new CudaModulation(scale, shift, Eps: 1e-6, OnePlusScale: false);
        TimeRows("LayerNorm, modulated", tensors: 2, () => attention.LayerNorm.Modulate(x, modulation, output, sizes));
        TimeRows("gated residual", tensors: 3, () => attention.LayerNorm.AddGated(x, branch, gate, sizes));
        TimeRows(
            "gated residual and LayerNorm, modulated", tensors: 4, () => attention.LayerNorm.AddGatedAndModulate(x, branch, gate, modulation, output, sizes));

        CudaRows OfBatch() => new(Random16(Batch * width), width, TokenStride: 0);

        void TimeRows(string what, int tensors, Action call)
        {
            double milliseconds = Median(call, coldCache: true), terabytes = tensors * count * sizeof(ushort) / milliseconds / 1e9;
            Report($"{what} [{Batch}, {tokens}, {width}]", milliseconds, string.Create(CultureInfo.InvariantCulture, $", {terabytes:F2} TB/s"));
        }
    }

    private static void Report(FormattableString what, double milliseconds, string remark = "") => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"device {FormattableString.Invariant(what)}: {milliseconds:F4} ms{remark}"));

    /// <summary>Median time between two events around a call, warm where nothing is said: most follow the work that made their inputs.</summary>
    private double Median(Action call, bool coldCache = false)
    {
        using var timer = new EventTimer(attention.Device, coldCache);
        return timer.Median(_ => call());
    }

    private DeviceMemory Allocate(long bytes)
    {
        DeviceMemory memory = attention.Device.Allocate(bytes);
        _memory.Add(memory);
        return memory;
    }

    private ulong Random16(long count)
    {
        var random = new Random(Seed);
        var values = new ushort[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = ((BFloat16)(float)(3.4641016 * (random.NextDouble() - 0.5))).ToBits();
        DeviceMemory memory = Allocate(count * sizeof(ushort));
        memory.Upload<ushort>(values);
        return memory.Address;
    }

    private static byte[] Download(DeviceMemory memory)
    {
        var bytes = new byte[memory.Bytes];
        memory.Download<byte>(bytes);
        return bytes;
    }
}
