using Cea.Feedback.Intake;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Intake;

/// <summary>Asks the providers whether their lines are well, so that an administrator sees it at a glance and not only when he asks.</summary>
internal sealed class CheckLines(LineCheck check, IHostApplicationLifetime lifetime, ILogger<CheckLines> log) : LongJob(lifetime, log)
{
    protected override async Task GoAsync(CancellationToken ct)
    {
        foreach (var (account, trouble) in await check.RoundAsync(ct))
        {
            if (trouble is not null)
                Worker.Log.LineFailed(Log, nameof(CheckLines), account, trouble);
        }
    }
}
