using VarSparse.Attention;

namespace VarSparse.Core.Tests.Attention;

/// <summary>
/// The one table of tolerances: largest allowed ‖out - reference‖ / ‖reference‖ over a whole output, and the largest error of one
/// element relative to the largest value. The reference is float64 on the same, already rounded inputs.
/// </summary>
internal static class Tolerances
{
    public static double Relative<T>() =>
        typeof(T) == typeof(float) ? 2e-6 : typeof(T) == typeof(Half) ? 5e-4 : typeof(T) == typeof(BFloat16) ? 4e-3 : throw new NotSupportedException();

    public static double Element<T>() =>
        typeof(T) == typeof(float) ? 1e-5 : typeof(T) == typeof(Half) ? 1e-3 : typeof(T) == typeof(BFloat16) ? 8e-3 : throw new NotSupportedException();

    /// <summary>Log-sum-exp is float32 for every element type.</summary>
    public const double LogSumExp = 2e-5;

    /// <summary>Column sums, relative, as exact as the log-sum-exp that they start from; the inputs' rounding is the reference's too.</summary>
    public const double ColumnSum = 5e-5;
}
