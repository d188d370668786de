using TorchSharp;
using TorchSharp.Modules;
using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>The next-scale transformer: from the latent so far to logits over the codes of the next scale.</summary>
internal sealed class VarTransformer : nn.Module
{
    private readonly VarConfig _config;
    private readonly ScaleSchedule _schedule;

    private readonly Linear word_embed;
    private readonly Embedding class_emb;
    private readonly Embedding lvl_embed;
    private readonly Parameter pos_start;
    private readonly Parameter pos_1LC;
    private readonly Tensor lvl_1L;
    private readonly Sequential? shared_ada_lin;
    private readonly ModuleList<AdaLnBlock> blocks;
    private readonly AdaLnBeforeHead head_nm;
    private readonly Linear head;

    public VarTransformer(VarConfig config)
        : base(nameof(VarTransformer))
    {
        _config = config;
        _schedule = config.Schedule;
        word_embed = new Linear(config.VqVae.CodeWidth, config.Width);
        class_emb = new Embedding(config.Classes + 1, config.Width);
        lvl_embed = new Embedding(_schedule.Count, config.Width);
        pos_start = new Parameter(empty(1, _schedule[0].TokenCount, config.Width), requires_grad: false);
        pos_1LC = new Parameter(empty(1, _schedule.TokenCount, config.Width), requires_grad: false);
        lvl_1L = empty(1, _schedule.TokenCount, ScalarType.Int64);
        if (config.SharedAdaLn)
            shared_ada_lin = ConditionLayer.Create(config.Width, 6 * config.Width);
        blocks = new ModuleList<AdaLnBlock>([.. Enumerable.Range(0, config.Depth).Select(layer => new AdaLnBlock(layer, config))]);
        head_nm = new AdaLnBeforeHead(config);
        head = new Linear(config.Width, config.VqVae.Codes);
        RegisterComponents();
    }

    /// <summary>Number of the class that stands for no class: the unconditional branch.</summary>
    public int Unconditional => _config.Classes;

    /// <summary>Computes what is the same at all scales.</summary>
    /// <param name="labels">Class numbers, int64 [B].</param>
    public Preparation Prepare(Tensor labels)
    {
        Tensor embedding = class_emb.forward(labels);
        Tensor condition = shared_ada_lin?.forward(embedding).view(-1, 1, 6, _config.Width) ?? embedding;
        Tensor positions = pos_1LC + lvl_embed.forward(lvl_1L);
        return new Preparation(embedding, positions, [.. blocks.Select(block => block.Prepare(condition))], head_nm.Prepare(embedding));
    }

    /// <summary>Input of the first scale, [B, L, C].</summary>
    public Tensor FirstInput(Preparation prepared)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor positions = pos_start + Positions(prepared, scale: 0);
        return (prepared.Embedding.unsqueeze(1) + positions).MoveToOuterDisposeScope();
    }

    /// <summary>Input of a later scale: of the tokens to compute, once for each branch.</summary>
    /// <param name="latent">The latent at the scale's size, [images, CodeWidth, h, w].</param>
    /// <param name="prepared">What <see cref="Prepare"/> gave.</param>
    /// <param name="step">What to compute.</param>
    /// <returns>[B, L, C].</returns>
    public Tensor NextInput(Tensor latent, Preparation prepared, ScaleStep step)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor vectors = step.Gather(latent.flatten(2), dimension: 2).transpose(1, 2);
        Tensor input = word_embed.forward(vectors).add_(step.Gather(Positions(prepared, step.Scale)));
        return (step.Guided ? input.repeat(2, 1, 1) : input).MoveToOuterDisposeScope();
    }

    /// <summary>Runs all blocks on x [B, L, C], in place.</summary>
    public void Blocks(Tensor x, Preparation prepared, IAttentionCore core, StageClock clock)
    {
        for (int layer = 0; layer < blocks.Count; layer++)
            blocks[layer].Forward(x, prepared.Blocks[layer], core, clock);
    }

    /// <summary>Logits over the codes, float32 [B, L, V].</summary>
    public Tensor Logits(Tensor x, Preparation prepared)
    {
        using Tensor normalised = head_nm.Forward(x, prepared.BeforeHead);
        return head.forward(normalised);
    }

    /// <summary>Lets the blocks' matrix products and attention compute in another type; all else stays in float32.</summary>
    public void ComputeIn(ScalarType type)
    {
        foreach (AdaLnBlock block in blocks)
            block.ComputeIn(type);
    }

    /// <exception cref="InvalidDataException">The loaded level numbers are not those of the configuration's scales.</exception>
    public void CheckLevels(string path)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sizes = tensor(_schedule.Select(grid => (long)grid.TokenCount).ToArray());
        if (!lvl_1L.flatten().Equals(arange(_schedule.Count, dtype: ScalarType.Int64).repeat_interleave(sizes)))
            throw new InvalidDataException($"{path}: lvl_1L does not follow from patch_nums of {VarConfig.FileName}");
    }

    /// <summary>Position and scale embeddings of all tokens of a scale, [1, L, C].</summary>
    private Tensor Positions(Preparation prepared, int scale) =>
        prepared.Positions.narrow(1, _schedule.TokenOffset(scale), _schedule[scale].TokenCount);
}
