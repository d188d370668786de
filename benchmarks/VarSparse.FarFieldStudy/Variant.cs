using System.Globalization;
using VarSparse.Samples.EmojiVar;

namespace VarSparse.FarFieldStudy;

/// <summary>One way to summarise far blocks.</summary>
internal sealed class Variant
{
    private const string First = "first";
    private const string Coarse = "coarse";
    private const string Graded = "graded-";
    private const string Values = "values";
    private const string ExactValues = "exact-values";

    private static readonly Dictionary<string, SummaryBias> s_biases = new()
    {
        ["second"] = SummaryBias.Second,
        ["two-point"] = SummaryBias.TwoPoint,
        ["mass"] = SummaryBias.ExactMass,
    };

    private Variant(string name) => Name = name;

    public string Name { get; }

    public BlockSizes Blocks { get; private set; } = BlockSizes.Default;

    public SummaryBias Bias { get; private set; } = SummaryBias.First;

    public SummaryValues SummaryValues { get; private set; } = SummaryValues.Mean;

    /// <summary>The library's far-field attention, computed the study's way.</summary>
    public bool IsLibrarys => Name == First;

    /// <summary>How variants are written.</summary>
    public static string Syntax =>
        $"{First}, or some with a plus between them: {Coarse} or {Graded}N-M (twice the side beyond N blocks, four times beyond M); {string.Join(" or ", s_biases.Keys)}; {Values} or {ExactValues}";

    /// <summary>What a kernel would pay beyond the keys and summaries that it sees.</summary>
    public string AlsoPays
    {
        get
        {
            if (Bias == SummaryBias.ExactMass || SummaryValues == SummaryValues.Exact)
                return "all keys: a limit, no method";
            string quadratic = Bias == SummaryBias.First ? "" : "a quadratic form of the query a summary, or one more key a summary if rank 1 will do";
            string matrix = SummaryValues == SummaryValues.Mean ? "" : "a D x D matrix a summary, or one more key and value if rank 1 will do";
            return string.Join("; ", new[] { quadratic, matrix }.Where(cost => cost.Length > 0));
        }
    }

    /// <exception cref="BadOptionException">The text is no variant.</exception>
    public static Variant Parse(string text)
    {
        var variant = new Variant(text);
        string[] parts = text == First ? [] : text.Split('+');
        int[] kinds = [.. parts.Select(variant.Take)];
        return kinds.Distinct().Count() == kinds.Length ? variant : throw Unknown(text);
    }

    /// <returns>Which property the part set: no two parts may set the same.</returns>
    private int Take(string part)
    {
        if (s_biases.TryGetValue(part, out SummaryBias bias))
        {
            Bias = bias;
            return 0;
        }

        if (part is Values or ExactValues)
        {
            SummaryValues = part == Values ? SummaryValues.Covariance : SummaryValues.Exact;
            return 1;
        }

        Blocks = part == Coarse ? BlockSizes.Coarse : part.StartsWith(Graded, StringComparison.Ordinal) ? new BlockSizes(1, Reaches(part)) : throw Unknown(Name);
        return 2;
    }

    private int[] Reaches(string part)
    {
        string[] numbers = part[Graded.Length..].Split('-');
        int[] reaches = [.. numbers.Select(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int reach) && reach < 1000 ? reach : throw Unknown(Name))];
        return reaches.Length <= 2 && reaches.SequenceEqual(reaches.Order()) ? reaches : throw Unknown(Name);
    }

    private static BadOptionException Unknown(string text) => new($"--variant: got '{text}', expected {Syntax}");
}
