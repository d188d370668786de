using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Hooks;

/// <summary>A guided generation of one image that is attention alone, over the same random queries, keys and values whatever the hooks.</summary>
internal sealed class AttentionRun(ScaleSchedule schedule, int layers, int heads, int seed)
{
    private const int Dimension = 8;

    public int Layers => layers;

    public int Heads => heads;

    public ScalarType DType { get; init; } = ScalarType.Float32;

    /// <summary>True if tensors lie in memory as [B, n, H, D].</summary>
    public bool TokensFirst { get; init; }

    /// <summary>What each call gave: scale by scale, layer by layer.</summary>
    public Tensor[] Outputs(IVarHook[] hooks, bool ownCache, out VarReport report)
    {
        manual_seed(seed);
        using VarGeneration generation = new VarAccelerator(hooks).Begin(schedule, layers, heads, guided: true);
        List<Tensor> outputs = [];
        List<Tensor>[] keys = [.. Enumerable.Range(0, layers).Select(_ => new List<Tensor>())], values = [.. keys.Select(_ => new List<Tensor>())];
        for (int scale = 0; scale < schedule.Count; scale++)
        {
            ScaleStep step = generation.BeginScale(scale);
            int rows = step.Guided ? 2 : 1;
            for (int layer = 0; layer < layers; layer++)
            {
                (Tensor q, Tensor k, Tensor v) = (Random(step), Random(step), Random(step));
                keys[layer].Add(k);
                values[layer].Add(v);
                outputs.Add(ownCache
                    ? generation.AttendCached(layer, q, k, v, 0.6)
                    : generation.Attend(layer, q, cat(keys[layer].ConvertAll(FirstRows), 2), cat(values[layer].ConvertAll(FirstRows), 2), 0.6));
            }

            Tensor logits = ones(1, step.TokenCount, 4);
            generation.Logits(logits, step.Guided ? logits : null);

            Tensor FirstRows(Tensor all) => all.narrow(0, 0, rows);
        }

        report = generation.Report;
        return [.. outputs];
    }

    /// <summary>The tokens of the step out of numbers for all of them and both branches.</summary>
    private Tensor Random(ScaleStep step)
    {
        Tensor all = (randn(2, step.Grid.TokenCount, heads, Dimension) * 1.5).to(DType);
        Tensor tokens = step.Gather(all).narrow(0, 0, step.Guided ? 2 : 1).transpose(1, 2);
        return TokensFirst ? tokens : tokens.contiguous();
    }
}
