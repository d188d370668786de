using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>A thread's mask bits of a step: a <see cref="MaskFragment"/> word for the first 64 keys and one for the others.</summary>
internal struct StepMask
{
    public uint Left;
    public uint Right;

    /// <summary>The number of a thread's first word of a list; steps follow in equal distances. An image has fewer than 2^31 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Start(int maskWord, int thread) => (uint)(maskWord * MaskFragment.Threads + thread);

    /// <summary>Reads a step's words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StepMask Load<TOptions>(AttentionParameters p, uint start, int step)
        where TOptions : struct, IAttentionOptions
    {
        if (!TOptions.HasMask)
            return default;
        uint block = (uint)p.WordsPerTile * MaskFragment.Threads;
        uint word = start + (uint)step * 2 * block;
        return new StepMask
        {
            Left = GlobalBytes.Load4(FastMath.MultiplyAddWide(word, 4, p.MaskFragments)),
            Right = GlobalBytes.Load4(FastMath.MultiplyAddWide(word + block, 4, p.MaskFragments)),
        };
    }

    /// <summary>Of a step where seen keys end, without a mask: of each 8 keys a thread has two, and bits before the end are set for both rows.</summary>
    /// <param name="keys">Keys from the step's start to that end.</param>
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
