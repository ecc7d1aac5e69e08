using Cea.Feedback.Items;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Items;

/// <summary>Makes items of what has come in, as soon as it has come in.</summary>
internal sealed class TriageMessages(Triage triage, AnswerPresses presses, WakeUp wakeUp, ILogger<TriageMessages> log, TimeProvider clock) : Round(log, clock)
{
    private readonly ILogger _log = log;

    protected override string Name => nameof(TriageMessages);

    protected override async Task<bool> RunAsync(CancellationToken ct)
    {
        var round = await triage.RunAsync(ct);
        foreach (var press in round.Presses)
            presses.Queue(press);
        if (round.Dead > 0)
            Log.DeadLetters(_log, round.Dead);
        else if (round.Failed > 0)
            Log.TriageFailed(_log, round.Failed);
        if (round.Quieted > 0)
            Log.Quieted(_log, round.Quieted);
        return round.Leased == Triage.LotSize;
    }

    protected override Task WaitAsync(CancellationToken ct) => wakeUp.WaitAsync(WakeUp.Triage, TimeSpan.FromSeconds(1), ct);
}
