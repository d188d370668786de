using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>One layer's attention in groups of heads that lie side by side, each computed by one of two steps.</summary>
internal static class HeadSplit
{
    public static Tensor Run(AttentionContext attention, string hook, HeadChoice heads, AttentionStep chosen, AttentionStep others)
    {
        List<(int First, int Count, AttentionStep Step)> groups = Groups(attention, heads, chosen, others);
        if (groups.Count == 1)
            return groups[0].Step(attention);

        // In the query's memory order, so that the model's next reshape copies no more than it does without a split.
        Tensor output = empty_like(attention.Query);
        try
        {
            foreach ((int first, int count, AttentionStep step) in groups)
            {
                using Tensor q = attention.Query.narrow(1, first, count);
                using Tensor k = attention.Key.narrow(1, first, count);
                using Tensor v = attention.Value.narrow(1, first, count);
                using Tensor part = AttentionOutput.Checked(step(attention.OfHeads(attention.FirstHead + first, q, k, v)), q, hook);
                using Tensor place = output.narrow(1, first, count);
                place.copy_(part);
            }

            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    private static List<(int First, int Count, AttentionStep Step)> Groups(
        AttentionContext attention, HeadChoice heads, AttentionStep chosen, AttentionStep others)
    {
        List<(int First, int Count, AttentionStep Step)> groups = [];
        bool? before = null;
        for (int head = 0; head < attention.Query.size(1); head++)
        {
            bool isChosen = heads(attention.Layer, attention.FirstHead + head);
            if (isChosen == before)
                groups[^1] = groups[^1] with { Count = groups[^1].Count + 1 };
            else
                groups.Add((head, 1, isChosen ? chosen : others));
            before = isChosen;
        }

        return groups;
    }
}
