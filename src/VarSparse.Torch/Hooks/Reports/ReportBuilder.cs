namespace VarSparse.Torch.Hooks.Reports;

/// <summary>Collects a generation's report as it runs.</summary>
internal sealed class ReportBuilder(GenerationContext generation, IEnumerable<HookRecord> records)
{
    private readonly HookRecord[] _records = [.. records];
    private readonly List<(ScaleTokens Tokens, bool Guided, AttentionLog Attention)> _scales = [];
    private HookPoints _reached;

    /// <summary>Remembers that the model called a point.</summary>
    public void Reach(HookPoints point) => _reached |= point;

    public AttentionLog Begin(ScaleTokens tokens, bool guided)
    {
        var attention = new AttentionLog(generation.Heads);
        _scales.Add((tokens, guided, attention));
        return attention;
    }

    public VarReport Build() => new(
        generation,
        [.. _scales.Select(scale => Report(scale.Tokens, scale.Guided, scale.Attention))],
        [.. _records.Select(record => new HookReport(record.Name, record.Fired, [.. record.Decisions], record.Points & ~_reached))]);

    private ScaleReport Report(ScaleTokens tokens, bool guided, AttentionLog attention) =>
        new(tokens.Scale, tokens.Grid, tokens.Queries, guided, attention.Counts, attention.DensePairs)
        {
            HostReads = _records.Sum(record => record.HostReads(tokens.Scale)),
        };
}
