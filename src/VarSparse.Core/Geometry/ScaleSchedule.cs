using System.Collections;
using System.Globalization;

namespace VarSparse.Geometry;

/// <summary>
/// The scales of a visual autoregressive generation: an immutable list of token grids, drawn in order. Tokens are numbered
/// scale by scale and row by row, which is also their order in a key-value cache.
/// </summary>
public sealed class ScaleSchedule : IReadOnlyList<GridSize>, IEquatable<ScaleSchedule>
{
    private readonly GridSize[] _scales;
    private readonly int[] _offsets;

    /// <summary>Creates a schedule from its grids, smallest first by convention (no order is required).</summary>
    /// <param name="scales">One grid a scale; at least one.</param>
    /// <exception cref="ArgumentException">
    /// There is no scale, a grid has a side below 1, or the schedule holds more than 2^31 - 1 tokens.
    /// </exception>
    public ScaleSchedule(params ReadOnlySpan<GridSize> scales)
    {
        if (scales.IsEmpty)
            throw new ArgumentException("scales: got an empty list, expected at least one grid.", nameof(scales));
        _scales = scales.ToArray();
        _offsets = new int[scales.Length + 1];
        long total = 0;
        for (int i = 0; i < scales.Length; i++)
        {
            if (scales[i].Height < 1 || scales[i].Width < 1)
                throw new ArgumentException($"scales: scale {i} is {scales[i]}, expected sides of at least 1.", nameof(scales));
            total += (long)scales[i].Height * scales[i].Width;
            if (total > int.MaxValue)
                throw new ArgumentException($"scales: got {total} tokens up to scale {i}, expected at most {int.MaxValue}.", nameof(scales));
            _offsets[i + 1] = (int)total;
        }
    }

    /// <summary>Class-conditional VAR at 256 x 256 pixels: 10 scales, 680 tokens.</summary>
    public static ScaleSchedule Var256 { get; } = FromSides(1, 2, 3, 4, 5, 6, 8, 10, 13, 16);

    /// <summary>Class-conditional VAR at 512 x 512 pixels: 10 scales, 2,240 tokens.</summary>
    public static ScaleSchedule Var512 { get; } = FromSides(1, 2, 3, 4, 6, 9, 13, 18, 24, 32);

    /// <summary>HART at 1024 x 1024 pixels: 14 scales, 9,451 tokens.</summary>
    public static ScaleSchedule Hart1024 { get; } = FromSides(1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 27, 36, 48, 64);

    /// <summary>The aspect ratios (height over width) that <see cref="Infinity"/> accepts, ascending.</summary>
    public static IReadOnlyList<double> InfinityAspectRatios => InfinityScales.AspectRatios;

    /// <summary>Number of scales.</summary>
    public int Count => _scales.Length;

    /// <summary>Number of tokens of all scales together.</summary>
    public int TokenCount => _offsets[^1];

    /// <summary>The grid of a scale.</summary>
    /// <param name="scale">0-based index of the scale.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such scale.</exception>
    public GridSize this[int scale] => _scales[CheckScale(scale)];

    /// <summary>Creates a schedule of square grids.</summary>
    /// <param name="sides">One side length a scale, in tokens.</param>
    /// <exception cref="ArgumentException">There is no scale, a side is below 1, or there are too many tokens.</exception>
    public static ScaleSchedule FromSides(params ReadOnlySpan<int> sides)
    {
        var grids = new GridSize[sides.Length];
        for (int i = 0; i < sides.Length; i++)
            grids[i] = new GridSize(sides[i], sides[i]);
        return new ScaleSchedule(grids);
    }

    /// <summary>Infinity's schedule for an aspect ratio and image area.</summary>
    /// <param name="aspectRatio">Height over width, one of <see cref="InfinityAspectRatios"/> to within 0.002.</param>
    /// <param name="resolution">The image area, which decides how many scales are used.</param>
    /// <exception cref="ArgumentException">The ratio or the resolution is not one of Infinity's; the message lists the known ones.</exception>
    public static ScaleSchedule Infinity(double aspectRatio = 1.0, InfinityResolution resolution = InfinityResolution.OneMegapixel)
    {
        if (!Enum.IsDefined(resolution))
        {
            throw new ArgumentException(
                $"resolution: got {(int)resolution}, expected one of {string.Join(", ", Enum.GetNames<InfinityResolution>())}.",
                nameof(resolution));
        }

        IEnumerable<GridSize> scales = InfinityScales.Find(aspectRatio) ?? throw new ArgumentException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"aspectRatio: got {aspectRatio}, expected one of {string.Join(", ", InfinityAspectRatios.Select(r => r.ToString("0.000", CultureInfo.InvariantCulture)))} (height over width)."),
            nameof(aspectRatio));
        return new ScaleSchedule([.. scales.Take((int)resolution)]);
    }

    /// <summary>Number of tokens before a scale, which is the index of its first token.</summary>
    /// <param name="scale">0-based index of the scale.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such scale.</exception>
    public int TokenOffset(int scale) => _offsets[CheckScale(scale)];

    /// <summary>Number of tokens up to and including a scale: the keys that its queries can see.</summary>
    /// <param name="scale">0-based index of the scale.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such scale.</exception>
    public int TokensThrough(int scale) => _offsets[CheckScale(scale) + 1];

    /// <summary>The position of a token.</summary>
    /// <param name="token">0-based index over all scales.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public TokenPosition Position(int token)
    {
        Require.Index(token, TokenCount);
        int scale = Array.BinarySearch(_offsets, token);
        if (scale < 0)
            scale = ~scale - 1;
        (int row, int column) = Math.DivRem(token - _offsets[scale], _scales[scale].Width);
        return new TokenPosition(scale, row, column);
    }

    /// <summary>The index of the token at a position.</summary>
    /// <param name="position">Scale, row and column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position lies outside the schedule.</exception>
    public int Token(TokenPosition position)
    {
        if ((uint)position.Scale >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(position), $"position: got scale {position.Scale}, expected 0 to {Count - 1}.");
        GridSize grid = _scales[position.Scale];
        if ((uint)position.Row >= (uint)grid.Height || (uint)position.Column >= (uint)grid.Width)
        {
            throw new ArgumentOutOfRangeException(
                nameof(position), $"position: got row {position.Row}, column {position.Column}, expected a cell of the {grid} grid of scale {position.Scale}.");
        }

        return _offsets[position.Scale] + position.Row * grid.Width + position.Column;
    }

    /// <summary>
    /// The cell of another scale at the proportional place: <see cref="ProportionalCoordinate.Nearest"/> on rows and columns, cut to the grid.
    /// </summary>
    /// <param name="position">A position on this schedule.</param>
    /// <param name="scale">0-based index of the scale to map to.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position or the scale lies outside the schedule.</exception>
    public TokenPosition Project(TokenPosition position, int scale)
    {
        _ = Token(position);
        GridSize from = _scales[position.Scale];
        GridSize to = this[scale];
        return new TokenPosition(
            scale,
            Math.Min(ProportionalCoordinate.Nearest(position.Row, from.Height, to.Height), to.Height - 1),
            Math.Min(ProportionalCoordinate.Nearest(position.Column, from.Width, to.Width), to.Width - 1));
    }

    /// <summary>The same scales with height and width swapped.</summary>
    public ScaleSchedule Transpose() => new([.. _scales.Select(grid => grid.Transposed)]);

    /// <inheritdoc/>
    public IEnumerator<GridSize> GetEnumerator() => ((IEnumerable<GridSize>)_scales).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>True if the other schedule has the same grids in the same order.</summary>
    /// <param name="other">The schedule to compare with.</param>
    public bool Equals(ScaleSchedule? other) => other is not null && _scales.AsSpan().SequenceEqual(other._scales);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ScaleSchedule);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (GridSize grid in _scales)
            hash.Add(grid);
        return hash.ToHashCode();
    }

    /// <summary>The grids as "1x1 2x2 4x3".</summary>
    public override string ToString() => string.Join(' ', _scales);

    private int CheckScale(int scale)
    {
        Require.Index(scale, Count);
        return scale;
    }
}
