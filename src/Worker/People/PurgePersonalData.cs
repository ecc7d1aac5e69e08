using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.People;

/// <summary>Destroys what is no longer owed, and what people asked to have erased.</summary>
internal sealed class PurgePersonalData(Retention retention, Databases databases, IConfiguration configuration, ILogger<PurgePersonalData> log) : TimedJob(log)
{
    protected override async Task RunAsync(CancellationToken ct)
    {
        var purged = await retention.RunAsync(ct);
        if (purged.Erased > 0 && configuration["Cea:ErasureLog"] is { Length: > 0 } log)
            await ErasureLog.AppendAsync(log, databases, ct);
        if (purged is not { Addresses: 0, RawCalls: 0, Anonymised: 0, Erased: 0, Files: 0 })
            Worker.Log.Retained(Log, purged.Addresses, purged.RawCalls, purged.Anonymised + purged.Erased, purged.Files);
    }
}
