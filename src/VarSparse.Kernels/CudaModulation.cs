namespace VarSparse.Kernels;

/// <summary>What adaptive layer normalisation makes of a normalised row: LN(x) * scale + shift, or LN(x) * (1 + scale) + shift.</summary>
/// <param name="Scale">Factors; strides of 0 broadcast.</param>
/// <param name="Shift">Addends; strides of 0 broadcast.</param>
/// <param name="Eps">What LN adds to the variance.</param>
/// <param name="OnePlusScale">True for the form with 1 + scale.</param>
public readonly record struct CudaModulation(CudaRows Scale, CudaRows Shift, double Eps, bool OnePlusScale);
