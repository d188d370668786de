using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>One call's inputs as workers see them: pinned pointers, layouts and the pattern.</summary>
internal unsafe struct AttentionProblem
{
    public void* Queries;
    public void* Keys;
    public void* Values;
    public void* Output;

    /// <summary>[B, H, Lq] contiguous: attention writes it unless it is null, column sums read it.</summary>
    public float* LogSumExp;

    /// <summary>[B, H, tiles, Lk] contiguous, for column sums only.</summary>
    public float* ColumnSums;

    public AttentionLayout QueryLayout;
    public AttentionLayout KeyLayout;
    public AttentionLayout ValueLayout;
    public AttentionLayout OutputLayout;

    /// <summary>For attention only.</summary>
    public SparsePattern Pattern;

    /// <summary>For column sums only.</summary>
    public QueryTiles Tiles;

    /// <summary>The scale on dot products, log2(e) included: scores are exponents of two.</summary>
    public float ScaleLog2;
}
