using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>What an attention step gives back must be a live tensor of the query's shape.</summary>
internal static class AttentionOutput
{
    public static Tensor Checked(Tensor? output, Tensor query, string hook)
    {
        if (output is null || output.IsInvalid || !SameShape(output, query))
        {
            throw new InvalidOperationException(
                $"{hook}: Attend returned {(output is null ? "null" : output.IsInvalid ? "a disposed tensor" : TensorChecks.ShapeOf(output))}, expected {TensorChecks.ShapeOf(query)} as the query is.");
        }

        return output;
    }

    private static bool SameShape(Tensor left, Tensor right)
    {
        if (left.Dimensions != right.Dimensions)
            return false;
        for (int dimension = 0; dimension < right.Dimensions; dimension++)
        {
            if (left.size(dimension) != right.size(dimension))
                return false;
        }

        return true;
    }
}
