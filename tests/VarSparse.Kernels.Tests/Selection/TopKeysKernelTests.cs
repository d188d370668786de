using VarSparse.Kernels.Selection;
using VarSparse.Kernels.Tests.Attention;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Selection;

public sealed class TopKeysKernelTests(AttentionLab lab, KernelLab compilers)
{
    private const int Seeds = 5;

    [Fact]
    public void Keeps_the_heaviest()
    {
        using var stage = KernelStage.Simulated(lab);
        for (int seed = 0; seed < Seeds; seed++)
            CheckCount(stage, seed, largest: 900);
    }

    [Fact]
    public void Keeps_the_heaviest_on_a_device()
    {
        using var stage = KernelStage.Device();
        for (int seed = 0; seed < 60 * Seeds; seed++)
            CheckCount(stage, seed, largest: 20000);
    }

    [Fact]
    public void Keeps_the_fewest_that_cover_a_share()
    {
        using var stage = KernelStage.Simulated(lab);
        for (int seed = 0; seed < Seeds; seed++)
            CheckCoverage(stage, seed, largest: 900);
    }

    [Fact]
    public void Keeps_the_fewest_that_cover_a_share_on_a_device()
    {
        using var stage = KernelStage.Device();
        for (int seed = 0; seed < 60 * Seeds; seed++)
            CheckCoverage(stage, seed, largest: 20000);
    }

    [Fact]
    public void Whole_numbers_are_covered_exactly()
    {
        // 8 + 4 + 2 + 1 + 1: half is 8, and a share just above takes one more; the lower one of two equal keys goes first.
        float[] masses = [1, 4, 0, 8, 1, 2];
        using var stage = KernelStage.Simulated(lab);
        Assert.Equal([3], Covering(stage, masses, 0.5));
        Assert.Equal([1, 3], Covering(stage, masses, 0.500001));
        Assert.Equal([0, 1, 3, 5], Covering(stage, masses, 15 / 16.0));
        Assert.Equal([0, 1, 3, 4, 5], Covering(stage, masses, 1));
        Assert.Equal([0], Covering(stage, [1, 1], 0.5));
        Assert.Equal([0, 1], Covering(stage, [1, 1], Math.BitIncrement(0.5)));
        Assert.Equal([1], Covering(stage, [1, 2], double.Epsilon));
    }

    [Fact]
    public void What_is_below_zero_counts_as_none()
    {
        using var stage = KernelStage.Simulated(lab);
        Assert.Equal([3], Covering(stage, [0, -1, -5, 2, -0f], 1));
        Assert.Equal([0], Covering(stage, [float.Epsilon], 0.1));
        Assert.Equal([0, 2], Covering(stage, [1e-40f, 0, 1e-40f], 1));
    }

    [Fact]
    public void Without_a_ranking_all_are_kept()
    {
        using var stage = KernelStage.Simulated(lab);
        Assert.Equal([0, 1, 2], Covering(stage, [0, -1, -0f], 0.1));
        Assert.Equal([0, 1, 2], Covering(stage, [1, float.NaN, 0], 0.1));
        Assert.Equal([0, 1, 2], Covering(stage, [0, 1, float.PositiveInfinity], 0.1));
        Assert.Equal([0, 1], Covering(stage, [0, 0, 0], 0.1, capacity: 2));
    }

    [Fact]
    public void Too_many_for_the_lists_become_the_heaviest_that_fit()
    {
        using var stage = KernelStage.Simulated(lab);
        Assert.Equal([1, 3], Covering(stage, [1, 4, 0, 8, 1, 2], 1, capacity: 2));
    }

    [Fact]
    public void Refuses_numbers_out_of_range()
    {
        var lists = new CudaKeyLists(256, 256, 10);
        Assert.StartsWith("keep: got 11, expected 1 to 10,", Assert.Throws<ArgumentException>(() => TopKeys.ByCount(256, 1, 20, 11, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("keep: got 6, expected 1 to 5,", Assert.Throws<ArgumentException>(() => TopKeys.ByCount(256, 1, 5, 6, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("coverage: got 0,", Assert.Throws<ArgumentException>(() => TopKeys.ByCoverage(256, 1, 5, 0, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("coverage: got NaN,", Assert.Throws<ArgumentException>(() => TopKeys.ByCoverage(256, 1, 5, double.NaN, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("keyCount: got 2097153,", Assert.Throws<ArgumentException>(() => TopKeys.ByCoverage(256, 1, (1 << 21) + 1, 1, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("rows: got 0,", Assert.Throws<ArgumentOutOfRangeException>(() => TopKeys.ByCoverage(256, 0, 5, 1, lists, 0)).Message, StringComparison.Ordinal);
        Assert.StartsWith("lists: got a capacity of 0,", Assert.Throws<ArgumentException>(() => TopKeys.ByCoverage(256, 1, 5, 1, default, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ptx_keeps_to_registers_and_takes_its_parameters() =>
        LaunchedPtx.Check(compilers, TopKeys.ByCount(256, 1, 1, 1, new CudaKeyLists(256, 256, 1), 0));

    private static void CheckCount(KernelStage stage, int seed, int largest)
    {
        var random = new Random(seed);
        (float[] masses, int rows, int keys) = Masses(random, largest);
        int keep = random.Next(4) == 0 ? keys : random.Next(1, keys + 1);
        var output = new Output(stage, rows, keys, keep + random.Next(3));
        stage.Run(TopKeys.ByCount(stage.Copy<float>(masses), rows, keys, keep, output.Lists, output.Places));
        for (int row = 0; row < rows; row++)
            output.Assert(row, [.. Order(masses, row, keys).Take(keep).Order()], $"seed {seed}, row {row}, {keep} of {keys}");
    }

    private static void CheckCoverage(KernelStage stage, int seed, int largest)
    {
        var random = new Random(seed);
        (float[] masses, int rows, int keys) = Masses(random, largest);
        double coverage = random.Next(5) == 0 ? 1 : random.NextDouble();
        var output = new Output(stage, rows, keys, keys);
        stage.Run(TopKeys.ByCoverage(stage.Copy<float>(masses), rows, keys, coverage, output.Lists, output.Places));
        for (int row = 0; row < rows; row++)
        {
            string where = $"seed {seed}, row {row}, {coverage} of {keys}";
            int[] order = [.. Order(masses, row, keys)];
            double total = order.Sum(key => (double)masses[row * keys + key]);
            int[] actual = output.Keys(row);

            // Any number of keys whose sum is right within rounding; but then it must be the heaviest ones.
            double sum = actual.Sum(key => (double)masses[row * keys + key]);
            double last = actual.Length == 0 ? 0 : actual.Min(key => (double)masses[row * keys + key]);
            double slack = total * 1e-6;
            Xunit.Assert.True(sum >= coverage * total - slack && (total == 0 ? actual.Length == keys : sum - last < coverage * total + slack), $"{where}: {sum} of {total}, the last is {last}");
            output.Assert(row, [.. order.Take(actual.Length).Order()], where);
        }
    }

    /// <summary>Masses as attention gives them, or few values many times.</summary>
    private static (float[] Masses, int Rows, int Keys) Masses(Random random, int largest)
    {
        int rows = random.Next(1, 4), keys = random.Next(4) == 0 ? random.Next(1, 10) : random.Next(1, largest);
        bool coarse = random.Next(2) == 0, empty = random.Next(6) == 0;
        var masses = new float[rows * keys];
        for (int i = 0; i < masses.Length; i++)
            masses[i] = empty ? 0 : coarse ? random.Next(4) * 0.25f : (float)Math.Exp(12 * random.NextDouble() - 10);
        return (masses, rows, keys);
    }

    private static IEnumerable<int> Order(float[] masses, int row, int keys) =>
        Enumerable.Range(0, keys).OrderByDescending(key => masses[row * keys + key]).ThenBy(key => key);

    private static int[] Covering(KernelStage stage, float[] masses, double coverage, int capacity = 8)
    {
        var output = new Output(stage, 1, masses.Length, capacity);
        stage.Run(TopKeys.ByCoverage(stage.Copy<float>(masses), 1, masses.Length, coverage, output.Lists, output.Places));
        int[] keys = output.Keys(0);
        output.Assert(0, keys, "places");
        return keys;
    }

    /// <summary>Lists and places in memory, full of numbers that no kernel writes.</summary>
    private sealed class Output
    {
        private const int Poison = -77;

        private readonly KernelStage _stage;
        private readonly int _rows;
        private readonly int _keyCount;

        public Output(KernelStage stage, int rows, int keyCount, int capacity)
        {
            (_stage, _rows, _keyCount) = (stage, rows, keyCount);
            Lists = new CudaKeyLists(Poisoned(rows * capacity), Poisoned(rows), capacity);
            Places = Poisoned(rows * keyCount);
        }

        public CudaKeyLists Lists { get; }

        public ulong Places { get; }

        public int[] Keys(int row)
        {
            int count = _stage.Read<int>(Lists.Counts, _rows)[row];
            return _stage.Read<int>(Lists.Keys, _rows * Lists.Capacity)[(row * Lists.Capacity)..][..count];
        }

        public void Assert(int row, int[] expected, string where)
        {
            Xunit.Assert.True(expected.AsSpan().SequenceEqual(Keys(row)), $"{where}: {string.Join(' ', expected)} expected, {string.Join(' ', Keys(row))}");
            int[] rest = _stage.Read<int>(Lists.Keys, _rows * Lists.Capacity)[(row * Lists.Capacity)..][expected.Length..Lists.Capacity];
            Xunit.Assert.True(rest.All(key => key == Poison), $"{where}: written beyond the count");
            int[] places = _stage.Read<int>(Places, _rows * _keyCount)[(row * _keyCount)..][.._keyCount];
            for (int key = 0; key < _keyCount; key++)
                Xunit.Assert.True(places[key] == Math.Max(-1, Array.BinarySearch(expected, key)), $"{where}: key {key} is in place {places[key]}");
        }

        private ulong Poisoned(int count) => _stage.Copy<int>(Enumerable.Repeat(Poison, count).ToArray());
    }
}
