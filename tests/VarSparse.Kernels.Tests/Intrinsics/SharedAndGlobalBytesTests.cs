using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class SharedAndGlobalBytesTests(KernelLab lab)
{
    private const int Threads = 96;

    /// <summary>Reverses the order of 16-byte pieces through shared memory, then writes half of each word by word.</summary>
    [TestKernel(Threads = Threads)]
    private static void Reverse(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        uint thread = (uint)Group.IdxX, group = (uint)Grid.IdxX;
        ulong offset = group * Threads * 16;
        SharedBytes.Store16(shared + (thread * 16), GlobalBytes.Load16(input + offset + (thread * 16)));
        Group.Barrier();
        uint mirrored = shared + ((Threads - 1 - thread) * 16);
        var piece = SharedBytes.Load16(mirrored);
        Group.Barrier();
        SharedBytes.Store4(mirrored, piece.W0 + 1);
        Group.Barrier();
        piece.W1 = SharedBytes.Load4(shared + (thread * 16));
        GlobalBytes.Store16(output + offset + (thread * 16), piece);
        GlobalBytes.Store4(output + offset + (thread * 16) + 12, GlobalBytes.Load4(input + offset + (thread * 16) + 12));
    }

    /// <summary>What a kernel reads without having written it.</summary>
    [TestKernel(Threads = 32)]
    private static void ReadUnwritten(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        GlobalBytes.Store4(output + ((uint)Group.IdxX * 4), SharedBytes.Load4(shared + ((uint)Group.IdxX * 4)));
    }

    [Fact]
    public void Bytes_travel_through_the_shared_memory_of_each_group()
    {
        const int groups = 3;
        int[] input = new int[groups * Threads * 4];
        var random = new Random(21);
        for (int i = 0; i < input.Length; i++)
            input[i] = random.Next();
        int[] output = new int[input.Length];
        lab.Run(Reverse, Threads, Threads * 16, input, output, groups);

        for (int group = 0; group < groups; group++)
        {
            for (int thread = 0; thread < Threads; thread++)
            {
                int own = ((group * Threads) + thread) * 4;
                int mirrored = ((group * Threads) + Threads - 1 - thread) * 4;
                Assert.Equal(
                    [input[mirrored], input[own] + 1, input[mirrored + 2], input[own + 3]],
                    output[own..(own + 4)]);
            }
        }
    }

    [Fact]
    public void Shared_memory_that_was_never_written_reads_as_not_a_number()
    {
        float[] output = new float[32];
        lab.Run(ReadUnwritten, 32, 128, new float[1], output);
        Assert.All(output, value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Ptx_uses_vector_accesses_and_declares_swizzle_aligned_shared_memory()
    {
        var kernel = lab.Compile(((Action<ulong, ulong>)Reverse).Method, PtxTarget.Sm80, Threads);
        PtxAssert.Contains(kernel, 1, ".extern .shared .align 1024 .b8 __dyn_shared_alloca[];");
        PtxAssert.Contains(kernel, 1, "mov.u32 %r");
        foreach (string space in (string[])["shared", "global"])
        {
            PtxAssert.Contains(kernel, 1, $"ld.{space}.v4.b32 {{%r");
            PtxAssert.Contains(kernel, 1, $"st.{space}.v4.b32 [%r");
            PtxAssert.Contains(kernel, 1, $"ld.{space}.b32 %r");
            PtxAssert.Contains(kernel, 1, $"st.{space}.b32 [%r");
        }
    }
}
