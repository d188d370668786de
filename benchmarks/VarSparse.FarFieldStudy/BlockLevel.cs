using TorchSharp;
using VarSparse.Geometry;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>The blocks of one side that a source scale is cut into, and which of them each query sees as summaries.</summary>
internal sealed class BlockLevel : IDisposable
{
    private readonly GridSize _grid;
    private readonly int _side;

    /// <summary>The block of each token, int64 [T].</summary>
    private readonly Tensor _blockOfToken;

    /// <param name="grid">The source scale's grid.</param>
    /// <param name="side">Rows and columns of a block.</param>
    /// <param name="hidden">Which blocks each query does not see here, bool [Lq, blocks]; belongs to the level from now on.</param>
    public BlockLevel(GridSize grid, int side, Tensor hidden)
    {
        using DisposeScope scope = NewDisposeScope();
        _grid = grid;
        _side = side;
        int wide = (grid.Width + side - 1) / side;
        long[] blocks = [.. Enumerable.Range(0, grid.TokenCount).Select(token => (long)(token / grid.Width / side * wide + token % grid.Width / side))];
        Hidden = hidden;
        Counts = tensor([.. blocks.CountBy(block => block).OrderBy(block => block.Key).Select(block => (float)block.Value)], device: hidden.device).DetachFromDisposeScope();
        _blockOfToken = tensor(blocks, device: hidden.device).DetachFromDisposeScope();
    }

    public Tensor Hidden { get; }

    /// <summary>Tokens of each block, float32 [blocks].</summary>
    public Tensor Counts { get; }

    /// <summary>Means over the blocks: [..., T] to [..., blocks].</summary>
    public Tensor Mean(Tensor ofTokens) => Pooled(ofTokens, map => nn.functional.avg_pool2d(map, _side, ceil_mode: true, count_include_pad: false));

    /// <summary>Largest of each block: [..., T] to [..., blocks].</summary>
    public Tensor Max(Tensor ofTokens) => Pooled(ofTokens, map => nn.functional.max_pool2d(map, _side, ceil_mode: true));

    /// <summary>For each token what its block has: [..., blocks] to [..., T].</summary>
    public Tensor Spread(Tensor ofBlocks) => ofBlocks.index_select(-1, _blockOfToken);

    public void Dispose()
    {
        Hidden.Dispose();
        Counts.Dispose();
        _blockOfToken.Dispose();
    }

    private Tensor Pooled(Tensor ofTokens, Func<Tensor, Tensor> pool)
    {
        Tensor maps = ofTokens.reshape(-1, _grid.Height, _grid.Width);
        return pool(maps).view([.. ofTokens.shape[..^1], Counts.size(0)]);
    }
}
