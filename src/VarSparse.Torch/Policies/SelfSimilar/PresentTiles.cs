using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>
/// The tiles of a complete scale where only some of its tokens are there: sums are taken over those tiles that have any, and written back
/// for all of them; keys are numbered as in the complete scales again.
/// </summary>
internal sealed class PresentTiles
{
    private readonly QueryTiles _all;
    private readonly ScaleTokens _tokens;

    /// <summary>For each tile its place among those that have tokens, or -1.</summary>
    private readonly int[] _place;

    public PresentTiles(QueryTiles all, ScaleTokens tokens)
    {
        (_all, _tokens) = (all, tokens);
        _place = new int[all.TileCount];
        if (tokens.QueryArray is not { } queries)
        {
            Present = all;
            for (int tile = 0; tile < _place.Length; tile++)
                _place[tile] = tile;
            return;
        }

        List<int[]> present = [];
        for (int tile = 0; tile < _place.Length; tile++)
        {
            int[] left = [.. all.Queries(tile).ToArray().Select(query => Array.BinarySearch(queries, query)).Where(place => place >= 0)];
            _place[tile] = left.Length == 0 ? -1 : present.Count;
            if (left.Length > 0)
                present.Add(left);
        }

        Present = QueryTiles.FromLists(queries.Length, present);
    }

    /// <summary>The tiles that have tokens, of the tokens that are there.</summary>
    public QueryTiles Present { get; }

    /// <summary>Sums for all tiles, [matrices, tiles, keys], from those of the present ones: an empty tile takes the sum of all.</summary>
    public float[] Complete(float[] sums, int matrices)
    {
        if (Present.TileCount == _all.TileCount)
            return sums;
        int keys = _tokens.KeyCount;
        var complete = new float[matrices * _all.TileCount * keys];
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            ReadOnlySpan<float> ofMatrix = sums.AsSpan(matrix * Present.TileCount * keys, Present.TileCount * keys);
            for (int tile = 0; tile < _all.TileCount; tile++)
            {
                Span<float> target = complete.AsSpan((matrix * _all.TileCount + tile) * keys, keys);
                if (_place[tile] >= 0)
                    ofMatrix.Slice(_place[tile] * keys, keys).CopyTo(target);
                else
                    AddTiles(ofMatrix, target);
            }
        }

        return complete;
    }

    /// <summary>The same lists with keys numbered as in the complete scales.</summary>
    public SparsePattern Renumbered(SparsePattern selection)
    {
        if (_tokens.KeyArray is not { } tokens)
            return selection;
        int[] keys = Array.ConvertAll(selection.Lists.AllKeys.ToArray(), key => tokens[key]);
        var lists = KeyLists.Create(_tokens.Schedule.TokensThrough(_tokens.Scale), selection.Lists.Offsets, keys);
        return SparsePattern.Create(selection.Tiles, lists, selection.ListOfTile, selection.HeadCount, selection.BatchCount);
    }

    private static void AddTiles(ReadOnlySpan<float> tiles, Span<float> target)
    {
        for (int i = 0; i < tiles.Length; i++)
            target[i % target.Length] += tiles[i];
    }
}
