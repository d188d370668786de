using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// What a consumer must know of a tile before it starts, brought to shared memory with the tile's queries: read from global memory it
/// would be a chain of loads that wait for each other.
/// </summary>
internal struct TileNotes
{
    /// <summary>Bytes in shared memory: four numbers, a <see cref="TilePlace"/>, and the bits of a <see cref="StepRange"/>.</summary>
    public const int Bytes = BitsStart + StepRange.Bits / 8;

    /// <summary>The <see cref="End"/> that says that there is no tile any more.</summary>
    private const int NoTile = -1;

    private const int PlaceStart = 16;
    private const int BitsStart = 32;

    /// <summary>Entries of the list.</summary>
    public int Length;

    /// <summary>The list's first block in the mask arrays.</summary>
    public int FirstBlock;

    /// <summary>The first step that the word takes.</summary>
    public int First;

    /// <summary>The end of the steps that it takes; none where that is the first. Negative after the last tile.</summary>
    public int End;

    /// <summary>Bits of the first 32 steps: whether they are seen whole. More are rarely there.</summary>
    private uint _whole;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TOptions>(AttentionParameters p, TileWork work, KeyList list, int word, uint address)
        where TOptions : struct, IAttentionOptions
    {
        bool isTile = work.Batch < p.Batch;
        bool exists = isTile && word < p.WordsPerTile;
        int first = 0, end = isTile ? 0 : NoTile;
        if (exists)
            end = StepLayout.Steps(list.Length);
        if (TOptions.HasMask && exists)
        {
            ulong range = p.StepRanges + (ulong)(list.Index * p.WordsPerTile + word) * (StepRange.Numbers * sizeof(int));
            Bytes16 ends = GlobalBytes.Load16(range);
            first = (int)ends.W0;
            end = (int)ends.W1;
            SharedBytes.Store16(address + BitsStart, GlobalBytes.Load16(range + 16));
        }

        SharedBytes.Store16(address, new Bytes16((uint)list.Length, (uint)list.FirstBlock, (uint)first, (uint)end));
        TilePlace.Store(
            new TilePlace { Batch = work.Batch, Head = work.Head, SlotWord = exists ? work.Tile * p.WordsPerTile + word : -1, Word = word },
            address + PlaceStart);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileNotes Load<TOptions>(uint address)
        where TOptions : struct, IAttentionOptions
    {
        Bytes16 numbers = SharedBytes.Load16(address);
        return new TileNotes
        {
            Length = (int)numbers.W0,
            FirstBlock = (int)numbers.W1,
            First = (int)numbers.W2,
            End = (int)numbers.W3,
            _whole = TOptions.HasMask ? SharedBytes.Load4(address + BitsStart) : 0,
        };
    }

    /// <summary>Where results go. Only they need it, so it is read when they are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Place(uint address) => TilePlace.Load(address + PlaceStart);

    /// <summary>Whether the word's slots see all 128 keys of a step that exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWhole<TOptions>(TileNotes notes, uint address, int step)
        where TOptions : struct, IAttentionOptions
    {
        if (!TOptions.HasMask)
            return (step + 1) * StepLayout.KeysPerStep <= notes.Length;
        if (step >= StepRange.Bits)
            return false;
        uint bits = step < 32 ? notes._whole : SharedBytes.Load4(address + BitsStart + (uint)(step >> 5) * 4);
        return ((bits >> (step & 31)) & 1) != 0;
    }
}
