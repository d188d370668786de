using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>What the host knows about mapped lists without their keys: where scales go, and how long lists can get.</summary>
internal sealed class KeyMapPlan
{
    private readonly int[] _scales;
    private readonly int _batch;
    private readonly MapKeysParameters _parameters;

    private KeyMapPlan(int[] scales, int batch, in MapKeysParameters parameters) =>
        (_scales, _batch, _parameters) = (scales, batch, parameters);

    /// <summary>What <see cref="MapKeysParameters.Scales"/> points to.</summary>
    public ReadOnlySpan<int> Scales => _scales;

    /// <summary>The queries of each slot: they do not depend on the lists.</summary>
    public int[] SlotQueries { get; private init; } = [];

    private int ListCount => _batch * _parameters.Heads * _parameters.Tiles.TileCount;

    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="decisionScale">Scale of the queries that the lists were made for.</param>
    /// <param name="queryScale">Scale of the queries that they are to serve.</param>
    /// <param name="options">Alignment, sinks, band and tiles.</param>
    /// <param name="capacity">Room for keys in each list of the decision scale.</param>
    /// <param name="batch">Batch entries.</param>
    /// <param name="heads">Heads.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static KeyMapPlan Create(
        ScaleSchedule schedule, int decisionScale, int queryScale, KeyMapOptions options, int capacity, int batch, int heads)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Require.Index(decisionScale, schedule.Count);
        Require.Index(queryScale, schedule.Count);
        Require.AtLeastOne(capacity);
        Require.AtLeastOne(batch);
        Require.AtLeastOne(heads);
        options.Check();
        TileGrid source = Tiles(schedule[decisionScale], options), tiles = Tiles(schedule[queryScale], options);
        int sinks = options.SinkScales == 0 ? 0 : schedule.TokensThrough(Math.Min(options.SinkScales - 1, queryScale));
        int keyCount = schedule.TokensThrough(queryScale);
        long band = options.LocalMargin is { } margin
            ? Math.Min(tiles.TileHeight + 2L * margin, tiles.GridHeight) * Math.Min(tiles.TileWidth + 2L * margin, tiles.GridWidth)
            : 0;
        long longest = Math.Min(keyCount, Math.Min(capacity, schedule.TokensThrough(decisionScale)) + sinks + band);
        var parameters = new MapKeysParameters
        {
            SourceTiles = source,
            Tiles = tiles,
            SourceCapacity = capacity,
            SourceScales = decisionScale + 1,
            Heads = heads,
            SinkTokens = sinks,
            OwnTokens = schedule.TokenOffset(queryScale),

            // No margin reaches further than a grid, and a larger one could overflow.
            LocalMargin = options.LocalMargin is { } rows ? Math.Min(rows, Math.Max(tiles.GridHeight, tiles.GridWidth)) : -1,
            KeyCount = keyCount,
            BlocksPerList = (int)((longest + MaskFragment.Side - 1) / MaskFragment.Side),
        };
        int[] scales = [.. Enumerable.Range(0, decisionScale + 1).SelectMany(scale => Entry(schedule, scale, decisionScale, queryScale, options.Alignment))];
        return new KeyMapPlan(scales, batch, parameters) { SlotQueries = Slots(tiles) };
    }

    /// <summary>Allocates the pattern and starts the copies of what stays the same.</summary>
    public CudaKeyMap Build(CudaDevice device, DeviceKernels kernels, nint stream)
    {
        (MemoryPlan plan, Func<ulong, (MapKeysParameters, AttentionParameters)> at) = Lay();
        DeviceMemory memory = device.Allocate(plan.Bytes);
        try
        {
            (MapKeysParameters parameters, AttentionParameters pattern) = at(memory.Address);
            memory.ClearAsync(stream);
            memory.UploadAsync<int>(_scales, (long)(parameters.Scales - memory.Address), stream);
            memory.UploadAsync<int>(SlotQueries, (long)(pattern.SlotQueries - memory.Address), stream);
            memory.UploadAsync<int>(ListOfTile(), (long)(pattern.ListOfTile - memory.Address), stream);
            return new CudaKeyMap(
                kernels, parameters, new CudaPattern(memory, pattern, new(pattern.QueryCount, pattern.KeyCount, _parameters.Heads, _batch)));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>How the arrays lie in one allocation: its size, and the parameters of both kernels for its address.</summary>
    public (MemoryPlan Plan, Func<ulong, (MapKeysParameters Map, AttentionParameters Pattern)> At) Lay()
    {
        var plan = default(MemoryPlan);
        long blocks = (long)ListCount * _parameters.BlocksPerList;
        long scales = plan.Reserve<int>(_scales.Length);
        long slots = plan.Reserve<int>(SlotQueries.Length);
        long keys = plan.Reserve<int>(checked((int)((blocks + 2) * MaskFragment.Side)));
        long ranges = plan.Reserve<int>(ListCount * 4L);
        long lists = plan.Reserve<int>(ListCount);
        return (plan, address =>
        {
            MapKeysParameters map = _parameters with
            {
                Scales = address + (ulong)scales,
                KeyIndices = address + (ulong)keys,
                ListRanges = address + (ulong)ranges,
            };
            return (map, new AttentionParameters
            {
                SlotQueries = address + (ulong)slots,
                KeyIndices = map.KeyIndices,
                ListRanges = map.ListRanges,
                ListOfTile = address + (ulong)lists,
                QueryCount = map.Tiles.QueryCount,
                KeyCount = map.KeyCount,
                TileCount = map.Tiles.TileCount,
                WordsPerTile = map.Tiles.WordsPerTile,
                ListHeadStride = map.Heads > 1 ? map.Tiles.TileCount : 0,
                ListBatchStride = _batch > 1 ? map.Tiles.TileCount * map.Heads : 0,
            });
        }
        );
    }

    /// <summary>Every tile of every head and batch entry has a list of its own.</summary>
    public int[] ListOfTile() => [.. Enumerable.Range(0, ListCount)];

    public static KernelLaunch<MapKeysParameters> Launch(in MapKeysParameters parameters, in CudaKeyLists lists, int batch) =>
        KernelLaunch<MapKeysParameters>.Of(
            MapKeysKernel.Run,
            MapKeysKernel.Threads,
            parameters.Tiles.TileCount,
            parameters.Heads,
            batch,
            parameters with { SourceKeys = lists.Keys, SourceCounts = lists.Counts, SourceCapacity = lists.Capacity },
            MapKeysKernel.SharedBytes(parameters.KeyCount));

    /// <summary>The groups of a scale's queries: tiles of its grid, or runs, which are tiles of a grid of one row.</summary>
    public static TileGrid Tiles(GridSize grid, KeyMapOptions options) => TileGrid.Of(options.GridOf(grid), options.TileShape);

    private static int[] Entry(ScaleSchedule schedule, int scale, int decisionScale, int queryScale, KeyAlignment alignment)
    {
        int target = alignment == KeyAlignment.Relative ? queryScale - (decisionScale - scale) : scale;
        bool exists = target >= 0 && target <= queryScale;
        GridSize from = schedule[scale], to = exists ? schedule[target] : from;
        return [schedule.TokenOffset(scale), from.Height, from.Width, exists ? schedule.TokenOffset(target) : -1, to.Height, to.Width, 0, 0];
    }

    private static int[] Slots(TileGrid tiles)
    {
        int slotsPerTile = tiles.WordsPerTile * MaskFragment.Side;
        return [.. Enumerable.Range(0, tiles.TileCount * slotsPerTile).Select(slot =>
            TileGrid.Query(tiles, TileGrid.Patch(tiles, slot / slotsPerTile), slot % slotsPerTile))];
    }
}
