namespace VarSparse.Benchmarks.Advice;

/// <summary>Median milliseconds of one scale's attention.</summary>
/// <param name="Scale">0-based.</param>
/// <param name="TorchDense">torch's scaled dot-product attention.</param>
/// <param name="OurDense">The same by our kernels.</param>
/// <param name="Candidates">Sparse ones, in the same order at every scale.</param>
internal sealed record ScaleTimes(int Scale, double TorchDense, double OurDense, IReadOnlyList<double> Candidates)
{
    public double FastestDense => Math.Min(TorchDense, OurDense);
}
