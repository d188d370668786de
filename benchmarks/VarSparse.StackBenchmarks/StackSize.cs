using VarSparse.Geometry;

namespace VarSparse.StackBenchmarks;

/// <summary>Sizes of a stack and the scales that it draws.</summary>
internal sealed record StackSize(string Name, int Layers, int Width, int Heads, ScaleSchedule Schedule)
{
    /// <summary>Infinity's two published sizes with its 1024 x 1024 schedule, and a small one for a CPU.</summary>
    public static IReadOnlyList<StackSize> All { get; } =
    [
        new("2b", Layers: 32, Width: 2048, Heads: 16, ScaleSchedule.Infinity()),
        new("8b", Layers: 40, Width: 3584, Heads: 28, ScaleSchedule.Infinity()),
        new("tiny", Layers: 2, Width: 64, Heads: 2, ScaleSchedule.FromSides(1, 2, 4, 6, 8, 12)),
    ];

    /// <summary>For the host's time: one to four tokens a scale.</summary>
    public static StackSize Host { get; } = new("host", Layers: 16, Width: 128, Heads: 2, ScaleSchedule.FromSides(1, 1, 1, 2, 2, 2));

    public int HeadDimension => Width / Heads;

    public int MlpWidth => 4 * Width;
}
