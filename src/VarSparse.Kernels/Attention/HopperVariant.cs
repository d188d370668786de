using System.Numerics;
using System.Reflection;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>The instantiation of the Hopper kernel for an element type and a head dimension, with key biases and a token mask or without.</summary>
internal sealed record HopperVariant : AttentionVariant
{
    private readonly int _multiprocessors;

    private HopperVariant(AttentionElement element, int headDimension, MethodInfo kernel, int multiprocessors)
        : base(AttentionBackend.Hopper, element, headDimension, kernel, new LaunchBounds(HopperAttentionKernel.Threads)) =>
        _multiprocessors = multiprocessors;

    public override int SharedBytes => HopperRing.Bytes(HeadDimension);

    /// <param name="element">float16 or bfloat16.</param>
    /// <param name="headDimension">64 or 128.</param>
    /// <param name="hasBias">Whether keys have biases.</param>
    /// <param name="hasMask">Whether the pattern has a token mask.</param>
    /// <param name="multiprocessors">Of the device: as many groups stay on it.</param>
    /// <exception cref="NotSupportedException">The kernel does not exist for these.</exception>
    public static HopperVariant For(AttentionElement element, int headDimension, bool hasBias, bool hasMask, int multiprocessors)
    {
        if (element is not (AttentionElement.Float16 or AttentionElement.BFloat16))
            throw new NotSupportedException($"element: got {element}, expected {AttentionElement.Float16} or {AttentionElement.BFloat16}.");
        if (headDimension is not (64 or 128))
            throw new NotSupportedException($"headDimension: got {headDimension}, expected 64 or 128.");
        Type matrixElement = element == AttentionElement.BFloat16 ? typeof(Bf16) : typeof(Fp16);
        Type options = AttentionOptions.Of(hasBias, hasMask);
        Type[] arguments = headDimension == 64
            ? [matrixElement, typeof(HopperHead64), typeof(Accumulator64x64), options]
            : [matrixElement, typeof(HopperHead128), typeof(Accumulator64x128), options];
        MethodInfo kernel = typeof(HopperAttentionKernel<,,,>).MakeGenericType(arguments).GetMethod(HopperAttentionKernel.Run)!;
        return new HopperVariant(element, headDimension, kernel, multiprocessors);
    }

    /// <summary>One group a multiprocessor, which takes tiles until none is left.</summary>
    public override LaunchShape Shape(in AttentionParameters parameters) => new(Groups(parameters), Bounds.MaxThreads, SharedBytes);

    /// <summary>
    /// A tile of one word leaves one of the two consumers idle. A pair of tiles takes up to five thirds of a tile's time, so pairs must be done in
    /// fewer rounds of all multiprocessors by more than that: while every tile has a multiprocessor of its own, it is done sooner alone.
    /// </summary>
    public override bool TakesPairs(in AttentionParameters parameters)
    {
        if (parameters is not { MaskFragments: 0, WordsPerTile: 1 })
            return false;
        long matrices = (long)parameters.Batch * parameters.Heads;
        return 5 * Rounds(matrices * TilePairs.CountOf(parameters.TileCount)) < 3 * Rounds(matrices * parameters.TileCount);
    }

    public override void AddArguments(in AttentionParameters parameters, in LaunchShape shape, ref LaunchArguments arguments)
    {
        arguments.Add(parameters);
        arguments.Add(Way(parameters, shape));
    }

    /// <summary>What the kernel adds to a unit of work to come to the group's next.</summary>
    internal static TileWork Way(in AttentionParameters parameters, in LaunchShape shape) =>
        TileWork.Of(parameters, shape.GridX, HopperAttentionKernel.Consumers);

    /// <summary>
    /// As many groups as multiprocessors, or a few less: if their number and that of a head's units have a common divisor, a group gets tiles of
    /// the same columns only, and those in the middle see more keys than those at a border. Never so few that another round is needed.
    /// </summary>
    private int Groups(in AttentionParameters parameters)
    {
        long units = TileWork.Count(parameters, HopperAttentionKernel.Consumers);
        if (units <= _multiprocessors)
            return (int)units;
        long unitsPerHead = units / ((long)parameters.Batch * parameters.Heads);
        for (int groups = _multiprocessors; Rounds(units, groups) == Rounds(units); groups--)
        {
            if (BigInteger.GreatestCommonDivisor(groups, unitsPerHead).IsOne)
                return groups;
        }

        return _multiprocessors;
    }

    private long Rounds(long units) => Rounds(units, _multiprocessors);

    private static long Rounds(long units, int groups) => (units + groups - 1) / groups;

    protected override string? WrongProblem(in AttentionParameters parameters) =>
        TileWork.Count(parameters, HopperAttentionKernel.Consumers) > int.MaxValue
            ? $"{TileWork.Count(parameters, HopperAttentionKernel.Consumers)} units of work are more than {int.MaxValue}"

            // The maximum of scaled scores is taken before the scale.
            : parameters.ScaleLog2 > 0 ? RowAlignment.WhyNot(parameters) : $"the scale is not positive ({parameters.ScaleLog2} times log2 e)";
}
