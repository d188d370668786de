using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// PTX text as it is hashed: without comments and spacing, and with ILGPU's numbered names (_q_2653, L_26510) numbered anew in
/// order of appearance, because ILGPU's counters run through the whole process and the same kernel gets others every time.
/// Names are replaced one for one, so two texts with one identity are the same program (what a module may import from the
/// driver, such as vprintf, has no number in its name).
/// </summary>
internal static partial class PtxIdentity
{
    internal static string Of(string ptx)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var identity = new StringBuilder(ptx.Length);
        foreach (string raw in Comments().Replace(ptx, " ").Split('\n'))
        {
            string line = Spaces().Replace(raw, " ").Trim();
            if (line.Length == 0) continue;

            // sm_90 and the like are no names.
            bool isTarget = line.StartsWith(".target", StringComparison.Ordinal);
            identity.Append(isTarget ? line : NumberedNames().Replace(line, match => Rename(names, match.Value))).Append('\n');
        }
        return identity.ToString();
    }

    private static string Rename(Dictionary<string, string> names, string name)
    {
        if (!names.TryGetValue(name, out string? renamed))
        {
            renamed = string.Create(CultureInfo.InvariantCulture, $"#{names.Count}");
            names.Add(name, renamed);
        }
        return renamed;
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"(?<![\w$%.])[A-Za-z_$][\w$]*_\d+(?![\w$])")]
    private static partial Regex NumberedNames();
}
