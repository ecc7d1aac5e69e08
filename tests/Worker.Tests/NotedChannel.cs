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
        await Task.Delay(20, ct);
        if (Refuses is { } outcome)
        {
            Refuses = null;
            return outcome;
        }
        if (Breaks is not { } trouble)
            return SendOutcome.Taken(message.Id.ToString("N"), "queued");
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

    public static IntakeBoard Board() => new()
    {
        Snapshot = IntakeSnapshot.Empty with
        {
            Accounts = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(new[] { "line", "other" }.ToDictionary(id => id, id => new ChannelAccount(id, "noted", new Dictionary<string, string>()))),
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
