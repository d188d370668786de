using SkiaSharp;
using VarSparse.Samples.EmojiVar.Pictures;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>What several runs found together, from the files that they wrote.</summary>
internal static class Summary
{
    /// <summary>Writes pareto.md and pareto.png.</summary>
    /// <param name="files">JSON files of runs; their images are put together.</param>
    /// <param name="costFiles">Runs whose times and attention work count in place of those; empty for the same runs.</param>
    /// <param name="folder">Where the two go.</param>
    /// <returns>The table.</returns>
    /// <exception cref="BadOptionException">A file is not one of figures, or a policy has no cost.</exception>
    public static string Write(IReadOnlyList<string> files, IReadOnlyList<string> costFiles, string folder)
    {
        ILookup<string, ImageFigures> images = files.SelectMany(ImageFigures.ReadJson).Where(image => image.Policy != "none").ToLookup(image => image.Policy);
        ILookup<string, ImageFigures> costs = costFiles.Count == 0 ? images : costFiles.SelectMany(ImageFigures.ReadJson).ToLookup(image => image.Policy);
        ImageFigures[] medians = [.. images.Select(policy => WithCost(FigureTable.Medians(policy), costs))];
        string table = ParetoTable.Text(medians, images.ToDictionary(policy => policy.Key, FigureTable.Worst));
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "pareto.md"), table);
        int labels = images.First().Select(image => image.Label).Distinct().Count();
        using SKBitmap plot = ParetoPlot.Draw($"Likeness to the dense image over its cost: medians of {images.First().Count()} images, {labels} labels", medians);
        PngFile.Save(plot, Path.Combine(folder, "pareto.png"));
        return table;
    }

    private static ImageFigures WithCost(ImageFigures policy, ILookup<string, ImageFigures> costs)
    {
        if (!costs.Contains(policy.Policy))
            throw new BadOptionException($"--cost-from: no file has the policy '{policy.Policy}'");
        ImageFigures cost = FigureTable.Medians(costs[policy.Policy]);
        return policy with { Speedup = cost.Speedup, AttentionWork = cost.AttentionWork };
    }
}
