using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>The key list of a tile, block by block, and what the group's words see of it.</summary>
internal struct KeyBlocks
{
    /// <summary>Global address of the list's first index.</summary>
    public ulong Indices;

    public int KeyCount;

    /// <summary>Global address of the first block's states, a byte a word of the tile; 0 without a mask.</summary>
    public ulong States;

    /// <summary>Global address of the first block's mask fragments; 0 without a mask.</summary>
    public ulong Fragments;

    public int WordsPerTile;

    /// <summary>The group's first word.</summary>
    public int FirstWord;

    public readonly int Count => (KeyCount + AmpereLayout.KeysPerBlock - 1) / AmpereLayout.KeysPerBlock;

    public static KeyBlocks Of(AttentionParameters parameters, int batch, int head, int tile, int firstWord)
    {
        long place = (long)batch * parameters.ListBatchStride + (long)head * parameters.ListHeadStride + tile;
        uint list = GlobalBytes.Load4(parameters.ListOfTile + (ulong)place * sizeof(int));
        Bytes16 range = GlobalBytes.Load16(parameters.ListRanges + (ulong)list * 16);
        ulong firstState = (ulong)range.W2 * (uint)parameters.WordsPerTile;
        bool hasMask = parameters.BlockStates != 0;
        return new KeyBlocks
        {
            Indices = parameters.KeyIndices + (ulong)range.W0 * sizeof(int),
            KeyCount = (int)range.W1,
            States = hasMask ? parameters.BlockStates + firstState : 0,
            Fragments = hasMask ? parameters.MaskFragments + firstState * (MaskFragment.Threads * sizeof(uint)) : 0,
            WordsPerTile = parameters.WordsPerTile,
            FirstWord = firstWord,
        };
    }

    /// <summary>
    /// What a thread contributes to a block's header: the first 64 threads a key index, or -1 beyond the list, the next ones the
    /// state of a word. Blocks beyond the last are hidden.
    /// </summary>
    public readonly uint HeaderWord(int block, int thread)
    {
        if (thread >= AmpereLayout.KeysPerBlock)
            return State(block, FirstWord + thread - AmpereLayout.KeysPerBlock);
        int place = block * AmpereLayout.KeysPerBlock + thread;
        return place < KeyCount ? GlobalBytes.Load4(Indices + (uint)place * (ulong)sizeof(int)) : uint.MaxValue;
    }

    /// <summary>A lane's mask bits of a block that a word sees in part.</summary>
    public readonly uint MaskWord(int block, int word, int thread)
    {
        if (Fragments != 0)
        {
            ulong fragment = (ulong)((long)block * WordsPerTile + word);
            return GlobalBytes.Load4(Fragments + (fragment * MaskFragment.Threads + (uint)(thread % MaskFragment.Threads)) * sizeof(uint));
        }

        // Without a mask only the end of the list hides keys: whole groups of 8, and of the next group the lane's pair in part.
        int keys = KeyCount - block * AmpereLayout.KeysPerBlock;
        int pair = Math.Min(Math.Max(keys % 8 - thread % 4 * 2, 0), 2);
        uint row = (1u << (keys / 8 * 2 + pair)) - 1;
        return row | (row << 16);
    }

    private readonly uint State(int block, int word)
    {
        if (block >= Count || word >= WordsPerTile)
            return BlockState.Hidden;
        if (States == 0)
            return (block + 1) * AmpereLayout.KeysPerBlock <= KeyCount ? BlockState.Full : BlockState.Partial;
        ulong address = States + (ulong)((long)block * WordsPerTile + word);

        // The word that holds the byte.
        return (GlobalBytes.Load4(address & ~3UL) >> (int)(address % 4 * 8)) & 0xFF;
    }
}
