using VarSparse.Geometry;
using VarSparse.Torch.Hooks;

namespace VarSparse.StackBenchmarks;

/// <summary>
/// Computes a random share of the tokens of the last scales, always the same ones: as many as latent-discrepancy pruning keeps. What it
/// would select means nothing with random weights; choosing costs nothing here. Left-out tokens have no keys.
/// </summary>
internal sealed class RandomTokens : IVarHook
{
    private readonly int[]?[] _tokens;

    public RandomTokens(ScaleSchedule schedule, int lastScales, double kept, int seed)
    {
        var random = new Random(seed);
        _tokens = [.. Enumerable.Range(0, schedule.Count).Select(scale => scale == 0 || scale < schedule.Count - lastScales ? null : Choose(schedule[scale]))];

        int[] Choose(GridSize grid)
        {
            int[] all = [.. Enumerable.Range(0, grid.TokenCount)];
            random.Shuffle(all);
            return [.. all.Take((int)Math.Clamp(Math.Round(kept * grid.TokenCount), 1, grid.TokenCount)).Order()];
        }
    }

    public string Name => "ld";

    public VarHookRun Begin(GenerationContext generation) => new Run(_tokens);

    private sealed class Run(int[]?[] tokens) : VarHookRun
    {
        public override void SelectTokens(TokenSelectionContext scale)
        {
            if (tokens[scale.Scale] is { } kept)
                scale.Keep(kept);
        }
    }
}
