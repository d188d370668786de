using System.Numerics;
using System.Reflection;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>The instantiation of the Ampere kernel for an element type and a head dimension, with key biases and a token mask or without.</summary>
internal sealed record AmpereVariant : AttentionVariant
{
    private const int ElementsPerChunk = 16;
    private const int LargestQueryInRegisters = 128;

    private AmpereVariant(AttentionElement element, int headDimension, MethodInfo kernel, LaunchBounds bounds, int sharedBytes)
        : base(AttentionBackend.Ampere, element, headDimension, kernel, bounds) => SharedBytes = sharedBytes;

    public override int SharedBytes { get; }

    /// <param name="element">float16 or bfloat16.</param>
    /// <param name="headDimension">A multiple of 16 up to 256.</param>
    /// <param name="hasBias">Whether keys have biases.</param>
    /// <param name="hasMask">Whether the pattern has a token mask.</param>
    /// <exception cref="NotSupportedException">The kernel does not exist for these.</exception>
    public static AmpereVariant For(AttentionElement element, int headDimension, bool hasBias, bool hasMask)
    {
        if (element is not (AttentionElement.Float16 or AttentionElement.BFloat16))
            throw new NotSupportedException($"element: got {element}, expected {AttentionElement.Float16} or {AttentionElement.BFloat16}.");
        if (headDimension is < ElementsPerChunk or > 256 || headDimension % ElementsPerChunk != 0)
            throw new NotSupportedException($"headDimension: got {headDimension}, expected a multiple of {ElementsPerChunk} up to 256.");
        int chunks = headDimension / ElementsPerChunk;
        Type columns = Nest(typeof(ColumnJoin<,>), AmpereLayout.RowTiles(chunks) == 2 ? typeof(WideChunk) : typeof(NarrowChunk), chunks);
        Type matrixElement = element == AttentionElement.BFloat16 ? typeof(Bf16) : typeof(Fp16);
        MethodInfo kernel = typeof(AmpereAttentionKernel).GetMethod(nameof(AmpereAttentionKernel.Run))!
            .MakeGenericMethod(matrixElement, columns, AttentionOptions.Of(hasBias, hasMask));
        int threads = AmpereLayout.Threads(chunks);

        // 128, 168 and 255 registers a thread: each of four schedulers has a quarter of them, for whole warps.
        int threadsTogether = headDimension <= 32 ? 512 : headDimension <= 64 ? 384 : 256;
        return new(
            element, headDimension, kernel, new LaunchBounds(threads, threadsTogether / threads), AmpereLayout.TotalBytes(chunks));
    }

    public override void AddArguments(in AttentionParameters parameters, in LaunchShape shape, ref LaunchArguments arguments) => arguments.Add(parameters);

    protected override string? WrongProblem(in AttentionParameters parameters) => RowAlignment.WhyNot(parameters);

    /// <summary>The queries of a warp that has 16: in registers as long as they fit.</summary>
    public static Type QueryColumns(int headDimension) => Nest(
        typeof(QueryJoin<,>), headDimension <= LargestQueryInRegisters ? typeof(QueryChunk) : typeof(SharedQueryChunk), headDimension / ElementsPerChunk);

    /// <summary>The struct of so many chunks: joins of halves, so that few types serve many sizes.</summary>
    private static Type Nest(Type join, Type chunk, int chunks)
    {
        if (chunks == 1)
            return chunk;
        int left = (int)BitOperations.RoundUpToPowerOf2((uint)chunks) / 2;
        return join.MakeGenericType(Nest(join, chunk, left), Nest(join, chunk, chunks - left));
    }
}
