using System.Globalization;
using VarSparse.Benchmarks.Results;

namespace VarSparse.Benchmarks.Advice;

/// <summary>Advice as lines of text: what was measured, then what to take.</summary>
internal sealed class AdviceText(Problem problem, IReadOnlyList<ScaleTimes> times, int measuredHeads)
{
    public void Write(TextWriter output)
    {
        void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        Machine machine = Machine.Describe(problem.Device);
        Line($"{machine.Gpu ?? machine.Processor}, TorchSharp {machine.TorchSharp}");
        Line($"{problem.Geometry}: batch {problem.Batch}, {problem.Heads} heads of {problem.HeadDimension}, {problem.TypeName}{Share}");
        output.WriteLine();
        WriteTable(Line);

        Recommendation local = Recommendation.From(Only(0, Candidate.Local.Count));
        Recommendation far = Recommendation.From(Only(Candidate.Local.Count, Candidate.Far.Count));
        output.WriteLine();
        Line($"take");
        WriteChoice(local, Candidate.Local, Line);
        if (local.Candidate is null)
            return;
        output.WriteLine();
        if (far.Candidate is null)
            Line($"Where local windows lose too much: wider windows. Far field is not faster than dense here.");
        else
            Line($"if local windows lose too much");
        if (far.Candidate is not null)
            WriteChoice(far, Candidate.Far, Line);
        output.WriteLine();
        Line($"This is the time of attention alone; what sparse attention does to your images, measure with your model.");
    }

    /// <summary>The measurements with some of the candidates.</summary>
    private ScaleTimes[] Only(int first, int count) =>
        [.. times.Select(scale => scale with { Candidates = [.. scale.Candidates.Skip(first).Take(count)] })];

    private string Share => measuredHeads == problem.Batch * problem.Heads
        ? ""
        : $"; timed on {measuredHeads} of {problem.Batch * problem.Heads} heads and rows, in proportion";

    private void WriteTable(Action<FormattableString> line)
    {
        line($"{"milliseconds",-44}{string.Concat(times.Select(scale => $"{problem.Schedule[scale.Scale],12}"))}");
        void Row(string name, Func<ScaleTimes, double> time) =>
            line($"{name,-44}{string.Concat(times.Select(scale => time(scale).ToString("F3", CultureInfo.InvariantCulture).PadLeft(12)))}");
        Row("dense, torch", scale => scale.TorchDense);
        Row("dense, VarSparse", scale => scale.OurDense);
        Candidate[] all = [.. Candidate.Local, .. Candidate.Far];
        for (int i = 0; i < all.Length; i++)
        {
            int candidate = i;
            Row(all[i].Name, scale => scale.Candidates[candidate]);
        }
    }

    private void WriteChoice(Recommendation choice, IReadOnlyList<Candidate> candidates, Action<FormattableString> line)
    {
        foreach (ScaleDecision scale in choice.Scales)
        {
            string what = scale.Candidate is { } sparse ? $"{candidates[sparse].Name}, on {Backend.Sparse(problem)}" : $"dense, by {Backend.Dense(scale.Times)}";
            line($"  scale {scale.Times.Scale} ({problem.Schedule[scale.Times.Scale]}): {what}: {scale.SpeedUp:F1}x of torch's dense");
        }

        line($"  attention of the last {problem.Scales} scales: {choice.SpeedUp:F1}x");
        if (choice.Candidate is { } chosen)
            line($"  {candidates[chosen].Code} {{ Scales = {Scales(choice)} }}");
        else
            line($"  no sparse attention: it is not faster than dense at these scales");
    }

    /// <summary>The scales in the words of a policy.</summary>
    private static string Scales(Recommendation choice)
    {
        int[] sparse = [.. choice.Scales.Where(scale => scale.Candidate is not null).Select(scale => scale.Times.Scale)];
        bool last = sparse.SequenceEqual(choice.Scales.TakeLast(sparse.Length).Select(scale => scale.Times.Scale));
        return last ? $"ScaleChoice.Last({sparse.Length})" : $"ScaleChoice.Of({string.Join(", ", sparse)})";
    }
}
