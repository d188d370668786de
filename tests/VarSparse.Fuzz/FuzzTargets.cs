namespace VarSparse.Fuzz;

internal static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } = [new SafetensorsTarget(), new PatternTarget(), new ConfigTarget()];

    /// <summary>The valid files that mutations start from.</summary>
    public static IReadOnlyList<string> CorpusOf(IFuzzTarget target) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus", target.Name)).Order(StringComparer.Ordinal)];

    /// <summary>Errors are one line that a user can read.</summary>
    public static string Refused(Exception error) => error.Message.Any(char.IsControl)
        ? throw new FuzzFindingException($"the message of a {error.GetType().Name} is not one clean line: {error.Message}")
        : error.Message;
}
