using System.Globalization;
using SkiaSharp;
using VarSparse.Samples.Drawing;
using VarSparse.Samples.EmojiVar.Reports;

namespace VarSparse.Samples.EmojiVar.Pictures;

/// <summary>All pictures of a run: one row for each label and seed, the dense image first, then each policy's with its difference.</summary>
internal static class ContactSheet
{
    private const int Margin = 24;
    private const int Heading = 56;
    private const int Caption = 60;
    private const float HeadingSize = 22;

    public static void Save(IReadOnlyList<ComparedImage> images, string path)
    {
        string[] policies = [.. images.Select(image => image.Policy.Name).Distinct()];
        IGrouping<(string Label, int Seed), ComparedImage>[] rows = [.. images.GroupBy(image => (image.Label, image.Seed))];
        int side = images[0].Dense.Images[0].Width;
        using SKBitmap bitmap = new(
            Margin + (1 + 2 * policies.Length) * (side + Margin), Heading + rows.Length * (side + Caption) + Margin);
        using SKCanvas canvas = new(bitmap);
        using Lettering letters = new();
        canvas.Clear(Palette.Background);

        float Left(int column) => Margin + column * (side + Margin);
        letters.Write(canvas, "dense", Left(0), 38, HeadingSize, Palette.Text, bold: true);
        for (int i = 0; i < policies.Length; i++)
        {
            // A policy with many options is written smaller, so that it does not run into the next.
            float size = Math.Min(HeadingSize, HeadingSize * (2 * side + Margin - 8) / letters.Width(policies[i], HeadingSize, bold: true));
            letters.Write(canvas, policies[i], Left(1 + 2 * i), 38, size, Palette.Text, bold: true);
        }

        for (int row = 0; row < rows.Length; row++)
        {
            float top = Heading + row * (side + Caption);
            ComparedImage first = rows[row].First();
            Place(canvas, first.Dense.Images[0].ToBitmap(), Left(0), top);
            Write(canvas, letters, $"{first.Label}, seed {first.Seed}", $"{first.Dense.Elapsed.TotalSeconds:F1} s", Left(0), top + side);
            foreach (ComparedImage image in rows[row])
            {
                int column = 1 + 2 * Array.IndexOf(policies, image.Policy.Name);
                Place(canvas, image.Accelerated.Images[0].ToBitmap(), Left(column), top);
                Place(canvas, DifferencePicture.Draw(image.Accelerated.Images[0], image.Dense.Images[0]), Left(column + 1), top);
                string figures = string.Create(CultureInfo.InvariantCulture, $"{image.Psnr:F1} dB, SSIM {image.Ssim:F3}");
                string speed = string.Create(CultureInfo.InvariantCulture, $"{image.Accelerated.Elapsed.TotalSeconds:F1} s, {image.Speedup:F1}× faster");
                Write(canvas, letters, figures, speed, Left(column), top + side);
                Write(canvas, letters, "difference", "", Left(column + 1), top + side);
            }
        }

        PngFile.Save(bitmap, path);
    }

    private static void Place(SKCanvas canvas, SKBitmap picture, float left, float top)
    {
        using (picture)
            canvas.DrawBitmap(picture, left, top);
    }

    private static void Write(SKCanvas canvas, Lettering letters, string first, string second, float left, float bottom)
    {
        letters.Write(canvas, first, left, bottom + 22, 16, Palette.Text);
        letters.Write(canvas, second, left, bottom + 42, 15, Palette.QuietText);
    }
}
