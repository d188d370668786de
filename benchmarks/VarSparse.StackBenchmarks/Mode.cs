using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.StackBenchmarks;

/// <summary>What saves work in a run: nothing, or parts joined with a plus.</summary>
internal sealed class Mode
{
    public const int LastScales = 3;
    private const string Nothing = "dense";
    private const string Attention = "csla";
    private const string Summaries = "far";
    private const string SelfSimilar = "cs4a";
    private const string Tokens = "ld";

    private static readonly string[] s_parts = [Attention, Summaries, SelfSimilar, Tokens];

    private readonly string[] _parts;

    private Mode(string name, string[] parts)
    {
        Name = name;
        _parts = parts;
    }

    public string Name { get; }

    /// <summary>Reads "dense", or some of csla, far, cs4a and ld with a plus between them.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static Mode Parse(string text)
    {
        string[] given = text.Split('+');
        if (text == Nothing)
            return new Mode(text, []);
        return given.Except(s_parts).Any() || given.Distinct().Count() < given.Length
            ? throw new FormatException($"--mode: got '{text}', expected {Nothing}, or some of {string.Join(", ", s_parts)} with a plus between them")
            : new Mode(text, given);
    }

    /// <param name="schedule">The scales.</param>
    /// <param name="kept">Share of the tokens that "ld" keeps at the last scales.</param>
    /// <param name="seed">What the choice of tokens depends on.</param>
    public VarAccelerator Accelerator(ScaleSchedule schedule, double kept, int seed) => new([.. _parts.Select(part => (IVarHook)(part switch
    {
        Attention => new CrossScaleLocalAttention { Scales = ScaleChoice.Last(LastScales) },
        Summaries => new FarFieldAttention { Scales = ScaleChoice.Last(LastScales) },
        SelfSimilar => new ScaleSelfSimilarAttention(),
        _ => new RandomTokens(schedule, LastScales, kept, seed),
    }))]);
}
