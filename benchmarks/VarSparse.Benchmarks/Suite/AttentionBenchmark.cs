using System.Reflection;
using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using VarSparse.Benchmarks.Measuring;
using VarSparse.Benchmarks.Results;
using VarSparse.Geometry;
using VarSparse.GpuBenchmarks;
using VarSparse.Patterns;
using VarSparse.StackBenchmarks;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Suite;

/// <summary>
/// What benchmarks of attention share: random q, k and v [B, H, L, D], torch's dense attention as the baseline, and the facts of a case that
/// BenchmarkDotNet cannot know: pairs, arithmetic, and on a GPU the time between two events.
/// </summary>
public abstract class AttentionBenchmark
{
    private const int DeviceRepeats = 20;

    private Action? _call;
    private string _method = "";
    private SparsePattern? _pattern;
    private SparsePattern? _dense;
    private string _type = "";

    private protected Tensor Q { get; private set; } = null!;

    private protected Tensor K { get; private set; } = null!;

    private protected Tensor V { get; private set; } = null!;

    [Benchmark(Baseline = true)]
    public void TorchDense() => Run(_dense!, () =>
    {
        using Tensor _ = nn.functional.scaled_dot_product_attention(Q, K, V);
    });

    /// <summary>Leaves the facts of the case for the columns, and frees the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        using (IDisposable _ = inference_mode())
            Facts.Add(KeyOfCase(), Measured());
        Release();
    }

    private protected void Prepare(int queries, int keys, int headDimension, string type)
    {
        using IDisposable inference = inference_mode();
        _ = manual_seed(Choice.Seed);
        _type = type;
        _dense = SparsePattern.Dense(queries, keys);
        Tensor Random(int tokens) =>
            randn([Choice.Batch, Choice.Heads, tokens, headDimension], dtype: TorchNames.TypeOf(type), device: Choice.Device);
        (Q, K, V) = (Random(queries), Random(keys), Random(keys));
    }

    private protected void Prepare(ScaleSchedule schedule, int queryScale, int headDimension, string type) =>
        Prepare(schedule[queryScale].TokenCount, schedule.TokensThrough(queryScale), headDimension, type);

    private protected virtual void Release()
    {
        Q.Dispose();
        K.Dispose();
        V.Dispose();
    }

    private protected void Sparse(SparsePattern pattern, [CallerMemberName] string method = "") => Run(
        pattern,
        () =>
        {
            using Tensor _ = SparseAttention.Apply(Q, K, V, pattern);
        },
        method);

    /// <summary>Runs a call that computes the pairs of a pattern, and waits for it.</summary>
    private protected void Run(SparsePattern pattern, Action call, [CallerMemberName] string method = "")
    {
        using IDisposable inference = inference_mode();
        (_pattern, _call, _method) = (pattern, call, method);
        call();
        if (Choice.OnGpu)
            cuda.synchronize(Choice.Device);
    }

    private CaseFacts Measured()
    {
        double? deviceMilliseconds = null;
        if (Choice.OnGpu)
        {
            using EventTimer timer = GpuTimers.Cold(Choice.Device);
            deviceMilliseconds = timer.Median(_ => _call!(), DeviceRepeats);
        }

        return new CaseFacts
        {
            Queries = _pattern!.QueryCount,
            Keys = _pattern.KeyCount,
            Density = _pattern.Density,
            Gigaflops = 4e-9 * Q.size(3) * _pattern.KeptPairs * Choice.Batch * Choice.Heads,
            PeakType = Choice.OnGpu ? _type : "fp32",
            PeakGigaflopsPerSecond = Peaks.GigaflopsPerSecond(Choice.Device, _type),
            DeviceMilliseconds = deviceMilliseconds,
        };
    }

    private string KeyOfCase()
    {
        // What runs is of a class that BenchmarkDotNet derived from ours.
        Type type = GetType();
        while (type.Assembly != typeof(AttentionBenchmark).Assembly)
            type = type.BaseType!;
        return Facts.Key(type, _method, type.GetProperties()
            .Where(property => property.GetCustomAttribute<ParamsSourceAttribute>() is not null)
            .ToDictionary(property => property.Name, property => property.GetValue(this)));
    }
}
