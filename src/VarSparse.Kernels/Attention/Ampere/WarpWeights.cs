using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A warp's weights of 16 keys as left operands, 16 slots a field; of 16 slots only the upper ones count.</summary>
internal struct WarpWeights(FragmentA upper, FragmentA lower)
{
    public FragmentA Upper = upper;
    public FragmentA Lower = lower;
}
