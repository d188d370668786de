using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>
/// Far-field attention by its definition in float64, with no plan: the blocks of each scale one by one, a mean key and a mean value of each; a
/// query sees the tokens of a block that its window touches, and the means of the others.
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
        List<Tensor> keys = [], values = [];
        List<double> biases = [.. bias];
        List<float[]> visible = [.. tokens.Select(_ => new float[queries.Length])];
        for (int source = 0; source <= queryScale; source++)
        {
            foreach (int[] block in Blocks(schedule, source, source < options.SinkScales ? int.MaxValue : options.BlockSides![source]))
            {
                int[] members = [.. block.Select(token => Array.IndexOf(tokens, token)).Where(row => row >= 0)];
                if (members.Length == 0)
                    continue;
                using Tensor rows = tensor(Array.ConvertAll(members, row => (long)row));
                keys.Add(k.index_select(2, rows).to(ScalarType.Float64).mean([2], keepdim: true));
                values.Add(v.index_select(2, rows).to(ScalarType.Float64).mean([2], keepdim: true));
                biases.Add(Math.Log(members.Sum(row => Math.Exp(bias[row]))));
                visible.Add(new float[queries.Length]);
                for (int query = 0; query < queries.Length; query++)
                {
                    bool isNear = source < options.SinkScales || block.Any(token => windows[queries[query], token]);
                    foreach (float[] column in isNear ? members.Select(row => visible[row]) : [visible[^1]])
                        column[query] = 1;
                }
            }
        }

        Tensor logits = matmul(q.to(ScalarType.Float64), cat([k.to(ScalarType.Float64), .. keys], 2).transpose(2, 3)) * scale + tensor(biases.ToArray());
        Tensor seen = tensor(visible.SelectMany(column => column).ToArray()).view(visible.Count, queries.Length).t() == 1;
        return matmul(logits.masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1), cat([v.to(ScalarType.Float64), .. values], 2));
    }

    private static IEnumerable<int[]> Blocks(ScaleSchedule schedule, int scale, int side) =>
        Enumerable.Range(schedule.TokenOffset(scale), schedule[scale].TokenCount)
            .GroupBy(token => (schedule.Position(token).Row / side, schedule.Position(token).Column / side))
            .Select(block => block.ToArray());
}
