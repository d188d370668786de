namespace VarSparse.Samples.EmojiVar;

/// <summary>What a query of local attention sees.</summary>
internal enum MaskForm
{
    /// <summary>Exactly its own window.</summary>
    Exact,

    /// <summary>The windows of all queries of its 2-D tile.</summary>
    Tile,

    /// <summary>Blocks of 128 keys in raster order that hold a window of any query of its block of 128, as in the paper.</summary>
    Raster,
}
