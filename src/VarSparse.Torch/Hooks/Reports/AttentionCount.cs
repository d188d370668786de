namespace VarSparse.Torch.Hooks.Reports;

/// <summary>
/// The attention calls of one kind at one scale. Pairs are those of all calls and batch entries, mean over the layer's heads: a call of some
/// of them counts with their share.
/// </summary>
/// <param name="Kind">The name of the hook that computed them, or "dense".</param>
/// <param name="Calls">Number of calls.</param>
/// <param name="VisiblePairs">Query-key pairs that were visible.</param>
/// <param name="AllPairs">Query-key pairs of the queries and keys that were there.</param>
public sealed record AttentionCount(string Kind, int Calls, double VisiblePairs, double AllPairs)
{
    /// <summary>Visible pairs over all pairs, 0 to 1.</summary>
    public double Density => VisiblePairs / AllPairs;
}
