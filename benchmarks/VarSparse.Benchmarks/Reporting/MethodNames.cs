using VarSparse.Benchmarks.Suite;

namespace VarSparse.Benchmarks.Reporting;

/// <summary>What a reader calls the methods of benchmarks.</summary>
internal static class MethodNames
{
    public static string Of(string method) => method switch
    {
        nameof(AttentionBenchmark.TorchDense) => "torch, dense",
        nameof(AttentionBenchmarks.TorchMasked) => "torch, masked",
        nameof(AttentionBenchmarks.TorchNaive) => "torch, three calls",
        nameof(AttentionBenchmarks.Dense) => "dense",
        nameof(AttentionBenchmarks.CrossScaleExact) => "cross-scale local",
        nameof(AttentionBenchmarks.CrossScaleWholeTiles) => "the same, whole tiles",
        nameof(DensityBenchmarks.CrossScaleLocalAttention) or nameof(GenerationStepBenchmarks.CrossScaleLocal) => "cross-scale local",
        nameof(GenerationStepBenchmarks.CrossScaleLocalPruned) => "the same, fewer tokens",
        nameof(PatternBenchmarks.FarFieldExact) => "far field",
        nameof(PatternBenchmarks.CrossScaleImage) => "cross-scale local, the device's image",
        nameof(PatternBenchmarks.FarFieldImage) => "far field, the device's image",
        nameof(IndexMappingBenchmarks.ColumnSums) => "sums of attention",
        nameof(IndexMappingBenchmarks.KeepHeaviest) => "heaviest fifth of the keys",
        nameof(IndexMappingBenchmarks.Mapping) => "tables of the mapping",
        nameof(IndexMappingBenchmarks.Map) => "mapping",
        nameof(ScoringBenchmarks.Energy) => "high-frequency energy",
        nameof(ScoringBenchmarks.Refinement) => "refinement mask",
        nameof(ScoringBenchmarks.Guidance) => "guidance distance",
        _ => method,
    };
}
