namespace VarSparse.Kernels.Attention.Portable;

/// <summary>A thread's 4 x 4 piece of a matrix product.</summary>
internal struct Tile4(Vector4 row0, Vector4 row1, Vector4 row2, Vector4 row3)
{
    public Vector4 Row0 = row0;
    public Vector4 Row1 = row1;
    public Vector4 Row2 = row2;
    public Vector4 Row3 = row3;

    /// <summary>The sum plus the outer product of a column and a row.</summary>
    public static Tile4 AddOuter(Tile4 sum, Vector4 column, Vector4 row) => new(
        Vector4.MultiplyAdd(sum.Row0, column.X0, row),
        Vector4.MultiplyAdd(sum.Row1, column.X1, row),
        Vector4.MultiplyAdd(sum.Row2, column.X2, row),
        Vector4.MultiplyAdd(sum.Row3, column.X3, row));

    public static Tile4 ScaleRows(Tile4 tile, Vector4 factors) => new(
        Vector4.Scale(tile.Row0, factors.X0),
        Vector4.Scale(tile.Row1, factors.X1),
        Vector4.Scale(tile.Row2, factors.X2),
        Vector4.Scale(tile.Row3, factors.X3));
}
