using ILGPU;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// Which slots of a tile lie in its first n rows, and in its first n columns, as bits of mask words in shared memory: a difference gives
/// those of any interval of rows, or of columns.
/// </summary>
internal struct SlotsOfLines
{
    /// <summary>32-bit words of all slots: shared memory has atomic operations for these alone.</summary>
    private const int Parts = QueryTiles.MaxQueriesPerTile / BitsOfPart;

    private const int BitsOfPart = 32;

    /// <summary>Numbers that the array has to hold: a tile has as many rows and columns as queries, and one more, at most.</summary>
    public const int Numbers = (QueryTiles.MaxQueriesPerTile + 3) * Parts;

    /// <summary>[rows + 1, part], then [columns + 1, part].</summary>
    public ArrayView<uint> Lines;

    /// <summary>Fills the array; all threads of the group must call.</summary>
    public static void Fill(SlotsOfLines slots, TilePatch patch)
    {
        int thread = Group.IdxX, columns = FirstColumn(patch);
        for (int i = thread; i < (columns + patch.Width + 1) * Parts; i += Group.DimX)
            slots.Lines[i] = 0;
        Group.Barrier();
        for (int slot = thread; slot < patch.Height * patch.Width; slot += Group.DimX)
        {
            int place = TileGrid.Place(patch, slot);
            int row = place >> 16, column = place & 0xFFFF;
            Atomic.Or(ref slots.Lines[(row + 1) * Parts + slot / BitsOfPart], 1u << (slot % BitsOfPart));
            Atomic.Or(ref slots.Lines[(columns + column + 1) * Parts + slot / BitsOfPart], 1u << (slot % BitsOfPart));
        }

        Group.Barrier();
        if (thread < 2 * Parts)
            Accumulate(slots.Lines, thread % Parts, thread < Parts ? 0 : columns, thread < Parts ? patch.Height : patch.Width);
        Group.Barrier();
    }

    /// <summary>Where the columns' lines begin.</summary>
    public static int FirstColumn(TilePatch patch) => patch.Height + 1;

    /// <summary>The slots of a word that lie in an interval.</summary>
    public static ulong Of(SlotsOfLines slots, LineInterval interval, int word)
    {
        int start = interval.Start * Parts + 2 * word, end = interval.End * Parts + 2 * word;
        uint low = slots.Lines[end] ^ slots.Lines[start], high = slots.Lines[end + 1] ^ slots.Lines[start + 1];
        return low | ((ulong)high << BitsOfPart);
    }

    private static void Accumulate(ArrayView<uint> lines, int part, int first, int count)
    {
        uint sum = 0;
        for (int line = first + 1; line <= first + count; line++)
        {
            sum |= lines[line * Parts + part];
            lines[line * Parts + part] = sum;
        }
    }
}
