namespace VarSparse.Kernels.Selection;

/// <summary>The part of a source grid that a tile sees: a rectangle of cells. Most cells are keys of the tile's list.</summary>
internal struct SourceSpan
{
    public int FirstToken;
    public int Height;
    public int Width;

    /// <summary>The window's, or -1 for a scale that is seen whole.</summary>
    public int Radius;

    public int FirstRow;
    public int FirstColumn;
    public int Columns;
    public int CellCount;

    /// <summary>Cells of the sources before it.</summary>
    public int Start;
}
