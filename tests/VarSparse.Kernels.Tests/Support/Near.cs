namespace VarSparse.Kernels.Tests.Support;

internal static class Near
{
    /// <summary>Equal within a tolerance, absolute below one and relative above.</summary>
    public static void Equal(double expected, double actual, double tolerance, string where)
    {
        bool near = Math.Abs(actual - expected) <= tolerance * Math.Max(1, Math.Abs(expected));
        Assert.True(near || expected.Equals(actual), $"{where}: {actual}, {expected} expected");
    }
}

internal static class RandomElements
{
    /// <summary>Normally distributed values rounded to the element type.</summary>
    public static ushort[] Next<TElement>(Random random, int count)
        where TElement : Kernels.Intrinsics.IMatrixElement
    {
        ushort[] elements = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            elements[i] = TElement.FromSingle((float)(radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }
        return elements;
    }
}
