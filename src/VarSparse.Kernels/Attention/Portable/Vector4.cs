using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>Four numbers: named fields, as arrays would live in slow local memory.</summary>
internal struct Vector4(float x0, float x1, float x2, float x3)
{
    public float X0 = x0;
    public float X1 = x1;
    public float X2 = x2;
    public float X3 = x3;

    public static Vector4 Load(ArrayView<float> memory, int start, int step) =>
        new(memory[start], memory[start + step], memory[start + 2 * step], memory[start + 3 * step]);

    public static void Store(ArrayView<float> memory, int start, int step, Vector4 value)
    {
        memory[start] = value.X0;
        memory[start + step] = value.X1;
        memory[start + 2 * step] = value.X2;
        memory[start + 3 * step] = value.X3;
    }

    public static Vector4 MultiplyAdd(Vector4 sum, float factor, Vector4 value) => new(
        sum.X0 + factor * value.X0, sum.X1 + factor * value.X1, sum.X2 + factor * value.X2, sum.X3 + factor * value.X3);

    public static Vector4 Scale(Vector4 value, float factor) =>
        new(value.X0 * factor, value.X1 * factor, value.X2 * factor, value.X3 * factor);
}
