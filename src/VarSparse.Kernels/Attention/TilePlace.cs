using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>Whose queries a consumer has.</summary>
internal struct TilePlace
{
    public int Batch;
    public int Head;

    /// <summary>Which of the words of slots of all tiles, or -1 for a word that the tile does not have.</summary>
    public int SlotWord;

    /// <summary>Which of the words of all mask fragments is the first of its list.</summary>
    public int MaskWord;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TilePlace place, uint address) =>
        SharedBytes.Store16(address, new Bytes16((uint)place.Batch, (uint)place.Head, (uint)place.SlotWord, (uint)place.MaskWord));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePlace Load(uint address)
    {
        Bytes16 numbers = SharedBytes.Load16(address);
        return new TilePlace { Batch = (int)numbers.W0, Head = (int)numbers.W1, SlotWord = (int)numbers.W2, MaskWord = (int)numbers.W3 };
    }
}
