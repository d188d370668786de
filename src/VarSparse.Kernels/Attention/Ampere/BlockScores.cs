using ILGPU.Algorithms;
using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A lane's share of the scores of 16 slots and 32 keys, 16 keys a field.</summary>
internal struct BlockScores
{
    public AccumulatorPair Keys0;
    public AccumulatorPair Keys16;

    /// <summary>Changes every tile of 16 slots by 8 keys.</summary>
    public static BlockScores Map<TChange>(BlockScores scores, TChange change)
        where TChange : struct, ITileChange
    {
        scores.Keys0 = new(change.Apply(scores.Keys0.Left, 0), change.Apply(scores.Keys0.Right, 1));
        scores.Keys16 = new(change.Apply(scores.Keys16.Left, 2), change.Apply(scores.Keys16.Right, 3));
        return scores;
    }

    /// <summary>Largest score of the lane's upper row, over the lane's own keys.</summary>
    public static float TopMaximum(BlockScores scores) => XMath.Max(TopMaximum(scores.Keys0), TopMaximum(scores.Keys16));

    /// <summary>Largest score of the lane's lower row, over the lane's own keys.</summary>
    public static float BottomMaximum(BlockScores scores) => XMath.Max(BottomMaximum(scores.Keys0), BottomMaximum(scores.Keys16));

    /// <summary>Sum of the lane's upper row.</summary>
    public static float TopSum(BlockScores scores) => TopSum(scores.Keys0) + TopSum(scores.Keys16);

    /// <summary>Sum of the lane's lower row.</summary>
    public static float BottomSum(BlockScores scores) => BottomSum(scores.Keys0) + BottomSum(scores.Keys16);

    private static float TopSum(AccumulatorPair pair) => pair.Left.Top0 + pair.Left.Top1 + (pair.Right.Top0 + pair.Right.Top1);

    private static float BottomSum(AccumulatorPair pair) =>
        pair.Left.Bottom0 + pair.Left.Bottom1 + (pair.Right.Bottom0 + pair.Right.Bottom1);

    private static float TopMaximum(AccumulatorPair pair) =>
        XMath.Max(XMath.Max(pair.Left.Top0, pair.Left.Top1), XMath.Max(pair.Right.Top0, pair.Right.Top1));

    private static float BottomMaximum(AccumulatorPair pair) =>
        XMath.Max(XMath.Max(pair.Left.Bottom0, pair.Left.Bottom1), XMath.Max(pair.Right.Bottom0, pair.Right.Bottom1));
}

/// <summary>A change of scores, as a struct so that it is compiled into its place.</summary>
internal interface ITileChange
{
    /// <param name="tile">Scores of 16 slots and 8 keys.</param>
    /// <param name="index">Which 8 of the 32 keys.</param>
    AccumulatorTile Apply(AccumulatorTile tile, int index);
}

/// <summary>Hides what half a word of a <see cref="MaskFragment"/> hides, its first 32 keys; shifted right by 8, its last.</summary>
internal readonly struct HideMasked(uint word) : ITileChange
{
    private readonly uint _word = word;

    public AccumulatorTile Apply(AccumulatorTile tile, int index) => new(
        FastMath.Select(_word, 2 * index, tile.Top0, float.NegativeInfinity),
        FastMath.Select(_word, 2 * index + 1, tile.Top1, float.NegativeInfinity),
        FastMath.Select(_word, 2 * index + 16, tile.Bottom0, float.NegativeInfinity),
        FastMath.Select(_word, 2 * index + 17, tile.Bottom1, float.NegativeInfinity));
}

/// <summary>Brings scores to units of log2 and adds the bias of each key.</summary>
/// <param name="scale">Factor on scores.</param>
/// <param name="biases">Shared address of the bias of the lane's first key, in natural units.</param>
internal readonly struct ScaleAndBias(float scale, uint biases) : ITileChange
{
    private readonly float _scale = scale;
    private readonly uint _biases = biases;

    public AccumulatorTile Apply(AccumulatorTile tile, int index)
    {
        float even = ILGPU.Interop.IntAsFloat(SharedBytes.Load4(_biases + (uint)(index * 32))) * PowersOfTwo.Log2OfE;
        float odd = ILGPU.Interop.IntAsFloat(SharedBytes.Load4(_biases + (uint)(index * 32 + 4))) * PowersOfTwo.Log2OfE;
        return new(
            FastMath.Fma(tile.Top0, _scale, even),
            FastMath.Fma(tile.Top1, _scale, odd),
            FastMath.Fma(tile.Bottom0, _scale, even),
            FastMath.Fma(tile.Bottom1, _scale, odd));
    }
}
