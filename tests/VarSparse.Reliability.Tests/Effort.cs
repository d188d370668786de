namespace VarSparse.Reliability.Tests;

/// <summary>How much a test repeats: a share of it always, all of it where VARSPARSE_RELIABILITY is "complete".</summary>
internal static class Effort
{
    public static bool IsComplete { get; } = Environment.GetEnvironmentVariable("VARSPARSE_RELIABILITY") == "complete";

    public static int Of(int usual, int complete) => IsComplete ? complete : usual;
}
