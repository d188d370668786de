using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class StepLayoutTests
{
    [Fact]
    public void Every_key_has_an_entry_of_its_own_in_a_step_of_its_words()
    {
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            int first = random.Next(0, 400), both = random.Next(0, 400), last = random.Next(0, 400);
            StepLayout layout = StepLayout.Of(first, both, last);
            string where = $"{first}, {both}, {last}";
            Assert.True((layout.First, layout.Both, layout.Last) == (first + layout.Repeated, both - layout.Repeated, last + layout.Repeated), where);
            var words = new int[StepLayout.Length(layout)];
            Place(layout.First, 1, 0);
            Place(layout.Both, 3, StepLayout.StartOfBoth(layout));
            Place(layout.Last, 2, StepLayout.StartOfLast(layout));
            Assert.Equal(Enumerable.Range(0, words.Length + 200).Select(place => place < words.Length ? words[place] : 0), Enumerable.Range(0, words.Length + 200).Select(place => StepLayout.WordsOf(layout, place)));
            Assert.True(words.Length == 0 || words[^1] != 0, where);
            Assert.All(words.Chunk(StepLayout.KeysPerStep), step => Assert.Single(step.Where(word => word != 0).Distinct()));

            void Place(int count, int word, int start)
            {
                for (int rank = 0; rank < count; rank++)
                {
                    Assert.True(words[start + rank] == 0, where);
                    words[start + rank] = word;
                }
            }
        }
    }

    [Theory]
    [InlineData(244, 258, 244, 2)]
    [InlineData(211, 260, 211, 4)]
    [InlineData(200, 200, 200, 0)]
    [InlineData(0, 130, 0, 0)]
    [InlineData(100, 140, 90, 12)]
    public void Keys_stand_twice_where_that_saves_steps(int first, int both, int last, int repeated) =>
        Assert.Equal(repeated, StepLayout.Of(first, both, last).Repeated);

    [Fact]
    public void Steps_of_a_word_follow_each_other_and_are_as_few_as_its_keys_fill()
    {
        var random = new Random(2);
        for (int i = 0; i < 200; i++)
        {
            int first = random.Next(0, 900), both = random.Next(0, 900), last = random.Next(0, 900);
            StepLayout layout = StepLayout.Of(first, both, last);
            int[] steps = [.. Enumerable.Range(0, StepLayout.Steps(StepLayout.Length(layout))).Select(step => StepLayout.WordsOf(layout, step * StepLayout.KeysPerStep))];
            int fewest = Math.Min(Taken(0), Taken(both % StepLayout.KeysPerStep));
            int taken = 0;
            foreach (int word in (int[])[1, 2])
            {
                int[] own = [.. Enumerable.Range(0, steps.Length).Where(step => (steps[step] & word) != 0)];
                Assert.Equal(Enumerable.Range(own.FirstOrDefault(), own.Length), own);
                taken += own.Length;
            }

            Assert.Equal(fewest, taken);

            int Taken(int repeated) => StepLayout.Steps(first + repeated) + StepLayout.Steps(last + repeated) + 2 * StepLayout.Steps(both - repeated);
        }
    }
}
