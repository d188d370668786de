using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using VarSparse.Benchmarks;

// In process: the natives of libtorch are found where the program was built, and a machine without an SDK can run this too.
IConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: true)).WithWarmupCount(2).WithIterationCount(9).WithInvocationCount(1).WithUnrollFactor(1))
    .AddColumn(new KeptWorkColumn(), new PeakShareColumn(), new DensityColumn());
BenchmarkSwitcher.FromAssembly(typeof(CpuAttentionBenchmarks).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
