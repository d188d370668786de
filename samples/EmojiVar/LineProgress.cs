namespace VarSparse.Samples.EmojiVar;

/// <summary>One line for each finished image, where no one watches a bar.</summary>
internal sealed class LineProgress(TextWriter output) : IProgressView
{
    private string _what = "";

    public void Begin(string what) => _what = what;

    public void Report(double share)
    {
    }

    public void End(TimeSpan elapsed) => output.WriteLine(FormattableString.Invariant($"{_what}: {elapsed.TotalSeconds:F3} s"));
}
