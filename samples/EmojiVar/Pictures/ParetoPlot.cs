using System.Globalization;
using SkiaSharp;
using VarSparse.Samples.Drawing;
using VarSparse.Samples.EmojiVar.Reports;

namespace VarSparse.Samples.EmojiVar.Pictures;

/// <summary>Likeness to the dense image over what was paid for it, a point a policy: once over attention work, once over time.</summary>
internal static class ParetoPlot
{
    private const int PanelWidth = 700, PanelHeight = 620, Margin = 72, Heading = 90, KeyWidth = 800, KeyLine = 24;
    private const float Dot = 6;

    private static readonly SKColor[] s_colors =
        [SKColor.Parse("#56d4ff"), SKColor.Parse("#ffb454"), SKColor.Parse("#8fe388"), SKColor.Parse("#e2574c"), SKColor.Parse("#c792ea"), SKColor.Parse("#e8edf6")];

    /// <param name="title">Above the picture.</param>
    /// <param name="policies">One entry for each policy; what equals the dense image is left out.</param>
    public static SKBitmap Draw(string title, IReadOnlyList<ImageFigures> policies)
    {
        ImageFigures[] points = [.. policies.Where(policy => policy.Psnr < ImageQuality.Equal).OrderBy(policy => policy.AttentionWork)];
        string[] families = [.. points.Select(Family).Distinct().Order(StringComparer.Ordinal)];
        SKColor ColorOf(ImageFigures point) => s_colors[Array.IndexOf(families, Family(point)) % s_colors.Length];
        int height = Heading + Math.Max(PanelHeight + Margin, points.Length * KeyLine + Margin);
        SKBitmap bitmap = new(3 * Margin + 2 * PanelWidth + KeyWidth, height);
        using SKCanvas canvas = new(bitmap);
        using Lettering letters = new();
        canvas.Clear(Palette.Background);
        letters.Write(canvas, title, Margin, 44, 24, Palette.Text, bold: true);
        DrawPanel(canvas, letters, points, ColorOf, Margin, "attention work, share of dense (log)", point => point.AttentionWork);
        DrawPanel(canvas, letters, points, ColorOf, 2 * Margin + PanelWidth, "time of an image, share of dense (log)", point => 1 / point.Speedup);
        for (int i = 0; i < points.Length; i++)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{i + 1}  {points[i].Policy}: {points[i].Psnr:F1} dB at {points[i].AttentionWork:F3}");
            letters.Write(canvas, text, 2 * PanelWidth + Margin * 5 / 2, Heading + 16 + i * KeyLine, 16, ColorOf(points[i]));
        }

        return bitmap;
    }

    private static string Family(ImageFigures point) => string.Join('+', point.Policy.Split('+').Select(part => part.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));

    private static void DrawPanel(
        SKCanvas canvas, Lettering letters, ImageFigures[] points, Func<ImageFigures, SKColor> colorOf, float left, string caption, Func<ImageFigures, double> cost)
    {
        if (points.Length == 0)
            return;
        double least = Math.Log2(points.Min(cost)) - 0.1, most = Math.Log2(points.Max(cost)) + 0.1;
        double low = Math.Floor(points.Min(point => point.Psnr)), high = Math.Ceiling(points.Max(point => point.Psnr));
        float X(double value) => left + (float)((Math.Log2(value) - least) / (most - least)) * PanelWidth;
        float Y(double decibels) => Heading + PanelHeight - (float)((decibels - low) / Math.Max(1, high - low)) * PanelHeight;

        using SKPaint line = new() { Color = Palette.Line, Style = SKPaintStyle.Stroke, StrokeWidth = 1, IsAntialias = true };
        for (double decibels = low; decibels <= high; decibels++)
        {
            canvas.DrawLine(left, Y(decibels), left + PanelWidth, Y(decibels), line);
            letters.Write(canvas, $"{decibels:F0} dB", left - 8, Y(decibels) + 5, 14, Palette.QuietText, SKTextAlign.Right);
        }

        foreach (double share in (double[])[0.0625, 0.125, 0.25, 0.5, 1, 2, 4])
        {
            if (Math.Log2(share) < least || Math.Log2(share) > most)
                continue;
            canvas.DrawLine(X(share), Heading, X(share), Heading + PanelHeight, line);
            letters.Write(canvas, share.ToString(CultureInfo.InvariantCulture), X(share), Heading + PanelHeight + 20, 14, Palette.QuietText, SKTextAlign.Center);
        }

        letters.Write(canvas, caption, left + PanelWidth / 2, Heading + PanelHeight + 46, 16, Palette.Text, SKTextAlign.Center);
        DrawFront(canvas, points, cost, X, Y);
        for (int i = 0; i < points.Length; i++)
        {
            using SKPaint dot = new() { Color = colorOf(points[i]), IsAntialias = true };
            (float x, float y) = (X(cost(points[i])), Y(points[i].Psnr));
            canvas.DrawCircle(x, y, Dot, dot);
            letters.Write(canvas, $"{i + 1}", x + Dot + 2, y - 4, 13, colorOf(points[i]));
        }
    }

    /// <summary>The steps of the policies that no other beats in both.</summary>
    private static void DrawFront(SKCanvas canvas, ImageFigures[] points, Func<ImageFigures, double> cost, Func<double, float> x, Func<double, float> y)
    {
        using SKPaint paint = new() { Color = Palette.QuietText, Style = SKPaintStyle.Stroke, StrokeWidth = 2, IsAntialias = true };
        using SKPath front = new();
        double best = double.NegativeInfinity;
        foreach (ImageFigures point in points.OrderBy(cost).Where(point => point.Psnr > best).ToList())
        {
            if (point.Psnr <= best)
                continue;
            (float to, float up) = (x(cost(point)), y(point.Psnr));
            if (double.IsNegativeInfinity(best))
            {
                front.MoveTo(to, up);
            }
            else
            {
                front.LineTo(to, y(best));
                front.LineTo(to, up);
            }

            best = point.Psnr;
        }

        canvas.DrawPath(front, paint);
    }
}
