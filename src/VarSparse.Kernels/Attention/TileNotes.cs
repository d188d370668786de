using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// What a consumer must know of a tile before it starts, brought to shared memory with the tile's queries: read from global memory it
/// would be a chain of loads that wait for each other.
/// </summary>
internal struct TileNotes
{
    /// <summary>Bytes in shared memory: four numbers, and a <see cref="TilePlace"/> after them.</summary>
    public const int Bytes = 32;

    /// <summary>Where keys end if there is no tile any more: less than zero in steps too.</summary>
    private const int NoTile = -2 * StepLayout.KeysPerStep;

    /// <summary>Entries of the list.</summary>
    public int Length;

    /// <summary>The first step that the word takes.</summary>
    public int First;

    /// <summary>The end of the steps that it takes; none where that is the first. Negative after the last tile.</summary>
    public int End;

    /// <summary>With a mask: bits of the first 32 steps, whether the word's slots see them whole.</summary>
    private uint _whole;

    /// <summary>Without a mask: the entries where the two runs of <see cref="SeenRuns"/> end.</summary>
    private int _firstRun, _lastRun;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TOptions>(AttentionParameters p, TileFetch tile, int word, uint address)
        where TOptions : struct, IAttentionOptions
    {
        TileWork work = tile.Work;
        KeyList list = tile.List;
        bool isTile = TileFetch.Exists(p, tile);
        bool exists = isTile && word < p.WordsPerTile;
        uint end = exists ? (uint)list.Length : isTile ? 0 : unchecked((uint)NoTile);
        var notes = new Bytes16((uint)list.Length, 0, end, end);
        if (exists && (TOptions.HasMask || p.StepRanges != 0))
            notes = new Bytes16((uint)list.Length, tile.Range.W0, tile.Range.W1, tile.Range.W2);

        SharedBytes.Store16(address, notes);
        var place = new TilePlace
        {
            Batch = work.Batch,
            Head = work.Head,
            SlotWord = exists ? work.Tile * p.WordsPerTile + word : -1,
            MaskWord = list.FirstBlock * p.WordsPerTile + word,
        };
        TilePlace.Store(place, address + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileNotes Load<TOptions>(uint address)
        where TOptions : struct, IAttentionOptions
    {
        Bytes16 numbers = SharedBytes.Load16(address);
        var notes = new TileNotes { Length = (int)numbers.W0, First = (int)numbers.W1 };
        if (TOptions.HasMask)
        {
            notes.End = (int)numbers.W2;
            notes._whole = numbers.W3;
        }
        else
        {
            notes.End = StepLayout.Steps((int)numbers.W3);
            notes._firstRun = (int)numbers.W2;
            notes._lastRun = (int)numbers.W3;
        }

        return notes;
    }

    /// <summary>Where masks are and results go: read when they are needed, as registers are few.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Place(uint address) => TilePlace.Load(address + 16);

    /// <summary>Whether the word's slots see all 128 keys of a step that exists, as far as that is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWhole<TOptions>(TileNotes notes, int step)
        where TOptions : struct, IAttentionOptions => TOptions.HasMask
        ? step < StepRange.Bits && ((notes._whole >> step) & 1) != 0
        : Seen(notes, step) >= StepLayout.KeysPerStep;

    /// <summary>Without a mask: how many keys from a step's start on the word's slots see in a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Seen(TileNotes notes, int step)
    {
        int start = step * StepLayout.KeysPerStep;
        return (start < notes._firstRun ? notes._firstRun : notes._lastRun) - start;
    }
}
