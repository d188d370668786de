using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>What the host knows about a cross-scale local pattern without making it: what is seen at all, and how long lists get.</summary>
internal sealed class CrossScaleLocalPlan
{
    /// <summary>More than any device has multiprocessors, and few enough for sorting a tile's keys once a group not to count.</summary>
    private const int GroupsToFillADevice = 256;

    private readonly int[] _sources;
    private readonly TileGrid _tiles;
    private readonly bool _hasMask;
    private readonly PatternSizes _sizes;
    private readonly int _linesPerTile;

    private CrossScaleLocalPlan(int[] sources, TileGrid tiles, bool hasMask, int keyCount, int stepsPerList, int linesPerTile)
    {
        _sources = sources;
        _tiles = tiles;
        _hasMask = hasMask;
        _sizes = new PatternSizes(tiles.QueryCount, keyCount, HeadCount: 1, BatchCount: 1);
        StepsPerList = stepsPerList;
        _linesPerTile = linesPerTile;
    }

    /// <summary>Steps of 128 keys that every list has room for: at least what the longest list needs.</summary>
    public int StepsPerList { get; }

    /// <summary>Takes what <see cref="CrossScaleLocal.Create"/> takes, and refuses what it refuses.</summary>
    public static CrossScaleLocalPlan Create(ScaleSchedule schedule, int queryScale, CrossScaleLocalOptions? options)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        options ??= new CrossScaleLocalOptions();
        Require.Index(queryScale, schedule.Count);
        int[] windows = CrossScaleLocal.Windows(schedule, options);
        var tiles = TileGrid.Of(schedule[queryScale], options.Tile);
        var sources = new List<int>();
        long keys = 0, lines = 1;
        int sinks = Math.Min(options.SinkScales, queryScale + 1);
        if (sinks > 0)
        {
            // They follow each other and are seen whole, so they are one.
            int tokens = schedule.TokensThrough(sinks - 1);
            sources.AddRange([0, 1, tokens, -1]);
            keys = tokens;
        }

        for (int scale = sinks; scale <= queryScale; scale++)
        {
            GridSize grid = schedule[scale];
            if (windows[scale] < 0)
                continue;

            // No window reaches further than a grid, and a larger radius could overflow.
            int radius = Math.Min(windows[scale] / 2, Math.Max(grid.Height, grid.Width));
            sources.AddRange([schedule.TokenOffset(scale), grid.Height, grid.Width, radius]);
            long rows = MostSeen(tiles.GridHeight, tiles.TileHeight, grid.Height, radius);
            long columns = MostSeen(tiles.GridWidth, tiles.TileWidth, grid.Width, radius);
            keys += rows * columns;
            lines += rows + columns;
        }

        // Of a list of two words, laid out in steps, the last step for either word and for both is filled in part. Keys stand twice
        // only where that makes no more steps.
        bool hasSteps = options.ExactMask && tiles.WordsPerTile == 2;
        long steps = (keys + (hasSteps ? 3 : 1) * (StepLayout.KeysPerStep - 1)) / StepLayout.KeysPerStep;
        return new([.. sources], tiles, options.ExactMask, schedule.TokensThrough(queryScale), checked((int)steps), checked((int)lines));
    }

    /// <summary>Allocates the pattern and starts the kernel that writes it.</summary>
    /// <exception cref="ArgumentException">A tile sees more rows and columns than the device has shared memory for.</exception>
    public CudaPattern Build(CudaDevice device, DeviceKernels kernels, nint stream)
    {
        (MemoryPlan plan, Func<ulong, CrossScaleLocalParameters> at) = Lay();
        CheckLines(Launch(at(0)), kernels);
        DeviceMemory memory = device.Allocate(plan.Bytes);
        try
        {
            CrossScaleLocalParameters parameters = at(memory.Address);
            memory.UploadAsync<int>(_sources, (long)(parameters.Sources - memory.Address), stream);
            kernels.Start(Launch(parameters), stream);
            return new CudaPattern(memory, Pattern(parameters), _sizes);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    private void CheckLines(in KernelLaunch<CrossScaleLocalParameters> launch, DeviceKernels kernels)
    {
        int needed = launch.Shape.DynamicSharedBytes, most = kernels.Get(launch.Kernel, launch.Bounds).MaxDynamicSharedBytes;
        if (needed <= most)
            return;
        int line = Words(launch.Arguments) * sizeof(ulong);
        int mostLines = Math.Max(_linesPerTile - 1 - (needed - most + line - 1) / line, 0);
        throw new ArgumentException(
            $"options: windows let a tile of {_tiles.TileHeight}x{_tiles.TileWidth} queries see {_linesPerTile - 1} rows and columns of all scales, "
            + $"expected at most {mostLines} on this device (smaller tiles or windows, or CrossScaleLocal.Create on the host).");
    }

    /// <summary>How the arrays lie in one allocation: its size, and the kernel's parameters for its address.</summary>
    public (MemoryPlan Plan, Func<ulong, CrossScaleLocalParameters> At) Lay()
    {
        var plan = default(MemoryPlan);
        long entries = checked(_tiles.TileCount * StepsPerList * StepLayout.KeysPerStep), words = _tiles.WordsPerTile;
        long blocks = entries / MaskFragment.Side;
        long masked = _hasMask ? 1 : 0;
        long sources = plan.Reserve<int>(_sources.Length);
        long slots = plan.Reserve<int>(_tiles.TileCount * words * MaskFragment.Side);
        long keys = plan.Reserve<int>(entries + StepLayout.KeysPerStep);
        long ranges = plan.Reserve<int>(_tiles.TileCount * 4L);
        long lists = plan.Reserve<int>(_tiles.TileCount);
        long stepRanges = plan.Reserve<int>(masked * _tiles.TileCount * words * StepRange.Numbers);
        long states = plan.Reserve<byte>(masked * blocks * words);
        long fragments = plan.Reserve<uint>(masked * (blocks + 2) * words * MaskFragment.Threads);
        return (plan, address => new CrossScaleLocalParameters
        {
            Sources = address + (ulong)sources,
            SlotQueries = address + (ulong)slots,
            KeyIndices = address + (ulong)keys,
            ListRanges = address + (ulong)ranges,
            ListOfTile = address + (ulong)lists,
            StepRanges = _hasMask ? address + (ulong)stepRanges : 0,
            BlockStates = _hasMask ? address + (ulong)states : 0,
            MaskFragments = _hasMask ? address + (ulong)fragments : 0,
            Tiles = _tiles,
            SourceCount = _sources.Length / 4,
            StepsPerList = StepsPerList,
            LinesPerTile = _linesPerTile,
            PartsPerList = PartsPerList,
        });
    }

    /// <summary>As many as keep a device busy, and at least as many as have room for the list's steps.</summary>
    private int PartsPerList => Math.Max(
        Math.Clamp(GroupsToFillADevice / _tiles.TileCount, 1, Math.Max(StepsPerList, 1)),
        QueryTiles.CeilingDivide(StepsPerList, ListPart.MostSteps));

    /// <summary>What <see cref="CrossScaleLocalParameters.Sources"/> points to.</summary>
    public ReadOnlySpan<int> Sources => _sources;

    public static KernelLaunch<CrossScaleLocalParameters> Launch(in CrossScaleLocalParameters parameters) => KernelLaunch<CrossScaleLocalParameters>.Of(
        CrossScaleLocalKernel.Run,
        CrossScaleLocalKernel.Threads,
        checked(parameters.Tiles.TileCount * (parameters.PartsPerList + 1)),
        1,
        1,
        parameters,
        checked((parameters.LinesPerTile * Words(parameters) + parameters.SourceCount * SourceSpan.Longs) * sizeof(ulong)));

    /// <summary>The pattern as attention kernels are given it.</summary>
    public AttentionParameters Pattern(in CrossScaleLocalParameters parameters) => new()
    {
        SlotQueries = parameters.SlotQueries,
        KeyIndices = parameters.KeyIndices,
        ListRanges = parameters.ListRanges,
        ListOfTile = parameters.ListOfTile,
        StepRanges = parameters.StepRanges,
        BlockStates = parameters.BlockStates,
        MaskFragments = parameters.MaskFragments,
        QueryCount = _sizes.QueryCount,
        KeyCount = _sizes.KeyCount,
        TileCount = _tiles.TileCount,
        WordsPerTile = _tiles.WordsPerTile,
    };

    /// <summary>Groups of 64 slots of a tile for which the kernel keeps what they see of a row or column.</summary>
    private static int Words(in CrossScaleLocalParameters parameters) => parameters.StepRanges != 0 ? parameters.Tiles.WordsPerTile : 1;

    /// <summary>Source rows from the first to the last that a tile sees, in the tile where these are most.</summary>
    private static int MostSeen(int extent, int tileExtent, int sourceExtent, int radius)
    {
        int most = 0;
        for (int first = 0; first < extent; first += tileExtent)
        {
            int last = Math.Min(first + tileExtent, extent) - 1;
            int seen = AxisWindow.EndOfSeen(last, extent, sourceExtent, radius) - AxisWindow.FirstSeen(first, extent, sourceExtent, radius);
            most = Math.Max(most, seen);
        }

        return most;
    }
}
