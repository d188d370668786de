using BenchmarkDotNet.Attributes;
using VarSparse.Geometry;
using VarSparse.Scoring;

namespace VarSparse.Benchmarks.Suite;

/// <summary>What decides, at a last scale, which tokens are computed and whether guidance goes on.</summary>
[MemoryDiagnoser]
public class ScoringBenchmarks
{
    private const int Channels = 32, Vocabulary = 1024;

    private GridSize _from;
    private GridSize _target;
    private float[] _residual = [];
    private float[] _energy = [];
    private float[] _conditional = [];
    private float[] _unconditional = [];

    [ParamsSource(nameof(GeometryNames))]
    public string Geometry { get; set; } = "";

    public static IEnumerable<string> GeometryNames => Choice.GeometryNames;

    [GlobalSetup]
    public void Setup()
    {
        ScaleSchedule schedule = Geometries.Of(Geometry);
        (_from, _target) = (schedule[^2], schedule[^1]);
        var random = new Random(Choice.Seed);
        _residual = RandomNumbers.Uniform(random, Channels * _from.TokenCount);
        _energy = new float[_target.TokenCount];
        HighFrequencyEnergy.Compute(_residual, Channels, _from, _target, _energy);
        _conditional = RandomNumbers.Uniform(random, Vocabulary * _target.TokenCount);
        _unconditional = RandomNumbers.Uniform(random, Vocabulary * _target.TokenCount);
    }

    [Benchmark]
    public void Energy() => HighFrequencyEnergy.Compute(_residual, Channels, _from, _target, _energy);

    [Benchmark]
    public int[] Refinement() => RefinementMask.Select(_energy, rho: 0.5);

    [Benchmark]
    public double Guidance() => GuidanceConvergence.Distance(_conditional, _unconditional, _target.TokenCount);
}
