using System.Text.RegularExpressions;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Support;

/// <summary>Which line of a kernel's text can follow which. The order of the text says nothing: blocks are laid out freely.</summary>
internal sealed class PtxFlow
{
    private readonly string[] _lines;
    private readonly int[][] _next;

    public PtxFlow(PtxKernel kernel)
    {
        _lines = kernel.Text.Split('\n');
        var labels = new Dictionary<string, int>();
        for (int line = 0; line < _lines.Length; line++)
        {
            if (Regex.Match(_lines[line], @"^\s*(L_\d+):") is { Success: true } label)
                labels.Add(label.Groups[1].Value, line);
        }

        _next = [.. _lines.Select((text, line) => Next(text, line, labels))];
    }

    /// <summary>The lines that match an expression, of which there must be some.</summary>
    public int[] Find(string expression)
    {
        int[] lines = [.. Enumerable.Range(0, _lines.Length).Where(line => Regex.IsMatch(_lines[line], expression))];
        Assert.True(lines.Length > 0, $"no line matches {expression}");
        return lines;
    }

    /// <summary>Whether a line can come again after itself.</summary>
    public bool IsInLoop(int line)
    {
        var seen = new HashSet<int>();
        var open = new Stack<int>(_next[line]);
        while (open.TryPop(out int next))
        {
            if (next == line)
                return true;
            if (seen.Add(next))
                Array.ForEach(_next[next], open.Push);
        }

        return false;
    }

    private int[] Next(string text, int line, Dictionary<string, int> labels)
    {
        int[] following = line + 1 < _lines.Length ? [line + 1] : [];
        Match branch = Regex.Match(text, @"\bbra(\.uni)?\s+(L_\d+);");
        if (branch.Success)
            return text.TrimStart().StartsWith('@') ? [labels[branch.Groups[2].Value], .. following] : [labels[branch.Groups[2].Value]];
        return Regex.IsMatch(text, @"^\s*ret;") ? [] : following;
    }
}
