
namespace VarSparse.Kernels.Tests.Attention;

/// <summary>
/// The one table of tolerances of GPU kernels: largest allowed ‖out - reference‖ / ‖reference‖ over a whole output, and the largest
/// error of one element relative to the largest value. The reference is float64 on the same, already rounded inputs.
/// </summary>
/// <remarks>
/// Rounding the output alone costs 2.1e-4 with 16-bit floats and 1.7e-3 with bfloat16; kernels on tensor cores round the weights too
/// and come to 2.7e-4 and 2.2e-3.
/// </remarks>
internal static class KernelTolerances
{
    public static double Relative(AttentionElement element) => element switch
    {
        AttentionElement.Float32 => 2e-6,
        AttentionElement.Float16 => 5e-4,
        _ => 4e-3,
    };

    /// <summary>In float32 the hardware's exponentials, good to 2^-22, show in single elements.</summary>
    public static double Element(AttentionElement element) => element == AttentionElement.Float32 ? 1e-5 : 2 * Relative(element);

    /// <summary>Log-sum-exp is float32 for every element type.</summary>
    public const double LogSumExp = 2e-5;
}
