using VarSparse.Core.Tests.Attention;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>Column sums in float64 from the full attention matrix, [B, H, tiles, Lk].</summary>
internal static class FullMatrixSums
{
    public static double[] Of<T>(AttentionCase<T> problem, QueryTiles tiles)
        where T : unmanaged
    {
        double[] q = AttentionCase<T>.HeadsFirst(problem.Q, problem.QueryLayout), k = AttentionCase<T>.HeadsFirst(problem.K, problem.KeyLayout);
        int queries = problem.Pattern.QueryCount, keys = problem.Pattern.KeyCount, dimension = problem.Dimension;
        double scale = problem.Scale ?? 1 / Math.Sqrt(dimension);
        var sums = new double[problem.Batch * problem.Heads * tiles.TileCount * keys];
        for (int matrix = 0; matrix < problem.Batch * problem.Heads; matrix++)
        {
            for (int tile = 0; tile < tiles.TileCount; tile++)
            {
                foreach (int query in tiles.Queries(tile))
                {
                    var weights = new double[keys];
                    for (int key = 0; key < keys; key++)
                    {
                        double dot = 0;
                        for (int d = 0; d < dimension; d++)
                            dot += q[(matrix * queries + query) * dimension + d] * k[(matrix * keys + key) * dimension + d];
                        weights[key] = scale * dot;
                    }

                    double largest = weights.Max(), total = weights.Sum(weight => Math.Exp(weight - largest));
                    for (int key = 0; key < keys; key++)
                        sums[(matrix * tiles.TileCount + tile) * keys + key] += Math.Exp(weights[key] - largest) / total;
                }
            }
        }

        return sums;
    }
}
