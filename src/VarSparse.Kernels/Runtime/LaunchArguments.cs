using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A kernel's arguments by value, in declaration order, on the caller's stack: building and passing it allocates nothing.
/// Every argument starts on 8 bytes, wherever the kernel's own layout puts it, as the driver takes one pointer for each.
/// </summary>
internal unsafe ref struct LaunchArguments
{
    internal const int MostArguments = 64;
    private const int MostWords = 128;

    private Words _words;
    private Starts _starts;
    private Sizes _sizes;
    private int _usedWords;

    internal int Count { get; private set; }

    [UnscopedRef]
    internal readonly ref readonly ulong FirstWord => ref _words[0];

    /// <summary>Adds the next argument: a number, a device address as ulong, or a struct of such.</summary>
    internal void Add<T>(T value)
        where T : unmanaged
    {
        int words = (sizeof(T) + sizeof(ulong) - 1) / sizeof(ulong);
        if (Count == MostArguments || _usedWords + words > MostWords)
            throw new InvalidOperationException(
                $"argument {Count} ({typeof(T).Name}, {sizeof(T)} bytes) does not fit: a launch takes at most {MostArguments} arguments "
                + $"and {MostWords * sizeof(ulong)} bytes");

        Unsafe.WriteUnaligned(ref Unsafe.As<ulong, byte>(ref _words[_usedWords]), value);
        _starts[Count] = (byte)_usedWords;
        _sizes[Count] = (ushort)sizeof(T);
        Count++;
        _usedWords += words;
    }

    /// <summary>Adds an ILGPU ArrayView: its address and its number of elements, one 16-byte argument.</summary>
    internal void AddView(ulong address, long length) => Add(new View(address, length));

    internal readonly int Size(int index) => _sizes[index];

    /// <summary>The word the argument starts at, counted from <see cref="FirstWord"/>.</summary>
    internal readonly int Start(int index) => _starts[index];

    private readonly record struct View(ulong Address, long Length);

    [InlineArray(MostWords)]
    private struct Words
    {
        private ulong _first;
    }

    [InlineArray(MostArguments)]
    private struct Starts
    {
        private byte _first;
    }

    [InlineArray(MostArguments)]
    private struct Sizes
    {
        private ushort _first;
    }
}
