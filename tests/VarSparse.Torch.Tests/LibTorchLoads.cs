using TorchSharp;

namespace VarSparse.Torch.Tests;

public sealed class LibTorchLoads
{
    [Fact]
    public void Torch_computes_on_this_machine_with_nothing_set_up()
    {
        using var scope = torch.NewDisposeScope();
        Assert.Equal(3f, torch.ones(3).sum().item<float>());
    }
}
