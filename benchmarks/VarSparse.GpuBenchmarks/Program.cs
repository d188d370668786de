using VarSparse.Geometry;
using VarSparse.GpuBenchmarks;
using VarSparse.Kernels;
using VarSparse.Patterns;

// Correctness and time of the kernels on one GPU, with no torch: a line for each case. With the argument "device" only what a generation
// step does around attention, with "first" what the first call takes, with "growth" the time over the image's side, with names of cases
// only the times of these.
using CudaAttention attention = CudaAttention.Open();
Console.WriteLine($"{attention.Device.Properties.Name}, driver CUDA {attention.Device.Properties.DriverVersion}");
var schedule = ScaleSchedule.Infinity();
if (args is [] or ["device"])
    new DeviceBench(attention).Run(schedule, decisionScale: 10);
if (args is ["device"])
    return;
var bench = new AttentionBench(attention);
if (args is ["first"])
{
    bench.FirstCall(CrossScaleLocal.Create(schedule, 12));
    return;
}

if (args is ["growth"])
{
    GrowthBench.Run(bench, attention.Device.Properties.Name, Environment.GetEnvironmentVariable("OUT") ?? "out");
    return;
}

if (args is [])
    CheckAll();

bool isKnown = args is [];
SparsePattern exact = CrossScaleLocal.Create(schedule, 12);
Time("exact", () => exact);
Time("exact H=16", () => exact, heads: 16);
Time("exact H=28", () => exact, heads: 28);
Time("whole", () => CrossScaleLocal.Create(schedule, 12, new() { ExactMask = false }));
Time("whole 8x8", () => CrossScaleLocal.Create(schedule, 12, new() { ExactMask = false, Tile = new(8, 8) }));
Time("exact B=1", () => exact, batch: 1);
Time("exact f16", () => exact, AttentionElement.Float16);
Time("exact d=64", () => exact, dimension: 64);
Time("exact 1.750", () => CrossScaleLocal.Create(ScaleSchedule.Infinity(1.75), 12));
Time("exact scale 10", () => CrossScaleLocal.Create(schedule, 10));
Time("exact scale 11", () => CrossScaleLocal.Create(schedule, 11));
Time("per-head lists", () => RandomLists.PerHead(schedule, 12, heads: 24, share: 0.18, seed: 1));
Time("far field", () => FarField.Create(schedule, 12).Pattern);
Time("far field, blocks of one size", () => FarField.Create(schedule, 12, new() { CoarserBeyond = [] }).Pattern);
Time("dense", () => SparsePattern.Dense(4096, 10521));

// The Hopper kernel takes no negative scale.
Time("exact, Ampere kernel", () => exact, scale: -1 / Math.Sqrt(128));
if (args is [])
    bench.HostTime(exact);
if (!isKnown)
{
    Console.Error.WriteLine($"error: got '{string.Join("', '", args)}', expected device, first, growth, or names of cases such as exact");
    Environment.ExitCode = 2;
}

void CheckAll()
{
    foreach (AttentionElement element in new[] { AttentionElement.BFloat16, AttentionElement.Float16 })
    {
        foreach (int dimension in new[] { 128, 64 })
        {
            bench.Check("csla-exact", CrossScaleLocal.Create(schedule, 12), element, dimension, batch: 2, heads: 3);
            bench.Check("csla-whole", CrossScaleLocal.Create(schedule, 12, new() { ExactMask = false }), element, dimension, batch: 1, heads: 2);
            bench.Check("csla-whole 8x8", CrossScaleLocal.Create(schedule, 12, new() { ExactMask = false, Tile = new(8, 8) }), element, dimension, batch: 1, heads: 3);
            bench.Check("far field", FarField.Create(schedule, 12).Pattern, element, dimension, batch: 1, heads: 2);
            bench.Check("dense", SparsePattern.Dense(300, 1111), element, dimension, batch: 1, heads: 2);
        }
    }
}

void Time(
    string name, Func<SparsePattern> pattern, AttentionElement element = AttentionElement.BFloat16, int dimension = 128, int batch = 2,
    int heads = 24, double? scale = null)
{
    if (args is not [] && !args.Contains(name))
        return;
    isKnown = true;
    bench.Time(name, pattern(), element, dimension, batch, heads, scale);
}
