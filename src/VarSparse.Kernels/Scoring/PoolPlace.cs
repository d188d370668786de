namespace VarSparse.Kernels.Scoring;

/// <summary>
/// Where one of the largest blocks begins, in the smallest ones. These come in an order in which four that are one of twice the side follow each
/// other, and so on upwards: the bits of their number are those of row and column in turn.
/// </summary>
internal struct PoolPlace
{
    public int Row;
    public int Column;

    /// <summary>The row of a block among the smallest ones of the largest.</summary>
    public static int RowOf(int block) => (block >> 1 & 1) | (block >> 2 & 2) | (block >> 3 & 4);

    /// <summary>Its column.</summary>
    public static int ColumnOf(int block) => (block & 1) | (block >> 1 & 2) | (block >> 2 & 4);
}
