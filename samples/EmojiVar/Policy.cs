using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>A combination of ways to save work.</summary>
internal sealed class Policy
{
    private const string None = "none";

    // ld and cfg join as hooks in this order, behind what computes attention, whatever the order on the command line.
    private static readonly Kind[] s_kinds =
    [
        new("csla", IsAttention: true, ["windows", "scales", "sinks", "tile", "mask", "layers", "heads"], (settings, _) => [AttentionPolicies.Local("csla", settings)]),
        new("far", IsAttention: true, ["windows", "blocks", "coarser-beyond", "residual-cache", "scales", "sinks", "tile", "mask", "layers", "heads"], (settings, _) => [AttentionPolicies.WithSummaries(settings)]),
        new("cs4a", IsAttention: true, ["share", "coverage", "alignment", "residual-cache", "sinks", "tile", "run", "margin", "layers", "heads"], (settings, _) => [AttentionPolicies.SelfSimilar(settings)]),
        new("sparvar", IsAttention: true, ["mix"], (settings, layers) => settings.PaperMix ? SparVar.Paper(layers) : SparVar.Default(layers)),
        new("ld", IsAttention: false, ["rho", "pruned-keys"], (settings, _) => [new LatentDiscrepancyPruning(settings.Rho) { PrunedKeys = settings.PrunedKeys }]),
        new("cfg", IsAttention: false, ["delta"], (settings, _) => [new GuidanceTermination(settings.Delta)]),
    ];

    private readonly Part[] _parts;

    private Policy(Part[] parts) => _parts = parts;

    /// <summary>Saves nothing.</summary>
    public static Policy Dense => new([]);

    /// <summary>Such as "csla+ld", "far blocks=2", or "none".</summary>
    public string Name => IsDense ? None : string.Join('+', _parts.Select(part => part.Text));

    /// <summary>How each part works.</summary>
    public IEnumerable<PolicySettings> Settings => _parts.Select(part => part.Settings);

    public bool IsDense => _parts.Length == 0;

    /// <summary>
    /// Reads "none", or some of the parts with commas between them, each with options of its own behind it: "far blocks=2 mask=tile,cfg".
    /// Of several parts that compute attention, one behind the other computes what those before it leave.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="settings">What a part is to do that has these options of its own, names and values.</param>
    public static Policy Parse(string text, Func<IReadOnlyList<(string Name, string Value)>, PolicySettings> settings)
    {
        string[] given = [.. text.Split(',').Select(part => part.Trim())];
        if (given.Contains(None))
            return given.Length == 1 ? Dense : throw new BadOptionException($"--accelerate: got '{text}', but none stands alone");
        Part[] parts = [.. given.Select(part => ParsePart(part, settings)).OrderBy(part => part.Kind.IsAttention ? 0 : Array.IndexOf(s_kinds, part.Kind))];
        Part[] attention = [.. parts.Where(part => part.Kind.IsAttention)];
        if (attention.SkipLast(1).Any(part => !part.IsRestricted))
            throw new BadOptionException($"--accelerate: got '{text}', expected only one of {Names(kind => kind.IsAttention)}, or layers, heads or scales of its own for all but the last, such as 'cs4a layers=0-2, csla'");
        if (parts.Where(part => !part.Kind.IsAttention).GroupBy(part => part.Kind).Any(kind => kind.Count() > 1))
            throw new BadOptionException($"--accelerate: got '{text}', expected ld and cfg once");
        return new Policy(parts);
    }

    /// <summary>The hooks that do it.</summary>
    /// <param name="layers">Layers of the model.</param>
    public VarAccelerator Accelerator(int layers) => new([.. _parts.SelectMany(part => part.Kind.Hooks(part.Settings, layers))]);

    public override string ToString() => Name;

    private static Part ParsePart(string text, Func<IReadOnlyList<(string Name, string Value)>, PolicySettings> settings)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = words.FirstOrDefault("");
        Kind kind = s_kinds.FirstOrDefault(known => known.Name == name)
            ?? throw new BadOptionException($"--accelerate: got '{name}', expected none, or some of {Names(_ => true)} with commas between them");
        List<(string Name, string Value)> own = [];
        foreach (string word in words.Skip(1))
        {
            string[] option = word.Split('=', 2);
            if (option.Length != 2 || !kind.Options.Contains(option[0]))
                throw new BadOptionException($"--accelerate: got '{word}' behind {name}, expected one of {string.Join(", ", kind.Options)} with = and its value");
            own.Add((option[0], option[1]));
        }

        return new Part(kind, string.Join(' ', words), settings(own), own.Any(option => option.Name is "layers" or "heads" or "scales"));
    }

    private static string Names(Func<Kind, bool> which) => string.Join(", ", s_kinds.Where(which).Select(kind => kind.Name));

    /// <param name="Name">As on the command line.</param>
    /// <param name="IsAttention">True if it computes attention.</param>
    /// <param name="Options">The options that concern it.</param>
    /// <param name="Hooks">Makes its hooks for a model of that many layers.</param>
    private sealed record Kind(string Name, bool IsAttention, string[] Options, Func<PolicySettings, int, IVarHook[]> Hooks);

    /// <param name="Kind">What it is.</param>
    /// <param name="Text">As on the command line.</param>
    /// <param name="Settings">How it works.</param>
    /// <param name="IsRestricted">True if it has layers or scales of its own, and leaves something to the next part.</param>
    private sealed record Part(Kind Kind, string Text, PolicySettings Settings, bool IsRestricted);
}
