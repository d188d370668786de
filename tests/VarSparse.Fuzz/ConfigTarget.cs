using VarSparse.Samples.EmojiVar.Model;

namespace VarSparse.Fuzz;

/// <summary>Reads a model's config.json and asks for everything that follows from it.</summary>
internal sealed class ConfigTarget : IFuzzTarget
{
    public string Name => "config";

    // The JSON reader's metadata and tables are made on first use.
    public long Allowance => 1024 * 1024;

    public string? Load(string path)
    {
        VarConfig config;
        try
        {
            config = VarConfig.Read(path);
        }
        catch (InvalidDataException error)
        {
            return FuzzTargets.Refused(error);
        }

        long derived = config.Schedule.TokenCount + config.HeadDimension + config.MlpWidth + config.LatentSide;
        for (int level = 0; level < config.VqVae.ChannelMultiples.Length; level++)
            derived += config.VqVae.ChannelsOfLevel(level);
        for (int label = 0; label < config.Names.Count; label++)
            derived += config.Names[label].Length;
        return derived > 0 && config.Names.Count == config.Classes ? null : throw new FuzzFindingException($"{config}");
    }
}
