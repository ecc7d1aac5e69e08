using Cea.Feedback.Replies;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Replies;

/// <summary>Brings wanted templates to their providers and follows their approval.</summary>
internal sealed class SyncTemplates(TemplateSync sync, ILogger<SyncTemplates> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        if (await sync.RunAsync(ct) is > 0 and var changed)
            Worker.Log.TemplatesChanged(Log, changed);
    }
}
