using System.Collections.Concurrent;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Replies;

/// <summary>
/// Sends what is due, each line on its own. One node sends for an account at a time (a lease on the account's row), one row for each free slot: so a kill leaves at most as many sendings
/// in doubt as there were slots. In doubt is never due again by itself.
/// </summary>
internal sealed class SendOutbox(Outbox outbox, IntakeBoard board, ChannelKinds kinds, WakeUp wakeUp, ILogger<SendOutbox> log, TimeProvider clock) : Round(log, clock)
{
    private readonly ILogger _log = log;
    private readonly TimeProvider _clock = clock;
    private readonly string _node = $"{Environment.MachineName}/{Environment.ProcessId}";
    private readonly ConcurrentDictionary<string, SendingLine> _lines = new();

    protected override string Name => nameof(SendOutbox);

    protected override async Task<bool> RunAsync(CancellationToken ct)
    {
        foreach (var (account, count) in await outbox.DoubtExpiredAsync(ct))
            Log.InDoubt(_log, count, account);
        foreach (var accountId in await outbox.AccountsWithDueAsync(ct))
            _lines.GetOrAdd(accountId, id => new SendingLine(id, _node, outbox, board, kinds, _log, _clock)).Go();
        return false;
    }

    protected override Task WaitAsync(CancellationToken ct) => wakeUp.WaitAsync(WakeUp.Outbox, TimeSpan.FromSeconds(1), ct);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await Task.WhenAll(_lines.Values.Select(l => l.StopAsync())).WaitAsync(cancellationToken);
            await outbox.ReleaseAsync(_node, cancellationToken);
        }
        catch (Exception late) when (late is Npgsql.NpgsqlException or OperationCanceledException)
        {
            // the lease ends by itself
        }
    }
}
