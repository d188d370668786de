using SkiaSharp;

namespace VarSparse.Samples.EmojiVar.Pictures;

/// <summary>Pixels, row by row, three bytes each: red, green, blue.</summary>
internal sealed record RgbImage(int Width, int Height, byte[] Pixels)
{
    public const int Channels = 3;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no picture.</exception>
    public static RgbImage Load(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: there is no such file", path);
        using SKBitmap bitmap = SKBitmap.Decode(path) ?? throw new InvalidDataException($"{path}: is no picture");
        return new RgbImage(bitmap.Width, bitmap.Height, [.. bitmap.Pixels.SelectMany(colour => (byte[])[colour.Red, colour.Green, colour.Blue])]);
    }

    public SKBitmap ToBitmap()
    {
        SKColor[] colours = new SKColor[Width * Height];
        for (int i = 0; i < colours.Length; i++)
            colours[i] = new SKColor(Pixels[Channels * i], Pixels[Channels * i + 1], Pixels[Channels * i + 2]);
        return new SKBitmap(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque) { Pixels = colours };
    }

    public void Save(string path)
    {
        using SKBitmap bitmap = ToBitmap();
        PngFile.Save(bitmap, path);
    }
}
