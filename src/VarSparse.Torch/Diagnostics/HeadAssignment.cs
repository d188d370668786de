using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Diagnostics;

/// <summary>Gives each head of each layer the cheapest pattern that keeps enough of its attention in sight, by what <see cref="AttentionDiagnostics"/> found.</summary>
public static class HeadAssignment
{
    /// <summary>
    /// The first of several patterns, cheapest first, whose recall reaches a share at every measurement of a head: at its worst scale and
    /// image, not in the mean.
    /// </summary>
    /// <param name="share">Wanted share of the attention, above 0 and at most 1.</param>
    /// <param name="recalls">
    /// For each pattern, cheapest first, what was measured of it: <see cref="AttentionMeasurement.PatternRecall"/> for a pattern,
    /// <see cref="AttentionMeasurement.PickedRecall"/> for picked keys. A head that was not measured with a pattern does not get it.
    /// </param>
    /// <returns>
    /// The heads of each pattern, in the same order; no head is in two. Heads for which none suffices are in none: a policy without a choice
    /// of heads, last in the accelerator, takes them, and dense attention if there is none.
    /// </returns>
    /// <exception cref="ArgumentException">The share or a recall is out of range, or there is no pattern.</exception>
    public static HeadChoice[] Cheapest(double share, params ReadOnlySpan<IEnumerable<(int Layer, int Head, double Recall)>> recalls)
    {
        DecisionScale.CheckShare(share, nameof(share));
        if (recalls.IsEmpty)
            throw new ArgumentException("recalls: got none, expected measurements of at least one pattern.", nameof(recalls));
        var choices = new HeadChoice[recalls.Length];
        HashSet<(int Layer, int Head)> assigned = [];
        for (int pattern = 0; pattern < choices.Length; pattern++)
        {
            HashSet<(int Layer, int Head)> heads = Sufficing(share, recalls[pattern]);
            heads.ExceptWith(assigned);
            assigned.UnionWith(heads);
            choices[pattern] = (layer, head) => heads.Contains((layer, head));
        }

        return choices;
    }

    private static HashSet<(int Layer, int Head)> Sufficing(double share, IEnumerable<(int Layer, int Head, double Recall)> recalls)
    {
        ArgumentNullException.ThrowIfNull(recalls);
        HashSet<(int Layer, int Head)> measured = [], failed = [];
        foreach ((int layer, int head, double recall) in recalls)
        {
            // The sum of many shares is rounded.
            if (!(recall is >= 0 and <= 1 + 1e-3))
                throw new ArgumentException(FormattableString.Invariant($"recalls: got {recall} for layer {layer}, head {head}, expected 0 to 1."), nameof(recalls));
            measured.Add((layer, head));
            if (recall < share)
                failed.Add((layer, head));
        }

        measured.ExceptWith(failed);
        return measured;
    }
}
