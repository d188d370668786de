using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>
/// Far-field attention by its definition in float64, with no plan: the blocks of each scale one by one, a mean key and a mean value of each; a
/// query sees each token as it is or through the block that <see cref="SlowFarFieldZones"/> names.
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
        var zones = new SlowFarFieldZones(schedule, queryScale, options);
        List<Tensor> keys = [], values = [];
        List<double> biases = [.. bias];
        List<float[]> visible = [.. tokens.Select(_ => new float[queries.Length])];
        Dictionary<(FarFieldBlock, int Level), int> rowOfBlock = [];
        for (int token = 0; token < tokens.Length; token++)
        {
            for (int query = 0; query < queries.Length; query++)
            {
                int level = zones.LevelSeen(queries[query], tokens[token]);
                visible[level < 0 ? token : Summary(zones.BlockOf(tokens[token], level), level)][query] = 1;
            }
        }

        Tensor logits = matmul(q.to(ScalarType.Float64), cat([k.to(ScalarType.Float64), .. keys], 2).transpose(2, 3)) * scale + tensor(biases.ToArray());
        Tensor seen = tensor(visible.SelectMany(column => column).ToArray()).view(visible.Count, queries.Length).t() == 1;
        return matmul(logits.masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1), cat([v.to(ScalarType.Float64), .. values], 2));

        int Summary(FarFieldBlock block, int level)
        {
            if (rowOfBlock.TryGetValue((block, level), out int known))
                return known;
            int[] members = [.. SlowFarFieldZones.Cells(schedule, block).Select(cell => Array.IndexOf(tokens, cell)).Where(row => row >= 0)];
            using Tensor rows = tensor(Array.ConvertAll(members, row => (long)row));
            keys.Add(k.index_select(2, rows).to(ScalarType.Float64).mean([2], keepdim: true));
            values.Add(v.index_select(2, rows).to(ScalarType.Float64).mean([2], keepdim: true));
            biases.Add(Math.Log(members.Sum(row => Math.Exp(bias[row]))));
            visible.Add(new float[queries.Length]);
            return rowOfBlock[(block, level)] = visible.Count - 1;
        }
    }
}
