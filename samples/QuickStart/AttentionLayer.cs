using System.Collections.Immutable;
using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Samples.Safetensors;
using static TorchSharp.torch;

namespace VarSparse.Samples.QuickStart;

/// <summary>Queries, keys and values of a trained layer at one scale, [1, heads, tokens, head dimension] in float32.</summary>
internal sealed class AttentionLayer : IDisposable
{
    /// <summary>Softmax of q k^T itself: the model normalises q and k and multiplies q by a learnt scale.</summary>
    public const double Scale = 1;

    private AttentionLayer(Tensor queries, Tensor keys, Tensor values) => (Queries, Keys, Values) = (queries, keys, values);

    /// <summary>The scales of the model that the data comes from: those of Infinity at 1024 x 1024 pixels.</summary>
    public static ScaleSchedule Schedule { get; } = ScaleSchedule.Infinity(1.0, InfinityResolution.OneMegapixel);

    public static string DataFile => Path.Combine(AppContext.BaseDirectory, "data", "emoji-var-attention.safetensors");

    public Tensor Queries { get; }

    public Tensor Keys { get; }

    public Tensor Values { get; }

    public int Heads => (int)Queries.shape[1];

    public int HeadDimension => (int)Queries.shape[3];

    /// <summary>Loads the queries of a scale, and the keys and values of all scales up to it.</summary>
    public static AttentionLayer Load(int queryScale)
    {
        using SafetensorsFile file = SafetensorsFile.Open(DataFile);
        return new AttentionLayer(
            Read(file, $"attn_q_{queryScale}", Schedule[queryScale].TokenCount),
            Read(file, "attn_k", Schedule.TokensThrough(queryScale)),
            Read(file, "attn_v", Schedule.TokensThrough(queryScale)));
    }

    public void Dispose()
    {
        Queries.Dispose();
        Keys.Dispose();
        Values.Dispose();
    }

    /// <summary>The first tokens of a tensor [heads, tokens, head dimension].</summary>
    private static Tensor Read(SafetensorsFile file, string name, int tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        ImmutableArray<long> shape = file.Tensors[name].Shape;
        Tensor all = tensor(file.ToFloats(name)).reshape(1, shape[0], shape[1], shape[2]);
        return all.slice(dim: 2, 0, tokens, step: 1).contiguous().MoveToOuterDisposeScope();
    }
}
