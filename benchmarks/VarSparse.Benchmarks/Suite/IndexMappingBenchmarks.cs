using BenchmarkDotNet.Attributes;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks.Suite;

/// <summary>
/// Self-similar attention's own work, for two heads in float32: sums of attention at the decision scale, third from the end, the fifth of the
/// keys with the largest sums, the tables of the mapping to the last scale, and the mapping itself.
/// </summary>
[MemoryDiagnoser]
public class IndexMappingBenchmarks
{
    private const int Batch = 1, Heads = 2, HeadDimension = 64;
    private const double KeptShare = 0.2;

    private ScaleSchedule _schedule = null!;
    private int _decision;
    private IndexMapping _mapping = null!;
    private AttentionLayout _queries;
    private AttentionLayout _keys;
    private float[] _q = [];
    private float[] _k = [];
    private float[] _logSumExp = [];
    private float[] _sums = [];
    private SparsePattern _selection = null!;

    [ParamsSource(nameof(GeometryNames))]
    public string Geometry { get; set; } = "";

    public static IEnumerable<string> GeometryNames => Choice.GeometryNames;

    [GlobalSetup]
    public void Setup()
    {
        _schedule = Geometries.Of(Geometry);
        _decision = _schedule.Count - 3;
        _mapping = Mapping();
        int queries = _schedule[_decision].TokenCount, keys = _schedule.TokensThrough(_decision);
        _queries = AttentionLayout.HeadsFirst(Batch, Heads, queries, HeadDimension);
        _keys = AttentionLayout.HeadsFirst(Batch, Heads, keys, HeadDimension);
        var random = new Random(Choice.Seed);
        _q = RandomNumbers.Uniform(random, (int)_queries.Extent);
        _k = RandomNumbers.Uniform(random, (int)_keys.Extent);
        float[] output = new float[_queries.Extent];
        _logSumExp = new float[Batch * Heads * queries];
        CpuAttention.Shared.Run<float>(
            new(_q, _queries), new(_k, _keys), new(_k, _keys), SparsePattern.Dense(queries, keys), new(output, _queries), null, _logSumExp);
        _sums = new float[Batch * Heads * _mapping.DecisionTiles.TileCount * keys];
        ColumnSums();
        _selection = KeepHeaviest();
    }

    [Benchmark]
    public void ColumnSums() =>
        CpuAttention.Shared.ColumnSums<float>(new(_q, _queries), new(_k, _keys), _logSumExp, _mapping.DecisionTiles, _sums);

    [Benchmark]
    public SparsePattern KeepHeaviest() =>
        DecisionScale.KeepHeaviest(_sums, Batch, Heads, _mapping.DecisionTiles, DecisionScale.CountOf(KeptShare, _keys.Tokens));

    [Benchmark]
    public IndexMapping Mapping() => new(_schedule, _decision, _schedule.Count - 1);

    [Benchmark]
    public SparsePattern Map() => _mapping.Map(_selection);
}
