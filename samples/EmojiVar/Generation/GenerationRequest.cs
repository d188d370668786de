using VarSparse.Torch.Hooks;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>What to draw, and how.</summary>
internal sealed record GenerationRequest
{
    /// <summary>Class of each image of the batch.</summary>
    public required int[] Labels { get; init; }

    /// <summary>
    /// Strength of classifier-free guidance at the last scale; it grows from 0 at the first. With 0 there is no unconditional branch.
    /// </summary>
    public required double Guidance { get; init; }

    public required ITokenChooser Chooser { get; init; }

    /// <summary>Told each scale after its last step was given to the device.</summary>
    public Action<int>? ScaleDone { get; init; }

    /// <summary>What saves work; without hooks the model is dense.</summary>
    public VarAccelerator Accelerator { get; init; } = new();
}
