using System.Globalization;
using System.Xml.Linq;
using VarSparse.Benchmarks.Reporting;

namespace VarSparse.Samples.Tests.Benchmarks;

public sealed class SvgPlotTests
{
    private static readonly Func<double, string> Number = value => value.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_point_is_inside_the_frame_and_higher_values_are_higher(bool logarithmic)
    {
        Curve curve = new("a & b", [(0.013, 0.7), (0.2, 3), (1, 48)]);
        XElement svg = XElement.Parse(SvgPlot.Draw(new Plot("<times>", new("x", Number, true), new("y", Number, logarithmic), [curve], Line: 1)));

        (double X, double Y)[] frame = [.. Lines(svg)];
        (double X, double Y)[] points = [.. Elements(svg, "circle").Where(circle => (string?)circle.Attribute("r") == "4")
            .Select(circle => ((double)circle.Attribute("cx")!, (double)circle.Attribute("cy")!))];
        Assert.Equal(3, points.Length);
        Assert.All(points, point => Assert.InRange(point.X, frame.Min(end => end.X), frame.Max(end => end.X)));
        Assert.All(points, point => Assert.InRange(point.Y, frame.Min(end => end.Y), frame.Max(end => end.Y)));
        Assert.True(points[0].X < points[1].X && points[1].X < points[2].X);
        Assert.True(points[0].Y > points[1].Y && points[1].Y > points[2].Y);
        Assert.Contains("a & b", Elements(svg, "text").Select(text => text.Value));
        Assert.Contains("<times>", Elements(svg, "text").Select(text => text.Value));
    }

    [Theory]
    [InlineData(true, 0.019, 1.0, "0.01", "1")]
    [InlineData(true, 1.2, 28, "1", "50")]
    [InlineData(true, 5, 5, "5", "10")]
    [InlineData(false, 0, 0.83, "0", "1")]
    [InlineData(false, 0, 140, "0", "150")]
    public void Ticks_enclose_the_values(bool logarithmic, double least, double most, string first, string last)
    {
        var scale = new AxisScale([least, most], logarithmic);

        Assert.Equal((first, last), (Rounded(scale.Ticks[0]), Rounded(scale.Ticks[^1])));
        Assert.InRange(scale.Ticks.Count, 2, 9);
        Assert.Equal((0, 1), (scale.Place(scale.Ticks[0]), scale.Place(scale.Ticks[^1])));
    }

    private static string Rounded(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static IEnumerable<XElement> Elements(XElement svg, string name) => svg.Descendants(svg.Name.Namespace + name);

    /// <summary>Where the lines of the grid start: M x yV or M x yH.</summary>
    private static IEnumerable<(double X, double Y)> Lines(XElement svg) => Elements(svg, "path").SelectMany(path =>
    {
        string[] numbers = ((string)path.Attribute("d")!)[1..].Split(' ', 'V', 'H');
        double x = double.Parse(numbers[0], CultureInfo.InvariantCulture), y = double.Parse(numbers[1], CultureInfo.InvariantCulture), end = double.Parse(numbers[2], CultureInfo.InvariantCulture);
        return ((string)path.Attribute("d")!).Contains('V', StringComparison.Ordinal) ? new[] { (x, y), (x, end) } : [(x, y), (end, y)];
    });
}
