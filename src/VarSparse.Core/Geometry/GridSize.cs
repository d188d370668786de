namespace VarSparse.Geometry;

/// <summary>The height and width of one scale's token grid, in tokens. Rectangles are normal.</summary>
/// <param name="Height">Number of token rows, at least 1.</param>
/// <param name="Width">Number of token columns, at least 1.</param>
public readonly record struct GridSize(int Height, int Width)
{
    /// <summary>Number of tokens on the grid.</summary>
    /// <exception cref="OverflowException">There are 2^31 or more.</exception>
    public int TokenCount => checked(Height * Width);

    /// <summary>The grid with height and width swapped.</summary>
    public GridSize Transposed => new(Width, Height);

    /// <summary>Height and width as "64x48".</summary>
    public override string ToString() => $"{Height}x{Width}";
}
