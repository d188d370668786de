using System.Runtime.InteropServices;

namespace VarSparse.Reliability.Tests.Sizes;

/// <summary>Addresses without memory behind them: pages come when they are touched, so tensors can be far larger than the machine.</summary>
internal sealed unsafe partial class ReservedMemory : IDisposable
{
    private const int ReadWrite = 3, PrivateAnonymousNoReserve = 0x4022;

    private readonly nuint _bytes;

    public ReservedMemory(long bytes)
    {
        _bytes = (nuint)bytes;
        Start = Map(null, _bytes, ReadWrite, PrivateAnonymousNoReserve, -1, 0);
        Assert.SkipWhen((nint)Start == -1, $"this machine gives no {bytes} bytes of addresses");
    }

    public static bool IsSupported => OperatingSystem.IsLinux();

    public void* Start { get; }

    public void Dispose() => Assert.Equal(0, Unmap(Start, _bytes));

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint size, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint size);
}
