using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>
/// A random far-field problem: any rectangles, sides that do not divide them, one-token scales, all tokens or some, with a bias or without;
/// and what a plan must say of it, cell by cell.
/// </summary>
internal sealed class FarFieldCase
{
    private readonly int[]? _queries;
    private readonly int[]? _tokens;

    public FarFieldCase(Random random)
    {
        var grids = new GridSize[random.Next(1, 5)];
        for (int i = 0; i < grids.Length; i++)
            grids[i] = random.Next(5) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, 12), random.Next(1, 12));
        Schedule = new ScaleSchedule(grids);
        QueryScale = random.Next(grids.Length);
        Options = new FarFieldOptions
        {
            Windows = [.. grids.Select(_ => random.Next(-1, 7))],
            BlockSides = [.. grids.Select(_ => random.Next(1, 7))],
            CoarserBeyond = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => random.Next(0, 4)).Order()],
            SinkScales = random.Next(0, 4),
            Tile = new TileShape(random.Next(1, 11), random.Next(1, 17)),
            ExactMask = random.Next(2) == 0,
        };
        _queries = Some(random, grids[QueryScale].TokenCount);
        _tokens = Some(random, Schedule.TokensThrough(QueryScale));
        Queries = _queries ?? [.. Enumerable.Range(0, grids[QueryScale].TokenCount)];
        Tokens = _tokens ?? [.. Enumerable.Range(0, Schedule.TokensThrough(QueryScale))];
        Bias = random.Next(2) == 0 ? [] : [.. Tokens.Select(_ => MathF.Log(random.Next(1, 5)))];
    }

    public ScaleSchedule Schedule { get; }

    public int QueryScale { get; }

    public FarFieldOptions Options { get; }

    public int[] Queries { get; }

    public int[] Tokens { get; }

    public float[] Bias { get; }

    public FarFieldPlan Create() => FarField.Create(Schedule, QueryScale, Options, _queries, _tokens, Bias);

    public SlowFarFieldZones Zones() => new(Schedule, QueryScale, Options);

    public override string ToString() =>
        $"scales {Schedule}, queries of scale {QueryScale}, {Options}, windows {string.Join(' ', Options.Windows!)}, sides {string.Join(' ', Options.BlockSides!)}, coarser beyond {string.Join(' ', Options.CoarserBeyond)}";

    private static int[]? Some(Random random, int count)
    {
        if (random.Next(3) == 0)
            return null;
        double share = random.NextDouble();
        int[] some = [.. Enumerable.Range(0, count).Where(_ => random.NextDouble() < share)];
        return some.Length == 0 ? [random.Next(count)] : some;
    }
}
