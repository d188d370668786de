using System.Runtime.InteropServices;
using VarSparse.Attention;
using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>A problem and its pattern in memory that kernels read and write.</summary>
internal sealed class ProblemMemory : IDisposable
{
    private readonly IProblemStore _store;
    private readonly ulong _logSumExp;
    private readonly KernelProblem _problem;
    private readonly AttentionParameters _parameters;

    /// <summary>Takes over the store.</summary>
    public ProblemMemory(KernelProblem problem, PatternImage image, bool wantLogSumExp, IProblemStore store)
    {
        _problem = problem;
        _store = store;
        (byte[] output, float[] logSumExp) = problem.Poisoned();
        _logSumExp = Copy<float>(logSumExp);
        AttentionLayout q = problem.QueryLayout, k = problem.KeyLayout;
        _parameters = new AttentionParameters
        {
            Queries = Copy<byte>(problem.Queries),
            Keys = Copy<byte>(problem.Keys),
            Values = Copy<byte>(problem.Values),
            Output = Copy<byte>(output),
            LogSumExp = wantLogSumExp ? _logSumExp : 0,
            QueryBatchStride = q.BatchStride,
            QueryHeadStride = q.HeadStride,
            QueryTokenStride = q.TokenStride,
            KeyBatchStride = k.BatchStride,
            KeyHeadStride = k.HeadStride,
            KeyTokenStride = k.TokenStride,
            ValueBatchStride = k.BatchStride,
            ValueHeadStride = k.HeadStride,
            ValueTokenStride = k.TokenStride,
            OutputBatchStride = q.BatchStride,
            OutputHeadStride = q.HeadStride,
            OutputTokenStride = q.TokenStride,
            SlotQueries = Copy<int>(image.SlotQueries),
            KeyIndices = Copy<int>(image.Keys),
            ListRanges = Copy<int>(image.ListRanges),
            ListOfTile = Copy<int>(image.ListOfTile),
            StepRanges = image.StepRanges.Length > 0 ? Copy<int>(image.StepRanges) : 0,
            BlockStates = image.HasMask ? Copy<byte>(image.BlockStates) : 0,
            MaskFragments = image.HasMask ? Copy<uint>(image.MaskFragments) : 0,
            KeyBias = image.KeyBias.Length == 0 ? 0 : Copy<float>(image.KeyBias),
            Batch = q.Batch,
            Heads = q.Heads,
            QueryCount = q.Tokens,
            KeyCount = k.Tokens,
            TileCount = image.TileCount,
            WordsPerTile = image.WordsPerTile,
            ListHeadStride = image.HeadCount == 1 ? 0 : image.TileCount,
            ListBatchStride = image.BatchCount == 1 ? 0 : image.TileCount * image.HeadCount,
            ScaleLog2 = problem.ScaleLog2,
        };
        UncoveredQueries = Copy<int>(image.UncoveredQueries);
    }

    public AttentionParameters Parameters => _parameters;

    public ulong UncoveredQueries { get; }

    public (byte[] Output, float[] LogSumExp) Results()
    {
        (byte[] output, float[] logSumExp) = _problem.Poisoned();
        _store.Read(_parameters.Output, output);
        _store.Read(_logSumExp, MemoryMarshal.AsBytes(logSumExp.AsSpan()));
        return (output, _parameters.LogSumExp == 0 ? [] : logSumExp);
    }

    public void Dispose() => _store.Dispose();

    private ulong Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged =>
        _store.Copy(MemoryMarshal.AsBytes(values));
}
