using System.Globalization;
using Spectre.Console;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>The figures of all images as a table, and the medians of each policy.</summary>
internal static class FigureTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<ImageFigures> images)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string heading in (string[])["label", "seed", "policy"])
            table.AddColumn(heading);
        foreach (string heading in (string[])["seconds", "dense", "speed-up", "PSNR dB", "SSIM", "attention work", "tokens", "uncond. scales dropped", "waits", "dense against --reference, dB"])
            table.AddColumn(new TableColumn(heading).RightAligned());

        foreach (ImageFigures image in images)
            AddRow(table, image, image.Label, image.Seed.ToString(CultureInfo.InvariantCulture));
        foreach (IGrouping<string, ImageFigures> policy in images.GroupBy(image => image.Policy).Where(group => group.Count() > 1))
        {
            table.AddEmptyRow();
            AddRow(table, Medians(policy), $"median of {policy.Count()}", "");
            AddRow(table, Worst(policy), "worst", "");
        }

        console.Write(table);
    }

    internal static ImageFigures Medians(IEnumerable<ImageFigures> images) => Merged(images, (values, _) => Median(values));

    internal static ImageFigures Worst(IEnumerable<ImageFigures> images) =>
        Merged(images, (values, moreIsBetter) => moreIsBetter ? values.Min() : values.Max());

    private static ImageFigures Merged(IEnumerable<ImageFigures> images, Func<IEnumerable<double>, bool, double> merge)
    {
        ImageFigures[] all = [.. images];
        double Of(Func<ImageFigures, double> figure, bool moreIsBetter) => merge(all.Select(figure), moreIsBetter);
        return all[0] with
        {
            Seconds = Of(image => image.Seconds, false),
            DenseSeconds = Of(image => image.DenseSeconds, false),
            Speedup = Of(image => image.Speedup, true),
            Psnr = Of(image => image.Psnr, true),
            Ssim = Of(image => image.Ssim, true),
            AttentionWork = Of(image => image.AttentionWork, false),
            TokensComputed = (int)Of(image => image.TokensComputed, false),
            ReferencePsnr = all.All(image => image.ReferencePsnr is not null) ? Of(image => image.ReferencePsnr!.Value, true) : null,
            HostReads = (int)Of(image => image.HostReads, false),
            MostHostReads = (int)Of(image => image.MostHostReads, false),
            UnconditionalScalesDropped = (int)Of(image => image.UnconditionalScalesDropped, true),
        };
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void AddRow(Table table, ImageFigures image, string label, string seed)
    {
        string Number(FormattableString text) => FormattableString.Invariant(text);
        string[] cells =
        [
            label, seed, image.Policy, Number($"{image.Seconds:F3}"), Number($"{image.DenseSeconds:F3}"), Number($"{image.Speedup:F2}x"),
            Number($"{image.Psnr:F2}"), Number($"{image.Ssim:F4}"), Number($"{image.AttentionWork:F3}"), Number($"{image.TokensComputed} of {image.TokensTotal}"),
            Number($"{image.UnconditionalScalesDropped}"), Number($"{image.HostReads}"),
            image.ReferencePsnr is { } decibels ? Number($"{decibels:F2}") : "",
        ];
        table.AddRow([.. cells.Select(cell => new Text(cell))]);
    }
}
