using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>Devices and element types by the names that command lines take.</summary>
internal static class TorchNames
{
    /// <summary>The value of --device.</summary>
    /// <exception cref="FormatException">The text names no device, or torch does not find it.</exception>
    public static Device DeviceOf(string text)
    {
        string number = text == "cuda" ? "0" : text.StartsWith("cuda:", StringComparison.Ordinal) ? text[5..] : "";
        if (text != "cpu" && !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new FormatException($"--device: got '{text}', expected cpu, cuda or cuda:N");
        if (text == "cpu")
            return CPU;
        int ordinal = int.Parse(number, CultureInfo.InvariantCulture);
        return cuda.is_available() && ordinal < cuda.device_count()
            ? device(DeviceType.CUDA, ordinal)
            : throw new FormatException($"--device: got {text}, but torch finds no such CUDA device");
    }

    /// <summary>The value of --dtype.</summary>
    /// <exception cref="FormatException">The text names no type that attention takes.</exception>
    public static ScalarType TypeOf(string text) => text switch
    {
        "bf16" => ScalarType.BFloat16,
        "fp16" => ScalarType.Float16,
        "fp32" => ScalarType.Float32,
        _ => throw new FormatException($"--dtype: got '{text}', expected bf16, fp16 or fp32"),
    };
}
