using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>A thread's mask bits of a step: a <see cref="MaskFragment"/> word for the first 64 keys and one for the others.</summary>
internal struct StepMask
{
    public uint Left;
    public uint Right;

    /// <summary>Where a thread's words start; steps follow in equal distances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Start(AttentionParameters p, TileNotes notes, int thread) =>
        p.MaskFragments + ((ulong)(uint)(notes.FirstBlock * p.WordsPerTile + notes.Word) * MaskFragment.Threads + (uint)thread) * 4;

    /// <summary>Reads a step's words. The step after a list's last can be read too, and means nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StepMask Load<TOptions>(AttentionParameters p, ulong start, int step)
        where TOptions : struct, IAttentionOptions
    {
        if (!TOptions.HasMask)
            return default;
        uint blockBytes = (uint)p.WordsPerTile * (MaskFragment.Threads * 4);
        ulong place = FastMath.MultiplyAddWide((uint)step, 2 * blockBytes, start);
        return new StepMask { Left = GlobalBytes.Load4(place), Right = GlobalBytes.Load4(place + blockBytes) };
    }

    /// <summary>Of a step at a list's end without a mask: of each 8 keys a thread has two, and bits before the end are set for both rows.</summary>
    /// <param name="keys">Keys from the step's start to the list's end.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StepMask UpTo(int keys, int thread) => new() { Left = Half(keys, thread), Right = Half(keys - 64, thread) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Half(int keys, int thread)
    {
        keys -= (thread & 3) << 1;
        int groups = keys <= 0 ? 0 : (keys - 1) >> 3;
        int rest = keys <= 0 ? 0 : keys - (groups << 3) >= 2 ? 2 : 1;

        // All 16 bits where the half is whole.
        uint bits = groups > 7 ? 0xFFFF : (1u << (groups * 2 + rest)) - 1;
        return bits | (bits << 16);
    }
}
