using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>One call's inputs as workers see them: pinned pointers, layouts and the pattern.</summary>
internal unsafe struct AttentionProblem
{
    public void* Queries;
    public void* Keys;
    public void* Values;
    public void* Output;

    /// <summary>[B, H, Lq] contiguous, or null.</summary>
    public float* LogSumExp;

    public AttentionLayout QueryLayout;
    public AttentionLayout KeyLayout;
    public AttentionLayout ValueLayout;
    public AttentionLayout OutputLayout;
    public SparsePattern Pattern;

    /// <summary>The scale on dot products, log2(e) included: scores are exponents of two.</summary>
    public float ScaleLog2;
}
