using System.Globalization;
using Spectre.Console;
using VarSparse.Torch.Diagnostics;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>Where the attention of a generation lies: one row a scale and layer, means over heads.</summary>
internal static class AttentionTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<AttentionMeasurement> measurements)
    {
        Table table = new() { Border = TableBorder.Rounded, Title = new TableTitle("Share of the attention, mean over heads (lowest and highest head)") };
        foreach (string heading in (string[])["scale", "layer"])
            table.AddColumn(heading);
        foreach (AttentionMeasure measure in AttentionMeasure.All)
            table.AddColumn(new TableColumn(measure.Name).RightAligned());
        foreach (IGrouping<(int Scale, int Layer), AttentionMeasurement> group in measurements.GroupBy(found => (found.Scale, found.Layer)))
        {
            IEnumerable<string> cells = AttentionMeasure.All.Select(measure => Range([.. group.Select(measure.Of).OfType<double>()]));
            table.AddRow([new Text(Number(group.Key.Scale)), new Text(Number(group.Key.Layer)), .. cells.Select(cell => new Text(cell))]);
        }

        console.Write(table);
    }

    private static string Range(double[] heads) => heads.Length == 0
        ? ""
        : FormattableString.Invariant($"{heads.Average():F3} ({heads.Min():F2} to {heads.Max():F2})");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
