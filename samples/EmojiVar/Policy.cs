using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>A combination of ways to save work.</summary>
internal sealed class Policy
{
    private const string None = "none";
    private const string Attention = "csla";
    private const string Tokens = "ld";
    private const string Guidance = "cfg";

    // In the order in which they join as hooks, whatever the order on the command line.
    private static readonly string[] s_parts = [Attention, Tokens, Guidance];

    private readonly string[] _parts;

    private Policy(string[] parts) => _parts = parts;

    /// <summary>Saves nothing.</summary>
    public static Policy Dense => new([]);

    /// <summary>Such as "csla+ld", or "none".</summary>
    public string Name => IsDense ? None : string.Join('+', _parts);

    public bool IsDense => _parts.Length == 0;

    /// <summary>Reads "none", or some of csla, ld and cfg with commas between them.</summary>
    public static Policy Parse(string text)
    {
        string[] given = [.. text.Split(',').Select(part => part.Trim())];
        foreach (string part in given)
        {
            if (part != None && !s_parts.Contains(part))
                throw new BadOptionException($"--accelerate: got '{part}', expected none, or some of {string.Join(", ", s_parts)} with commas between them");
        }

        if (given.Contains(None) && given.Length > 1)
            throw new BadOptionException($"--accelerate: got '{text}', but none stands alone");
        return new Policy([.. s_parts.Where(given.Contains)]);
    }

    /// <summary>The hooks that do it.</summary>
    /// <param name="rho">Share of the high-frequency energy that the computed tokens hold.</param>
    /// <param name="delta">Guidance ends once the distance of its branches changes by less, relatively.</param>
    /// <param name="windows">Window of each source scale; null = the library's own.</param>
    public VarAccelerator Accelerator(double rho, double delta, IReadOnlyList<int>? windows) => new([.. _parts.Select(part => (IVarHook)(part switch
    {
        Attention => new CrossScaleLocalAttention(new CrossScaleLocalOptions { Windows = windows }),
        Tokens => new LatentDiscrepancyPruning(rho),
        _ => new GuidanceTermination(delta),
    }))]);

    public override string ToString() => Name;
}
