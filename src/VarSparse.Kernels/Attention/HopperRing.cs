using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The shared memory of the Hopper kernel: 64 queries for each consumer and a ring of stages, each with 128 keys, 128 values and 128 key biases, and four barriers a
/// stage that say when its keys or values are there and when every consumer has read them.
/// </summary>
internal struct HopperRing
{
    public const int KeysPerStage = 128;
    /// <summary>Bytes of a panel of 64 columns of a stage's keys or values.</summary>
    public const int PanelBytes = KeysPerStage * SwizzledTile.RowBytes;

    /// <summary>Bytes of a panel of 64 columns of a consumer's queries.</summary>
    public const int QueryPanelBytes = 64 * SwizzledTile.RowBytes;

    private const int BiasBytes = KeysPerStage * sizeof(float);
    private const int BarriersPerStage = 4;

    private uint _queries;
    private uint _queryBytes;
    private uint _keys;
    private uint _values;
    private uint _biases;
    private uint _barriers;
    private uint _matrixBytes;

    /// <summary>Dynamic shared memory of a launch.</summary>
    public static int Bytes(int stages, int consumers, int dimension) =>
        consumers * 64 * dimension * 2 + stages * (2 * KeysPerStage * dimension * 2 + BiasBytes + BarriersPerStage * AsyncBarrier.Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HopperRing At(uint shared, int stages, int consumers, int dimension)
    {
        uint matrix = (uint)(KeysPerStage * dimension * 2);
        uint queries = (uint)(64 * dimension * 2);
        uint keys = shared + (uint)consumers * queries;
        uint biases = keys + (uint)stages * 2 * matrix;
        return new HopperRing
        {
            _queries = shared,
            _queryBytes = queries,
            _keys = keys,
            _values = keys + (uint)stages * matrix,
            _biases = biases,
            _barriers = biases + (uint)(stages * BiasBytes),
            _matrixBytes = matrix,
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Queries(HopperRing ring, int consumer) => ring._queries + (uint)consumer * ring._queryBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Keys(HopperRing ring, int stage) => ring._keys + (uint)stage * ring._matrixBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Values(HopperRing ring, int stage) => ring._values + (uint)stage * ring._matrixBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Biases(HopperRing ring, int stage) => ring._biases + (uint)(stage * BiasBytes);

    /// <summary>Ends a phase when the stage's keys (and biases) have arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint KeysFull(HopperRing ring, int stage) => Barrier(ring, stage, 0);

    /// <summary>Ends a phase when the stage's values have arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ValuesFull(HopperRing ring, int stage) => Barrier(ring, stage, 1);

    /// <summary>Ends a phase when all consumers are done with the stage's keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint KeysEmpty(HopperRing ring, int stage) => Barrier(ring, stage, 2);

    /// <summary>Ends a phase when all consumers are done with the stage's values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ValuesEmpty(HopperRing ring, int stage) => Barrier(ring, stage, 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Barrier(HopperRing ring, int stage, int which) =>
        ring._barriers + (uint)((stage * BarriersPerStage + which) * AsyncBarrier.Bytes);
}
