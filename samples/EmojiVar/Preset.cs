namespace VarSparse.Samples.EmojiVar;

/// <summary>A named mix of options. Those that are given beside it win.</summary>
internal static class Preset
{
    private static readonly Dictionary<string, (string Option, string Value)[]> s_all = new()
    {
        ["fast"] = [("--accelerate", "csla,ld,cfg")],
        ["gentle"] = [("--accelerate", "csla,cfg"), ("--scales", "2"), ("--sinks", "8"), ("--delta", "0.3")],
    };

    public static string[] Names { get; } = [.. s_all.Keys];

    /// <summary>The preset's options as arguments, without those that were given.</summary>
    public static IEnumerable<string> Arguments(string name, Predicate<string> isGiven) =>
        s_all[name].Where(part => !isGiven(part.Option)).SelectMany(part => (string[])[part.Option, part.Value]);
}
