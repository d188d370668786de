namespace VarSparse.Benchmarks.Reporting;

/// <summary>What a plot shows.</summary>
/// <param name="Title">One line above it.</param>
/// <param name="X">The horizontal axis, logarithmic.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Curves">At least one, each with a point at least.</param>
/// <param name="Line">A horizontal line that means something, such as equal speed.</param>
internal sealed record Plot(string Title, Axis X, Axis Y, IReadOnlyList<Curve> Curves, double? Line = null);

/// <summary>An axis: its label, how numbers are written, and whether steps are factors.</summary>
internal sealed record Axis(string Label, Func<double, string> Format, bool IsLogarithmic);

/// <summary>Points that belong together, by x.</summary>
internal sealed record Curve(string Name, IReadOnlyList<(double X, double Y)> Points);
