using System.Runtime.InteropServices;

namespace VarSparse.Core.Tests.Attention;

/// <summary>
/// Elements that begin right after, or end right before, a page that cannot be touched: one element too far, read or written,
/// ends the process. Linux and macOS.
/// </summary>
internal sealed unsafe class GuardedMemory<T> : IDisposable
    where T : unmanaged
{
    private const int ReadWrite = 3, PrivateAnonymousLinux = 0x22, PrivateAnonymousMac = 0x1002;

    private readonly byte* _pages;
    private readonly nuint _size;

    public GuardedMemory(ReadOnlySpan<T> content, bool atEnd)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint bytes = (nuint)(content.Length * sizeof(T));
        nuint usable = (bytes + page - 1) / page * page;
        _size = usable + 2 * page;
        _pages = Native.Map(null, _size, 0, OperatingSystem.IsMacOS() ? PrivateAnonymousMac : PrivateAnonymousLinux, -1, 0);
        Assert.True((nint)_pages != -1, "mmap failed");
        Assert.Equal(0, Native.Protect(_pages + page, usable, ReadWrite));
        First = (T*)(_pages + page + (atEnd ? usable - bytes : 0));
        Length = content.Length;
        content.CopyTo(Span);
    }

    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    public T* First { get; }

    public int Length { get; }

    public Span<T> Span => new(First, Length);

    public void Dispose() => Assert.Equal(0, Native.Unmap(_pages, _size));
}

/// <summary>Pages from the C library.</summary>
internal static unsafe partial class Native
{
    [LibraryImport("libc", EntryPoint = "mmap")]
    public static partial byte* Map(void* address, nuint size, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    public static partial int Protect(void* address, nuint size, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(void* address, nuint size);
}
