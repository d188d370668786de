using PackageConsumer;
using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

using var noGradient = no_grad();
using var scope = NewDisposeScope();
_ = manual_seed(1);

// One call: cross-scale local attention at the 32x32 scale of Infinity, against torch with the same mask.
ScaleSchedule schedule = ScaleSchedule.Infinity();
SparsePattern pattern = CrossScaleLocal.Create(schedule, queryScale: 9);
Tensor q = randn(1, 2, pattern.QueryCount, 64), k = randn(1, 2, pattern.KeyCount, 64), v = randn_like(k);
Tensor output = SparseAttention.Apply(q, k, v, pattern);
bool[,] kept = pattern.ToDenseMask();
Tensor mask = tensor(kept.Cast<bool>().ToArray(), [kept.GetLength(0), kept.GetLength(1)]);
float error = (output - nn.functional.scaled_dot_product_attention(q, k, v, mask)).abs().max().item<float>();
Console.WriteLine($"attention: {pattern.QueryCount} queries, {pattern.KeyCount} keys, {pattern.Density:P2} kept, largest difference from torch {error:E1}");

// A generator with hooks: dense without any, sparse with the policies.
using var generator = new TinyGenerator();
Tensor dense = generator.Draw(new VarAccelerator(), out _);
Tensor sparse = generator.Draw(
    new VarAccelerator(
        new CrossScaleLocalAttention(new CrossScaleLocalOptions { SinkScales = 2 }) { Scales = ScaleChoice.Last(2) },
        new LatentDiscrepancyPruning(rho: 0.5) { Scales = ScaleChoice.Last(2) }),
    out string report);
float change = ((sparse - dense).norm() / dense.norm()).item<float>();
Console.WriteLine($"generator: latent [{string.Join(", ", sparse.shape)}], relative change by the policies {change:F3}");
Console.WriteLine(report);

bool good = error < 1e-4f && float.IsFinite(change) && change > 0 && report.Contains("csla: fired", StringComparison.Ordinal);
Console.WriteLine(good ? "consumer: passed" : "consumer: FAILED");
return good ? 0 : 1;
