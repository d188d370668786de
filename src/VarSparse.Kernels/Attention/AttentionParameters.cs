namespace VarSparse.Kernels.Attention;

/// <summary>
/// Everything an attention kernel is given, by value. Pointers are device addresses; strides count elements. The arrays of the
/// pattern are those of <see cref="PatternImage"/>.
/// </summary>
internal struct AttentionParameters
{
    /// <summary>Queries, [B, H, Lq, D].</summary>
    public ulong Queries;

    /// <summary>Keys, [B, H, Lk, D].</summary>
    public ulong Keys;

    /// <summary>Values, [B, H, Lk, D].</summary>
    public ulong Values;

    /// <summary>Output, [B, H, Lq, D].</summary>
    public ulong Output;

    /// <summary>Natural log-sum-exp, float32 [B, H, Lq] contiguous, or 0.</summary>
    public ulong LogSumExp;

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

    /// <summary>int32 [tile, word, 64].</summary>
    public ulong SlotQueries;

    /// <summary>int32, all lists.</summary>
    public ulong KeyIndices;

    /// <summary>int32 [list, 4].</summary>
    public ulong ListRanges;

    /// <summary>int32 [batch, head, tile].</summary>
    public ulong ListOfTile;

    /// <summary>
    /// int32 [list, word, 4]: with a mask a <see cref="StepRange"/> each, of tiles in pairs <see cref="SeenRuns"/> each; 0 where all slots see all
    /// keys of their list.
    /// </summary>
    public ulong StepRanges;

    /// <summary>uint8 [block, word], or 0 without a mask.</summary>
    public ulong BlockStates;

    /// <summary>uint32 [block, word, 128], or 0 without a mask.</summary>
    public ulong MaskFragments;

    /// <summary>float32 [Lk] in natural units, or 0.</summary>
    public ulong KeyBias;

    public int Batch;
    public int Heads;
    public int QueryCount;
    public int KeyCount;
    public int TileCount;
    public int WordsPerTile;

    /// <summary>0 where all heads share lists, else the tiles of a head: the step in ListOfTile.</summary>
    public int ListHeadStride;

    /// <summary>0 where all batch entries share lists, else the step in ListOfTile.</summary>
    public int ListBatchStride;

    /// <summary>The scale on dot products times log2(e).</summary>
    public float ScaleLog2;
}
