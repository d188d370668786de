using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace VarSparse;

/// <summary>
/// The checks that many public members share, with one-line messages: argument, what came, what was expected. The messages stand
/// apart from the checks, so that these are inlined.
/// </summary>
internal static class Require
{
    public static void AtLeastOne(int value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < 1)
            ThrowBelowOne(value, name);
    }

    /// <summary>Demands a number of things, at least one, of which an array can hold an entry each and one more.</summary>
    public static void ArraySize(int value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        AtLeastOne(value, name);
        if (value >= Array.MaxLength)
            ThrowTooMany(value, name);
    }

    /// <summary>Demands an index of one of <paramref name="count"/> things.</summary>
    public static void Index(int value, int count, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if ((uint)value >= (uint)count)
            ThrowIndex(value, count, name);
    }

    /// <summary>Demands a live object; the framework's own message takes two lines.</summary>
    public static void NotDisposed(bool disposed, string what)
    {
        if (disposed)
            throw new ObjectDisposedException(objectName: null, $"{what}: it has been disposed.");
    }

    [DoesNotReturn]
    private static void ThrowBelowOne(int value, string name) =>
        throw new ArgumentOutOfRangeException(name, $"{name}: got {value}, expected at least 1.");

    [DoesNotReturn]
    private static void ThrowTooMany(int value, string name) =>
        throw new ArgumentOutOfRangeException(name, $"{name}: got {value}, expected at most {Array.MaxLength - 1}, what an array can hold.");

    [DoesNotReturn]
    private static void ThrowIndex(int value, int count, string name) =>
        throw new ArgumentOutOfRangeException(name, $"{name}: got {value}, expected 0 to {count - 1}.");
}
