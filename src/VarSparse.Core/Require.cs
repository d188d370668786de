using System.Runtime.CompilerServices;

namespace VarSparse;

/// <summary>The checks that many public members share, with one-line messages: argument, what came, what was expected.</summary>
internal static class Require
{
    public static void AtLeastOne(int value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, $"{name}: got {value}, expected at least 1.");
    }

    /// <summary>Demands an index of one of <paramref name="count"/> things.</summary>
    public static void Index(int value, int count, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if ((uint)value >= (uint)count)
            throw new ArgumentOutOfRangeException(name, $"{name}: got {value}, expected 0 to {count - 1}.");
    }
}
