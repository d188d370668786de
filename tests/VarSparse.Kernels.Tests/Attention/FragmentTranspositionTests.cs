using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class FragmentTranspositionTests
{
    [Fact]
    public void Every_bit_lands_where_the_layout_says()
    {
        for (int key = 0; key < MaskFragment.Side; key++)
        {
            for (int slot = 0; slot < MaskFragment.Side; slot++)
            {
                var words = new ulong[MaskFragment.Side];
                words[key] = 1UL << slot;
                var expected = new uint[MaskFragment.Threads];
                expected[MaskFragment.ThreadOf(slot, key)] = 1u << MaskFragment.BitOf(slot, key);
                Assert.Equal(expected, Transposed(words));
            }
        }
    }

    [Fact]
    public void Bits_do_not_meddle_with_each_other()
    {
        var random = new Random(1);
        for (int round = 0; round < 100; round++)
        {
            var words = new ulong[MaskFragment.Side];
            var expected = new uint[MaskFragment.Threads];
            for (int key = 0; key < words.Length; key++)
            {
                words[key] = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
                for (int slot = 0; slot < MaskFragment.Side; slot++)
                    expected[MaskFragment.ThreadOf(slot, key)] |= (uint)((words[key] >> slot) & 1) << MaskFragment.BitOf(slot, key);
            }

            Assert.Equal(expected, Transposed(words));
        }
    }

    /// <summary>Into memory that is not zero, all of which must be written.</summary>
    private static uint[] Transposed(ulong[] words)
    {
        var fragment = new uint[MaskFragment.Threads];
        Array.Fill(fragment, 0xDEADBEEF);
        FragmentTransposition.Write(words, fragment);
        return fragment;
    }
}
