using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

/// <summary>Cross-scale self-similar attention with the residual cache, step by step on full float64 matrices.</summary>
internal static class SlowSelfSimilar
{
    /// <param name="schedule">The scales.</param>
    /// <param name="decision">The decision scale.</param>
    /// <param name="options">Alignment, sinks and 2-D tiles; no band.</param>
    /// <param name="fraction">Share of the keys that are picked.</param>
    /// <param name="coverage">Or the share of attention that they hold.</param>
    /// <param name="cache">Whether the residual is added.</param>
    /// <param name="q">Queries of all scales, [B, H, L, D].</param>
    /// <param name="k">Keys of all scales.</param>
    /// <param name="v">Values of all scales.</param>
    /// <returns>The output of each scale.</returns>
    public static Tensor[] Run(ScaleSchedule schedule, int decision, KeyMapOptions options, double fraction, double? coverage, bool cache, Tensor q, Tensor k, Tensor v)
    {
        (q, k, v) = (q.to(ScalarType.Float64), k.to(ScalarType.Float64), v.to(ScalarType.Float64));
        var outputs = new Tensor[schedule.Count];
        Tensor? picked = null, residual = null;
        for (int scale = 0; scale < outputs.Length; scale++)
        {
            GridSize grid = schedule[scale];
            Tensor scores = matmul(q.narrow(2, schedule.TokenOffset(scale), grid.TokenCount), k.narrow(2, 0, schedule.TokensThrough(scale)).transpose(2, 3)) / Math.Sqrt(q.size(3));
            Tensor values = v.narrow(2, 0, schedule.TokensThrough(scale));
            Tensor dense = matmul(nn.functional.softmax(scores, -1), values);
            if (scale == decision)
            {
                picked = Pick(nn.functional.softmax(scores, -1), grid, options.Tile, fraction, coverage);
                Tensor sparse = matmul(nn.functional.softmax(scores.masked_fill(picked.logical_not(), double.NegativeInfinity), -1), values);
                residual = SlowResidual.MapOf(dense - sparse, [.. Enumerable.Range(0, grid.TokenCount)], grid);
            }

            if (scale <= decision)
            {
                outputs[scale] = dense;
                continue;
            }

            Tensor visible = Mapped(picked!, schedule, decision, scale, options);
            outputs[scale] = matmul(nn.functional.softmax(scores.masked_fill(visible.logical_not(), double.NegativeInfinity), -1), values);
            if (cache)
                outputs[scale] += SlowResidual.At(residual!, grid, (int)q.size(1));
        }

        return outputs;
    }

    /// <summary>Which keys each query sees at the decision scale, [B, H, Lq, Lk].</summary>
    private static Tensor Pick(Tensor probabilities, GridSize grid, TileShape shape, double fraction, double? coverage)
    {
        Tensor picked = zeros_like(probabilities, dtype: ScalarType.Bool);
        for (long matrix = 0; matrix < probabilities.size(0) * probabilities.size(1); matrix++)
        {
            (long batch, long head) = Math.DivRem(matrix, probabilities.size(1));
            foreach (long[] tile in Tiles(grid, shape))
            {
                double[] sums = probabilities[batch, head].index_select(0, tensor(tile)).sum([0]).data<double>().ToArray();
                int[] order = [.. Enumerable.Range(0, sums.Length).OrderByDescending(key => sums[key])];
                int count = (int)Math.Max(1, Math.Round(fraction * sums.Length));
                for (double share = 0; coverage is { } wanted && share < wanted * sums.Sum(); share = order.Take(count).Sum(key => sums[key]))
                    count = share == 0 ? 1 : count + 1;
                foreach (long query in tile)
                {
                    foreach (int key in order.Take(count))
                        picked[batch, head, query, key] = true;
                }
            }
        }

        return picked;
    }

    private static Tensor Mapped(Tensor picked, ScaleSchedule schedule, int decision, int scale, KeyMapOptions options)
    {
        GridSize grid = schedule[scale], from = schedule[decision];
        Tensor visible = zeros([picked.size(0), picked.size(1), grid.TokenCount, schedule.TokensThrough(scale)], dtype: ScalarType.Bool);
        visible.narrow(3, 0, schedule.TokensThrough(options.SinkScales - 1)).fill_(true);
        for (int query = 0; query < grid.TokenCount; query++)
        {
            int row = Nearest(query / grid.Width / options.Tile.Height, grid.Height, from.Height, options.Tile.Height);
            int column = Nearest(query % grid.Width / options.Tile.Width, grid.Width, from.Width, options.Tile.Width);

            // All queries of a tile see the same keys, so its first one stands for it.
            int source = row * options.Tile.Height * from.Width + column * options.Tile.Width;
            for (int key = 0; key < picked.size(3); key++)
            {
                (int keyScale, int u, int w) = schedule.Position(key);
                int target = options.Alignment == KeyAlignment.Identity ? keyScale : scale - (decision - keyScale);
                GridSize old = schedule[keyScale], now = schedule[target];
                int moved = schedule.TokenOffset(target) + u * now.Height / old.Height * now.Width + w * now.Width / old.Width;
                visible.select(2, query).select(2, moved).logical_or_(picked.select(2, source).select(2, key));
            }
        }

        return visible;
    }

    private static int Nearest(int group, int extent, int decisionExtent, int size)
    {
        decimal groups = Math.Ceiling((decimal)extent / size), decisionGroups = Math.Ceiling((decimal)decisionExtent / size);
        return Math.Clamp((int)Math.Round(((2 * group + 1) * decisionGroups - groups) / (2 * groups), MidpointRounding.ToEven), 0, (int)decisionGroups - 1);
    }

    private static IEnumerable<long[]> Tiles(GridSize grid, TileShape shape) =>
        Enumerable.Range(0, grid.TokenCount)
            .GroupBy(token => (token / grid.Width / shape.Height, token % grid.Width / shape.Width))
            .Select(group => group.Select(token => (long)token).ToArray());
}
