using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Selection;

/// <summary>Where the keys of a list stand that are sorted by who sees them: one after the other, or as <see cref="StepLayout"/> has them.</summary>
internal struct SortedPlaces
{
    private const int AllWords = -1;

    private StepLayout _layout;
    private bool _hasSteps;

    /// <summary>Keys that only the first word sees.</summary>
    private int _onlyFirst;

    /// <summary>Keys that the first word sees.</summary>
    private int _notOnlyLast;

    private int _count;

    /// <summary>Keys one after the other.</summary>
    public static SortedPlaces InOrder(int count) => new()
    {
        _layout = new StepLayout { First = count },
        _onlyFirst = count,
        _notOnlyLast = count,
        _count = count,
    };

    /// <summary>Keys of a tile of two words.</summary>
    /// <param name="onlyFirst">Keys that only the first word sees.</param>
    /// <param name="notOnlyLast">Keys that the first word sees.</param>
    /// <param name="count">Keys of the list.</param>
    public static SortedPlaces InSteps(int onlyFirst, int notOnlyLast, int count) => new()
    {
        _layout = StepLayout.Of(onlyFirst, notOnlyLast - onlyFirst, count - notOnlyLast),
        _hasSteps = true,
        _onlyFirst = onlyFirst,
        _notOnlyLast = notOnlyLast,
        _count = count,
    };

    /// <summary>Entries of the list, those without a key included.</summary>
    public static int Length(SortedPlaces places) => StepLayout.Length(places._layout);

    /// <summary>Where the n-th key stands.</summary>
    public static int Of(SortedPlaces places, int n)
    {
        if (n < places._onlyFirst)
            return n;
        if (n >= places._notOnlyLast)
            return StepLayout.StartOfLast(places._layout) + n - places._notOnlyLast;
        int afterBoth = n - places._onlyFirst - places._layout.Both;
        return afterBoth < 0 ? StepLayout.StartOfBoth(places._layout) + n - places._onlyFirst : places._onlyFirst + afterBoth;
    }

    /// <summary>Where it stands for a second time, or -1.</summary>
    public static int Repeated(SortedPlaces places, int n)
    {
        int afterBoth = n - places._onlyFirst - places._layout.Both;
        return n >= places._onlyFirst && n < places._notOnlyLast && afterBoth >= 0
            ? StepLayout.StartOfLast(places._layout) + places._count - places._notOnlyLast + afterBoth
            : -1;
    }

    /// <summary>The words that an entry holds a key for, a bit each; 0 for an entry without a key.</summary>
    public static int WordsOf(SortedPlaces places, int place)
    {
        if (places._hasSteps)
            return StepLayout.WordsOf(places._layout, place);
        return place < places._count ? AllWords : 0;
    }
}
