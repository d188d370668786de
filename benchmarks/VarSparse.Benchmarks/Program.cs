using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using VarSparse.Benchmarks;

// In process: the natives of libtorch are found where the program was built, and a machine without an SDK can run this too.
// Fewer iterations by default; `--full` takes all geometries and head dimensions, and more time for each.
bool full = args.Contains("--full");
if (full)
    Suite.MakeFull();
IConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: true)).WithWarmupCount(full ? 2 : 1).WithIterationCount(full ? 15 : 5).WithInvocationCount(1).WithUnrollFactor(1))
    .AddColumn(new KeptWorkColumn(), new PeakShareColumn(), new DensityColumn());
string[] rest = [.. args.Where(argument => argument != "--full")];
BenchmarkSwitcher.FromAssembly(typeof(CpuAttentionBenchmarks).Assembly).Run(rest.Length == 0 ? ["--filter", "*"] : rest, config);
