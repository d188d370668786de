using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>The key list of a tile, and what one of its words sees of it. Places are numbers, which need half the registers of addresses.</summary>
internal struct WordKeys
{
    private int _count;

    /// <summary>Of the list's first index.</summary>
    private uint _firstIndex;

    /// <summary>Of the word's state, and its mask fragment, of the list's first block.</summary>
    private uint _firstState;

    public readonly int Blocks => (_count + AmpereLayout.KeysPerBlock - 1) / AmpereLayout.KeysPerBlock;

    public static WordKeys Of(AttentionParameters parameters, int batch, int head, int tile, int word)
    {
        long place = (long)batch * parameters.ListBatchStride + (long)head * parameters.ListHeadStride + tile;
        uint list = GlobalBytes.Load4(parameters.ListOfTile + (ulong)place * sizeof(int));
        Bytes16 range = GlobalBytes.Load16(parameters.ListRanges + (ulong)list * 16);
        return new WordKeys
        {
            _count = (int)range.W1,
            _firstIndex = range.W0,
            _firstState = range.W2 * (uint)parameters.WordsPerTile + (uint)word,
        };
    }

    /// <summary>Whether the word sees anything of a block; nothing beyond the last one.</summary>
    public readonly bool Sees<TOptions>(AttentionParameters parameters, int block)
        where TOptions : struct, IAttentionOptions =>
        block < Blocks && (!TOptions.HasMask || GlobalBytes.Load1(parameters.BlockStates + StateOf(parameters, block)) != BlockState.Hidden);

    /// <summary>The index of a row of a block. Rows beyond the list's end repeat its last key, and nothing sees them. Any can be read.</summary>
    public readonly uint Index(AttentionParameters parameters, int block, uint row)
    {
        int place = Math.Min(block * AmpereLayout.KeysPerBlock + (int)row, Math.Max(_count - 1, 0));
        return GlobalBytes.Load4(FastMath.MultiplyAddWide(_firstIndex + (uint)place, sizeof(int), parameters.KeyIndices));
    }

    /// <summary>
    /// A lane's mask bits of a block that exists, for <see cref="HideMasked"/> after a shift by <see cref="MaskShift"/>.
    /// </summary>
    /// <param name="parameters">The problem.</param>
    /// <param name="block">Which block.</param>
    /// <param name="thread">The thread of the fragment.</param>
    public readonly uint Mask<TOptions>(AttentionParameters parameters, int block, uint thread)
        where TOptions : struct, IAttentionOptions
    {
        if (TOptions.HasMask)
        {
            ulong fragment = FastMath.MultiplyAddWide(
                StateOf(parameters, block), MaskFragment.Threads * sizeof(uint), parameters.MaskFragments);
            return GlobalBytes.Load4(fragment + thread * sizeof(uint));
        }

        // Only the end of the list hides keys: whole groups of 8, and of the next group the lane's pair in part.
        int keys = Math.Min(_count - block * AmpereLayout.KeysPerBlock, AmpereLayout.KeysPerBlock);
        int pair = Math.Min(Math.Max((keys & 7) - (int)(thread & 3) * 2, 0), 2);
        uint row = (1u << ((keys >> 3) * 2 + pair)) - 1;
        return row | (row << 16);
    }

    /// <summary>How far right a block's mask bits must go: those of odd blocks lie behind those of even ones.</summary>
    public static int MaskShift<TOptions>(int block)
        where TOptions : struct, IAttentionOptions => TOptions.HasMask ? (block & 1) * 8 : 0;

    /// <summary>States and fragments are of two blocks.</summary>
    private readonly uint StateOf(AttentionParameters parameters, int block) => _firstState + (uint)((block >> 1) * parameters.WordsPerTile);
}
