using System.Collections.Concurrent;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Testing;

/// <summary>A line with a window of 24 hours whose provider keeps templates in memory: as far as a test lets it.</summary>
public sealed class WindowedChannel : IChannel, IHasTemplates
{
    public string Kind => "windowed";

    public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 100, SplitsLongText = true, Window = TimeSpan.FromHours(24) };

    public IReadOnlyList<AccountSetting> Settings { get; } = [];

    /// <summary>What the provider holds: id, what was asked for, state of approval.</summary>
    public ConcurrentDictionary<string, (TemplateDraft Draft, TemplateState State)> Held { get; } = new();

    /// <summary>Thrown after the next creation: the answer is lost.</summary>
    public Exception? LosesAnswer { get; set; }

    public Exception? Refuses { get; set; }

    public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

    public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

    public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("nothing is sent");

    public IAsyncEnumerable<ProviderTemplate> ListTemplatesAsync(ChannelAccount account, CancellationToken ct) => Held.Select(h => new ProviderTemplate(h.Key, h.Value.Draft.Name, h.Value.Draft.Language, h.Value.Draft.Body)).ToAsyncEnumerable();

    public Task<string> CreateTemplateAsync(TemplateDraft draft, ChannelAccount account, CancellationToken ct)
    {
        if (Refuses is { } refusal)
            return Task.FromException<string>(refusal);
        var id = $"HX{Held.Count + 1}";
        Held[id] = (draft, TemplateState.Unsubmitted);
        if (LosesAnswer is not { } lost)
            return Task.FromResult(id);
        LosesAnswer = null;
        return Task.FromException<string>(lost);
    }

    public Task<TemplateApproval> SubmitTemplateAsync(string externalId, TemplateDraft draft, ChannelAccount account, CancellationToken ct)
    {
        if (Held[externalId].State == TemplateState.Unsubmitted)
            Held[externalId] = (Held[externalId].Draft, TemplateState.Pending);
        return Task.FromResult(new TemplateApproval(Held[externalId].State, "", null));
    }

    public Task<TemplateApproval?> ReadTemplateAsync(string externalId, ChannelAccount account, CancellationToken ct) =>
        Task.FromResult(Held.TryGetValue(externalId, out var held) ? new TemplateApproval(held.State, "", held.State == TemplateState.Rejected ? "too short" : null) : null);
}
