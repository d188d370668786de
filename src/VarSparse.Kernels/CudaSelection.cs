using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Selection;
using VarSparse.Patterns;

namespace VarSparse.Kernels;

/// <summary>
/// Picks the keys of later scales by the attention they get at a decision scale (SparVAR, arXiv 2602.04361, cross-scale self-similar
/// attention), all on the device: sums of probabilities, the heaviest keys, and the pattern that they make at a later scale. Reached by
/// <see cref="CudaAttention.Selection"/>. Thread-safe; nothing here waits for the device.
/// </summary>
public sealed class CudaSelection
{
    private readonly CudaDevice _device;
    private readonly DeviceKernels _kernels;

    internal CudaSelection(CudaDevice device, DeviceKernels kernels) => (_device, _kernels) = (device, kernels);

    /// <summary>
    /// Starts summing the probabilities exp(scale q . k - log-sum-exp) of dense attention over the queries of each tile, by key. The
    /// matrix of probabilities is never stored; sums are float32, the same in every run.
    /// </summary>
    /// <param name="q">Queries, [B, H, Lq, D].</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="logSumExp">Device address of float32 [B, H, Lq]: natural log-sum-exp, as <see cref="CudaAttention.Run"/> leaves it.</param>
    /// <param name="grid">The grid of the queries; for runs of consecutive queries one row of them all.</param>
    /// <param name="tile">Queries that are summed over together; for runs, one row of so many.</param>
    /// <param name="sums">Device address of float32 [B, H, tiles, Lk] for the result; all of it is written.</param>
    /// <param name="element">Element type of q and k.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void ColumnSums(
        in CudaTensor q,
        in CudaTensor k,
        ulong logSumExp,
        GridSize grid,
        TileShape tile,
        ulong sums,
        AttentionElement element,
        double? scale = null,
        nint stream = 0)
    {
        AttentionChecks.Check(q.Layout, k.Layout, k.Layout, new PatternSizes(grid.TokenCount, k.Layout.Tokens, HeadCount: 1, BatchCount: 1));
        ColumnSumParameters parameters = Kernels.Selection.ColumnSums.Parameters(
            q, k, logSumExp, TileGrid.Of(grid, tile), sums, AttentionChecks.Scale(scale, q.Layout.HeadDimension));
        bool ampere = _device.Properties.ComputeCapability >= new ComputeCapability(8, 0)
            && Kernels.Selection.ColumnSums.SuitsAmpere(parameters, element);
        _kernels.Start(
            ampere
                ? Kernels.Selection.ColumnSums.Ampere(parameters, element, q.Layout.Batch)
                : Kernels.Selection.ColumnSums.Portable(parameters, element, q.Layout.Batch),
            stream);
    }

    /// <summary>Starts picking a number of keys of each row, the heaviest; of equal ones the lowest.</summary>
    /// <param name="masses">Device address of float32 [rows, keys], at least 0, such as <see cref="ColumnSums"/> leaves.</param>
    /// <param name="rows">Rows: batch entries x heads x tiles.</param>
    /// <param name="keyCount">Keys of a row, 1 to 2^21.</param>
    /// <param name="keep">How many to keep, 1 to the lists' capacity.</param>
    /// <param name="lists">Where to write the keys, ascending, and their number.</param>
    /// <param name="places">Device address of int32 [rows, keys] for the place of each key in its list, -1 if it is not kept; or 0.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void KeepHeaviest(ulong masses, int rows, int keyCount, int keep, in CudaKeyLists lists, ulong places = 0, nint stream = 0) =>
        _kernels.Start(TopKeys.ByCount(masses, rows, keyCount, keep, lists, places), stream);

    /// <summary>
    /// Starts picking the fewest keys of each row whose masses sum to at least a share of the row's; of equal ones the lowest. A row
    /// whose mass is zero or not finite keeps all. Where they are more than the lists' capacity, the heaviest that fit. With energies of
    /// tokens (<see cref="CudaScoring.HighFrequencyEnergy"/>) this is the choice of tokens to refine (LD-Pruning, arXiv 2606.00310).
    /// </summary>
    /// <remarks>Sums are exact on masses that are cut to 2^-31 of the power of two at the row's largest one.</remarks>
    /// <param name="masses">Device address of float32 [rows, keys], at least 0, such as <see cref="ColumnSums"/> leaves.</param>
    /// <param name="rows">Rows: batch entries x heads x tiles.</param>
    /// <param name="keyCount">Keys of a row, 1 to 2^21.</param>
    /// <param name="coverage">The share, more than 0 and at most 1.</param>
    /// <param name="lists">Where to write the keys, ascending, and their number.</param>
    /// <param name="places">Device address of int32 [rows, keys] for the place of each key in its list, -1 if it is not kept; or 0.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void KeepCoverage(ulong masses, int rows, int keyCount, double coverage, in CudaKeyLists lists, ulong places = 0, nint stream = 0) =>
        _kernels.Start(TopKeys.ByCoverage(masses, rows, keyCount, coverage, lists, places), stream);

    /// <summary>Prepares the pattern of a scale whose lists come from a decision scale. Make it once and run it for every layer.</summary>
    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="decisionScale">0-based scale of the queries that lists are made for.</param>
    /// <param name="queryScale">0-based scale of the queries that the pattern is for; its keys are all tokens up to and including that scale.</param>
    /// <param name="batch">Batch entries, each with lists of its own.</param>
    /// <param name="heads">Heads, each with lists of its own.</param>
    /// <param name="capacity">The largest <see cref="CudaKeyLists.Capacity"/> of lists to come.</param>
    /// <param name="options">Alignment, sinks, local band and tiles, or null for the defaults.</param>
    /// <param name="stream">The stream that makes it; run it on that stream, or after it. 0 is the default stream, torch's.</param>
    /// <returns>The map and its pattern, to be disposed.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="CudaException">The driver refused.</exception>
    public CudaKeyMap CreateMap(
        ScaleSchedule schedule,
        int decisionScale,
        int queryScale,
        int batch,
        int heads,
        int capacity,
        KeyMapOptions? options = null,
        nint stream = 0) =>
        KeyMapPlan.Create(schedule, decisionScale, queryScale, options ?? new KeyMapOptions(), capacity, batch, heads).Build(_device, _kernels, stream);
}
