namespace VarSparse.Patterns;

public sealed partial class SparsePattern
{
    /// <summary>Expands the pattern of one batch entry and head to a matrix: true where the query sees the key.</summary>
    /// <param name="batch">0-based batch entry.</param>
    /// <param name="head">0-based head.</param>
    /// <returns>A mask [Lq, Lk]. A key hidden by a bias of minus infinity counts as visible.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The batch entry or head has no lists and they are not shared.</exception>
    public bool[,] ToDenseMask(int batch = 0, int head = 0)
    {
        CheckIndex(batch, BatchCount, nameof(batch));
        CheckIndex(head, HeadCount, nameof(head));
        var mask = new bool[QueryCount, KeyCount];
        for (int tile = 0; tile < Tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = Tiles.Queries(tile);
            int list = ListOf(batch, head, tile);
            ReadOnlySpan<int> keys = Lists.Keys(list);
            ReadOnlySpan<ulong> words = Lists.MaskWords(list);
            for (int slot = 0; slot < queries.Length; slot++)
            {
                for (int i = 0; i < keys.Length; i++)
                    mask[queries[slot], keys[i]] = words.IsEmpty || ((words[i * Lists.WordsPerKey + slot / 64] >> (slot % 64)) & 1) != 0;
            }
        }

        return mask;
    }

    /// <summary>A picture of the pattern in text: queries down, keys across, darker where more pairs are visible.</summary>
    /// <param name="rows">Most lines of the picture.</param>
    /// <param name="columns">Most characters of a line.</param>
    /// <param name="batch">0-based batch entry.</param>
    /// <param name="head">0-based head.</param>
    public string ToText(int rows = 32, int columns = 96, int batch = 0, int head = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        rows = Math.Min(rows, QueryCount);
        columns = Math.Min(columns, KeyCount);
        bool[,] mask = ToDenseMask(batch, head);
        var visible = new long[rows, columns];
        var pairs = new long[rows, columns];
        for (int query = 0; query < QueryCount; query++)
        {
            int row = (int)((long)query * rows / QueryCount);
            for (int key = 0; key < KeyCount; key++)
            {
                int column = (int)((long)key * columns / KeyCount);
                pairs[row, column]++;
                if (mask[query, key])
                    visible[row, column]++;
            }
        }

        const string shades = " .:-=+*#%@";
        var lines = new string[rows];
        for (int row = 0; row < rows; row++)
        {
            lines[row] = string.Create(columns, row, (line, r) =>
            {
                for (int column = 0; column < line.Length; column++)
                {
                    // Anything visible must show: only an empty cell is blank, only a full one has the darkest shade.
                    double share = (double)visible[r, column] / pairs[r, column];
                    line[column] = shades[(int)Math.Ceiling(share * (shades.Length - 2)) + (share == 1 ? 1 : 0)];
                }
            });
        }

        return string.Join('\n', lines);
    }

    private static void CheckIndex(int index, int count, string name)
    {
        if (index < 0 || (count > 1 && index >= count))
            throw new ArgumentOutOfRangeException(name, $"{name}: got {index}, expected 0 to {count - 1}.");
    }
}
