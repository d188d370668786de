using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>
/// The one table of tolerances of GPU kernels: largest allowed ‖out - reference‖ / ‖reference‖ over a whole output, and the largest
/// error of one element relative to the largest value. The reference is float64 on the same, already rounded inputs.
/// </summary>
internal static class KernelTolerances
{
    public static double Relative(AttentionBackend backend, AttentionElement element) => (backend, element) switch
    {
        (_, AttentionElement.Float32) => 2e-6,
        (AttentionBackend.Portable, AttentionElement.Float16) => 5e-4,
        (AttentionBackend.Portable, _) => 4e-3,
        (_, AttentionElement.Float16) => 5e-4,
        _ => 4e-3,
    };

    public static double Element(AttentionBackend backend, AttentionElement element) => 2 * Relative(backend, element);

    /// <summary>Log-sum-exp is float32 for every element type.</summary>
    public const double LogSumExp = 2e-5;
}
