namespace VarSparse.Kernels.Scoring;

/// <summary>The sums of the four quarters of a square of tokens.</summary>
internal struct TokenSquare
{
    /// <summary>Rows and columns of the square.</summary>
    public const int Side = 4;

    public float TopLeft;
    public float TopRight;
    public float BottomLeft;
    public float BottomRight;
}
