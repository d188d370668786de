using System.Buffers.Binary;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Fuzz;

/// <summary>
/// A pattern in 32-bit numbers as somebody might keep it in a file, taken without any check of its own; numbers that are not there
/// are zero. First the kind: masked lists, lists of each head, a mask of blocks, or cross-scale windows.
/// </summary>
/// <remarks>
/// A pattern holds arrays of the sizes that it is asked for, so honest sizes in the millions cost honest memory: those between what
/// is small and what no array can have are cut to small ones.
/// </remarks>
internal sealed class PatternDescription(byte[] bytes)
{
    private int _position;

    public SparsePattern Create() => (Next() & 3) switch
    {
        0 => MaskedLists(),
        1 => ListsOfHeads(),
        2 => Blocks(),
        _ => Windows(),
    };

    private SparsePattern MaskedLists()
    {
        QueryTiles tiles = Tiles();
        int keyCount = Size(4096);
        int[] offsets = Array(), keys = Array();
        int wordsPerKey = Next();
        ulong[] words = [.. Array().Chunk(2).Select(pair => (uint)pair[0] | ((ulong)(uint)pair[^1] << 32))];
        var lists = wordsPerKey == 0 ? KeyLists.Create(keyCount, offsets, keys) : KeyLists.Create(keyCount, offsets, keys, words, wordsPerKey);
        return SparsePattern.Create(tiles, lists, Array(), headCount: Next(), batchCount: Next());
    }

    private SparsePattern ListsOfHeads()
    {
        QueryTiles tiles = Tiles();
        int keyCount = Size(4096);
        var heads = new int[Count(8)][][];
        for (int head = 0; head < heads.Length; head++)
            heads[head] = Lists();
        return SparsePattern.FromKeyLists(tiles, keyCount, heads);
    }

    private SparsePattern Blocks()
    {
        int queries = Size(4096), keys = Size(4096), queryBlock = Next(), keyBlock = Next();
        var kept = new bool[Count(64), Count(64)];
        for (int i = 0; i < kept.Length; i++)
            kept[i / kept.GetLength(1), i % kept.GetLength(1)] = (Next() & 1) != 0;
        return BlockMask.Create(kept, queries, keys, queryBlock, keyBlock).ToPattern();
    }

    private SparsePattern Windows()
    {
        var grids = new GridSize[Count(5)];
        for (int i = 0; i < grids.Length; i++)
            grids[i] = new GridSize(Size(16), Size(16));
        var schedule = new ScaleSchedule(grids);
        return CrossScaleLocal.Create(schedule, Next(), new CrossScaleLocalOptions
        {
            SinkScales = Next(),
            Tile = new TileShape(Next(), Next()),
            ExactMask = (Next() & 1) != 0,
            Windows = Array(),
        });
    }

    private QueryTiles Tiles() => (Next() & 1) == 0 ? QueryTiles.Raster(Size(4096), Next()) : QueryTiles.FromLists(Size(4096), Lists());

    private int[][] Lists()
    {
        var lists = new int[Count(64)][];
        for (int i = 0; i < lists.Length; i++)
            lists[i] = Array();
        return lists;
    }

    private int[] Array()
    {
        var array = new int[Count((bytes.Length - _position) / sizeof(int))];
        for (int i = 0; i < array.Length; i++)
            array[i] = Next();
        return array;
    }

    private int Size(int small) => Next() is var size && (size <= small || size > System.Array.MaxLength - 1) ? size : size % small;

    private int Count(int most) => Math.Clamp(Next(), 0, Math.Max(most, 0));

    private int Next()
    {
        int number = _position + sizeof(int) <= bytes.Length ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(_position)) : 0;
        _position += sizeof(int);
        return number;
    }
}
