using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class BlockMeansTests
{
    [Fact]
    public void Float32_equals_float64_sums() => Check(value => value, value => value);

    [Fact]
    public void Float16_equals_float64_sums() => Check(value => (Half)value, value => (float)value);

    [Fact]
    public void BFloat16_equals_float64_sums() => Check(value => (BFloat16)value, value => (float)value);

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        FarFieldPlan plan = FarField.Create(ScaleSchedule.FromSides(2, 4), 1, new() { SinkScales = 0, CoarserBeyond = [] });
        BadInput.Rejected("rows", () => Run<float>(AttentionLayout.HeadsFirst(1, 2, 19, 8), AttentionLayout.HeadsFirst(1, 2, 5, 8)), "has 19 tokens", "expected 20");
        BadInput.Rejected("rows", () => Run<float>(AttentionLayout.HeadsFirst(1, 2, 20, 12), AttentionLayout.HeadsFirst(1, 2, 5, 12)), "head dimension is 12");
        BadInput.Rejected("means", () => Run<float>(AttentionLayout.HeadsFirst(1, 2, 20, 8), AttentionLayout.HeadsFirst(1, 2, 4, 8)), "got [1, 2, 4, 8]", "with 5 tokens");
        BadInput.Rejected("means", () => Run<float>(AttentionLayout.HeadsFirst(1, 2, 20, 8), new(1, 2, 5, 8, 0, 0, 8)), "strides that keep its elements apart");
        BadInput.Rejected("rows", () => Run<double>(AttentionLayout.HeadsFirst(1, 2, 20, 8), AttentionLayout.HeadsFirst(1, 2, 5, 8)), "element type is Double");

        void Run<T>(AttentionLayout rows, AttentionLayout means)
            where T : unmanaged =>
            BlockMeans.Run(new AttentionInput<T>(new T[rows.Extent], rows), plan, new AttentionOutput<T>(new T[means.Extent], means));
    }

    private static void Check<T>(Func<float, T> narrow, Func<T, float> widen)
        where T : unmanaged
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            FarFieldPlan plan = new FarFieldCase(random).Create();
            (int batch, int heads, int length) = (random.Next(1, 4), random.Next(1, 4), 8 * random.Next(1, 33));
            AttentionLayout from = Layout(random, batch, heads, plan.TokenCount, length), to = Layout(random, batch, heads, plan.SummaryCount, length);
            T[] rows = [.. Enumerable.Range(0, (int)from.Extent).Select(_ => narrow((float)(random.NextDouble() * 2 - 1)))];
            T[] means = [.. Enumerable.Repeat(narrow(float.NaN), plan.SummaryCount == 0 ? 0 : (int)to.Extent)];

            BlockMeans.Run(new AttentionInput<T>(rows, from), plan, new AttentionOutput<T>(means, to));

            for (int i = 0; i < batch * heads * plan.SummaryCount * length; i++)
            {
                (int rest, int column) = Math.DivRem(i, length);
                (rest, int block) = Math.DivRem(rest, plan.SummaryCount);
                (int b, int h) = Math.DivRem(rest, heads);
                double sum = 0;
                foreach (int member in plan.Members(block))
                    sum += widen(rows[from.Offset(b, h, member) + column]);
                double expected = plan.Members(block).IsEmpty ? 0 : sum / plan.Members(block).Length;
                double actual = widen(means[to.Offset(b, h, block) + column]);
                Assert.True(Math.Abs(expected - actual) <= Tolerances.Element<T>(), $"seed {seed}: got {actual}, expected {expected}");
            }
        }
    }

    private static AttentionLayout Layout(Random random, int batch, int heads, int tokens, int length) => random.Next(2) == 0
        ? AttentionLayout.HeadsFirst(batch, heads, tokens, length)
        : AttentionLayout.TokensFirst(batch, heads, tokens, length);
}
