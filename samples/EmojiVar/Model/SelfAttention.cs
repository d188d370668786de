using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>Multi-head attention of one block, up to its output projection.</summary>
internal sealed class SelfAttention : nn.Module
{
    private const double SmallestNorm = 1e-12;

    /// <summary>Largest factor on normalised queries: 100, as a logarithm.</summary>
    private static readonly double s_maxLogScale = Math.Log(100);

    private readonly int _layer;
    private readonly long _heads;
    private readonly long _headDimension;

    private readonly Linear mat_qkv;
    private readonly Linear proj;
    private readonly Parameter q_bias;
    private readonly Parameter v_bias;
    private readonly Tensor zero_k_bias;
    private readonly Parameter? scale_mul_1H11;

    public SelfAttention(int layer, VarConfig config)
        : base(nameof(SelfAttention))
    {
        _layer = layer;
        _heads = config.Heads;
        _headDimension = config.HeadDimension;

        mat_qkv = new Linear(config.Width, 3 * config.Width, hasBias: false);
        proj = new Linear(config.Width, config.Width);
        q_bias = new Parameter(empty(config.Width), requires_grad: false);
        v_bias = new Parameter(empty(config.Width), requires_grad: false);
        zero_k_bias = empty(config.Width);
        if (config.NormalisedAttention)
            scale_mul_1H11 = new Parameter(empty(1, config.Heads, 1, 1), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>The type of queries, keys, values and the products with weights.</summary>
    public ScalarType ComputeType => mat_qkv.Weight.dtype;

    /// <summary>The constants of the projection.</summary>
    public PreparedProjection Prepare()
    {
        Tensor bias = cat([q_bias, zero_k_bias, v_bias]);
        if (scale_mul_1H11 is null)
            return new PreparedProjection(bias, Lengths: null);
        Tensor ofQueries = scale_mul_1H11.to(ScalarType.Float32).clamp_max(s_maxLogScale).exp().mul(Math.Sqrt(_headDimension)).view(1, 1, 1, _heads, 1);
        return new PreparedProjection(bias, cat([ofQueries, ones_like(ofQueries)], dim: 2));
    }

    /// <summary>Projects, attends and projects back.</summary>
    /// <param name="x">Normalised input, [B, L, C].</param>
    /// <param name="prepared">What <see cref="Prepare"/> gave.</param>
    /// <param name="core">Attends.</param>
    /// <param name="clock">Takes the times.</param>
    /// <returns>[B, L, C].</returns>
    public Tensor Forward(Tensor x, PreparedProjection prepared, IAttentionCore core, StageClock clock)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor queries, Tensor keys, Tensor values) = Project(x, prepared, clock);

        // The core measures itself: it is more than attention when a policy is at work.
        Tensor attended = core.Attend(_layer, queries, keys, values);

        using (clock.Measure(Stage.Projection))
            return proj.forward(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();
    }

    private (Tensor Queries, Tensor Keys, Tensor Values) Project(Tensor x, PreparedProjection prepared, StageClock clock)
    {
        using StageClock.Measurement _ = clock.Measure(Stage.Qkv);
        Tensor all = Linear.Apply(x, mat_qkv.Weight, prepared.Bias).view(x.size(0), x.size(1), 3, _heads, _headDimension);

        // Attention divides by sqrt(D) by itself. This model does not: normalised queries carry a learnt scale, others are divided by 4.
        if (prepared.Lengths is null)
        {
            all.select(2, 0).mul_(0.25);
        }
        else
        {
            Tensor both = all.narrow(2, 0, 2);
            Tensor norms = linalg.vector_norm(both.to(ScalarType.Float32), 2, [-1], keepdim: true).clamp_min_(SmallestNorm);
            both.mul_(prepared.Lengths / norms);
        }

        Tensor[] parts = all.permute(2, 0, 3, 1, 4).unbind(0);
        return (parts[0], parts[1], parts[2]);
    }
}
