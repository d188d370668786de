namespace VarSparse.Geometry;

/// <summary>Where a token stands: its scale and its cell on that scale's grid, all 0-based.</summary>
/// <param name="Scale">Index of the scale in its schedule.</param>
/// <param name="Row">Row on the scale's grid, from the top.</param>
/// <param name="Column">Column on the scale's grid, from the left.</param>
public readonly record struct TokenPosition(int Scale, int Row, int Column);
