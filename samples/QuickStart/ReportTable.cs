using Spectre.Console;
using VarSparse.Patterns;

namespace VarSparse.Samples.QuickStart;

/// <summary>The figures as a table on the console.</summary>
internal static class ReportTable
{
    public static void Print(Report report, AttentionLayer layer, SparsePattern pattern, string picture)
    {
        Table table = new() { Border = TableBorder.Rounded, Title = new TableTitle("One attention layer of a trained VAR model") };
        table.AddColumn("").AddColumn(new TableColumn("").RightAligned());
        table.HideHeaders();
        void Row(string name, string value, string style = "default") => table.AddRow(new Text(name), new Text(value, Style.Parse(style)));

        Row("device", report.Device);
        Row("queries", Shape(layer.Queries.shape));
        Row("keys, values", Shape(layer.Keys.shape));
        Row("density", $"{report.Density:P2} ({pattern.KeptPairs:N0} of {(long)pattern.QueryCount * pattern.KeyCount:N0} pairs)");
        table.AddEmptyRow();
        Row("dense (TorchSharp)", $"{report.DenseMilliseconds:N2} ms");
        Row("sparse (VarSparse)", $"{report.SparseMilliseconds:N2} ms");
        Row("speed-up", $"{report.Speedup:N1}x", "bold green");
        Row("building the pattern", $"{report.PatternMilliseconds:N2} ms");
        table.AddEmptyRow();
        Row("relative error", $"{report.RelativeError:N4}");
        Row("cosine similarity", $"{report.CosineSimilarity:N4}");
        AnsiConsole.Write(table);

        AnsiConsole.WriteLine("Times are medians. Error and similarity compare the sparse output with the");
        AnsiConsole.WriteLine("dense one. This small model attends broadly, so narrow windows lose much.");
        AnsiConsole.WriteLine($"The pattern is drawn in {picture}");
    }

    private static string Shape(long[] shape) => $"[{string.Join(", ", shape)}] float32";
}
