using System.Globalization;
using VarSparse.Geometry;

namespace VarSparse.Core.Tests.Geometry;

/// <summary>Every preset schedule, and Infinity's grids as they are published: (height,width) by scale for ratios of at least 1.</summary>
internal static class Presets
{
    public static readonly (double Ratio, double Inverse, string Grids)[] Infinity =
    [
        (1.000, 1.000, "(1,1)(2,2)(4,4)(6,6)(8,8)(12,12)(16,16)(20,20)(24,24)(32,32)(40,40)(48,48)(64,64)"),
        (1.250, 0.800, "(1,1)(2,2)(3,3)(5,4)(10,8)(15,12)(20,16)(25,20)(30,24)(35,28)(45,36)(55,44)(70,56)"),
        (1.333, 0.750, "(1,1)(2,2)(4,3)(8,6)(12,9)(16,12)(20,15)(24,18)(28,21)(36,27)(48,36)(60,45)(72,54)"),
        (1.500, 0.667, "(1,1)(2,2)(3,2)(6,4)(9,6)(15,10)(21,14)(27,18)(33,22)(39,26)(48,32)(63,42)(78,52)"),
        (1.750, 0.571, "(1,1)(2,2)(3,3)(7,4)(11,6)(14,8)(21,12)(28,16)(35,20)(42,24)(56,32)(70,40)(84,48)"),
        (2.000, 0.500, "(1,1)(2,2)(4,2)(6,3)(10,5)(16,8)(22,11)(30,15)(38,19)(46,23)(60,30)(74,37)(90,45)"),
        (2.500, 0.400, "(1,1)(2,2)(5,2)(10,4)(15,6)(20,8)(25,10)(30,12)(40,16)(50,20)(65,26)(80,32)(100,40)"),
        (3.000, 0.333, "(1,1)(2,2)(6,2)(9,3)(15,5)(21,7)(27,9)(36,12)(45,15)(54,18)(72,24)(90,30)(111,37)"),
    ];

    public static readonly (InfinityResolution Resolution, int Scales)[] Resolutions =
    [
        (InfinityResolution.Megapixels006, 7),
        (InfinityResolution.Megapixels025, 10),
        (InfinityResolution.Megapixels060, 12),
        (InfinityResolution.OneMegapixel, 13),
    ];

    /// <summary>All of them, with a name for messages.</summary>
    public static IEnumerable<(string Name, ScaleSchedule Schedule)> All()
    {
        yield return ("VAR-256", ScaleSchedule.Var256);
        yield return ("VAR-512", ScaleSchedule.Var512);
        yield return ("HART-1024", ScaleSchedule.Hart1024);
        foreach (double ratio in ScaleSchedule.InfinityAspectRatios)
        {
            foreach ((InfinityResolution resolution, _) in Resolutions)
                yield return (FormattableString.Invariant($"Infinity {ratio:0.000} {resolution}"), ScaleSchedule.Infinity(ratio, resolution));
        }
    }

    public static GridSize[] Parse(string grids) =>
    [
        .. grids.Trim('(', ')').Split(")(").Select(pair => pair.Split(','))
            .Select(pair => new GridSize(int.Parse(pair[0], CultureInfo.InvariantCulture), int.Parse(pair[1], CultureInfo.InvariantCulture))),
    ];
}
