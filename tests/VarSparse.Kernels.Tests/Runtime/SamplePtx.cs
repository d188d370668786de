using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>Small kernels in PTX that a real driver compiles for sm_80 and later.</summary>
internal static class SamplePtx
{
    internal const string ScaleName = "Kernel_Scale";

    /// <summary>values[i] *= factor for i below count: (address, count, factor).</summary>
    internal static KernelSource Scale { get; } = new(
        """
        .version 7.0
        .target sm_80
        .address_size 64

        .visible .entry Kernel_Scale(
            .param .b64 _values_2653,
            .param .b32 _count_2654,
            .param .f32 _factor_2655
        )
        {
            .reg .pred %p<2>;
            .reg .b32 %r<6>;
            .reg .b64 %rd<4>;
            .reg .f32 %f<4>;
            ld.param.b64 %rd1, [_values_2653];
            ld.param.b32 %r1, [_count_2654];
            ld.param.f32 %f1, [_factor_2655];
            mov.u32 %r2, %ctaid.x;
            mov.u32 %r3, %ntid.x;
            mov.u32 %r4, %tid.x;
            mad.lo.s32 %r5, %r2, %r3, %r4;
            setp.ge.s32 %p1, %r5, %r1;
            @%p1 bra L_26510;
            mul.wide.s32 %rd2, %r5, 4;
            add.u64 %rd3, %rd1, %rd2;
            ld.global.f32 %f2, [%rd3];
            mul.f32 %f3, %f2, %f1;
            st.global.f32 [%rd3], %f3;
        L_26510:
            ret;
        }
        """,
        ScaleName);

    /// <summary>Takes one struct (address, long, int, float) and writes the three numbers to the address as 8, 4 and 4 bytes.</summary>
    internal static KernelSource Struct { get; } = new(
        """
        .version 7.0
        .target sm_80
        .address_size 64

        .visible .entry Kernel_Struct(
            .param .align 8 .b8 _arguments_1[24]
        )
        {
            .reg .b32 %r<3>;
            .reg .b64 %rd<3>;
            ld.param.b64 %rd1, [_arguments_1];
            ld.param.b64 %rd2, [_arguments_1+8];
            ld.param.b32 %r1, [_arguments_1+16];
            ld.param.b32 %r2, [_arguments_1+20];
            st.global.b64 [%rd1], %rd2;
            st.global.b32 [%rd1+8], %r1;
            st.global.b32 [%rd1+12], %r2;
            ret;
        }
        """,
        "Kernel_Struct");

    /// <summary>Writes each thread's number to the end of dynamic shared memory and from there, reversed, out: (address, bytes).</summary>
    internal static KernelSource Shared { get; } = new(
        """
        .version 7.0
        .target sm_80
        .address_size 64

        .extern .shared .align 16 .b8 __dyn_shared_alloca[];

        .visible .entry Kernel_Shared(
            .param .b64 _out_1,
            .param .b32 _bytes_2
        )
        {
            .reg .b32 %r<12>;
            .reg .b64 %rd<4>;
            ld.param.b64 %rd1, [_out_1];
            ld.param.b32 %r1, [_bytes_2];
            mov.u32 %r2, %tid.x;
            mov.u32 %r3, %ntid.x;
            mov.u32 %r4, __dyn_shared_alloca;
            add.u32 %r5, %r4, %r1;
            shl.b32 %r6, %r2, 2;
            sub.u32 %r7, %r5, %r6;
            st.shared.b32 [%r7+-4], %r2;
            bar.sync 0;
            sub.u32 %r8, %r3, %r2;
            shl.b32 %r9, %r8, 2;
            sub.u32 %r10, %r5, %r9;
            ld.shared.b32 %r11, [%r10];
            mul.wide.u32 %rd2, %r2, 4;
            add.u64 %rd3, %rd1, %rd2;
            st.global.b32 [%rd3], %r11;
            ret;
        }
        """,
        "Kernel_Shared");

    /// <summary>Keeps an array in local memory, at indices the compiler cannot know: (address, index).</summary>
    internal static KernelSource Local { get; } = new(
        """
        .version 7.0
        .target sm_80
        .address_size 64

        .visible .entry Kernel_Local(
            .param .b64 _out_1,
            .param .b32 _index_2
        )
        {
            .local .align 4 .b8 buffer[1024];
            .reg .b32 %r<5>;
            .reg .b64 %rd<6>;
            ld.param.b64 %rd1, [_out_1];
            ld.param.b32 %r1, [_index_2];
            mov.u64 %rd2, buffer;
            and.b32 %r2, %r1, 255;
            mul.wide.u32 %rd3, %r2, 4;
            add.u64 %rd4, %rd2, %rd3;
            st.local.b32 [%rd4], %r1;
            ld.global.b32 %r3, [%rd1];
            and.b32 %r3, %r3, 255;
            mul.wide.u32 %rd3, %r3, 4;
            add.u64 %rd5, %rd2, %rd3;
            st.local.b32 [%rd5], %r2;
            ld.local.b32 %r4, [%rd4];
            st.global.b32 [%rd1], %r4;
            ret;
        }
        """,
        "Kernel_Local");

    internal static LaunchArguments ScaleArguments(ulong values, int count, float factor)
    {
        LaunchArguments arguments = default;
        arguments.Add(values);
        arguments.Add(count);
        arguments.Add(factor);
        return arguments;
    }
}
