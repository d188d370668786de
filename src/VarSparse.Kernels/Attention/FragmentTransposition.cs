using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Makes the <see cref="MaskFragment"/> of a block of keys from mask words, which hold a key's slots each: a transposition of 64 x 64 bits
/// to the order of the tensor cores.
/// </summary>
internal static class FragmentTransposition
{
    /// <summary>How far apart the keys of a vector's halves are, and the pairs of keys that a thread holds.</summary>
    private const int HalfDistance = 32, PairDistance = 8;

    /// <summary>Writes a fragment.</summary>
    /// <param name="words">The word of each of the 64 keys, slot 0 in the lowest bit.</param>
    /// <param name="fragment">The words of the 128 threads.</param>
    /// <remarks>
    /// A quarter at a time: the 16 keys that a lane holds are the halves of eight vectors. A byte of these is eight slots. In each byte, eight
    /// vectors by eight bits are transposed, so that each vector is one slot of the eight, and each byte of it eight keys. Compiled with
    /// optimisation from the first call on, as vectors are slow before and the first image is waited for, too.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(ReadOnlySpan<ulong> words, Span<uint> fragment)
    {
        // The lengths are checked here, and nowhere below.
        ref ulong keys = ref MemoryMarshal.GetReference(words[..MaskFragment.Side]);
        ref uint threads = ref MemoryMarshal.GetReference(fragment[..MaskFragment.Threads]);
        for (int lane = 0; lane < 4; lane++)
        {
            ref ulong first = ref Unsafe.Add(ref keys, 2 * lane);
            Vector128<ulong> v0 = Row(ref first, 0), v1 = Row(ref first, 1), v2 = Row(ref first, 2), v3 = Row(ref first, 3);
            Vector128<ulong> v4 = Row(ref first, 4), v5 = Row(ref first, 5), v6 = Row(ref first, 6), v7 = Row(ref first, 7);

            var fours = Vector128.Create(0x0F0F0F0F0F0F0F0FUL);
            Swap(ref v0, ref v4, 4, fours);
            Swap(ref v1, ref v5, 4, fours);
            Swap(ref v2, ref v6, 4, fours);
            Swap(ref v3, ref v7, 4, fours);

            var twos = Vector128.Create(0x3333333333333333UL);
            Swap(ref v0, ref v2, 2, twos);
            Swap(ref v1, ref v3, 2, twos);
            Swap(ref v4, ref v6, 2, twos);
            Swap(ref v5, ref v7, 2, twos);

            var ones = Vector128.Create(0x5555555555555555UL);
            Swap(ref v0, ref v1, 1, ones);
            Swap(ref v2, ref v3, 1, ones);
            Swap(ref v4, ref v5, 1, ones);
            Swap(ref v6, ref v7, 1, ones);

            Store(v0, ref Unsafe.Add(ref threads, lane));
            Store(v1, ref Unsafe.Add(ref threads, lane + 4));
            Store(v2, ref Unsafe.Add(ref threads, lane + 8));
            Store(v3, ref Unsafe.Add(ref threads, lane + 12));
            Store(v4, ref Unsafe.Add(ref threads, lane + 16));
            Store(v5, ref Unsafe.Add(ref threads, lane + 20));
            Store(v6, ref Unsafe.Add(ref threads, lane + 24));
            Store(v7, ref Unsafe.Add(ref threads, lane + 28));
        }
    }

    /// <summary>The words of two keys whose bits lie in the same place of a thread's bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Row(ref ulong first, int bit)
    {
        int key = bit / 2 * PairDistance + bit % 2;
        return Vector128.Create(Unsafe.Add(ref first, key), Unsafe.Add(ref first, key + HalfDistance));
    }

    /// <summary>Exchanges the high bits of one vector's groups with the low bits of the other's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap(ref Vector128<ulong> left, ref Vector128<ulong> right, int distance, Vector128<ulong> low)
    {
        Vector128<ulong> different = ((left >>> distance) ^ right) & low;
        right ^= different;
        left ^= different << distance;
    }

    /// <summary>Stores a thread's word in each of the four warps: by turns a byte of either half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<ulong> bytes, ref uint thread)
    {
        Vector128<uint> warps = Vector128.Shuffle(
            bytes.AsByte(), Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15)).AsUInt32();
        thread = warps.GetElement(0);
        Unsafe.Add(ref thread, 32) = warps.GetElement(1);
        Unsafe.Add(ref thread, 64) = warps.GetElement(2);
        Unsafe.Add(ref thread, 96) = warps.GetElement(3);
    }
}
