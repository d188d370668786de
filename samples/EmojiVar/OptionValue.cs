using System.CommandLine;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Checks of what options were given.</summary>
internal static class OptionValue
{
    public static T InRange<T>(ParseResult result, Option<T> option, T least, T most)
        where T : IComparable<T>
    {
        T value = result.GetValue(option)!;
        // NaN compares as less than every number.
        return value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new BadOptionException(FormattableString.Invariant($"{option.Name}: got {value}, expected {least} to {most}"));
    }

    public static string OneOf(Option option, string given, string[] names) => names.Contains(given)
        ? given
        : throw new BadOptionException($"{option.Name}: got '{given}', expected {string.Join(" or ", names)}");
}
