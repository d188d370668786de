using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>The blocks of one side that a source scale is cut into, row by row.</summary>
/// <param name="First">Index of the first of them among all blocks of a plan.</param>
/// <param name="Side">Rows and columns of a block.</param>
/// <param name="Grid">Rows and columns of blocks.</param>
internal readonly record struct FarFieldLevel(int First, int Side, GridSize Grid)
{
    /// <summary>Index of the first block behind them.</summary>
    public int End => First + Grid.TokenCount;

    /// <summary>Index of the block that a token lies in.</summary>
    public int BlockAt(int row, int column) => First + row / Side * Grid.Width + column / Side;
}
