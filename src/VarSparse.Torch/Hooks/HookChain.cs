using VarSparse.Torch.Hooks.Reports;

namespace VarSparse.Torch.Hooks;

/// <summary>The runs of one generation with their records, and their attention steps joined into one.</summary>
internal sealed class HookChain : IDisposable
{
    private readonly List<(VarHookRun Run, HookRecord Record)> _runs = [];
    private readonly DenseAttention _dense = new();

    public HookChain(IEnumerable<IVarHook> hooks, GenerationContext generation)
    {
        try
        {
            foreach (IVarHook hook in hooks)
            {
                VarHookRun run = hook.Begin(generation) ?? throw new InvalidOperationException($"{hook.Name}: Begin returned null, expected a run.");
                _runs.Add((run, new HookRecord(hook.Name, PointsOf(run))));
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        AttentionStep step = attention => _dense.Run(attention.For(null));
        for (int i = _runs.Count - 1; i >= 0; i--)
        {
            if (_runs[i].Record.Points.HasFlag(HookPoints.Attention))
                step = Outside(_runs[i].Run, _runs[i].Record, step);
        }

        Attend = step;
    }

    /// <summary>The outermost attention step.</summary>
    public AttentionStep Attend { get; }

    public IEnumerable<HookRecord> Records => _runs.Select(run => run.Record);

    /// <summary>The runs that act at a point, in order.</summary>
    public IEnumerable<(VarHookRun Run, HookRecord Record)> At(HookPoints point) => _runs.Where(run => run.Record.Points.HasFlag(point));

    public void Dispose()
    {
        foreach ((VarHookRun run, _) in _runs)
            run.Dispose();
        _dense.Dispose();
    }

    private static AttentionStep Outside(VarHookRun run, HookRecord record, AttentionStep next) => attention =>
        AttentionOutput.Checked(run.Attend(attention.For(record), next), attention.Query, record.Name);

    /// <summary>The points that a run overrides: a delegate to an overridden method was declared elsewhere.</summary>
    private static HookPoints PointsOf(VarHookRun run)
    {
        Delegate[] points = [run.SelectTokens, run.Attend, run.ObserveLogits, run.ObserveResidual];
        var overridden = HookPoints.None;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i].Method.DeclaringType != typeof(VarHookRun))
                overridden |= (HookPoints)(1 << i);
        }

        return overridden;
    }
}
