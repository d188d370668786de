using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Reads where to compute, and in which type.</summary>
internal static class Placement
{
    private const string Cuda = "cuda";

    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    /// <exception cref="BadOptionException">The text is something else, or there is no such device.</exception>
    public static Device Device(string text)
    {
        if (text == "cpu")
            return CPU;
        string number = text == Cuda ? "0" : text.StartsWith($"{Cuda}:", StringComparison.Ordinal) ? text[(Cuda.Length + 1)..] : "";
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
            throw new BadOptionException($"--device: got '{text}', expected cpu, cuda or cuda:N");
        int devices = cuda.is_available() ? cuda.device_count() : 0;
        if (devices == 0)
            throw new BadOptionException($"--device: got {text}, but torch finds no CUDA device: it needs an NVIDIA driver and a libtorch with CUDA (README.md)");
        if (ordinal >= devices)
            throw new BadOptionException($"--device: got {text}, but the last of the {devices} CUDA devices is cuda:{devices - 1}");
        return device(DeviceType.CUDA, ordinal);
    }

    /// <summary>"float32", "bfloat16" or "float16"; null = what suits the device.</summary>
    /// <exception cref="BadOptionException">The text is something else.</exception>
    public static ScalarType Type(string? text, Device device) => text switch
    {
        null => device.type == DeviceType.CPU ? ScalarType.Float32 : ScalarType.BFloat16,
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        _ => throw new BadOptionException($"--dtype: got '{text}', expected float32, bfloat16 or float16"),
    };
}
