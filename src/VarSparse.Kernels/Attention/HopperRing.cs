using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The shared memory of the Hopper kernel: the queries of two tiles, of which one is computed while the other arrives, with what
/// consumers must know of those tiles; a ring of stages that take the 128 keys of a step and their values in turn; and the barriers that say when
/// something is there and when every consumer has read it. Matrices come in the order in
/// which consumers let them go: the keys of a list's first step, then of each further step the keys and the values of the step before, at
/// last the values of the last step; and the next tile's without a gap.
/// </summary>
internal struct HopperRing
{
    /// <summary>Bytes of a panel of 64 columns of a stage.</summary>
    public const int PanelBytes = StepLayout.KeysPerStep * SwizzledTile.RowBytes;

    /// <summary>Bytes of a panel of 64 columns of a consumer's queries.</summary>
    public const int QueryPanelBytes = 64 * SwizzledTile.RowBytes;

    /// <summary>As many as Hopper's shared memory holds beside the queries at head dimension 128.</summary>
    public const int Stages = 5;

    /// <summary>Tiles whose queries are there at a time.</summary>
    public const int Tiles = 2;

    private const int Consumers = HopperAttentionKernel.Consumers;
    private const int BiasBytes = StepLayout.KeysPerStep * sizeof(float);

    private uint _shared;
    private uint _rest;

    /// <summary>Dynamic shared memory of a launch.</summary>
    public static int Bytes(int dimension) =>
        RestStart(dimension) + Tiles * Consumers * TileNotes.Bytes + Stages * BiasBytes + 2 * (Tiles + Stages) * AsyncBarrier.Bytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HopperRing At(uint shared, int dimension) => new() { _shared = shared, _rest = shared + (uint)RestStart(dimension) };

    /// <summary>64 queries of a consumer for every second tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Queries(HopperRing ring, int tile, int consumer, int dimension) =>
        ring._shared + (uint)((tile * Consumers + consumer) * QueryBytes(dimension));

    /// <summary>128 keys or values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Matrix(HopperRing ring, RingPlace place, int dimension) =>
        ring._shared + (uint)((Tiles * Consumers + 2 * RingPlace.Stage(place)) * QueryBytes(dimension));

    /// <summary>The <see cref="TileNotes"/> of a consumer for every second tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Notes(HopperRing ring, int tile, int consumer) => ring._rest + (uint)((tile * Consumers + consumer) * TileNotes.Bytes);

    /// <summary>128 biases of a stage that holds keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Biases(HopperRing ring, RingPlace place) =>
        ring._rest + (uint)(Tiles * Consumers * TileNotes.Bytes + RingPlace.Stage(place) * BiasBytes);

    /// <summary>Ends a phase when a stage's keys with their biases, or values, have arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Full(HopperRing ring, int stage) => Barrier(ring, stage);

    /// <summary>Ends a phase when all consumers are done with a stage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Empty(HopperRing ring, int stage) => Barrier(ring, Stages + stage);

    /// <summary>Ends a phase when a tile's queries and notes have arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint QueriesFull(HopperRing ring, int tile) => Barrier(ring, 2 * Stages + tile);

    /// <summary>Ends a phase when all consumers are done with a tile's queries and notes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint QueriesEmpty(HopperRing ring, int tile) => Barrier(ring, 2 * Stages + Tiles + tile);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int QueryBytes(int dimension) => 64 * 2 * dimension;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RestStart(int dimension) => (Tiles * Consumers + 2 * Stages) * QueryBytes(dimension);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Barrier(HopperRing ring, int which) =>
        ring._rest + (uint)(Tiles * Consumers * TileNotes.Bytes + Stages * BiasBytes + which * AsyncBarrier.Bytes);
}
