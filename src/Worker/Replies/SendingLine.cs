using Cea.Feedback.Intake;
using Cea.Feedback.Replies;
using Cea.Feedback.UseCases;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Replies;

/// <summary>
/// Sends what is due for one account, on its own: a provider that is slow holds up no other line. One row for each free slot; two slots are kept for answers, so that a telling to thousands
/// never fills them all.
/// </summary>
internal sealed class SendingLine(string accountId, string node, Outbox outbox, IntakeBoard board, ChannelKinds kinds, ILogger log, TimeProvider clock)
{
    /// <summary>In flight at once, and so in doubt at most after a kill; and as many on an account that names a rate which needs them.</summary>
    public const int Slots = 8, MostSlots = 40;
    private const int KeptForAnswers = 2;

    // What a provider takes to answer, with some to spare: so many seconds of its rate are in flight.
    private const double SecondsInFlight = 0.4;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(3), LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<Slot> _slots = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _going = Task.CompletedTask;
    private AccountPace? _pace;
    private bool _asked, _running, _stopped;
    private volatile bool _halted;

    /// <summary>Slots of an account: eight, until it says that its provider takes more in a second than those can carry.</summary>
    public static int SlotsFor(int? rate) => rate is { } said ? Math.Clamp((int)Math.Ceiling(said * SecondsInFlight), Slots, MostSlots) : Slots;

    /// <summary>Something is due. Returns at once.</summary>
    public void Go()
    {
        lock (_lock)
        {
            _asked = true;
            _bell.TrySetResult();
            if (_running || _stopped)
                return;
            _running = true;
            _going = Task.Run(GoAsync);
        }
    }

    /// <summary>Takes nothing more; over when what was being sent is settled.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            _bell.TrySetResult();
            _ended.TrySetResult();
            return _going;
        }
    }

    // The edge of the line, as a round is the edge of its job.
    private async Task GoAsync()
    {
        var pause = TimeSpan.Zero;
        while (TakeAsked(orEnd: true))
        {
            try
            {
                await SendDueAsync();
                pause = TimeSpan.Zero;
                continue;
            }
            catch (Exception trouble)
            {
                if (trouble is Npgsql.NpgsqlException or TimeoutException)
                    Log.DatabaseAway(log, nameof(SendOutbox));
                else
                    Log.LineFailed(log, nameof(SendOutbox), accountId, Fault.Of(trouble));
            }
            pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(500) : pause * 2 > LongestPause ? LongestPause : pause * 2;
            await Task.WhenAny(Task.Delay(pause, clock), _ended.Task);
        }
    }

    private bool TakeAsked(bool orEnd)
    {
        lock (_lock)
        {
            var asked = _asked && !_stopped;
            _asked = false;
            if (_bell.Task.IsCompleted)
                _bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (orEnd && !asked && _slots.Count == 0)
                _running = false;
            return asked || (orEnd && _slots.Count > 0);
        }
    }

    // Until nothing can be taken and nothing is in flight. An answer that comes meanwhile rings the bell.
    private async Task SendDueAsync()
    {
        _halted = false;
        long? checkedAt = null;
        ChannelAccount? account = null;
        IChannel? channel = null;
        var (look, more) = (true, false); // something new may be due; the last look found something
        while (true)
        {
            for (var i = _slots.Count - 1; i >= 0; i--)
            {
                if (_slots[i].Task is not { IsCompleted: true } done)
                    continue;
                _slots.RemoveAt(i);
                await done;
                look = true; // what was owed to the same person waited for it
            }
            look |= TakeAsked(orEnd: false);
            var goOn = !_stopped && !_halted;
            if (goOn && (look || more) && (checkedAt is not { } at || clock.GetElapsedTime(at) >= LookAgain))
            {
                checkedAt = clock.GetTimestamp();
                (account, channel) = Find();
                if (account is null || channel is null || !await outbox.TakeAccountAsync(accountId, node, CancellationToken.None))
                    _halted = true;
                else
                    Pace(account, channel);
                continue;
            }
            var slots = SlotsFor(account?.Rate);
            var full = _slots.Count(s => s.IsBulk) >= slots - KeptForAnswers;
            if (goOn && _slots.Count < slots && (look || (more && !full)))
            {
                if (_pace!.WaitForAccount() is { Ticks: > 0 } wait)
                {
                    await Task.Delay(wait + TimeSpan.FromMilliseconds(1), clock); // whole ones only
                    continue;
                }
                var claim = await outbox.ClaimAsync(accountId, node, _pace.RestingPeople(), channel!.Traits, CancellationToken.None, full ? Outgoing.AckLane : Outgoing.TellingLane);
                (look, more) = claim is not null ? (look, true) : (false, more && full);
                if (claim?.Text is not null)
                {
                    var isBulk = claim.Lane >= Outgoing.SurveyLane;
                    _pace.Sent(claim.PersonId, isBulk);
                    _slots.Add(new Slot(SendOneAsync(claim, account!, channel), isBulk));
                }
                continue;
            }
            if (_slots.Count == 0 && (!goOn || _pace?.UntilRested() is null))
                return;
            look |= await WaitAsync(goOn, free: _slots.Count < slots);
        }
    }

    // For a slot, for the bell, or for somebody who was written to a moment ago and perhaps is owed more; true for the last.
    private async Task<bool> WaitAsync(bool goOn, bool free)
    {
        Task bell;
        lock (_lock)
            bell = _bell.Task;
        List<Task> ends = [.. _slots.Select(s => s.Task)];
        if (goOn)
            ends.Add(bell);
        if (!goOn || !free || _pace?.UntilRested() is not { } rest) // with every slot taken nobody can be written to, rested or not
        {
            await Task.WhenAny(ends);
            return false;
        }
        using var over = new CancellationTokenSource();
        var rested = Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.FromMilliseconds(1), clock, over.Token);
        var ended = await Task.WhenAny([.. ends, rested]);
        await over.CancelAsync();
        return ended == rested;
    }

    private (ChannelAccount?, IChannel?) Find() =>
        board.Snapshot.Accounts.TryGetValue(accountId, out var account) && account.Broken is null ? (account, kinds.Find(account.Kind)) : (null, null);

    private void Pace(ChannelAccount account, IChannel channel)
    {
        var rate = account.Rate ?? channel.Traits.RatePerAccount;
        _pace ??= new AccountPace(rate, channel.Traits.RatePerAddress, clock);
        _pace.Rate = rate;
    }

    private async Task SendOneAsync(OutboxClaim claim, ChannelAccount account, IChannel channel)
    {
        // Die here: `sending` past its lease, hence in doubt. Die after the call: the same, settled by the status call that carries our id.
        using var limit = new CancellationTokenSource(ChannelKinds.SendLimit, clock);
        var text = new OutgoingText(claim.Id, claim.Address!.Value, claim.Text!.Value, claim.Language)
        {
            StatusUrl = Uri.TryCreate($"{account.PublicUrl}/status?m={claim.Id:N}", UriKind.Absolute, out var url) ? url : null, Template = claim.Template,
        };
        var outcome = await channel.SendAsync(text, account, limit.Token);
        await outcome.Match(
            (externalId, status) => outbox.SentAsync(claim, account.Id, externalId, status, CancellationToken.None),
            async (failure, code, wait) =>
            {
                var pause = failure.PausesAccount ? wait ?? TimeSpan.FromSeconds(5) : (TimeSpan?)null;
                if (pause is not null || failure.BreaksAccount)
                    _halted = true; // before it is written: nothing more is taken meanwhile
                await outbox.FailedAsync(claim, account.Id, failure, code, pause, CancellationToken.None);
                if (pause is { } p)
                    Log.AccountPaused(log, account.Id, (int)p.TotalSeconds);
                if (failure.BreaksAccount && claim.Purpose is not Outgoing.Test)
                    Log.AccountBroken(log, account.Id, code);
            });
    }

    private sealed record Slot(Task Task, bool IsBulk);
}
