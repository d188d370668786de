using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Ready attention policies: mixes of <see cref="ScaleSelfSimilarAttention"/> and <see cref="CrossScaleLocalAttention"/> (SparVAR, arXiv
/// 2602.04361), and what kept pictures better.
/// </summary>
public static class SparVar
{
    /// <summary>
    /// The paper's setting: the first 11 of 32 layers attend to what 0.2 of the keys of the third-last scale (10 of Infinity's 13), picked by
    /// runs of 192 queries, become at later scales by relative alignment, with the residual cache; the others use local windows at the last
    /// three scales.
    /// </summary>
    /// <param name="layers">Layers of the model, at least 1; the share of the first kind is rounded.</param>
    /// <returns>Two hooks for a <see cref="VarAccelerator"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static IVarHook[] Paper(int layers)
    {
        Require.AtLeastOne(layers);
        return Mix(
            FirstLayers(layers),
            new KeyMapOptions { RunLength = 192 },
            countMultiple: 112);
    }

    /// <summary>
    /// What kept the picture best for its work on the model that this library is measured on: far-field summaries at the last two scales, in
    /// all layers, around the windows of <see cref="CrossScaleLocalAttention"/>, with the residual of the scale before, and dense attention up to
    /// there. It is not the paper's method.
    /// </summary>
    /// <param name="layers">Layers of the model, at least 1.</param>
    /// <returns>One hook for a <see cref="VarAccelerator"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static IVarHook[] Default(int layers)
    {
        Require.AtLeastOne(layers);
        return [new FarFieldAttention(new FarFieldOptions { LastWindows = [.. CrossScaleLocal.DefaultTail] }) { Scales = ScaleChoice.Last(2), ResidualCache = true }];
    }

    /// <summary>
    /// The paper's mix by head, on 2-D tiles of 8 x 16 queries: chosen heads attend to what their picked keys become, the others use local
    /// windows. Choose them by hand or by <see cref="Diagnostics.HeadAssignment"/>.
    /// </summary>
    /// <param name="selfSimilar">Which heads of which layers attend to picked keys.</param>
    /// <returns>Two hooks for a <see cref="VarAccelerator"/>.</returns>
    public static IVarHook[] ByHead(HeadChoice selfSimilar)
    {
        ArgumentNullException.ThrowIfNull(selfSimilar);
        return Mix(selfSimilar, new KeyMapOptions(), countMultiple: 1);
    }

    private static HeadChoice FirstLayers(int layers)
    {
        int selfSimilarLayers = (int)Math.Round(layers * 11 / 32.0);
        return (layer, _) => layer < selfSimilarLayers;
    }

    private static IVarHook[] Mix(HeadChoice selfSimilar, KeyMapOptions options, int countMultiple) =>
    [
        new ScaleSelfSimilarAttention(options) { CountMultiple = countMultiple, Heads = selfSimilar },
        new CrossScaleLocalAttention { Heads = (layer, head) => !selfSimilar(layer, head) },
    ];
}
