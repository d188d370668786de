using System.Globalization;
using VarSparse.Geometry;

namespace VarSparse.Benchmarks;

/// <summary>The geometries of real models, by the names that benchmarks and command lines use.</summary>
internal static class Geometries
{
    private static readonly Dictionary<string, ScaleSchedule> Known = new()
    {
        ["var-256"] = ScaleSchedule.Var256,
        ["var-512"] = ScaleSchedule.Var512,
        ["hart-1024"] = ScaleSchedule.Hart1024,
        ["infinity-0.25m"] = ScaleSchedule.Infinity(1, InfinityResolution.Megapixels025),
        ["infinity-0.60m"] = ScaleSchedule.Infinity(1, InfinityResolution.Megapixels060),
        ["infinity-1m"] = ScaleSchedule.Infinity(),
        ["infinity-1m-1.750"] = ScaleSchedule.Infinity(1.75),
    };

    public static IEnumerable<string> Names => Known.Keys;

    public static ScaleSchedule Of(string name) => Known[name];

    /// <summary>A geometry by name, or square grids by their sides, such as 1,2,4,8.</summary>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static ScaleSchedule Parse(string text)
    {
        if (Known.TryGetValue(text, out ScaleSchedule? schedule))
            return schedule;
        var sides = new List<int>();
        foreach (string side in text.Split(','))
        {
            if (!int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 256)
                throw new FormatException($"--geometry: got '{text}', expected {string.Join(", ", Names)}, or sides of 1 to 256 with commas between them");
            sides.Add(number);
        }

        return ScaleSchedule.FromSides([.. sides]);
    }
}
