namespace VarSparse.Benchmarks;

/// <summary>How much of the suite runs. The benchmarks are in this process, so a switch of the process reaches their parameters.</summary>
internal static class Suite
{
    private const string Full = "VarSparse.Benchmarks.Full";

    public static bool IsFull => AppContext.TryGetSwitch(Full, out bool full) && full;

    public static void MakeFull() => AppContext.SetSwitch(Full, true);
}
