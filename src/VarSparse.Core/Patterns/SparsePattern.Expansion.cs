using System.Numerics;
using System.Runtime.InteropServices;

namespace VarSparse.Patterns;

public sealed partial class SparsePattern
{
    /// <summary>Expands the pattern of one batch entry and head to a matrix: true where the query sees the key.</summary>
    /// <param name="batch">0-based batch entry; any number if <see cref="BatchCount"/> is 1.</param>
    /// <param name="head">0-based head; any number if <see cref="HeadCount"/> is 1.</param>
    /// <returns>A mask [Lq, Lk]. A key hidden by a bias of minus infinity counts as visible.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such batch entry or head.</exception>
    /// <exception cref="InvalidOperationException">The mask would have 2^31 entries or more.</exception>
    public bool[,] ToDenseMask(int batch = 0, int head = 0)
    {
        CheckMatrix(batch, head);
        if ((long)QueryCount * KeyCount > int.MaxValue)
            throw new InvalidOperationException($"pattern: a mask of {QueryCount} x {KeyCount} has more than {int.MaxValue} entries.");
        var mask = new bool[QueryCount, KeyCount];
        for (int tile = 0; tile < Tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = Tiles.Queries(tile);
            int list = ListOf(batch, head, tile);
            ReadOnlySpan<int> keys = Lists.Keys(list);
            ReadOnlySpan<ulong> words = Lists.MaskWords(list);
            for (int slot = 0; slot < queries.Length; slot++)
            {
                Span<bool> row = MemoryMarshal.CreateSpan(ref mask[queries[slot], 0], KeyCount);
                for (int i = 0; i < keys.Length; i++)
                    row[keys[i]] = words.IsEmpty || ((words[i * Lists.WordsPerKey + slot / 64] >> (slot % 64)) & 1) != 0;
            }
        }

        return mask;
    }

    /// <summary>A picture of the pattern in text: queries down, keys across, darker where more pairs are visible.</summary>
    /// <param name="rows">Most lines of the picture.</param>
    /// <param name="columns">Most characters of a line.</param>
    /// <param name="batch">0-based batch entry; any number if <see cref="BatchCount"/> is 1.</param>
    /// <param name="head">0-based head; any number if <see cref="HeadCount"/> is 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, or there is no such batch entry or head.</exception>
    public string ToText(int rows = 32, int columns = 96, int batch = 0, int head = 0)
    {
        Require.AtLeastOne(rows);
        Require.AtLeastOne(columns);
        rows = Math.Min(rows, QueryCount);
        columns = Math.Min(columns, KeyCount);
        long[,] visible = CountVisible(rows, columns, batch, head);
        var lines = new string[rows];
        var line = new char[columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                line[column] = Shade((double)visible[row, column] / (PartSize(QueryCount, rows, row) * PartSize(KeyCount, columns, column)));
            lines[row] = new string(line);
        }

        return string.Join('\n', lines);
    }

    /// <summary>Anything visible must show: only an empty cell is blank, only a full one has the darkest shade.</summary>
    private static char Shade(double share)
    {
        const string shades = " .:-=+*#%@";
        return share == 1 ? shades[^1] : shades[(int)Math.Ceiling(share * (shades.Length - 2))];
    }

    /// <summary>Visible pairs in each cell of a picture.</summary>
    private long[,] CountVisible(int rows, int columns, int batch, int head)
    {
        CheckMatrix(batch, head);
        var visible = new long[rows, columns];
        var columnOfKey = new int[KeyCount];
        for (int key = 0; key < KeyCount; key++)
            columnOfKey[key] = (int)((long)key * columns / KeyCount);
        var groups = new SlotGroups();
        for (int tile = 0; tile < Tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = Tiles.Queries(tile);
            groups.Build(queries, query => (int)((long)query * rows / QueryCount));
            int list = ListOf(batch, head, tile);
            ReadOnlySpan<int> keys = Lists.Keys(list);
            ReadOnlySpan<ulong> words = Lists.MaskWords(list);
            int wordCount = QueryTiles.CeilingDivide(queries.Length, 64);
            for (int group = 0; group < groups.Count; group++)
            {
                ReadOnlySpan<ulong> slots = groups.Slots(group, wordCount);
                for (int i = 0; i < keys.Length; i++)
                {
                    ref long cell = ref visible[groups.Label(group), columnOfKey[keys[i]]];
                    for (int word = 0; word < slots.Length; word++)
                        cell += BitOperations.PopCount(words.IsEmpty ? slots[word] : slots[word] & words[i * Lists.WordsPerKey + word]);
                }
            }
        }

        return visible;
    }

    /// <summary>How many of <paramref name="total"/> things fall into a part when thing i belongs to part i * parts / total, rounded down.</summary>
    private static long PartSize(int total, int parts, int part)
    {
        return FirstOf(part + 1) - FirstOf(part);

        long FirstOf(long index) => (index * total + parts - 1) / parts;
    }
}
