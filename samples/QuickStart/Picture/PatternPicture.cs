using SkiaSharp;

namespace VarSparse.Samples.QuickStart.Picture;

/// <summary>A picture of a cross-scale local pattern that explains itself: all pairs on the left, one query on the right.</summary>
internal static class PatternPicture
{
    private const int Width = 2000;
    private const int Height = 1060;
    private const float Margin = 48;

    /// <summary>Draws the pattern and writes it as a PNG.</summary>
    public static void Save(PatternView view, string path)
    {
        using SKBitmap bitmap = new(Width, Height);
        using SKCanvas canvas = new(bitmap);
        using Lettering letters = new();
        canvas.Clear(Palette.Background);

        DrawTitle(canvas, letters, view);
        new MatrixPanel(view, letters, SKRect.Create(150, 300, 1030, 640)).Draw(canvas);
        new QueryPanel(view, letters, SKRect.Create(1240, 262, 712, 678)).Draw(canvas);

        using FileStream file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
    }

    private static void DrawTitle(SKCanvas canvas, Lettering letters, PatternView view)
    {
        (_, int row, int column) = view.ExampleQuery;
        int query = view.Query(view.ExampleQuery);
        long pairs = (long)view.Pattern.QueryCount * view.Pattern.KeyCount;
        letters.Write(canvas, $"Cross-scale local attention at the {view.QueryGrid.Height}×{view.QueryGrid.Width} scale", Margin, 76, 44, Palette.Text, bold: true);
        letters.Write(
            canvas, $"{view.Pattern.KeptPairs:N0} of {pairs:N0} query-key pairs are needed: {view.Pattern.Density:P2}", Margin, 118, 26, Palette.Seen);
        letters.Write(
            canvas, $"{view.Pattern.QueryCount:N0} queries × {view.Pattern.KeyCount:N0} keys", 150, 178, 28, Palette.Text, bold: true);
        using SKPaint dot = new() { Color = Palette.Query, IsAntialias = true };
        canvas.DrawCircle(1247, 168, 6, dot);
        letters.Write(
            canvas, $"The query in row {row}, column {column} sees {view.KeysSeenBy(query):N0} keys", 1264, 178, 28, Palette.Text, bold: true);
        letters.Write(
            canvas, "Each square is the whole image at one scale.", 1240, 222, 22, Palette.QuietText);
    }
}
