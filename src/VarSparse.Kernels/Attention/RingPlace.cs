using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Attention;

/// <summary>A stage of a ring, and the parity of the phase that its barriers are in.</summary>
internal struct RingPlace
{
    public int Stage;
    public int Parity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RingPlace Next(RingPlace place, int stages)
    {
        bool wraps = place.Stage + 1 == stages;
        return new RingPlace { Stage = wraps ? 0 : place.Stage + 1, Parity = wraps ? place.Parity ^ 1 : place.Parity };
    }
}
