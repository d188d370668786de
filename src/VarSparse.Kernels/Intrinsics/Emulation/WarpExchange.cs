using System.Runtime.CompilerServices;
using ILGPU;

namespace VarSparse.Kernels.Intrinsics.Emulation;

/// <summary>
/// CPU accelerator only: lets the 32 lanes of a warp show each other a value with a single warp barrier, where a shuffle costs
/// several barriers per lane read.
/// </summary>
/// <remarks>
/// The lanes of a warp are threads that live as long as their accelerator, so the block they share is made once by lane 0, which
/// also keeps it alive. It has two halves used in turn: a lane that starts exchange n+2 has passed the barrier of exchange n+1,
/// which no lane reaches before it has read what it wanted of exchange n.
/// </remarks>
internal static unsafe class WarpExchange
{
    private const int SlotBytes = 128;

    [ThreadStatic]
    private static byte[]? _ownedBlock;

    [ThreadStatic]
    private static byte* _block;

    [ThreadStatic]
    private static int _half;

    /// <summary>Shows a value of at most 128 bytes to the warp; every lane must take part.</summary>
    /// <returns>The values of all lanes, valid until this lane's next exchange.</returns>
    public static LaneValues<T> Publish<T>(T value)
        where T : unmanaged
    {
        if (_block == null)
            Join();
        byte* half = _block + (_half * Warp.WarpSize * SlotBytes);
        _half ^= 1;
        Unsafe.Write(half + (Warp.LaneIdx * SlotBytes), value);
        Warp.Barrier();
        return new LaneValues<T>(half);
    }

    private static void Join()
    {
        if (Warp.LaneIdx == 0)
            _ownedBlock = GC.AllocateArray<byte>(2 * Warp.WarpSize * SlotBytes, pinned: true);
        long address = Warp.LaneIdx == 0 ? (long)Unsafe.AsPointer(ref _ownedBlock![0]) : 0;
        _block = (byte*)Warp.Shuffle(address, 0);
    }

    internal readonly struct LaneValues<T>(byte* slots)
        where T : unmanaged
    {
        public T this[int lane] => Unsafe.Read<T>(slots + (lane * SlotBytes));
    }
}
