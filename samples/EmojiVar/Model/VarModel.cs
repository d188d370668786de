using TorchSharp;
using VarSparse.Samples.EmojiVar.Decoding;
using VarSparse.Samples.Safetensors;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>A VAR transformer and the VQ-VAE whose codes it speaks.</summary>
internal sealed class VarModel : IDisposable
{
    private const string TransformerIndex = "model.safetensors.index.json";
    private const string TransformerFile = "model.safetensors";
    private const string VqVaeFile = "vqvae.safetensors";

    private VarModel(VarConfig config)
    {
        Config = config;
        Transformer = new VarTransformer(config);
        VqVae = new VqVae(config);
    }

    public VarConfig Config { get; }

    public VarTransformer Transformer { get; }

    public VqVae VqVae { get; }

    /// <summary>Where the weights are and everything is computed.</summary>
    public Device Device { get; private set; } = CPU;

    /// <summary>
    /// Loads a folder with config.json, the transformer (model.safetensors or its shards with model.safetensors.index.json) and
    /// vqvae.safetensors, with the tensor names of the published VAR checkpoints, in float32, float16 or bfloat16.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute, or null for the CPU.</param>
    /// <param name="type">
    /// What the blocks' matrix products, attention and its cache compute in: float32, float16 or bfloat16. The residual stream,
    /// normalisation, logits and the VQ-VAE are float32 always.
    /// </param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is invalid or does not fit the configuration.</exception>
    public static VarModel Load(string folder, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        VarModel model = new(VarConfig.Read(Path.Combine(folder, VarConfig.FileName)));
        try
        {
            string index = Path.Combine(folder, TransformerIndex);
            using (SafetensorsModel transformer = SafetensorsModel.Open(File.Exists(index) ? index : Path.Combine(folder, TransformerFile)))
            {
                ParameterLoader.Load(model.Transformer, transformer, trainingOnly: "attn_bias_for_masking");
                model.Transformer.CheckLevels(transformer.Path);
            }

            using SafetensorsModel vqVae = SafetensorsModel.Open(Path.Combine(folder, VqVaeFile));
            ParameterLoader.Load(model.VqVae, vqVae, "encoder.", "quant_conv.", "quantize.ema_vocab_hit_SV");
            model.Place(device ?? CPU, type);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private void Place(Device device, ScalarType type)
    {
        if (type != ScalarType.Float32)
            Transformer.ComputeIn(type);
        if (device.type != DeviceType.CPU)
        {
            Transformer.to(device);
            VqVae.to(device);
        }

        Device = device;
    }

    public void Dispose()
    {
        Transformer.Dispose();
        VqVae.Dispose();
    }
}
