using VarSparse.Samples.Safetensors;

namespace VarSparse.Fuzz;

/// <summary>Opens a safetensors file and reads every byte of every tensor.</summary>
internal sealed class SafetensorsTarget : IFuzzTarget
{
    public string Name => "safetensors";

    public long Allowance => 64 * 1024;

    public string? Load(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            long total = 0, sum = 0;
            foreach ((string name, TensorEntry entry) in file.Tensors)
            {
                ReadOnlySpan<byte> bytes = file.Bytes(name);
                if (entry.ElementCount * entry.Type.ByteSize() != bytes.Length)
                    throw new FuzzFindingException($"{entry} has {bytes.Length} bytes");
                total += bytes.Length;
                foreach (byte value in bytes)
                    sum += value;
            }

            return total > new FileInfo(path).Length || sum > 255 * total ? throw new FuzzFindingException($"{total} bytes of tensors") : null;
        }
        catch (InvalidDataException error)
        {
            return FuzzTargets.Refused(error);
        }
    }
}
