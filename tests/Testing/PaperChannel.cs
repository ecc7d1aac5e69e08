using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Testing;

/// <summary>A line of paper slips, to configure where no provider is: takes nothing, sends nothing; has one open and one secret setting where a test wants no others.</summary>
public sealed class PaperChannel(string kind = "paper", ChannelTraits? traits = null, IReadOnlyList<AccountSetting>? settings = null) : IChannel
{
    public string Kind { get; } = kind;

    public ChannelTraits Traits { get; } = traits ?? new() { AddressSpace = "tel", MaxLength = 1000, WebhookSuffix = "#slowly" };

    public IReadOnlyList<AccountSetting> Settings { get; } = settings ?? [new("Box", true, false, "Number of the box"), new("Combination", true, true, "Of the lock")];

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "paper makes no calls");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("paper sends nothing");
}
