using VarSparse.Geometry;
using VarSparse.Torch.Hooks.Reports;

namespace VarSparse.Torch.Hooks;

/// <summary>What every point tells a hook: the scale at hand, and a place for notes.</summary>
public abstract class ScaleContext
{
    private protected ScaleContext(ScaleTokens tokens, HookRecord? record)
    {
        Tokens = tokens;
        Record = record;
    }

    /// <summary>The scales of the generation.</summary>
    public ScaleSchedule Schedule => Tokens.Schedule;

    /// <summary>0-based index of the scale at hand.</summary>
    public int Scale => Tokens.Scale;

    /// <summary>The token grid of the scale.</summary>
    public GridSize Grid => Tokens.Grid;

    private protected ScaleTokens Tokens { get; }

    private protected HookRecord? Record { get; }

    /// <summary>Writes what the hook found or decided into the generation's report.</summary>
    /// <param name="text">One line.</param>
    public void Note(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        Record?.Note(Scale, text);
    }

    /// <summary>
    /// Counts a read that waits for the device: a hook calls it wherever it copies a tensor of a GPU to the host, so that the report shows
    /// how often the host waits in a scale.
    /// </summary>
    public void CountHostRead() => Record?.CountHostRead(Scale);
}
