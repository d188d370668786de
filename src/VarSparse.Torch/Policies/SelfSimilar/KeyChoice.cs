using VarSparse.Patterns;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>How many keys to pick.</summary>
internal readonly record struct KeyChoice(double Fraction, int CountMultiple, double? Coverage)
{
    public int CountOf(int keyCount) => DecisionScale.CountOf(Fraction, keyCount, CountMultiple);

    public SparsePattern Pick(ReadOnlySpan<float> sums, int batch, int heads, QueryTiles tiles) => Coverage is { } coverage
        ? DecisionScale.KeepCoverage(sums, batch, heads, tiles, coverage)
        : DecisionScale.KeepHeaviest(sums, batch, heads, tiles, CountOf(sums.Length / (batch * heads * tiles.TileCount)));
}
