using System.Text;

namespace VarSparse.Samples.Safetensors;

/// <summary>One-line error messages. Names come from files that nobody has vouched for, so they are cut and cleaned.</summary>
internal static class Problem
{
    private const int LongestQuote = 80;
    private const int LongestList = 20;

    public static InvalidDataException In(string path, string what, Exception? cause = null) =>
        new($"{Clean(path)}: {Clean(what)}", cause);

    public static string Quote(string name) =>
        name.Length <= LongestQuote ? $"'{name}'" : $"'{name.AsSpan(0, LongestQuote)}...' ({name.Length} characters)";

    public static string List(IReadOnlyCollection<string> names)
    {
        string shown = string.Join(", ", names.Take(LongestList).Select(Quote));
        return names.Count <= LongestList ? shown : $"{shown} and {names.Count - LongestList} more";
    }

    private static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (char c in text)
            clean.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? '?' : c);
        return clean.ToString();
    }
}
