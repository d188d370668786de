using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// What a consumer must know of a tile before it starts, brought to shared memory with the tile's queries: read from global memory it
/// would be a chain of loads that wait for each other.
/// </summary>
internal struct TileNotes
{
    /// <summary>Bytes in shared memory: seven numbers, of which the last three are a <see cref="TilePlace"/>, and a <see cref="StepMap"/>.</summary>
    public const int Bytes = MapStart + StepMap.Numbers * sizeof(int);

    private const int PlaceStart = 16;
    private const int MapStart = 32;
    private const int WholeBytes = StepMap.Numbers / 2 * sizeof(int);

    /// <summary>Entries of the list.</summary>
    public int Length;

    /// <summary>The list's first block in the mask arrays.</summary>
    public int FirstBlock;

    /// <summary>Steps of the list; 0 for a word that the tile does not have, and -1 where there is no tile any more.</summary>
    public int End;

    /// <summary>Which mask word of the tile.</summary>
    public int Word;

    /// <summary>Bits of the <see cref="StepMap"/>'s first 32 steps: more are rarely there.</summary>
    private uint _seen;
    private uint _whole;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TOptions>(AttentionParameters p, TileWork work, KeyList list, int word, uint address)
        where TOptions : struct, IAttentionOptions
    {
        bool isTile = work.Batch < p.Batch;
        bool exists = isTile && word < p.WordsPerTile;
        int end = exists ? StepLayout.Steps(list.Length) : isTile ? 0 : -1;
        SharedBytes.Store16(address, new Bytes16((uint)list.Length, (uint)list.FirstBlock, (uint)end, (uint)word));
        TilePlace.Store(
            new TilePlace { Batch = work.Batch, Head = work.Head, SlotWord = exists ? work.Tile * p.WordsPerTile + word : -1 }, address + PlaceStart);
        if (TOptions.HasMask && exists)
        {
            ulong map = p.StepMaps + (ulong)(list.Index * p.WordsPerTile + word) * (StepMap.Numbers * sizeof(int));
            SharedBytes.Store16(address + MapStart, GlobalBytes.Load16(map));
            SharedBytes.Store16(address + MapStart + WholeBytes, GlobalBytes.Load16(map + WholeBytes));
        }
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
            End = (int)numbers.W2,
            Word = (int)numbers.W3,
            _seen = TOptions.HasMask ? SharedBytes.Load4(address + MapStart) : 0,
            _whole = TOptions.HasMask ? SharedBytes.Load4(address + MapStart + WholeBytes) : 0,
        };
    }

    /// <summary>Where results go. Only they need it, so it is read when they are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Place(uint address) => TilePlace.Load(address + PlaceStart);

    /// <summary>The first step from one on that the word sees, or <see cref="End"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextSeen<TOptions>(TileNotes notes, uint address, int step)
        where TOptions : struct, IAttentionOptions
    {
        if (!TOptions.HasMask || step >= notes.End)
            return step;
        uint rest = step < 32 ? notes._seen >> step : 0;
        if (rest != 0)
            return step + IntrinsicMath.BitOperations.TrailingZeroCount(rest);
        step = IntrinsicMath.Max(step, 32);
        while (step < notes.End && step < StepMap.Steps && !Bit(address + MapStart, step))
            step++;
        return IntrinsicMath.Min(step, notes.End);
    }

    /// <summary>Whether the word's slots see all 128 keys of a step that exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWhole<TOptions>(TileNotes notes, uint address, int step)
        where TOptions : struct, IAttentionOptions
    {
        if (!TOptions.HasMask)
            return (step + 1) * StepLayout.KeysPerStep <= notes.Length;
        return step < 32 ? ((notes._whole >> step) & 1) != 0 : step < StepMap.Steps && Bit(address + MapStart + WholeBytes, step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Bit(uint map, int step) => ((SharedBytes.Load4(map + (uint)(step >> 5) * 4) >> (step & 31)) & 1) != 0;
}
