namespace VarSparse.Patterns;

/// <summary>The height and width of a query tile, in tokens of the query grid: the patch of queries that share one key list.</summary>
/// <param name="Height">Rows of a tile, at least 1.</param>
/// <param name="Width">Columns of a tile, at least 1.</param>
public readonly record struct TileShape(int Height, int Width)
{
    /// <summary>
    /// 8 rows by 16 columns: 128 queries, the default. On Infinity's 64 x 64 grid, with SparVAR's windows, such a tile needs 682 of
    /// 10,521 keys on average.
    /// </summary>
    public static TileShape Default => new(8, 16);

    /// <summary>Queries of a full tile.</summary>
    /// <exception cref="OverflowException">There are 2^31 or more.</exception>
    public int QueryCount => checked(Height * Width);

    /// <summary>Height and width as "8x16".</summary>
    public override string ToString() => $"{Height}x{Width}";
}
