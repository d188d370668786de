using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>What the host knows about a cross-scale local pattern without making it: what is seen at all, and how long lists get.</summary>
internal sealed class CrossScaleLocalPlan
{
    private readonly int[] _sources;
    private readonly TileGrid _tiles;
    private readonly bool _hasMask;
    private readonly PatternSizes _sizes;

    private CrossScaleLocalPlan(int[] sources, TileGrid tiles, bool hasMask, int keyCount, int blocksPerList)
    {
        _sources = sources;
        _tiles = tiles;
        _hasMask = hasMask;
        _sizes = new PatternSizes(tiles.QueryCount, keyCount, HeadCount: 1, BatchCount: 1);
        BlocksPerList = blocksPerList;
    }

    /// <summary>Blocks of 64 keys that every list has room for: at least what the longest list needs.</summary>
    public int BlocksPerList { get; }

    /// <summary>Takes what <see cref="CrossScaleLocal.Create"/> takes, and refuses what it refuses.</summary>
    public static CrossScaleLocalPlan Create(ScaleSchedule schedule, int queryScale, CrossScaleLocalOptions? options)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        options ??= new CrossScaleLocalOptions();
        Require.Index(queryScale, schedule.Count);
        int[] windows = CrossScaleLocal.Windows(schedule, options);
        var tiles = TileGrid.Of(schedule[queryScale], options.Tile);
        var sources = new List<int>();
        long keys = 0;
        for (int scale = 0; scale <= queryScale; scale++)
        {
            GridSize grid = schedule[scale];
            bool isSink = scale < options.SinkScales;
            if (!isSink && windows[scale] < 0)
                continue;

            // No window reaches further than a grid, and a larger radius could overflow.
            int radius = isSink ? -1 : Math.Min(windows[scale] / 2, Math.Max(grid.Height, grid.Width));
            sources.AddRange([schedule.TokenOffset(scale), grid.Height, grid.Width, radius]);
            keys += isSink
                ? grid.TokenCount
                : (long)MostSeen(tiles.GridHeight, tiles.TileHeight, grid.Height, radius)
                    * MostSeen(tiles.GridWidth, tiles.TileWidth, grid.Width, radius);
        }

        // Masked lists are laid out in steps: at most three are filled in part, and keys that stand twice are less than another.
        long steps = (keys + StepLayout.KeysPerStep - 1) / StepLayout.KeysPerStep + (options.ExactMask ? 4 : 0);
        return new(
            [.. sources], tiles, options.ExactMask, schedule.TokensThrough(queryScale),
            checked((int)(steps * StepLayout.KeysPerStep / MaskFragment.Side)));
    }

    /// <summary>Allocates the pattern and starts the kernel that writes it.</summary>
    public unsafe CudaPattern Build(CudaDevice device, DeviceKernels kernels, nint stream)
    {
        (MemoryPlan plan, Func<ulong, CrossScaleLocalParameters> at) = Lay();
        DeviceMemory memory = device.Allocate(plan.Bytes);
        try
        {
            memory.ClearAsync(stream);
            CrossScaleLocalParameters parameters = at(memory.Address);

            // From pageable memory the driver copies before it returns, and the device does not have to be waited for.
            fixed (int* sources = _sources)
                memory.UploadAsync(sources, _sources.Length * (long)sizeof(int), (long)(parameters.Sources - memory.Address), stream);
            kernels.Start(Launch(parameters), stream);
            return new CudaPattern(memory, Pattern(parameters), _sizes);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>How the arrays lie in one allocation: its size, and the kernel's parameters for its address.</summary>
    public (MemoryPlan Plan, Func<ulong, CrossScaleLocalParameters> At) Lay()
    {
        var plan = default(MemoryPlan);
        long blocks = checked((int)((long)_tiles.TileCount * BlocksPerList * MaskFragment.Side)) / MaskFragment.Side, words = _tiles.WordsPerTile;
        long masked = _hasMask ? 1 : 0;
        long sources = plan.Reserve<int>(_sources.Length);
        long slots = plan.Reserve<int>(_tiles.TileCount * words * MaskFragment.Side);
        long keys = plan.Reserve<int>((blocks + 2) * MaskFragment.Side);
        long ranges = plan.Reserve<int>(_tiles.TileCount * 4L);
        long lists = plan.Reserve<int>(_tiles.TileCount);
        long stepRanges = plan.Reserve<int>(masked * _tiles.TileCount * words * StepRange.Numbers);
        long states = plan.Reserve<byte>(masked * blocks * words);
        long fragments = plan.Reserve<uint>(masked * (blocks + 2) * words * MaskFragment.Threads);
        long scratch = plan.Reserve<int>(masked * blocks * MaskFragment.Side * 3);
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
            Scratch = _hasMask ? address + (ulong)scratch : 0,
            Tiles = _tiles,
            SourceCount = _sources.Length / 4,
            BlocksPerList = BlocksPerList,
        });
    }

    /// <summary>What <see cref="CrossScaleLocalParameters.Sources"/> points to.</summary>
    public ReadOnlySpan<int> Sources => _sources;

    public static KernelLaunch<CrossScaleLocalParameters> Launch(in CrossScaleLocalParameters parameters) => KernelLaunch<CrossScaleLocalParameters>.Of(
        CrossScaleLocalKernel.Run, CrossScaleLocalKernel.Threads, parameters.Tiles.TileCount, 1, 1, parameters);

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

    /// <summary>Source rows that the rows of a tile see together, in the tile that sees most.</summary>
    private static int MostSeen(int extent, int tileExtent, int sourceExtent, int radius)
    {
        int most = 0;
        for (int first = 0; first < extent; first += tileExtent)
        {
            int seen = 0, next = 0;
            for (int row = first; row < Math.Min(first + tileExtent, extent); row++)
            {
                int centre = ProportionalCoordinate.Nearest(row, extent, sourceExtent);
                int from = Math.Max(Math.Max(0, centre - radius), next);
                int end = Math.Max(from, Math.Min(sourceExtent - 1, centre + radius) + 1);
                seen += end - from;
                next = end;
            }

            most = Math.Max(most, seen);
        }

        return most;
    }
}
