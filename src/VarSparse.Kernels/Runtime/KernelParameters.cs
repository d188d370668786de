using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Reads the sizes of a kernel's parameters from its PTX. The driver copies that many bytes from each argument pointer without
/// any check, so a launch with the wrong arguments would read stray memory; with the sizes it is a clear error instead.
/// </summary>
internal static partial class KernelParameters
{
    internal static ImmutableArray<int> Sizes(string ptx, string entryPoint)
    {
        Match entry = Entries().Matches(ptx).FirstOrDefault(match => match.Groups["name"].Value == entryPoint)
            ?? throw new ArgumentException(
                $"{nameof(entryPoint)}: the PTX has no entry '{entryPoint}', it has {Names(ptx)}", nameof(entryPoint));
        return [.. Parameters().Matches(entry.Groups["parameters"].Value).Select(Size)];
    }

    private static string Names(string ptx)
    {
        string[] names = [.. Entries().Matches(ptx).Select(match => $"'{match.Groups["name"].Value}'")];
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }

    private static int Size(Match parameter)
    {
        int bits = int.Parse(parameter.Groups["bits"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        int count = parameter.Groups["count"].Success
            ? int.Parse(parameter.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 1;
        return bits / 8 * count;
    }

    // An entry's parameter list is optional and holds no parentheses of its own.
    [GeneratedRegex(@"\.entry\s+(?<name>[\w$%]+)\s*(\((?<parameters>[^)]*)\))?")]
    private static partial Regex Entries();

    // .param .align 8 .b8 name[16]   |   .param .b64 name   |   .param .u64 .ptr .global .align 16 name
    [GeneratedRegex(@"\.param\b[^,]*?\.[bsuf](?<bits>8|16|32|64|128)\b[^,\[]*(\[(?<count>\d+)\])?")]
    private static partial Regex Parameters();
}
