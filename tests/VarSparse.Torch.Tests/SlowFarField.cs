using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>
/// Far-field attention by its definition in float64, with no plan: for every query, the blocks of each scale one by one; those that its window
/// touches give their tokens, the others one mean key and one mean value.
/// </summary>
internal static class SlowFarField
{
    /// <param name="q">[B, H, Lq, D].</param>
    /// <param name="k">[B, H, Lk, D].</param>
    /// <param name="v">[B, H, Lk, D].</param>
    /// <param name="schedule">The scales.</param>
    /// <param name="queryScale">The scale of the queries.</param>
    /// <param name="options">With windows and sides.</param>
    /// <param name="queries">The tokens of the scale that are queries.</param>
    /// <param name="tokens">The tokens of the schedule that are keys.</param>
    /// <param name="bias">One number a key.</param>
    /// <param name="scale">Factor on dot products.</param>
    public static Tensor Attend(
        Tensor q, Tensor k, Tensor v, ScaleSchedule schedule, int queryScale, FarFieldOptions options, int[] queries, int[] tokens, IReadOnlyList<float> bias, double scale)
    {
        bool[,] windows = SlowCrossScaleLocal.Mask(schedule, queryScale, options.Windows!, sinkScales: 0);
        if (!options.ExactMask)
            windows = SlowCrossScaleLocal.WholeTiles(windows, schedule[queryScale], options.Tile.Height, options.Tile.Width);
        Tensor keys = k.to(ScalarType.Float64), values = v.to(ScalarType.Float64);
        var outputs = new Tensor[queries.Length];
        for (int query = 0; query < queries.Length; query++)
        {
            List<Tensor> seenKeys = [], seenValues = [];
            List<double> biases = [];
            for (int source = 0; source <= queryScale; source++)
            {
                foreach (int[] block in Blocks(schedule, source, source < options.SinkScales ? int.MaxValue : options.BlockSides![source]))
                {
                    long[] rows = [.. block.Select(token => (long)Array.IndexOf(tokens, token)).Where(row => row >= 0)];
                    if (rows.Length == 0)
                        continue;
                    Tensor blockKeys = keys.index_select(2, tensor(rows)), blockValues = values.index_select(2, tensor(rows));
                    bool isNear = source < options.SinkScales || block.Any(token => windows[queries[query], token]);
                    seenKeys.Add(isNear ? blockKeys : blockKeys.mean([2], keepdim: true));
                    seenValues.Add(isNear ? blockValues : blockValues.mean([2], keepdim: true));
                    biases.AddRange(isNear ? rows.Select(row => (double)bias[(int)row]) : [Math.Log(rows.Sum(row => Math.Exp(bias[(int)row])))]);
                }
            }

            Tensor logits = matmul(q.narrow(2, query, 1).to(ScalarType.Float64), cat(seenKeys, 2).transpose(2, 3)) * scale + tensor(biases.ToArray());
            outputs[query] = matmul(logits.softmax(-1), cat(seenValues, 2));
        }

        return cat(outputs, 2);
    }

    private static IEnumerable<int[]> Blocks(ScaleSchedule schedule, int scale, int side) =>
        Enumerable.Range(schedule.TokenOffset(scale), schedule[scale].TokenCount)
            .GroupBy(token => (schedule.Position(token).Row / side, schedule.Position(token).Column / side))
            .Select(block => block.ToArray());
}
