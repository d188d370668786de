namespace VarSparse.Torch.Hooks.Reports;

/// <summary>What one hook did in one generation, as it happens.</summary>
internal sealed class HookRecord(string name, HookPoints points)
{
    private readonly List<HookDecision> _decisions = [];
    private readonly List<int> _hostReads = [];

    public string Name => name;

    /// <summary>The points at which the hook acts.</summary>
    public HookPoints Points => points;

    /// <summary>True once the hook changed anything.</summary>
    public bool Fired { get; private set; }

    public IReadOnlyList<HookDecision> Decisions => _decisions;

    public void Fire() => Fired = true;

    public void CountHostRead(int scale) => _hostReads.Add(scale);

    public int HostReads(int scale) => _hostReads.Count(read => read == scale);

    public void Decide(int scale, string what)
    {
        Fired = true;
        Note(scale, what);
    }

    public void Note(int scale, string what) => _decisions.Add(new HookDecision(scale, what));
}
