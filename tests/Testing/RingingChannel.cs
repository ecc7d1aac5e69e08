using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Testing;

/// <summary>A telephone line on a table: it remembers whom it was told to call.</summary>
public sealed class RingingChannel : IChannel, IPlacesCalls
{
    /// <summary>Who was called, by whose telephone, as line, person and officer.</summary>
    public List<string> Rung { get; } = [];

    public string Kind => "ringing";

    public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 0, CanSend = false, FurthestState = "none" };

    public IReadOnlyList<AccountSetting> Settings { get; } = [];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "it only rings");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("it only rings");

    public Task<SendOutcome> PlaceCallAsync(CallOrder order, ChannelAccount account, CancellationToken ct)
    {
        Rung.Add($"{account.Id} {order.To.Value} {order.Officer.Value}");
        return Task.FromResult(SendOutcome.Taken("CA1", "queued"));
    }
}
