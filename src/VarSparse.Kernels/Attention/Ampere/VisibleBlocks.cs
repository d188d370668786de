using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// The blocks of 32 keys of a list of which a word sees anything, one after the other. The lanes of a warp look at 32 blocks at once, so
/// hidden blocks cost nothing.
/// </summary>
internal struct VisibleBlocks
{
    private const int Window = 32;

    /// <summary>The block, or one beyond the last.</summary>
    public int Block;

    /// <summary>First block of the window.</summary>
    private int _start;

    /// <summary>Blocks of the window that are still to come, a bit each.</summary>
    private uint _visible;

    public static VisibleBlocks First<TOptions>(AttentionParameters parameters, WordKeys keys)
        where TOptions : struct, IAttentionOptions => Next<TOptions>(parameters, new VisibleBlocks { _start = -Window }, keys);

    public static VisibleBlocks Next<TOptions>(AttentionParameters parameters, VisibleBlocks blocks, WordKeys keys)
        where TOptions : struct, IAttentionOptions
    {
        while (blocks._visible == 0 && blocks._start < keys.Blocks)
        {
            blocks._start += Window;
            blocks._visible = WarpVote.Ballot(keys.Sees<TOptions>(parameters, blocks._start + (Group.IdxX & (Window - 1))));
        }

        blocks.Block = blocks._start + FastMath.LowestBit(blocks._visible);
        blocks._visible &= blocks._visible - 1;
        return blocks;
    }
}
