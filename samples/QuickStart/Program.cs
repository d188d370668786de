using VarSparse.Patterns;
using VarSparse.Samples.QuickStart;
using VarSparse.Samples.QuickStart.Picture;

// One attention layer of a trained VAR model, dense and sparse, side by side.
return new CommandLine().Run(args, Console.Error, settings =>
{
    Directory.CreateDirectory(settings.OutFolder);
    using AttentionLayer layer = AttentionLayer.Load(settings.QueryScale);

    SparsePattern pattern = CrossScaleLocal.Create(AttentionLayer.Schedule, settings.QueryScale, settings.Pattern);
    Report report = Comparison.Run(layer, pattern, settings);

    string picture = Path.Combine(settings.OutFolder, "quickstart-pattern.png");
    PatternPicture.Save(new PatternView(AttentionLayer.Schedule, settings.QueryScale, settings.Pattern, pattern), picture);
    ReportTable.Print(report, layer, pattern, picture);
    if (settings.JsonFile is not null)
        report.WriteJson(settings.JsonFile);
});
