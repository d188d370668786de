namespace VarSparse.Core.Tests;

/// <summary>The rule for bad input: one line that names the argument, what came and what was expected.</summary>
internal static class BadInput
{
    /// <summary>Demands an <see cref="ArgumentException"/> whose one-line message starts with a name and holds the given pieces.</summary>
    public static void Rejected(string name, Action action, params string[] pieces)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(action);
        Assert.StartsWith(name + ": ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        foreach (string piece in pieces)
            Assert.Contains(piece, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.ParamName);
    }
}
