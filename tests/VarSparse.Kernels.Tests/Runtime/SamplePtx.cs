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
}
