using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>The tensors of <see cref="AttentionParameters"/> as views that start at the first element.</summary>
internal struct PortableTensors<T>
    where T : unmanaged
{
    public ArrayView<T> Queries;
    public ArrayView<T> Keys;
    public ArrayView<T> Values;
    public ArrayView<T> Output;

    /// <summary>Empty where it is not wanted.</summary>
    public ArrayView<float> LogSumExp;
}

/// <summary>The arrays of a <see cref="PatternImage"/>; mask and bias are empty where the pattern has none.</summary>
internal struct PortablePattern
{
    public ArrayView<int> SlotQueries;
    public ArrayView<int> KeyIndices;
    public ArrayView<int> ListRanges;
    public ArrayView<int> ListOfTile;
    public ArrayView<byte> BlockStates;
    public ArrayView<uint> MaskFragments;
    public ArrayView<float> KeyBias;
}

/// <summary>The numbers of <see cref="AttentionParameters"/>, in the same units.</summary>
internal struct PortableSizes
{
    public long QueryBatchStride;
    public long QueryHeadStride;
    public long QueryTokenStride;
    public long KeyBatchStride;
    public long KeyHeadStride;
    public long KeyTokenStride;
    public long ValueBatchStride;
    public long ValueHeadStride;
    public long ValueTokenStride;
    public long OutputBatchStride;
    public long OutputHeadStride;
    public long OutputTokenStride;
    public int Heads;
    public int QueryCount;
    public int WordsPerTile;
    public int ListHeadStride;
    public int ListBatchStride;
    public int HeadDimension;
    public float ScaleLog2;

    public static PortableSizes Of(in AttentionParameters parameters, int headDimension) => new()
    {
        QueryBatchStride = parameters.QueryBatchStride,
        QueryHeadStride = parameters.QueryHeadStride,
        QueryTokenStride = parameters.QueryTokenStride,
        KeyBatchStride = parameters.KeyBatchStride,
        KeyHeadStride = parameters.KeyHeadStride,
        KeyTokenStride = parameters.KeyTokenStride,
        ValueBatchStride = parameters.ValueBatchStride,
        ValueHeadStride = parameters.ValueHeadStride,
        ValueTokenStride = parameters.ValueTokenStride,
        OutputBatchStride = parameters.OutputBatchStride,
        OutputHeadStride = parameters.OutputHeadStride,
        OutputTokenStride = parameters.OutputTokenStride,
        Heads = parameters.Heads,
        QueryCount = parameters.QueryCount,
        WordsPerTile = parameters.WordsPerTile,
        ListHeadStride = parameters.ListHeadStride,
        ListBatchStride = parameters.ListBatchStride,
        HeadDimension = headDimension,
        ScaleLog2 = parameters.ScaleLog2,
    };
}
