using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Api;

/// <summary>Feedback that another system hands over through the REST API, or a file brings: received only; nobody can be answered on it.</summary>
public sealed class ApiChannel : IChannel
{
    public string Kind => "api";

    public ChannelTraits Traits { get; } = new() { AddressSpace = "none", MaxLength = 0, CanSend = false, FurthestState = "none" };

    public IReadOnlyList<AccountSetting> Settings { get; } = [];

    // The API authenticates by key at its own address; nothing may come in here.
    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(404, "use /api/v1/feedback");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(404);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => Task.FromResult(SendOutcome.Failed(SendFailure.BadAddress, ""));
}
