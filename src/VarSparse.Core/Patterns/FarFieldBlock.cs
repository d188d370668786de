namespace VarSparse.Patterns;

/// <summary>A rectangle of tokens of one source scale that a summary key stands for. Those at the right and bottom edges may be smaller.</summary>
/// <param name="Scale">0-based source scale.</param>
/// <param name="Top">First row on the scale's grid.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct FarFieldBlock(int Scale, int Top, int Left, int Height, int Width);
