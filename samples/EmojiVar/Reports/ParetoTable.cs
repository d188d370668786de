using System.Globalization;
using System.Text;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>A Markdown table of the policies, cheapest attention first; those that no other beats in work and likeness are bold.</summary>
internal static class ParetoTable
{
    /// <param name="medians">One entry for each policy.</param>
    /// <param name="worst">The worst images of the same policies.</param>
    public static string Text(IReadOnlyList<ImageFigures> medians, IReadOnlyDictionary<string, ImageFigures> worst)
    {
        StringBuilder text = new();
        text.AppendLine("| policy | attention work | time, share of dense | PSNR, dB | worst | SSIM |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- |");
        double best = double.NegativeInfinity;
        foreach (ImageFigures policy in medians.OrderBy(policy => policy.AttentionWork))
        {
            string mark = policy.Psnr > best ? "**" : "";
            best = Math.Max(best, policy.Psnr);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {mark}{policy.Policy}{mark} | {policy.AttentionWork:F3} | {1 / policy.Speedup:F2} | {policy.Psnr:F2} | {worst[policy.Policy].Psnr:F2} | {policy.Ssim:F3} |");
        }

        return text.ToString();
    }
}
