using Cea.Feedback.Items;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Items;

/// <summary>Has recordings heard by a machine, where there is one.</summary>
internal sealed class TranscribeRecordings(Transcribing transcribing, IHostApplicationLifetime lifetime, ILogger<TranscribeRecordings> log) : LongJob(lifetime, log)
{
    protected override async Task GoAsync(CancellationToken ct)
    {
        if ((await transcribing.RunAsync(ct)).Trouble is { } trouble)
            Worker.Log.NotHeard(Log, trouble);
    }
}
