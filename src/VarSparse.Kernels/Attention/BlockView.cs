using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What a thread's slots see of a block of 64 keys: the block's state and the thread's mask bits.</summary>
internal struct BlockView
{
    /// <summary>A <see cref="BlockState"/>, the same in all threads of the 64 slots.</summary>
    public int State;

    /// <summary>The thread's word of the <see cref="MaskFragment"/>; it counts where the state is partial.</summary>
    public uint Visible;

    /// <summary>Reads the view of a block. A list without a mask only has an end.</summary>
    /// <param name="p">The kernel's parameters.</param>
    /// <param name="list">The list.</param>
    /// <param name="word">The mask word of the 64 slots, or a number from WordsPerTile on where there are none.</param>
    /// <param name="start">The block's first entry of the list.</param>
    /// <param name="thread">The thread, 0 to 127.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static BlockView Of(AttentionParameters p, KeyList list, int word, int start, int thread)
    {
        if (word >= p.WordsPerTile || start >= list.Length)
            return default;
        if (p.BlockStates != 0)
        {
            ulong place = (ulong)((list.FirstBlock + start / MaskFragment.Side) * p.WordsPerTile + word);
            return new BlockView
            {
                State = (int)GlobalBytes.Load1(p.BlockStates + place),
                Visible = GlobalBytes.Load4(p.MaskFragments + place * (MaskFragment.Threads * 4) + (ulong)thread * 4),
            };
        }

        if (start + MaskFragment.Side <= list.Length)
            return new BlockView { State = BlockState.Full };

        // Of each 8 keys a thread has two: the bits below the list's end, for both rows.
        int keys = list.Length - start - thread % 4 * 2;
        int groups = keys <= 0 ? 0 : (keys - 1) / 8;
        int rest = keys <= 0 ? 0 : keys - groups * 8 >= 2 ? 2 : 1;
        uint bits = (1u << (groups * 2 + rest)) - 1;
        return new BlockView { State = BlockState.Partial, Visible = bits | (bits << 16) };
    }
}
