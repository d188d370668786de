using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// What <see cref="FarField"/> attention needs at one query scale: the summary keys and the pattern over them and the tokens. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// Keys are the summaries, block by block in the order of <see cref="Blocks"/>, and behind them the tokens that have keys. Blocks of later
/// scales come first. So the summaries of earlier scales lie at the same distance before the first token at every query scale, and a
/// cache with room in front of the tokens can keep them there.
/// </remarks>
public sealed class FarFieldPlan
{
    private readonly FarFieldBlocks _blocks;
    private readonly int[] _rowOfToken;
    private readonly int[] _memberOffsets;
    private readonly int[] _members;

    internal FarFieldPlan(ScaleSchedule schedule, int queryScale, FarFieldBlocks blocks, int[] rowOfToken, int tokenCount)
    {
        Schedule = schedule;
        QueryScale = queryScale;
        TokenCount = tokenCount;
        _blocks = blocks;
        _rowOfToken = rowOfToken;
        _memberOffsets = new int[blocks.All.Length + 1];
        List<int> members = [];
        for (int block = 0; block < blocks.All.Length; block++)
        {
            AddMembers(blocks.All[block], members);
            _memberOffsets[block + 1] = members.Count;
        }

        _members = [.. members];
    }

    /// <summary>The scales of the generation.</summary>
    public ScaleSchedule Schedule { get; }

    /// <summary>0-based scale of the queries.</summary>
    public int QueryScale { get; }

    /// <summary>The pattern over <see cref="SummaryCount"/> summary keys followed by <see cref="TokenCount"/> tokens, with its key bias.</summary>
    public SparsePattern Pattern { get; internal set; } = null!;

    /// <summary>The blocks, one a summary key: those of later scales first, of a scale the smallest first, row by row.</summary>
    public IReadOnlyList<FarFieldBlock> Blocks => _blocks.All;

    /// <summary>Number of summary keys (S).</summary>
    public int SummaryCount => _blocks.All.Length;

    /// <summary>Number of tokens that have keys (Lk without summaries).</summary>
    public int TokenCount { get; }

    /// <summary>Visible pairs, tokens and summaries alike, over the pairs of dense attention over the tokens; 0 to 1.</summary>
    public double Density => Pattern.KeptPairs / ((double)Pattern.QueryCount * TokenCount);

    /// <summary>The tokens that a summary stands for, as rows of the keys without summaries, ascending; empty if none of them has a key.</summary>
    /// <param name="block">0-based block.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public ReadOnlySpan<int> Members(int block)
    {
        Require.Index(block, SummaryCount);
        return _members.AsSpan(_memberOffsets[block], _memberOffsets[block + 1] - _memberOffsets[block]);
    }

    /// <summary>Sizes and densities in one line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Pattern.QueryCount} queries x {TokenCount} keys and {SummaryCount} summaries, {Pattern.Tiles.TileCount} tiles, density {Density:P2}");

    /// <summary>The levels of blocks of a source scale beyond the sinks, the smallest first.</summary>
    internal ReadOnlySpan<FarFieldLevel> Levels(int scale) => _blocks.Levels(scale);

    /// <summary>The first source scale beyond the sinks; behind the query scale if all are sinks.</summary>
    internal int FirstSummarisedScale => _blocks.FirstScale;

    /// <summary>True if a block has a token that has a key.</summary>
    internal bool HasMembers(int block) => _memberOffsets[block + 1] > _memberOffsets[block];

    /// <summary>For each token of a scale the row of its key, or -1 if it has none.</summary>
    internal ReadOnlySpan<int> RowsOf(int scale) => _rowOfToken.AsSpan(Schedule.TokenOffset(scale), Schedule[scale].TokenCount);

    internal float[] Biases(ReadOnlySpan<float> tokenBias)
    {
        var biases = new float[SummaryCount + TokenCount];
        tokenBias.CopyTo(biases.AsSpan(SummaryCount));
        for (int block = 0; block < SummaryCount; block++)
        {
            double weight = 0;
            foreach (int member in Members(block))
                weight += Math.Exp(biases[SummaryCount + member]);
            biases[block] = (float)Math.Log(weight);
        }

        return biases;
    }

    private void AddMembers(in FarFieldBlock block, List<int> members)
    {
        ReadOnlySpan<int> rows = RowsOf(block.Scale);
        int width = Schedule[block.Scale].Width;
        for (int y = block.Top; y < block.Top + block.Height; y++)
        {
            for (int x = block.Left; x < block.Left + block.Width; x++)
            {
                if (rows[y * width + x] >= 0)
                    members.Add(rows[y * width + x]);
            }
        }
    }
}
