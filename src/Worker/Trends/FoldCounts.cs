using Cea.Feedback.Trends;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Trends;

/// <summary>Folds count changes into counts.</summary>
internal sealed class FoldCounts(CountFolder folder, ILogger<FoldCounts> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        while (await folder.RunAsync(ct))
        {
        }
    }
}
