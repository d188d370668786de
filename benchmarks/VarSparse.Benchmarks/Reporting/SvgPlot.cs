using System.Globalization;
using System.Net;
using System.Text;

namespace VarSparse.Benchmarks.Reporting;

/// <summary>A plot as SVG, with a background of its own, so that it reads on light and dark pages.</summary>
internal sealed class SvgPlot
{
    private const int Width = 860, Height = 460;
    private const int Left = 80, Top = 56, Right = 620, Bottom = 390;

    private static readonly string[] Colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444"];

    private readonly Plot _plot;
    private readonly AxisScale _x;
    private readonly AxisScale _y;
    private readonly StringBuilder _text = new();

    private SvgPlot(Plot plot)
    {
        _plot = plot;
        IEnumerable<(double X, double Y)> points = plot.Curves.SelectMany(curve => curve.Points);
        _x = new AxisScale(points.Select(point => point.X), plot.X.IsLogarithmic);
        _y = new AxisScale([.. points.Select(point => point.Y), .. plot.Line is { } line ? [line] : Array.Empty<double>()], plot.Y.IsLogarithmic);
    }

    public static string Draw(Plot plot) => new SvgPlot(plot).Draw();

    private string Draw()
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">");
        Add($"<title>{Escaped(_plot.Title)}</title>");
        Add($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#ffffff\"/>");
        Text(Left, 30, "start", _plot.Title, "font-size=\"17\" font-weight=\"600\"");
        DrawAxes();
        if (_plot.Line is { } line)
            Add($"<path d=\"M{Left} {Y(line):F1}H{Right}\" stroke=\"#222222\" stroke-dasharray=\"6 4\"/>");
        for (int i = 0; i < _plot.Curves.Count; i++)
            DrawCurve(_plot.Curves[i], Colors[i % Colors.Length], Top + 14 + 24 * i);
        Add($"</svg>");
        return _text.ToString();
    }

    private void DrawAxes()
    {
        foreach (double tick in _x.Ticks)
        {
            Add($"<path d=\"M{X(tick):F1} {Top}V{Bottom}\" stroke=\"#e3e6ea\"/>");
            Text(X(tick), Bottom + 20, "middle", _plot.X.Format(tick));
        }

        foreach (double tick in _y.Ticks)
        {
            Add($"<path d=\"M{Left} {Y(tick):F1}H{Right}\" stroke=\"#e3e6ea\"/>");
            Text(Left - 8, Y(tick) + 4, "end", _plot.Y.Format(tick));
        }

        Text((Left + Right) / 2.0, Bottom + 48, "middle", _plot.X.Label);
        double middle = (Top + Bottom) / 2.0;
        Text(20, middle, "middle", _plot.Y.Label, FormattableString.Invariant($"transform=\"rotate(-90 20 {middle:F1})\""));
    }

    private void DrawCurve(Curve curve, string color, int legend)
    {
        (double X, double Y)[] points = [.. curve.Points.OrderBy(point => point.X).Select(point => (X(point.X), Y(point.Y)))];
        string path = string.Join(' ', points.Select(point => FormattableString.Invariant($"{point.X:F1},{point.Y:F1}")));
        Add($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>");
        foreach ((double x, double y) in points)
            Add($"<circle cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"4\" fill=\"{color}\"/>");
        Add($"<circle cx=\"{Right + 24}\" cy=\"{legend - 4}\" r=\"5\" fill=\"{color}\"/>");
        Text(Right + 38, legend, "start", curve.Name);
    }

    private double X(double value) => Left + _x.Place(value) * (Right - Left);

    private double Y(double value) => Bottom - _y.Place(value) * (Bottom - Top);

    private void Text(double x, double y, string anchor, string text, string more = "") =>
        Add($"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\" fill=\"#222222\" {more}>{Escaped(text)}</text>");

    private void Add(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
