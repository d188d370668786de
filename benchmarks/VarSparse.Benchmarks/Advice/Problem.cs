using VarSparse.Geometry;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Advice;

/// <summary>What advice is asked for.</summary>
internal sealed record Problem(string Geometry, ScaleSchedule Schedule, int Batch, int Heads, int HeadDimension, string TypeName, ScalarType Type, Device Device, int Scales)
{
    public int FirstScale => Schedule.Count - Scales;
}
