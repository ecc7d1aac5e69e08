using Cea.Feedback.Media;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Media;

/// <summary>Fetches files that came with messages, as soon as the messages are items.</summary>
internal sealed class FetchMedia(MediaFetching fetching, WakeUp wakeUp, ILogger<FetchMedia> log, TimeProvider clock) : Round(log, clock)
{
    protected override string Name => nameof(FetchMedia);

    protected override async Task<bool> RunAsync(CancellationToken ct) => await fetching.RunAsync(ct) > 0;

    protected override Task WaitAsync(CancellationToken ct) => wakeUp.WaitAsync(WakeUp.Media, TimeSpan.FromSeconds(1), ct);
}
