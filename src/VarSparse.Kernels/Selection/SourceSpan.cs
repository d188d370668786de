namespace VarSparse.Kernels.Selection;

/// <summary>The part of a source grid that a tile sees: a rectangle of cells. Most cells are keys of the tile's list.</summary>
internal struct SourceSpan
{
    /// <summary>Its size in numbers of 64 bits.</summary>
    public const int Longs = 6;

    /// <summary>The token in the first cell.</summary>
    public int FirstToken;

    public int Height;
    public int Width;

    /// <summary>The window's, or -1 for a grid that is seen whole.</summary>
    public int Radius;

    public int FirstRow;
    public int FirstColumn;
    public int Rows;
    public int Columns;

    /// <summary>Cells of the sources before it.</summary>
    public int Start;

    /// <summary>Cells of the sources through it.</summary>
    public int End;

    /// <summary>Lines of the sources before it; its rows follow them, and its columns these.</summary>
    public int FirstLine;

    /// <summary>Lines of the sources through it: those of a grid that is seen whole need none of their own.</summary>
    public int EndLine;
}
