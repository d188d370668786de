using System.Reflection;
using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class AttentionParametersTests
{
    // The tensors' fields and those of a call.
    private static readonly string[] NotOfPatterns = ["Queries", "Keys", "Values", "Output", "LogSumExp", "Batch", "Heads", "ScaleLog2"];

    [Fact]
    public void A_pattern_sets_what_describes_it_and_nothing_else()
    {
        AttentionParameters pattern = Numbered(100), problem = Numbered(500);
        AttentionParameters.SetPattern(ref problem, pattern);
        foreach (FieldInfo field in Fields)
        {
            bool ofPattern = !NotOfPatterns.Contains(field.Name) && !(field.Name.EndsWith("Stride", StringComparison.Ordinal) && !field.Name.StartsWith("List", StringComparison.Ordinal));
            Assert.Equal(field.GetValue(ofPattern ? pattern : Numbered(500)), field.GetValue(problem));
        }
    }

    private static FieldInfo[] Fields => typeof(AttentionParameters).GetFields();

    /// <summary>A different number in every field.</summary>
    private static AttentionParameters Numbered(int start)
    {
        object parameters = default(AttentionParameters);
        foreach (FieldInfo field in Fields)
            field.SetValue(parameters, Convert.ChangeType(start++, field.FieldType, null));
        return (AttentionParameters)parameters;
    }
}
