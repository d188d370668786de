using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// How the blocks of a key list come to shared memory. Rows are copied some blocks ahead of their use; their indices, and what the
/// words see of the block, stand in its header one block earlier still, so that no copy waits for an index from global memory.
/// </summary>
/// <typeparam name="TOutput">Tells the row length.</typeparam>
/// <typeparam name="TTiling">Words and stages.</typeparam>
internal struct BlockPipeline<TOutput, TTiling>
    where TOutput : unmanaged, IOutputColumns<TOutput>
    where TTiling : unmanaged, IAmpereTiling
{
    public KeyBlocks Blocks;
    public RowCopy Keys;
    public RowCopy Values;

    /// <summary>Global address of the biases, or 0.</summary>
    public ulong KeyBias;

    /// <summary>Shared addresses.</summary>
    public uint Stages;
    public uint Headers;

    private const float Log2E = 1.44269504f;

    /// <summary>How many blocks a copy runs ahead.</summary>
    public static int Lookahead => TTiling.PendingCopies + 1;

    public readonly uint KeyTile(int block) =>
        Stages + (uint)block % (uint)TTiling.Stages * (uint)AmpereLayout.StageBytes(TOutput.Chunks);

    public readonly uint ValueTile(int block) => KeyTile(block) + (uint)AmpereLayout.TileBytes(TOutput.Chunks);

    public readonly uint Header(int block) =>
        Headers + (uint)block % (uint)AmpereLayout.Headers(TTiling.PendingCopies) * AmpereLayout.HeaderBytes;

    /// <summary>The thread's part of a header, read from global memory: to be stored later.</summary>
    public readonly uint FetchHeader(int block) =>
        Group.IdxX < AmpereLayout.KeysPerBlock + TTiling.Words ? Blocks.HeaderWord(block, Group.IdxX) : 0;

    public readonly void StoreHeader(int block, uint word)
    {
        uint thread = (uint)Group.IdxX;
        if (thread < AmpereLayout.KeysPerBlock)
            SharedBytes.Store4(Header(block) + thread * sizeof(int), word);
        else if (thread < AmpereLayout.KeysPerBlock + TTiling.Words)
            SharedBytes.Store4(Header(block) + AmpereLayout.HeaderStates + (thread - AmpereLayout.KeysPerBlock) * sizeof(int), word);
    }

    /// <summary>The bias of the thread's key of a block whose header it has stored, in units of log2.</summary>
    public readonly float FetchBias(int block)
    {
        if (Group.IdxX >= AmpereLayout.KeysPerBlock || KeyBias == 0)
            return 0;
        int key = (int)SharedBytes.Load4(Header(block) + (uint)Group.IdxX * sizeof(int));
        return key < 0 ? 0 : Interop.IntAsFloat(GlobalBytes.Load4(KeyBias + (uint)key * (ulong)sizeof(float))) * Log2E;
    }

    public readonly void StoreBias(int block, float bias)
    {
        if (Group.IdxX < AmpereLayout.KeysPerBlock)
        {
            SharedBytes.Store4(
                Header(block) + AmpereLayout.HeaderBiases + (uint)Group.IdxX * sizeof(float), Interop.FloatAsInt(bias));
        }
    }

    public readonly void CopyKeys(int block) => Copy(block, keys: true, values: false);

    public readonly void CopyValues(int block) => Copy(block, keys: false, values: true);

    public readonly void CopyKeysAndValues(int block) => Copy(block, keys: true, values: true);

    private readonly void Copy(int block, bool keys, bool values)
    {
        uint header = Header(block);
        if (!IsVisible(header) || !RowCopy.HasPiece(TOutput.Chunks))
            return;
        for (uint four = RowCopy.FirstFour(TOutput.Chunks);
            four < AmpereLayout.KeysPerBlock / 4;
            four += RowCopy.FoursPerPass(TOutput.Chunks, TTiling.Words))
        {
            Bytes16 indices = SharedBytes.Load16(header + four * 16);
            if (keys)
                Keys.Start(KeyTile(block), four, indices, TOutput.Chunks);
            if (values)
                Values.Start(ValueTile(block), four, indices, TOutput.Chunks);
        }
    }

    /// <summary>Whether any of the group's words sees a key of the block.</summary>
    private static bool IsVisible(uint header)
    {
        uint states = SharedBytes.Load4(header + AmpereLayout.HeaderStates);
        if (TTiling.Words == 2)
            states |= SharedBytes.Load4(header + AmpereLayout.HeaderStates + sizeof(int));
        return states != BlockState.Hidden;
    }
}
