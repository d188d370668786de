using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>Whole masks, [queries, keys], the plain form that patterns are compared in.</summary>
internal static class DenseMasks
{
    public static bool[,] Create(int queries, int keys, Func<int, int, bool> visible)
    {
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries; query++)
        {
            for (int key = 0; key < keys; key++)
                mask[query, key] = visible(query, key);
        }

        return mask;
    }

    public static long Count(bool[,] mask) => mask.Cast<bool>().LongCount(visible => visible);

    public static bool[,] Or(bool[,] left, bool[,] right) =>
        Create(left.GetLength(0), left.GetLength(1), (query, key) => left[query, key] || right[query, key]);

    /// <summary>The mask without the queries that stand in no tile.</summary>
    public static bool[,] Covered(bool[,] mask, QueryTiles tiles)
    {
        var uncovered = tiles.UncoveredQueries.ToArray().ToHashSet();
        return Create(mask.GetLength(0), mask.GetLength(1), (query, key) => mask[query, key] && !uncovered.Contains(query));
    }

    public static void AssertEqual(bool[,] expected, bool[,] actual, string what)
    {
        Assert.Equal((expected.GetLength(0), expected.GetLength(1)), (actual.GetLength(0), actual.GetLength(1)));
        for (int query = 0; query < expected.GetLength(0); query++)
        {
            for (int key = 0; key < expected.GetLength(1); key++)
            {
                if (expected[query, key] != actual[query, key])
                    Assert.Fail($"{what}: query {query}, key {key} is {actual[query, key]}, expected {expected[query, key]}");
            }
        }
    }
}
