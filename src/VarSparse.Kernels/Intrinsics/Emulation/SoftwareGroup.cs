using System.Runtime.CompilerServices;
using ILGPU;

namespace VarSparse.Kernels.Intrinsics.Emulation;

/// <summary>
/// CPU accelerator only: the shared memory of the group that the calling thread simulates, addressed by 32-bit shared addresses.
/// </summary>
/// <remarks>
/// ILGPU hands out another buffer at every call of GetDynamic, so a kernel calls it once per group, and the thread remembers it.
/// </remarks>
internal static unsafe class SoftwareGroup
{
    /// <summary>Shared address of the first dynamic byte. Not zero, so that code which forgets to add the base fails.</summary>
    public const uint BaseAddress = 1024;

    /// <summary>Named barriers of a group: 16 of (arrived, generation).</summary>
    private const int BarrierWords = 32;

    [ThreadStatic]
    private static byte* _memory;

    [ThreadStatic]
    private static int _length;

    [ThreadStatic]
    private static int* _barriers;

    /// <summary>
    /// Called by every thread of a group at its start. Fills the memory with 0xFF, which reads as NaN, so that a kernel that uses
    /// what it has not written is seen.
    /// </summary>
    public static uint Enter(byte* memory, int length)
    {
        var barriers = SharedMemory.Allocate<int>(BarrierWords);
        _memory = memory;
        _length = length;
        _barriers = (int*)Unsafe.AsPointer(ref barriers[0]);

        int threads = Group.Dimension.Size;
        int slice = (_length + threads - 1) / threads;
        int start = Math.Min(Group.LinearIndex * slice, _length);
        new Span<byte>(_memory + start, Math.Min(slice, _length - start)).Fill(0xFF);
        if (Group.LinearIndex == 0)
            new Span<int>(_barriers, BarrierWords).Clear();
        Group.Barrier();
        return BaseAddress;
    }

    /// <summary>Host pointer of a shared address, after the checks that the hardware makes too.</summary>
    public static byte* Pointer(uint address, int bytes, int alignment)
    {
        long offset = (long)address - BaseAddress;
        if (offset < 0 || offset + bytes > _length)
        {
            throw new InvalidOperationException(
                $"shared address {address}: {bytes} bytes there lie outside the group's {_length} dynamic bytes at {BaseAddress}; " +
                "every thread must call SharedBytes.Base() first");
        }
        if (address % (uint)alignment != 0)
            throw new InvalidOperationException($"shared address {address} is not a multiple of {alignment}");
        return _memory + offset;
    }

    /// <summary>Arrival count and generation of a named barrier.</summary>
    public static (IntPtr Arrived, IntPtr Generation) NamedBarrier(int id)
    {
        if (_barriers == null)
            throw new InvalidOperationException("named barriers on the CPU accelerator need SharedBytes.Base() called first in every thread");
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)id, 15u);
        return ((IntPtr)(_barriers + (2 * id)), (IntPtr)(_barriers + (2 * id) + 1));
    }
}
