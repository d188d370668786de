using System.Diagnostics;

namespace VarSparse.Samples.EmojiVar;

/// <summary>
/// Adds up wall-clock time by stage. CPU tensors compute at once, so a stage's time is its own. A GPU is only given its work meanwhile,
/// unless the end of each stage waits for it.
/// </summary>
/// <param name="wait">Waits for the device; null where there is none, or where nothing shall wait.</param>
internal sealed class StageClock(Action? wait = null)
{
    private readonly long[] _ticks = new long[Enum.GetValues<Stage>().Length];

    public TimeSpan this[Stage stage] => Stopwatch.GetElapsedTime(0, _ticks[(int)stage]);

    /// <summary>Measures until the result is disposed.</summary>
    public Measurement Measure(Stage stage) => new(this, stage, Stopwatch.GetTimestamp());

    public readonly struct Measurement(StageClock clock, Stage stage, long start) : IDisposable
    {
        public void Dispose() => clock.Add(stage, start);
    }

    private void Add(Stage stage, long start)
    {
        wait?.Invoke();
        _ticks[(int)stage] += Stopwatch.GetTimestamp() - start;
    }
}
