namespace Cea.Sandbox.Accounts;

/// <summary>One account that a provider holds for somebody: who may call, which number or bot it is, and where it calls when a person writes.</summary>
internal sealed record SandboxAccount
{
    public string Name { get; init; } = "";
    public string Kind { get; init; } = "";
    public string? AccountSid { get; init; }
    public string? AuthToken { get; init; }
    public string? Number { get; init; }
    public string? MessagingServiceSid { get; init; }
    public string? BotToken { get; init; }
    public string? BotUsername { get; init; }
    public string? WebhookSecret { get; init; }

    /// <summary>Where the provider posts what comes in. A fragment such as <c>#rc=3&amp;rp=5xx,ct,rt</c> asks Twilio to retry, as with the real one.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>Twilio's second address, called when the first fails.</summary>
    public string? FallbackUrl { get; init; }

    /// <summary>Where the end of a call is told; by default beside the webhook, under the name status.</summary>
    public string? StatusUrl { get => field ?? (Kind == TwilioVoice.TwilioVoiceAccount.Name && WebhookUrl?.Split('#', 2) is [var url, .. var fragment] && url.EndsWith("/receive", StringComparison.Ordinal) ? string.Join('#', [url[..^"receive".Length] + "status", .. fragment]) : null); init; }

    /// <summary>Twilio: so many messages it takes in a second, and answers 429 to more; null: any number.</summary>
    public int? MostASecond { get; init; }

    /// <summary>Base addresses with commas between: calls go to them in turn, as from a load balancer, but are signed for the configured address.</summary>
    public string? DeliverTo { get; init; }

    /// <summary>What a phone has to write to.</summary>
    public string Address => Number ?? (BotUsername is null ? Name : $"@{BotUsername}");
}
