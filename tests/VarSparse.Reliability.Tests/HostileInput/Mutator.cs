using System.Text;

namespace VarSparse.Reliability.Tests.HostileInput;

/// <summary>Damages files as disks, networks and adversaries do.</summary>
internal static class Mutator
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "\\", "-", "0", "9", "1e9", "-1", "1e400", "99999999999999999999", "9223372036854775807",
        "null", "true", "\"dtype\"", "\"depth\":", "F64", "\0", "\n", "\u00e9",
    ];

    private static readonly int[] Numbers = [0, 1, -1, 2, 3, 64, 255, 256, 257, 4096, int.MaxValue, int.MinValue, int.MaxValue - 64];

    public static byte[] Mutate(byte[] content, Random random)
    {
        for (int times = random.Next(1, 4); times > 0; times--)
            content = Once(content, random);
        return content;
    }

    private static byte[] Once(byte[] content, Random random)
    {
        int at = random.Next(content.Length + 1);
        int end = Math.Min(content.Length, at + random.Next(1, 12));
        ReadOnlySpan<byte> head = content.AsSpan(0, at), tail = content.AsSpan(end);
        byte[] changed = [.. content];
        switch (random.Next(9))
        {
            case 0 when content.Length > 0:
                changed[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
                return changed;
            case 1: // cut off
                return head.ToArray();
            case 2: // cut out
                return [.. head, .. tail];
            case 3: // doubled
                return [.. content.AsSpan(0, end), .. content.AsSpan(at)];
            case 4: // something that JSON cares about
                return [.. head, .. Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]), .. tail];
            case 5: // noise
                byte[] noise = new byte[end - at];
                random.NextBytes(noise);
                return [.. head, .. noise, .. tail];
            case 6 when content.Length >= sizeof(int): // a number that programs stumble over
                BitConverter.TryWriteBytes(changed.AsSpan(random.Next(content.Length / sizeof(int)) * sizeof(int)), Numbers[random.Next(Numbers.Length)]);
                return changed;
            case 7 when content.Length > 0: // another digit or letter
                changed[random.Next(content.Length)] = (byte)random.Next(' ', 127);
                return changed;
            default: // noise in the first bytes, where lengths are
                if (content.Length > 0)
                    changed[random.Next(Math.Min(8, content.Length))] = (byte)random.Next(256);
                return changed;
        }
    }
}
