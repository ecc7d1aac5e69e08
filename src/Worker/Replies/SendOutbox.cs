using System.Collections.Concurrent;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Replies;

/// <summary>
/// Sends what is due. One node sends for an account at a time (a lease on the account's row), one row for each free slot: so a kill leaves at most as many sendings
/// in doubt as there were slots. In doubt is never due again by itself.
/// </summary>
internal sealed class SendOutbox(Outbox outbox, IntakeBoard board, ChannelKinds kinds, WakeUp wakeUp, ILogger<SendOutbox> log, TimeProvider clock) : Round(log, clock)
{
    public const int Slots = 8;
    private readonly ILogger _log = log;
    private readonly TimeProvider _clock = clock;
    private readonly string _node = $"{Environment.MachineName}/{Environment.ProcessId}";
    private readonly ConcurrentDictionary<string, AccountPace> _pace = new();

    protected override string Name => nameof(SendOutbox);

    protected override async Task<bool> RunAsync(CancellationToken ct)
    {
        foreach (var (account, count) in await outbox.DoubtExpiredAsync(ct))
            Log.InDoubt(_log, count, account);
        var busy = false;
        foreach (var accountId in await outbox.AccountsWithDueAsync(ct))
        {
            if (!board.Snapshot.Accounts.TryGetValue(accountId, out var account) || account.Broken is not null || kinds.Find(account.Kind) is not { } channel)
                continue;
            if (await outbox.TakeAccountAsync(accountId, _node, ct))
                busy |= await SendForAsync(account, channel, ct);
        }
        return busy;
    }

    protected override Task WaitAsync(CancellationToken ct) => wakeUp.WaitAsync(WakeUp.Outbox, TimeSpan.FromSeconds(1), ct);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await outbox.ReleaseAsync(_node, cancellationToken);
        }
        catch (Npgsql.NpgsqlException)
        {
            // the lease ends by itself
        }
    }

    // At most a few seconds for one account, so that another gets its turn and a stop is quick.
    private async Task<bool> SendForAsync(ChannelAccount account, IChannel channel, CancellationToken ct)
    {
        var pace = _pace.GetOrAdd(account.Id, _ => new AccountPace(channel.Traits, _clock));
        var until = _clock.GetUtcNow().AddSeconds(3);
        var slots = new List<Task<bool>>();
        var more = true;
        var goOn = true;
        while (more && goOn && _clock.GetUtcNow() < until)
        {
            if (slots.Count == Slots)
            {
                var done = await Task.WhenAny(slots);
                slots.Remove(done);
                goOn &= await done;
                continue;
            }
            if (pace.WaitForAccount() is { } wait && wait > TimeSpan.Zero)
                await Task.Delay(wait, _clock, ct);
            var claim = await outbox.ClaimAsync(account.Id, _node, pace.RestingPeople(), channel.Traits, ct);
            if (claim is null)
            {
                more = false;
                break;
            }
            if (claim.Text is not null)
            {
                pace.Sent(claim.PersonId);
                slots.Add(SendOneAsync(claim, account, channel, ct));
            }
        }
        foreach (var slot in slots)
            goOn &= await slot;
        return more && goOn;
    }

    private async Task<bool> SendOneAsync(OutboxClaim claim, ChannelAccount account, IChannel channel, CancellationToken ct)
    {
        // Die here: `sending` past its lease, hence in doubt. Die after the call: the same, settled by the status call that carries our id.
        using var limit = new CancellationTokenSource(ChannelKinds.SendLimit, _clock);
        var text = new OutgoingText(claim.Id, claim.Address!.Value, claim.Text!.Value, claim.Language)
        {
            StatusUrl = Uri.TryCreate($"{account.PublicUrl}/status?m={claim.Id:N}", UriKind.Absolute, out var url) ? url : null, Template = claim.Template,
        };
        var outcome = await channel.SendAsync(text, account, limit.Token);
        return await outcome.Match(
            async (externalId, status) =>
            {
                await outbox.SentAsync(claim, account.Id, externalId, status, ct);
                return true;
            },
            async (failure, code, wait) =>
            {
                var pause = failure.PausesAccount ? wait ?? TimeSpan.FromSeconds(5) : (TimeSpan?)null;
                await outbox.FailedAsync(claim, account.Id, failure, code, pause, ct);
                if (pause is { } p)
                    Log.AccountPaused(_log, account.Id, (int)p.TotalSeconds);
                if (failure.BreaksAccount && claim.Purpose is not Outgoing.Test)
                    Log.AccountBroken(_log, account.Id, code);
                return pause is null && !failure.BreaksAccount;
            });
    }
}

/// <summary>How fast one account may send: a bucket for the account, a pause for each person. Kept by the node that sends for it.</summary>
internal sealed class AccountPace(ChannelTraits traits, TimeProvider clock)
{
    private readonly Dictionary<Guid, DateTimeOffset> _people = [];
    private double _tokens = Math.Max(1, traits.RatePerAccount);
    private DateTimeOffset _filled = clock.GetUtcNow();

    /// <summary>Zero when one may be sent now.</summary>
    public TimeSpan? WaitForAccount()
    {
        var now = clock.GetUtcNow();
        _tokens = Math.Min(Math.Max(1, traits.RatePerAccount), _tokens + (now - _filled).TotalSeconds * traits.RatePerAccount);
        _filled = now;
        return _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / traits.RatePerAccount);
    }

    public void Sent(Guid? person)
    {
        _tokens--;
        if (person is { } id)
            _people[id] = clock.GetUtcNow();
    }

    /// <summary>Who was written to a moment ago.</summary>
    public Guid[] RestingPeople()
    {
        var since = clock.GetUtcNow() - TimeSpan.FromSeconds(1 / traits.RatePerAddress);
        foreach (var (id, at) in _people)
        {
            if (at < since)
                _people.Remove(id);
        }
        return [.. _people.Keys];
    }
}
