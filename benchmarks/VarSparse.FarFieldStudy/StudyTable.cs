using Spectre.Console;

namespace VarSparse.FarFieldStudy;

/// <summary>The figures of all variants as a table.</summary>
internal static class StudyTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<VariantFigures> all, IReadOnlyList<Variant> variants)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("variant");
        foreach (string heading in (string[])["median PSNR dB", "worst", "median gain over far", "better", "work"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        table.AddColumn("a kernel also pays");
        foreach (VariantFigures figures in all)
        {
            string alsoPays = variants.FirstOrDefault(variant => variant.Name == figures.Variant)?.AlsoPays ?? "";
            string[] cells =
            [
                figures.Variant, Number($"{figures.MedianPsnr:F2}"), Number($"{figures.WorstPsnr:F2}"), Number($"{figures.MedianGain:+0.00;-0.00;0.00}"),
                Number($"{figures.Better} of {figures.Images}"), Number($"{figures.Work:F3}"), alsoPays,
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }

        console.Write(table);
        PrintSelfCheck(console, all, variants);
    }

    /// <summary>The library's policy and the study's own must draw the same but for rounding, which can flip a sampled token.</summary>
    private static void PrintSelfCheck(IAnsiConsole console, IReadOnlyList<VariantFigures> all, IReadOnlyList<Variant> variants)
    {
        if (variants.FirstOrDefault(variant => variant.IsLibrarys) is not { } own)
            return;
        VariantFigures figures = all.First(one => one.Variant == own.Name);
        console.WriteLine(Number($"self-check: {own.Name} against the library's {StudyImage.Library}: median {figures.MedianPsnrToLibrary:F2} dB, worst {figures.WorstPsnrToLibrary:F2} dB"));
    }

    private static string Number(FormattableString text) => FormattableString.Invariant(text);
}
