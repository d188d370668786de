using VarSparse.Attention;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// What attention needs to know of checked q [Batch, Heads, QueryLength, HeadDimension] and k, v [Batch, Heads, KeyLength,
/// HeadDimension]: sizes of at least 1, the common dtype (float32, float16 or bfloat16), and the strides of each.
/// </summary>
internal readonly record struct AttentionShape(
    int Batch,
    int Heads,
    int QueryLength,
    int KeyLength,
    int HeadDimension,
    ScalarType DType,
    TensorStrides Query,
    TensorStrides Key,
    TensorStrides Value)
{
    public AttentionLayout QueryLayout => LayoutOfQueries(Query);

    public AttentionLayout KeyLayout => Layout(KeyLength, Key);

    public AttentionLayout ValueLayout => Layout(KeyLength, Value);

    /// <summary>Of a tensor of the sizes of q, such as the output.</summary>
    public AttentionLayout LayoutOfQueries(TensorStrides strides) => Layout(QueryLength, strides);

    private AttentionLayout Layout(int tokens, TensorStrides strides) =>
        new(Batch, Heads, tokens, HeadDimension, strides.Batch, strides.Head, strides.Token);
}
