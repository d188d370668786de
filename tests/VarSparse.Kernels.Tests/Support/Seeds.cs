namespace VarSparse.Kernels.Tests.Support;

/// <summary>How many random problems a test on a device draws: fewer where VARSPARSE_SEEDS says so, for tools that slow kernels down.</summary>
internal static class Seeds
{
    public static int Of(int all) => int.TryParse(Environment.GetEnvironmentVariable("VARSPARSE_SEEDS"), out int wanted) ? Math.Clamp(wanted, 1, all) : all;
}
