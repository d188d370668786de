using VarSparse.Geometry;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>
/// One generation: what a model asks while it draws an image, or several in one batch. At each scale, in order: <see cref="BeginScale"/>,
/// <see cref="Attend"/> for every layer, <see cref="Logits"/>, <see cref="Residual"/>. A model that leaves out a call loses what the hooks
/// do there, and the report says so. For one thread at a time.
/// </summary>
public sealed class VarGeneration : IDisposable
{
    private readonly GenerationContext _context;
    private readonly HookChain _hooks;
    private readonly TokenLedger _ledger;
    private readonly ReportBuilder _report;
    private readonly ResidualHistory _residuals;
    private ScaleTokens? _tokens;
    private ScaleStep? _step;
    private AttentionLog? _attention;
    private KeyValueCache? _cache;
    private long _images;
    private bool _unconditionalDropped;
    private bool _disposed;

    internal VarGeneration(IEnumerable<IVarHook> hooks, GenerationContext context)
    {
        _context = context;
        _hooks = new HookChain(hooks, context);
        _ledger = new TokenLedger(context.Schedule);
        _report = new ReportBuilder(context, _hooks.Records);
        _residuals = new ResidualHistory(isNeeded: _hooks.At(HookPoints.Tokens).Any());
    }

    /// <summary>The scales in the order they are drawn.</summary>
    public ScaleSchedule Schedule => _context.Schedule;

    /// <summary>True if an unconditional branch runs at the first scale: batches are [2B, ...] as long as it does.</summary>
    public bool IsGuided => _context.Guided;

    /// <summary>What each hook decided at each scale so far. Also after the generation was disposed.</summary>
    public VarReport Report => _report.Build();

    /// <summary>Asks the hooks which tokens of a scale must be computed, and for which branches.</summary>
    /// <param name="scale">0-based index of the scale: 0 first, then one after the other. The last scales may be left out.</param>
    /// <returns>What to compute, good until the next scale begins.</returns>
    /// <exception cref="InvalidOperationException">The scale is not the next one.</exception>
    /// <exception cref="ObjectDisposedException">The generation has been disposed.</exception>
    public ScaleStep BeginScale(int scale)
    {
        Require.NotDisposed(_disposed, "generation");
        int next = _tokens is null ? 0 : _tokens.Scale + 1;
        if (scale != next || scale >= Schedule.Count)
        {
            string expected = next < Schedule.Count ? $"scale {next}" : $"no more than {Schedule.Count} scales";
            throw new InvalidOperationException($"BeginScale: got scale {scale}, expected {expected}.");
        }

        _report.Reach(HookPoints.Tokens);
        var selection = new TokenSelection();
        var all = new ScaleTokens(Schedule, scale, queries: null, keys: null, keyBias: null);
        foreach ((VarHookRun run, HookRecord record) in _hooks.At(HookPoints.Tokens))
            run.SelectTokens(new TokenSelectionContext(all, record, selection, _residuals.Of(scale - 1)));
        _tokens = _ledger.Add(scale, selection.Kept, selection.PrunedKeys);
        _step?.Close();
        _step = new ScaleStep(_tokens, _context.Guided && !_unconditionalDropped);
        if (_unconditionalDropped)
            _cache?.DropUnconditional();
        _attention = _report.Begin(_tokens, _step.Guided);
        return _step;
    }

    /// <summary>Computes one layer's attention at the scale at hand, as the hooks want it; dense if there are none.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="q">Queries of the tokens to compute, [B, H, n, D]; [2B, ...] while the unconditional branch runs, conditional first.</param>
    /// <param name="k">Keys of all computed tokens up to and including this scale, [B, H, Lk, D].</param>
    /// <param name="v">Values likewise, [B, H, Lk, D].</param>
    /// <param name="softmaxScale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <returns>A fresh tensor [B, H, n, D].</returns>
    /// <remarks>
    /// Dense is torch's scaled_dot_product_attention without a mask. It multiplies by 1 / sqrt(D) itself, so another factor is
    /// multiplied into q first: q * (softmaxScale * sqrt(D)). Where tokens were left out, GPUs of compute capability 9.0 and later take a
    /// kernel of ours for 16-bit numbers instead, as torch's plans each new size for tens of milliseconds.
    /// </remarks>
    /// <exception cref="ArgumentException">There is no such layer, or a shape does not fit the scale.</exception>
    /// <exception cref="InvalidOperationException">No scale has begun, or a hook returned something else than its output.</exception>
    /// <exception cref="ObjectDisposedException">The generation has been disposed.</exception>
    public Tensor Attend(int layer, Tensor q, Tensor k, Tensor v, double? softmaxScale = null)
    {
        CheckBegun(nameof(Attend));
        return RunHooks(layer, q, k, v, softmaxScale, rowsBefore: null);
    }

    /// <summary>
    /// The same for a model without a key-value cache: the generation keeps the keys and values of earlier scales, for both branches
    /// or one, in a <see cref="KeyValueCache"/> that it allocates at the first call.
    /// </summary>
    /// <param name="layer">0-based layer; each is called once a scale.</param>
    /// <param name="q">Queries of the tokens to compute, [B, H, n, D]; [2B, ...] while the unconditional branch runs, conditional first.</param>
    /// <param name="k">Keys of these tokens, [B, H, n, D].</param>
    /// <param name="v">Values of these tokens, [B, H, n, D].</param>
    /// <param name="softmaxScale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <returns>A fresh tensor [B, H, n, D].</returns>
    /// <inheritdoc cref="Attend" path="/exception"/>
    public Tensor AttendCached(int layer, Tensor q, Tensor k, Tensor v, double? softmaxScale = null)
    {
        CheckBegun(nameof(AttendCached));
        Require.Index(layer, _context.Layers);
        CheckAttention(q, nameof(q), _tokens!.QueryCount, "one a token to compute");
        CheckAttention(k, nameof(k), _tokens.QueryCount, "one a token to compute");
        _cache ??= new KeyValueCache(
            _context.Layers, (int)k.size(0), _context.Heads, Schedule.TokenCount, (int)k.size(3), k.dtype, k.device, _context.RowsBefore);
        (Tensor keys, Tensor values) = _cache.Append(layer, k, v);
        using (keys)
        using (values)
            return RunHooks(layer, q, keys, values, softmaxScale, (rows, owner, firstHead, heads) => _cache.WithRowsBefore(layer, rows, owner, firstHead, heads));
    }

    /// <summary>Shows the hooks the logits of the scale at hand; one may end guidance for all later scales.</summary>
    /// <param name="conditional">Logits of the conditional branch for the computed tokens, [B, n, V].</param>
    /// <param name="unconditional">Logits of the unconditional branch, [B, n, V]; null where it does not run.</param>
    /// <exception cref="ArgumentException">A shape does not fit, or the unconditional branch is there when it should not be, or the other way round.</exception>
    /// <exception cref="InvalidOperationException">No scale has begun.</exception>
    /// <exception cref="ObjectDisposedException">The generation has been disposed.</exception>
    public void Logits(Tensor conditional, Tensor? unconditional)
    {
        CheckBegun(nameof(Logits));
        CheckLogits(conditional, nameof(conditional));
        if (unconditional is null == _step!.Guided)
        {
            throw new ArgumentException(
                $"unconditional: got {(unconditional is null ? "null" : "a tensor")}, expected {(_step.Guided ? "the logits of the branch" : "null, as the branch does not run")} at scale {_step.Scale}.",
                nameof(unconditional));
        }

        if (unconditional is not null)
        {
            CheckLogits(unconditional, nameof(unconditional));
            if (unconditional.size(0) != conditional.size(0) || unconditional.size(2) != conditional.size(2))
                throw TensorChecks.Wrong(nameof(unconditional), TensorChecks.ShapeOf(unconditional), $"{TensorChecks.ShapeOf(conditional)} as conditional is");
        }

        _report.Reach(HookPoints.Logits);
        foreach ((VarHookRun run, HookRecord record) in _hooks.At(HookPoints.Logits))
            run.ObserveLogits(new LogitsContext(_tokens!, record, conditional, unconditional, () => _unconditionalDropped = true));
    }

    /// <summary>
    /// Completes the residual of the scale at hand: tokens that were left out take the nearest-upsampled residual of the scale before.
    /// </summary>
    /// <param name="computed">The residual of the computed tokens, [B, C, n]; no unconditional branch.</param>
    /// <returns>The residual of the scale, [B, C, h, w]: a fresh tensor, or a view of <paramref name="computed"/> if that is complete.</returns>
    /// <exception cref="ArgumentException">The shape does not fit the scale.</exception>
    /// <exception cref="InvalidOperationException">No scale has begun, or tokens were left out and the scale before gave no residual.</exception>
    /// <exception cref="ObjectDisposedException">The generation has been disposed.</exception>
    public Tensor Residual(Tensor computed)
    {
        CheckBegun(nameof(Residual));
        ArgumentNullException.ThrowIfNull(computed);
        if (computed.Dimensions != 3 || computed.size(2) != _tokens!.QueryCount)
            throw TensorChecks.Wrong(nameof(computed), TensorChecks.ShapeOf(computed), $"[images, channels, {_tokens!.QueryCount}]");
        _report.Reach(HookPoints.Residual);
        Tensor residual = _residuals.Complete(computed, _step!);
        foreach ((VarHookRun run, HookRecord record) in _hooks.At(HookPoints.Residual))
            run.ObserveResidual(new ResidualContext(_tokens, record, residual));
        return residual;
    }

    /// <summary>Ends the generation and frees what it and its hooks hold. The report stays.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _step?.Close();
        _residuals.Dispose();
        _cache?.Dispose();
        _hooks.Dispose();
    }

    private Tensor RunHooks(int layer, Tensor q, Tensor k, Tensor v, double? softmaxScale, RowsBefore? rowsBefore)
    {
        Require.Index(layer, _context.Layers);
        CheckAttention(q, nameof(q), _tokens!.QueryCount, "one a token to compute");
        CheckAttention(k, nameof(k), _tokens.KeyCount, "one a token computed so far");
        CheckAttention(v, nameof(v), _tokens.KeyCount, "one a token computed so far");
        _report.Reach(HookPoints.Attention);
        _attention!.CountCall((double)_images * (_context.Guided ? 2 : 1) * _tokens.Grid.TokenCount * Schedule.TokensThrough(_tokens.Scale));
        double scale = softmaxScale ?? 1 / Math.Sqrt(q.size(3));
        return _hooks.Attend(new AttentionContext(_tokens, record: null, _attention, layer, firstHead: 0, q, k, v, scale, rowsBefore));
    }

    private void CheckBegun(string call)
    {
        Require.NotDisposed(_disposed, "generation");
        if (_step is null)
            throw new InvalidOperationException($"{call}: no scale has begun, expected BeginScale(0) before.");
    }

    /// <summary>Checks [rows, heads, tokens, D], where the first call says how many images there are.</summary>
    private void CheckAttention(Tensor tensor, string name, int tokens, string why)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        int branches = _step!.Guided ? 2 : 1;
        if (_images == 0 && tensor.Dimensions == 4 && tensor.size(0) % branches == 0)
            _images = tensor.size(0) / branches;
        if (tensor.Dimensions != 4 || tensor.size(0) != _images * branches || tensor.size(1) != _context.Heads || tensor.size(2) != tokens)
        {
            string rows = _images == 0 ? "2 a image" : $"{_images * branches}";
            throw TensorChecks.Wrong(
                name, TensorChecks.ShapeOf(tensor), $"[{rows}, {_context.Heads}, {tokens}, head dimension] at scale {_step.Scale} ({why}, {(_step.Guided ? "both branches" : "one branch")})");
        }
    }

    private void CheckLogits(Tensor logits, string name)
    {
        ArgumentNullException.ThrowIfNull(logits, name);
        if (logits.Dimensions != 3 || logits.size(1) != _tokens!.QueryCount)
            throw TensorChecks.Wrong(name, TensorChecks.ShapeOf(logits), $"[images, {_tokens!.QueryCount}, vocabulary]");
    }
}
