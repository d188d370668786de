using VarSparse.Geometry;

namespace VarSparse.Torch.Hooks;

/// <summary>What is known of a generation before its first scale.</summary>
public sealed class GenerationContext
{
    internal GenerationContext(ScaleSchedule schedule, int layers, int heads, bool guided)
    {
        Schedule = schedule;
        Layers = layers;
        Heads = heads;
        Guided = guided;
    }

    /// <summary>The scales in the order they are drawn.</summary>
    public ScaleSchedule Schedule { get; }

    /// <summary>Layers with attention, numbered from 0.</summary>
    public int Layers { get; }

    /// <summary>Attention heads of a layer (H).</summary>
    public int Heads { get; }

    /// <summary>
    /// True if an unconditional branch runs for classifier-free guidance: batches are then [2B, ...], conditional first.
    /// </summary>
    public bool Guided { get; }

    /// <summary>Rows that the cache shall have in front of the tokens: the most that any hook asked for.</summary>
    internal int RowsBefore { get; private set; }

    /// <summary>
    /// Asks for room in front of the tokens in the generation's own key-value cache, for keys that are no tokens. See
    /// <see cref="AttentionContext.WithRowsBefore"/>. Called while generations begin.
    /// </summary>
    /// <param name="rows">The most rows that the hook will need at once, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public void ReserveRowsBefore(int rows) => RowsBefore = rows >= 0
        ? Math.Max(RowsBefore, rows)
        : throw new ArgumentOutOfRangeException(nameof(rows), $"rows: got {rows}, expected at least 0.");
}
