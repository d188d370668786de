using System.Runtime.InteropServices;
using VarSparse.Attention;
using VarSparse.Core.Tests.Attention;
using VarSparse.Patterns;
using VarSparse.Torch;
using VarSparse.Torch.Tests;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Faults;

public sealed unsafe class OutOfHostMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_call_that_gets_no_buffers_says_so_and_the_next_one_works(int threads)
    {
        int left = 2;
        using var attention = new CpuAttention(threads, 256, (bytes, alignment) =>
            Interlocked.Decrement(ref left) >= 0 ? throw new InsufficientMemoryException($"no {bytes} bytes") : NativeMemory.AlignedAlloc(bytes, alignment));
        var problem = new AttentionCase<float>(SparsePattern.Dense(600, 90), 1, 2, 16, seed: 1);
        int failures = 0;
        while (Volatile.Read(ref left) > 0)
        {
            Assert.StartsWith("no ", Assert.Throws<InsufficientMemoryException>(() => problem.Run(attention)).Message, StringComparison.Ordinal);
            failures++;
        }

        Assert.InRange(failures, 1, 2);
        problem.AssertMatchesReference(attention);
    }

    [Fact]
    public void An_output_larger_than_any_memory_is_refused_with_its_size_and_leaves_nothing()
    {
        TensorLeaks.AssertNone(() =>
        {
            // 2^49 bytes: more than a process can have addresses for.
            using Tensor one = zeros(1, 1, 1, 8), tokens = one.expand(64, 256, 1L << 30, 8), keys = one.expand(64, 256, 5, 8);
            ExternalException error = Assert.Throws<ExternalException>(() => SparseAttention.Apply(tokens, keys, keys, SparsePattern.Dense(3, 5)));
            Assert.Contains("allocate", error.Message, StringComparison.Ordinal);

            using Tensor few = one.expand(64, 256, 3, 8), output = SparseAttention.Apply(few, keys, keys, SparsePattern.Dense(3, 5));
            using Tensor nothing = zeros_like(output);
            Assert.True(nothing.Equals(output));
        });
    }
}
