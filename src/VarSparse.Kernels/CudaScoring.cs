using VarSparse.Geometry;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Scoring;

namespace VarSparse.Kernels;

/// <summary>
/// What a generation step decides by, and the summaries it makes, all on the device. Reached by <see cref="CudaAttention.Scoring"/>.
/// Thread-safe; nothing here waits for the device.
/// </summary>
public sealed class CudaScoring
{
    /// <summary>Bytes of scratch memory an image for <see cref="GuidanceDistance"/>.</summary>
    public const int GuidanceScratchBytes = DiscrepancyKernels.Groups * sizeof(float);

    /// <summary>The most levels of blocks of a call of <see cref="PoolBlocks"/>.</summary>
    public const int MostPoolLevels = PoolBlocksKernel.MostLevels;

    private readonly DeviceKernels _kernels;

    internal CudaScoring(DeviceKernels kernels) => _kernels = kernels;

    /// <summary>
    /// Starts averaging the keys and the values of one scale over square blocks of its grid, for far-field summaries: mean key, mean
    /// value, and as bias the logarithm of how many tokens the block has. Blocks at the right and bottom edges may be smaller; one
    /// without tokens gets zeros and a bias of minus infinity. Each further level has blocks of twice the side; tokens are read once for all.
    /// </summary>
    /// <param name="k">Keys of the scale, [B, H, tokens, D].</param>
    /// <param name="v">Values of the scale, [B, H, tokens, D].</param>
    /// <param name="grid">The scale's grid.</param>
    /// <param name="side">Rows and columns of a block of the first level.</param>
    /// <param name="meanK">
    /// Where to write mean keys, [B, H, blocks, D]: ceil(h / side) x ceil(w / side) blocks, row by row, and behind them those of further levels.
    /// </param>
    /// <param name="meanV">Where to write mean values, [B, H, blocks, D].</param>
    /// <param name="logCounts">Device address of float32 [blocks] for the biases, or 0.</param>
    /// <param name="element">Element type of all four; sums are float32.</param>
    /// <param name="places">
    /// Device address of int32 [cells of the grid]: which token of k and v stands at a cell, -1 for none, as
    /// <see cref="CudaSelection.KeepCoverage"/> writes it; or 0 if k and v hold all cells, row by row.
    /// </param>
    /// <param name="levels">Levels of blocks, 1 to <see cref="MostPoolLevels"/>.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">Sizes do not fit; the message names the argument.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void PoolBlocks(
        in CudaTensor k,
        in CudaTensor v,
        GridSize grid,
        int side,
        in CudaTensor meanK,
        in CudaTensor meanV,
        ulong logCounts,
        AttentionElement element,
        ulong places = 0,
        int levels = 1,
        nint stream = 0) =>
        _kernels.Start(ScoringLaunches.Pool(k, v, places, grid, side, levels, meanK, meanV, logCounts, element), stream);

    /// <summary>
    /// Starts computing where the next scale has detail to add: per channel the squares of a 2 x 2 Haar transform of the residual, averaged
    /// over 3 x 3 and interpolated to the next grid (LD-Pruning, arXiv 2606.00310). Sizes, borders and float64 arithmetic are those that
    /// the CPU has.
    /// </summary>
    /// <param name="residual">Device address of the residuals, [images, C, h, w] contiguous.</param>
    /// <param name="element">Their element type.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels (C).</param>
    /// <param name="grid">The residual's grid, (h, w).</param>
    /// <param name="target">The next scale's grid, (H, W).</param>
    /// <param name="energy">Device address of float32 [images, H, W] for the result.</param>
    /// <param name="scratch">Device address of float64 [images, ceil(h / 2), ceil(w / 2)]; calls that run at the same time need one each.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">A size is below 1.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void HighFrequencyEnergy(
        ulong residual, AttentionElement element, int images, int channels, GridSize grid, GridSize target, ulong energy, ulong scratch, nint stream = 0)
    {
        var launches = ScoringLaunches.Energy(residual, element, images, channels, grid, target, energy, scratch);
        _kernels.Start(launches.OfBlocks, stream);
        _kernels.Start(launches.AtTarget, stream);
    }

    /// <summary>
    /// Starts computing the distance of the two branches of guidance, D = ||conditional - unconditional||_2 / sqrt(tokens), for each image
    /// (LD-Pruning, arXiv 2606.00310, termination of guidance). Sums are float32, the same in every run and on every device.
    /// </summary>
    /// <param name="conditional">Device address of the logits of the conditional branch, [images, tokens, vocabulary] contiguous.</param>
    /// <param name="unconditional">Device address of those of the unconditional branch.</param>
    /// <param name="element">Element type of both.</param>
    /// <param name="images">Images.</param>
    /// <param name="tokens">Tokens of an image.</param>
    /// <param name="vocabulary">Logits of a token.</param>
    /// <param name="distances">Device address of float32 [images] for the result.</param>
    /// <param name="scratch">Device address of <see cref="GuidanceScratchBytes"/> for each image; calls that run at the same time need one each.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">A size is below 1.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void GuidanceDistance(
        ulong conditional, ulong unconditional, AttentionElement element, int images, int tokens, int vocabulary, ulong distances, ulong scratch, nint stream = 0)
    {
        var launches = ScoringLaunches.Discrepancy(conditional, unconditional, element, images, tokens, vocabulary, distances, scratch);
        _kernels.Start(launches.SumGroups, stream);
        _kernels.Start(launches.Finish, stream);
    }
}
