using System.Globalization;
using SkiaSharp;
using VarSparse.Samples.Drawing;
using VarSparse.Samples.EmojiVar.Reports;
using VarSparse.Torch.Diagnostics;

namespace VarSparse.Samples.EmojiVar.Pictures;

/// <summary>A heat map for each measure and scale: a row a layer, a column a head, brighter where more of the attention lies.</summary>
internal static class AttentionHeatMaps
{
    private const int Cell = 40;
    private const int Margin = 48;
    private const int Heading = 76;
    private const int Caption = 64;
    private const double ReadableOnDark = 0.55;

    public static SKBitmap Draw(string title, IReadOnlyList<AttentionMeasurement> measurements)
    {
        int[] scales = [.. measurements.Select(found => found.Scale).Distinct()];
        int layers = measurements.Max(found => found.Layer) + 1, heads = measurements.Max(found => found.Head) + 1;
        (int width, int height) = (heads * Cell, layers * Cell);
        SKBitmap bitmap = new(Margin + AttentionMeasure.All.Count * (width + Margin), Heading + scales.Length * (height + Caption) + Margin / 2);
        using SKCanvas canvas = new(bitmap);
        using Lettering letters = new();
        canvas.Clear(Palette.Background);
        letters.Write(canvas, title, Margin, 36, 24, Palette.Text, bold: true);
        letters.Write(canvas, "rows: layers, columns: heads; numbers are hundredths (of the attention, of similarity); - where there is none", Margin, 62, 16, Palette.QuietText);
        for (int row = 0; row < scales.Length; row++)
        {
            for (int column = 0; column < AttentionMeasure.All.Count; column++)
            {
                AttentionMeasure measure = AttentionMeasure.All[column];
                float left = Margin + column * (width + Margin), top = Heading + Caption / 2 + row * (height + Caption);
                letters.Write(canvas, $"scale {scales[row]}: {measure.Name}", left, top - 8, 16, Palette.Text);
                foreach (AttentionMeasurement found in measurements.Where(found => found.Scale == scales[row]))
                    DrawCell(canvas, letters, measure.Of(found), left + found.Head * Cell, top + found.Layer * Cell);
            }
        }

        return bitmap;
    }

    private static void DrawCell(SKCanvas canvas, Lettering letters, double? share, float left, float top)
    {
        double place = share is { } known && double.IsFinite(known) ? Math.Clamp(known, 0, 1) : 0;
        using SKPaint paint = new() { Color = Palette.AtPlace(place) };
        canvas.DrawRect(left, top, Cell - 2, Cell - 2, paint);
        string text = share is { } number && double.IsFinite(number) ? Math.Round(100 * number).ToString(CultureInfo.InvariantCulture) : "-";
        SKColor color = place > ReadableOnDark ? Palette.Background : Palette.Text;
        letters.Write(canvas, text, left + Cell / 2 - 1, top + Cell / 2 + 5, 14, color, SKTextAlign.Center);
    }
}
