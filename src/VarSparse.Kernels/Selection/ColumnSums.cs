using VarSparse.Attention;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Selection;

/// <summary>Which column sum kernel runs a problem, and how it is launched.</summary>
internal static class ColumnSums
{
    public static ColumnSumParameters Parameters(
        in CudaTensor q, in CudaTensor k, ulong logSumExp, in TileGrid tiles, ulong sums, double scale) => new()
        {
            Queries = q.Address,
            Keys = k.Address,
            LogSumExp = logSumExp,
            Sums = sums,
            QueryBatchStride = q.Layout.BatchStride,
            QueryHeadStride = q.Layout.HeadStride,
            QueryTokenStride = q.Layout.TokenStride,
            KeyBatchStride = k.Layout.BatchStride,
            KeyHeadStride = k.Layout.HeadStride,
            KeyTokenStride = k.Layout.TokenStride,
            Tiles = tiles,
            Heads = q.Layout.Heads,
            KeyCount = k.Layout.Tokens,
            HeadDimension = q.Layout.HeadDimension,
            ScaleLog2 = PowersOfTwo.Scale(scale),
        };

    /// <summary>Whether the tensor-core kernel can run it: 16-bit elements and whole 16-byte pieces of 16 columns.</summary>
    public static bool SuitsAmpere(in ColumnSumParameters p, AttentionElement element) =>
        element != AttentionElement.Float32 && p.HeadDimension % 16 == 0
        && RowAlignment.WrongTensor("q", p.Queries, p.QueryBatchStride, p.QueryHeadStride, p.QueryTokenStride) is null
        && RowAlignment.WrongTensor("k", p.Keys, p.KeyBatchStride, p.KeyHeadStride, p.KeyTokenStride) is null;

    public static KernelLaunch<ColumnSumParameters> Portable(in ColumnSumParameters p, AttentionElement element, int batch)
    {
        var kernel = typeof(PortableColumnSumKernel).GetMethod(nameof(PortableColumnSumKernel.Run))!.MakeGenericMethod(DeviceElements.Of(element));
        return new(
            kernel,
            new LaunchBounds(PortableColumnSumKernel.Threads),
            new(checked(p.Tiles.TileCount * Blocks(p)), p.Heads, batch, PortableColumnSumKernel.Threads, 1, 1, 0),
            p);
    }

    public static KernelLaunch<ColumnSumParameters> Ampere(in ColumnSumParameters p, AttentionElement element, int batch)
    {
        Type matrixElement = element == AttentionElement.BFloat16 ? typeof(Bf16) : typeof(Fp16);
        var kernel = typeof(AmpereColumnSumKernel).GetMethod(nameof(AmpereColumnSumKernel.Run))!
            .MakeGenericMethod(matrixElement, AmpereVariant.QueryColumns(p.HeadDimension));
        int runs = (Blocks(p) + AmpereColumnSumKernel.BlocksPerRun - 1) / AmpereColumnSumKernel.BlocksPerRun;
        int sharedBytes = AmpereColumnSumKernel.DynamicBytes(p.HeadDimension / 16);
        return new(
            kernel,
            new LaunchBounds(AmpereColumnSumKernel.Threads),
            new(checked(p.Tiles.TileCount * runs), p.Heads, batch, AmpereColumnSumKernel.Threads, 1, 1, sharedBytes),
            p);
    }

    private static int Blocks(in ColumnSumParameters p) => (p.KeyCount + MaskFragment.Side - 1) / MaskFragment.Side;
}
