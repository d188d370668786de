using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A stage of the <see cref="HopperRing"/> and the parity of a phase of its barriers, in one number that counts through all stages twice.
/// The default is the first stage in its first phase.
/// </summary>
internal struct RingPlace
{
    private int _number;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Stage(RingPlace place) => place._number < HopperRing.Stages ? place._number : place._number - HopperRing.Stages;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Parity(RingPlace place) => place._number < HopperRing.Stages ? 0 : 1;

    /// <summary>Where the matrix after another lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RingPlace Next(RingPlace place) => new() { _number = place._number == 2 * HopperRing.Stages - 1 ? 0 : place._number + 1 };
}
