using VarSparse.Samples.Safetensors;
using static VarSparse.Samples.Tests.Safetensors.FileBytes;

namespace VarSparse.Samples.Tests.Safetensors;

/// <summary>Thousands of damaged copies of a valid file: each is refused with one line, or all its tensors can be read.</summary>
public sealed class MutationTests
{
    private const int Mutations = 4_000;
    private const long MostBytesAllocated = 200_000;

    private static readonly string[] s_fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\", "-", "0", "9", "1e9", "99999999999999999999", "9223372036854775807",
        "null", "\"dtype\"", "F64", "\0", "\n",
    ];

    [Fact]
    public void Damaged_files_are_refused_or_read_completely()
    {
        const int seed = 20_417;
        Random random = new(seed);
        byte[] valid = ValidFile();
        using TemporaryFolder folder = new();
        int refused = 0;
        int read = 0;

        for (int i = 0; i < Mutations; i++)
        {
            byte[] content = valid;
            for (int times = random.Next(1, 3); times > 0; times--)
                content = Mutate(content, random);
            string path = folder.Write("mutant.safetensors", content);
            string context = $"seed {seed}, mutation {i}: {Convert.ToBase64String(content)}";

            long before = GC.GetAllocatedBytesForCurrentThread();
            string? problem = Read(path, context);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(allocated < MostBytesAllocated, $"{allocated} bytes allocated; {context}");
            if (problem is null)
                read++;
            else
                refused++;
        }

        // A test that only ever sees one of the two outcomes proves little.
        Assert.True(refused > Mutations / 2, $"seed {seed}: {refused} refused, {read} read");
        Assert.True(read > Mutations / 50, $"seed {seed}: {refused} refused, {read} read");
    }

    /// <summary>Null when the file opened and every byte of every tensor could be read; else the one-line message.</summary>
    private static string? Read(string path, string context)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            long total = 0;
            int sum = 0;
            foreach ((string name, TensorEntry entry) in file.Tensors)
            {
                ReadOnlySpan<byte> bytes = file.Bytes(name);
                Assert.Equal(entry.ElementCount * entry.Type.ByteSize(), bytes.Length);
                total += bytes.Length;
                foreach (byte b in bytes)
                    sum += b;
                if (entry.Type is ElementType.BF16 or ElementType.F16 or ElementType.F32)
                    Assert.Equal(entry.ElementCount, file.ToFloats(name).Length);
            }

            Assert.InRange(sum, 0, 255 * total);
            Assert.InRange(total, 0, new FileInfo(path).Length);
            return null;
        }
        catch (InvalidDataException e)
        {
            Assert.StartsWith(path + ": ", e.Message);
            Assert.False(e.Message.Any(char.IsControl), context);
            return e.Message;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{e.GetType().Name} escaped; {context}", e);
        }
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        int at = random.Next(content.Length + 1);
        int end = Math.Min(content.Length, at + random.Next(1, 12));
        ReadOnlySpan<byte> head = content.AsSpan(0, at);
        ReadOnlySpan<byte> tail = content.AsSpan(end);
        switch (random.Next(7))
        {
            case 0: // one bit
                if (content.Length == 0)
                    return content;
                byte[] flipped = [.. content];
                flipped[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1: // cut off
                return head.ToArray();
            case 2: // cut out
                return [.. head, .. tail];
            case 3: // doubled
                return [.. content.AsSpan(0, end), .. content.AsSpan(at)];
            case 4: // something that JSON cares about
                return [.. head, .. System.Text.Encoding.UTF8.GetBytes(s_fragments[random.Next(s_fragments.Length)]), .. tail];
            case 5: // noise
                byte[] noise = new byte[end - at];
                random.NextBytes(noise);
                return [.. head, .. noise, .. tail];
            default: // noise in the header's length
                byte[] length = [.. content];
                if (length.Length > 0)
                    length[random.Next(Math.Min(8, length.Length))] = (byte)random.Next(256);
                return length;
        }
    }

    private static byte[] ValidFile()
    {
        byte[] data = new byte[92];
        new Random(7).NextBytes(data);
        string[] entries =
        [
            Entry("blocks.0.weight", "BF16", "2,6", 0, 24),
            Entry("blocks.0.bias", "F16", "6", 24, 36),
            Entry("head", "F32", "2,3", 36, 60),
            Entry("labels", "I64", "4", 60, 92),
        ];
        return Of($$$"""{"__metadata__":{"format":"pt"},{{{string.Join(',', entries)}}}}   """, data);
    }
}
