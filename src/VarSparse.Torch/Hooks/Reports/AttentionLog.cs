using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks.Reports;

/// <summary>Counts the attention calls of one scale by kind.</summary>
/// <param name="heads">Heads of a layer: a call with fewer counts with their share.</param>
internal sealed class AttentionLog(int heads)
{
    public const string Dense = "dense";

    private readonly List<AttentionCount> _counts = [];

    /// <summary>A copy of what was counted so far.</summary>
    public IReadOnlyList<AttentionCount> Counts => [.. _counts];

    /// <summary>Pairs that the dense model would have computed in the calls so far.</summary>
    public double DensePairs { get; private set; }

    public void CountCall(double densePairs) => DensePairs += densePairs;

    public void Count(string kind, Tensor query, Tensor key, double density)
    {
        double pairs = (double)query.size(0) * query.size(2) * key.size(2) * query.size(1) / heads;
        int index = _counts.FindIndex(count => count.Kind == kind);
        if (index < 0)
        {
            _counts.Add(new AttentionCount(kind, 1, density * pairs, pairs));
            return;
        }

        AttentionCount before = _counts[index];
        _counts[index] = new AttentionCount(kind, before.Calls + 1, before.VisiblePairs + density * pairs, before.AllPairs + pairs);
    }
}
