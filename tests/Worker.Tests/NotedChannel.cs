using System.Collections.Concurrent;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Worker.Tests;

/// <summary>A line that notes what it is asked to do, and fails as a test wants it to.</summary>
internal sealed class NotedChannel : IChannel, IAnswersPresses
{
    public string Kind => "noted";

    public ChannelTraits Traits { get; init; } = new() { AddressSpace = "tel", MaxLength = 1600, RatePerAccount = 1000, RatePerAddress = 1000 };

    public IReadOnlyList<AccountSetting> Settings { get; } = [];

    public ConcurrentQueue<Guid> Sent { get; } = new();

    /// <summary>To whom, on which line, when: as the provider took it.</summary>
    public ConcurrentQueue<(string Account, string To, string Text, DateTimeOffset At)> Taken { get; } = new();

    /// <summary>How long the provider takes to answer.</summary>
    public Func<ChannelAccount, OutgoingText, TimeSpan> Takes { get; set; } = (_, _) => TimeSpan.FromMilliseconds(20);

    /// <summary>Until when the provider keeps a call waiting.</summary>
    public Func<ChannelAccount, OutgoingText, Task> Holds { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What the provider says in place of taking it; null: it takes it.</summary>
    public Func<ChannelAccount, OutgoingText, SendOutcome?> Declines { get; set; } = (_, _) => null;

    /// <summary>The most that were in flight at once.</summary>
    public int MostInFlight { get; private set; }
    private int _inFlight;

    /// <summary>In flight now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);
    public ConcurrentQueue<string> Answered { get; } = new();

    /// <summary>Thrown by the next sending, after it has been noted: what a kill in the middle leaves.</summary>
    public Exception? Breaks { get; set; }

    /// <summary>What the next sending comes to.</summary>
    public SendOutcome? Refuses { get; set; }

    /// <summary>Thrown by the next answer to a press.</summary>
    public Exception? BreaksAnswer { get; set; }

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

    public async Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct)
    {
        Sent.Enqueue(message.Id);
        lock (Sent)
            MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        try
        {
            await Holds(account, message).WaitAsync(ct);
            await Task.Delay(Takes(account, message), ct);
        }
        finally
        {
            lock (Sent)
                _inFlight--;
        }
        if (Declines(account, message) is { } declined)
            return declined;
        if (Refuses is { } outcome)
        {
            Refuses = null;
            return outcome;
        }
        if (Breaks is not { } trouble)
        {
            Taken.Enqueue((account.Id, message.To.Value, message.Text.Value, TimeProvider.System.GetUtcNow()));
            return SendOutcome.Taken(message.Id.ToString("N"), "queued");
        }
        Breaks = null;
        throw trouble;
    }

    public Task<bool> AnswerPressAsync(string press, ChannelAccount account, CancellationToken ct)
    {
        if (BreaksAnswer is { } trouble)
        {
            BreaksAnswer = null;
            return Task.FromException<bool>(trouble);
        }
        Answered.Enqueue(press);
        return Task.FromResult(true);
    }

    /// <param name="rate">What the accounts say of themselves.</param>
    public static IntakeBoard Board(string? rate = null) => new()
    {
        Snapshot = IntakeSnapshot.Empty with
        {
            Accounts = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(new[] { "line", "other" }.ToDictionary(id => id, id => new ChannelAccount(id, "noted", rate is null ? new Dictionary<string, string>() : new() { ["Rate"] = rate }))),
        },
    };

    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); !await holds(); await Task.Delay(50))
        {
            if (since.Elapsed > TimeSpan.FromSeconds(30))
                throw new TimeoutException(what);
        }
    }
}
