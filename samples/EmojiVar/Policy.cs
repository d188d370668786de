using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>A combination of ways to save work.</summary>
internal sealed class Policy
{
    private const string None = "none";

    // In the order in which they join as hooks, whatever the order on the command line.
    private static readonly Part[] s_parts =
    [
        new("csla", IsAttention: true, (settings, _) => [LocalAttention.Create("csla", settings)]),
        new("far", IsAttention: true, (settings, _) => [LocalAttention.WithSummaries(settings)]),
        new("cs4a", IsAttention: true, (_, _) => [new ScaleSelfSimilarAttention()]),
        new("sparvar", IsAttention: true, (_, layers) => SparVar.Paper(layers)),
        new("ld", IsAttention: false, (settings, _) => [new LatentDiscrepancyPruning(settings.Rho) { PrunedKeys = settings.PrunedKeys }]),
        new("cfg", IsAttention: false, (settings, _) => [new GuidanceTermination(settings.Delta)]),
    ];

    private readonly Part[] _parts;

    private Policy(Part[] parts) => _parts = parts;

    /// <summary>Saves nothing.</summary>
    public static Policy Dense => new([]);

    /// <summary>Such as "csla+ld", or "none".</summary>
    public string Name => IsDense ? None : string.Join('+', _parts.Select(part => part.Name));

    public bool IsDense => _parts.Length == 0;

    /// <summary>Reads "none", or some of the parts with commas between them; at most one of those that compute attention.</summary>
    public static Policy Parse(string text)
    {
        string[] given = [.. text.Split(',').Select(part => part.Trim())];
        foreach (string part in given)
        {
            if (part != None && !s_parts.Any(known => known.Name == part))
                throw new BadOptionException($"--accelerate: got '{part}', expected none, or some of {string.Join(", ", s_parts.Select(known => known.Name))} with commas between them");
        }

        if (given.Contains(None) && given.Length > 1)
            throw new BadOptionException($"--accelerate: got '{text}', but none stands alone");
        Part[] parts = [.. s_parts.Where(part => given.Contains(part.Name))];
        if (parts.Count(part => part.IsAttention) > 1)
            throw new BadOptionException($"--accelerate: got '{text}', expected only one of {string.Join(", ", s_parts.Where(part => part.IsAttention).Select(part => part.Name))}");
        return new Policy(parts);
    }

    /// <summary>The hooks that do it.</summary>
    /// <param name="settings">The parts' own settings.</param>
    /// <param name="layers">Layers of the model.</param>
    public VarAccelerator Accelerator(Settings settings, int layers) => new([.. _parts.SelectMany(part => part.Hooks(settings, layers))]);

    public override string ToString() => Name;

    /// <param name="Name">As on the command line.</param>
    /// <param name="IsAttention">True if it computes attention: only one can.</param>
    /// <param name="Hooks">Makes its hooks for a model of that many layers.</param>
    private sealed record Part(string Name, bool IsAttention, Func<Settings, int, IVarHook[]> Hooks);
}
