using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Testing;

/// <summary>A line whose provider's files a test puts down itself.</summary>
public sealed class FilingChannel : IChannel, IFetchesMedia
{
    public string Kind => "filing";

    public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 1000 };

    public IReadOnlyList<AccountSetting> Settings { get; } = [];

    /// <summary>By reference; what is not there yet is "later".</summary>
    public Dictionary<string, MediaFetched> Files { get; } = [];

    public int Fetches { get; private set; }

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("nothing is sent");

    public Task<MediaFetched> FetchAsync(string reference, ChannelAccount account, long most, CancellationToken ct)
    {
        Fetches++;
        return Task.FromResult(Files.GetValueOrDefault(reference) ?? MediaFetched.Later("http_404"));
    }
}
