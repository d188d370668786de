using System.Numerics;
using System.Runtime.InteropServices;

namespace VarSparse.Patterns;

public sealed partial class SparsePattern
{
    /// <summary>A pattern from any token mask, the same for all heads.</summary>
    /// <param name="mask">True where the query sees the key, [Lq, Lk].</param>
    /// <param name="tiles">How to group the queries.</param>
    /// <returns>A pattern that equals the mask on the queries that stand in a tile.</returns>
    /// <exception cref="ArgumentException">The mask has no key or not as many rows as there are queries.</exception>
    public static SparsePattern FromDenseMask(bool[,] mask, QueryTiles tiles)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(tiles);
        int keyCount = mask.GetLength(1);
        if (mask.GetLength(0) != tiles.QueryCount || keyCount < 1)
            throw new ArgumentException($"mask: got [{mask.GetLength(0)}, {keyCount}], expected [{tiles.QueryCount}, at least 1].", nameof(mask));
        var builder = new TileMaskBuilder(keyCount, TileMaskBuilder.WordsFor(tiles));
        var listOfTile = new int[tiles.TileCount];
        for (int tile = 0; tile < tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = tiles.Queries(tile);
            for (int slot = 0; slot < queries.Length; slot++)
            {
                ReadOnlySpan<bool> row = MemoryMarshal.CreateReadOnlySpan(ref mask[queries[slot], 0], keyCount);
                for (int key = 0; key < row.Length; key++)
                {
                    if (row[key])
                        builder.Add(slot, key);
                }
            }

            listOfTile[tile] = builder.CloseList();
        }

        return new SparsePattern(tiles, builder.Build(tiles, listOfTile), listOfTile, 1, 1, keyBias: null);
    }

    /// <summary>
    /// A pattern that sees what either of two patterns sees, on this pattern's tiles. If one of them has a key bias, the union has it.
    /// </summary>
    /// <param name="other">A pattern over as many queries and keys; heads and batch entries equal, or 1 in either.</param>
    /// <exception cref="ArgumentException">Sizes differ, or both patterns carry key biases and these differ.</exception>
    public SparsePattern Union(SparsePattern other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.QueryCount != QueryCount || other.KeyCount != KeyCount)
        {
            throw new ArgumentException(
                $"other: got {other.QueryCount} queries x {other.KeyCount} keys, expected {QueryCount} x {KeyCount}.", nameof(other));
        }

        int heads = Broadcast(HeadCount, other.HeadCount, "heads", nameof(other));
        int batches = Broadcast(BatchCount, other.BatchCount, "batch entries", nameof(other));
        if (_keyBias is not null && other._keyBias is not null && !_keyBias.AsSpan().SequenceEqual(other._keyBias))
            throw new ArgumentException("other: its key bias differs from this pattern's, expected the same or none.", nameof(other));

        QueryTiles tiles = Covering(other);
        var builder = new TileMaskBuilder(KeyCount, TileMaskBuilder.WordsFor(tiles));
        var ownPlaces = PlaceOfQuery();
        var otherPlaces = other.PlaceOfQuery();
        var groups = new SlotGroups();
        var listOfTile = new int[checked(batches * heads * tiles.TileCount)];
        for (int i = 0; i < listOfTile.Length; i++)
        {
            int tile = i % tiles.TileCount;
            int head = i / tiles.TileCount % heads;
            int batch = i / tiles.TileCount / heads;
            AddVisible(builder, groups, tiles.Queries(tile), ownPlaces, batch, head);
            other.AddVisible(builder, groups, tiles.Queries(tile), otherPlaces, batch, head);
            listOfTile[i] = builder.CloseList();
        }

        return new SparsePattern(tiles, builder.Build(tiles, listOfTile), listOfTile, batches, heads, _keyBias ?? other._keyBias);
    }

    private static int Broadcast(int own, int other, string what, string name) => own == other || other == 1
        ? own
        : own == 1 ? other : throw new ArgumentException($"{name}: has {other} {what}, expected {own} or 1.", name);

    /// <summary>This pattern's tiles, with the other's queries that stand in none of them added as tiles of their own.</summary>
    private QueryTiles Covering(SparsePattern other)
    {
        if (Tiles.UncoveredQueries.IsEmpty)
            return Tiles;
        var uncovered = Tiles.UncoveredQueries.ToArray().ToHashSet();
        List<int[]> all = [];
        for (int tile = 0; tile < Tiles.TileCount; tile++)
            all.Add(Tiles.Queries(tile).ToArray());
        for (int tile = 0; tile < other.Tiles.TileCount; tile++)
        {
            int[] extra = [.. other.Tiles.Queries(tile).ToArray().Where(uncovered.Contains)];
            if (extra.Length > 0)
                all.Add(extra);
        }

        return QueryTiles.FromLists(QueryCount, all);
    }

    private (int Tile, int Slot)[] PlaceOfQuery()
    {
        var places = new (int Tile, int Slot)[QueryCount];
        Array.Fill(places, (-1, -1));
        for (int tile = 0; tile < Tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = Tiles.Queries(tile);
            for (int slot = 0; slot < queries.Length; slot++)
                places[queries[slot]] = (tile, slot);
        }

        return places;
    }

    /// <summary>Marks what this pattern shows to each of the given queries, which need not be a tile of it.</summary>
    private void AddVisible(
        TileMaskBuilder builder, SlotGroups groups, ReadOnlySpan<int> queries, (int Tile, int Slot)[] places, int batch, int head)
    {
        groups.Build(queries, query => places[query].Tile);
        for (int group = 0; group < groups.Count; group++)
        {
            int tile = groups.Label(group);
            if (tile < 0)
                continue;
            int list = ListOf(batch, head, tile);
            ReadOnlySpan<ulong> slots = groups.Slots(group, builder.WordsPerKey);
            if (!HasTokenMask || Tiles.Queries(tile).SequenceEqual(queries))
                AddSameSlots(builder, list, slots);
            else
                AddMovedSlots(builder, list, queries, slots, places);
        }
    }

    /// <summary>For a list without a mask, or a tile whose queries stand in the same slots: whole mask words at a time.</summary>
    private void AddSameSlots(TileMaskBuilder builder, int list, ReadOnlySpan<ulong> slots)
    {
        ReadOnlySpan<int> keys = Lists.Keys(list);
        ReadOnlySpan<ulong> words = Lists.MaskWords(list);
        for (int i = 0; i < keys.Length; i++)
        {
            for (int word = 0; word < slots.Length; word++)
            {
                if (slots[word] != 0)
                    builder.AddWord(keys[i], word, words.IsEmpty ? slots[word] : slots[word] & words[i * Lists.WordsPerKey + word]);
            }
        }
    }

    private void AddMovedSlots(
        TileMaskBuilder builder, int list, ReadOnlySpan<int> queries, ReadOnlySpan<ulong> slots, (int Tile, int Slot)[] places)
    {
        ReadOnlySpan<int> keys = Lists.Keys(list);
        ReadOnlySpan<ulong> words = Lists.MaskWords(list);
        for (int word = 0; word < slots.Length; word++)
        {
            for (ulong rest = slots[word]; rest != 0; rest &= rest - 1)
            {
                int slot = word * 64 + BitOperations.TrailingZeroCount(rest);
                int place = places[queries[slot]].Slot;
                for (int i = 0; i < keys.Length; i++)
                {
                    if (((words[i * Lists.WordsPerKey + place / 64] >> (place % 64)) & 1) != 0)
                        builder.Add(slot, keys[i]);
                }
            }
        }
    }
}
