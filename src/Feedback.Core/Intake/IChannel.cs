using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Feedback.Intake;

/// <summary>
/// One kind of line: turns a provider's calls into events and our messages into the provider's calls. It knows the protocol and nothing else: it never stores,
/// never decides about items. One folder in Channels, one registration line, one table of cases.
/// </summary>
public interface IChannel
{
    /// <summary>The URL segment and stored value: "twilio-sms".</summary>
    string Kind { get; }

    ChannelTraits Traits { get; }

    /// <summary>Every setting an account of this kind takes.</summary>
    IReadOnlyList<AccountSetting> Settings { get; }

    /// <summary>Pure. Checks that the call is the provider's (first of all), then reads it. Never throws on what came from outside.</summary>
    WebhookOutcome Receive(WebhookCall call, ChannelAccount account);

    /// <summary>Pure. What the provider, or the person's page, is told after its events were stored (receipts in the order of the events).</summary>
    WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot);

    /// <summary>One attempt. No transaction is open. Never throws for what the provider or the network does: that is an outcome.</summary>
    Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel whose provider keeps a list of what came in: what it could not deliver is fetched.</summary>
public interface IListsReceived
{
    /// <summary>What the account received since then, oldest first. Storing it twice does no harm.</summary>
    IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, CancellationToken ct);

    /// <summary>What is younger may be missing in the list, and is listed by a later round.</summary>
    static readonly TimeSpan Settles = TimeSpan.FromMinutes(10);
}

/// <summary>A channel whose provider can tell what became of a sending that is in doubt.</summary>
public interface IFindsSent
{
    /// <summary>
    /// Found: the provider has it, with its id and status. NotThere: it surely never arrived. Null: cannot be told. Only an answer that fits one sending alone may be
    /// returned: the same text to the same address twice is no proof.
    /// </summary>
    Task<SentLookup?> FindSentAsync(OutgoingText message, DateTimeOffset attemptedAt, ChannelAccount account, CancellationToken ct);

    /// <summary>The provider's present word on a sent message, or null.</summary>
    Task<DeliveryReported?> ReadStatusAsync(string externalId, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel that can check its account from outside: credentials, number, webhook.</summary>
public interface IChecksAccount
{
    /// <summary>What is wrong and what to do; empty when all is well.</summary>
    /// <exception cref="HttpRequestException">The provider is away, or refuses the credentials (401, 403).</exception>
    Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct);
}

/// <summary>A channel that can tell its provider where to call, so that nobody has to paste an address and its secret there.</summary>
public interface ISetsWebhook
{
    /// <summary>What waits at the provider is kept, and comes to the new address.</summary>
    /// <returns>Null: done. Else why the provider does not want the address.</returns>
    /// <exception cref="HttpRequestException">The provider is away.</exception>
    Task<LineProblem?> SetWebhookAsync(ChannelAccount account, Uri webhook, CancellationToken ct);
}

/// <summary>Something wrong with a line. Pages show the text for <c>line.{Code}</c> with its values; the command line says <see cref="Says"/>.</summary>
/// <param name="Stops">Nothing comes in, or nothing goes out.</param>
public sealed record LineProblem(string Code, bool Stops, string Says, params IReadOnlyList<string> Values)
{
    public override string ToString() => Says;
}

/// <summary>A channel whose buttons show as waiting until the provider is told that the press was taken.</summary>
public interface IAnswersPresses
{
    /// <summary>False: the provider wants no answer any more. The press itself is a message like any other and long stored.</summary>
    /// <exception cref="HttpRequestException">The provider was not reached.</exception>
    Task<bool> AnswerPressAsync(string press, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel whose provider keeps the files that came in until it is told to delete them.</summary>
public interface IDeletesMedia
{
    /// <summary>To be called once our own copy is safe. True: the provider has it no more; false: the account's settings let it stay there.</summary>
    /// <exception cref="HttpRequestException">It is still there; try again later.</exception>
    Task<bool> DeleteMediaAsync(string reference, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel whose provider finds a person's messages by the address, and deletes them (S15).</summary>
public interface IDeletesTalks
{
    /// <summary>Everything that the provider holds of this person on this line, both ways, files and sound too. What is gone already is no error.</summary>
    /// <param name="until">What was said after it belongs to another talk, and perhaps nobody has read it yet. Our own word that the data is erased follows within <see cref="LastWord"/>.</param>
    /// <exception cref="HttpRequestException">Some of it is still there; try again later.</exception>
    Task DeleteTalkAsync(ContactAddress person, DateTimeOffset until, ChannelAccount account, CancellationToken ct);

    static readonly TimeSpan LastWord = TimeSpan.FromMinutes(5);
}

/// <summary>A channel whose provider deletes a message of ours by its id, from the person's phone too, while it is young (S15).</summary>
public interface IDeletesSent
{
    /// <summary>True: it is gone. False: it is still there; try again later, though it may be too old.</summary>
    /// <exception cref="HttpRequestException">The provider was not reached.</exception>
    Task<bool> DeleteSentAsync(string externalId, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel on which a text outside the window must be a template that the provider has approved.</summary>
public interface IHasTemplates
{
    /// <summary>What the provider holds for this account; states of approval are asked for one by one.</summary>
    IAsyncEnumerable<ProviderTemplate> ListTemplatesAsync(ChannelAccount account, CancellationToken ct);

    /// <summary>Creates it. Has no idempotency at the provider: whoever was interrupted looks at the list for its name first.</summary>
    /// <exception cref="HttpRequestException">The provider refused or is away.</exception>
    Task<string> CreateTemplateAsync(TemplateDraft draft, ChannelAccount account, CancellationToken ct);

    /// <summary>Asks for approval; asking twice does no harm.</summary>
    Task<TemplateApproval> SubmitTemplateAsync(string externalId, TemplateDraft draft, ChannelAccount account, CancellationToken ct);

    /// <summary>Null: the provider does not have it any more.</summary>
    Task<TemplateApproval?> ReadTemplateAsync(string externalId, ChannelAccount account, CancellationToken ct);
}

/// <summary>A channel that puts an officer through to a person.</summary>
public interface IPlacesCalls
{
    /// <summary>The officer's telephone rings first; once he has pressed a key, the person's does, and shows the line's number. One attempt; failures are outcomes.</summary>
    Task<SendOutcome> PlaceCallAsync(CallOrder order, ChannelAccount account, CancellationToken ct);
}

public sealed record SentLookup(bool Found, string? ExternalId, string? Status);

/// <summary>What a kind of line can do. Rates are messages a second.</summary>
public sealed record ChannelTraits
{
    /// <summary>In which an address is unique: <see cref="People.ContactAddress.Telephone"/> for all kinds that use phone numbers.</summary>
    public required string AddressSpace { get; init; }

    /// <summary>UTF-16 units in one sending; longer texts are split at word borders by us, or refused when <see cref="SplitsLongText"/> is false.</summary>
    public required int MaxLength { get; init; }
    public bool SplitsLongText { get; init; }

    /// <summary>Counted and shown as SMS segments before sending.</summary>
    public bool CountsSegments { get; init; }
    public double RatePerAccount { get; init; } = 1;
    public double RatePerAddress { get; init; } = 1;

    /// <summary>Free text only this long after the person's last message; null: always.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>The furthest state the provider reports: "sent", "delivered", "read".</summary>
    public string FurthestState { get; init; } = "delivered";

    /// <summary>We can write to the person at all (not by a suggestion box or a file).</summary>
    public bool CanSend { get; init; } = true;

    /// <summary>People speak on it: its cost is by the minute, and the end of a call is told at an address of its own (status).</summary>
    public bool TakesCalls { get; init; }

    /// <summary>What goes behind our address where it is pasted at the provider: how often, and after what, the provider shall come again.</summary>
    public string WebhookSuffix { get; init; } = "";

    /// <summary>The IFRC list's name for this channel, for exports.</summary>
    public string IfrcChannel { get; init; } = "Other";
}

public sealed record AccountSetting(string Name, bool Required, bool Secret, string Help, string? Default = null)
{
    /// <summary>The setting that says where the provider is, and so where the secrets go.</summary>
    public const string Provider = "ApiBaseUrl";

    /// <summary>The setting that says how many messages a second the provider takes from this account.</summary>
    public const string Rate = "Rate";

    /// <summary>More is never sent in a second on one line.</summary>
    public const int MostRate = 100;

    /// <summary>The setting of the rate, for a kind on which this much is usual.</summary>
    public static AccountSetting OfRate(int usual) => new(Rate, false, false, $"Messages a second that the provider takes from this account, 1 to {MostRate}", usual.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Null: no whole number from 1 to <see cref="MostRate"/>.</summary>
    public static int? ReadRate(string value) => int.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var rate) && rate is >= 1 and <= MostRate ? rate : null;
}

/// <summary>One configured line. Settings are read by name; a missing optional one is null.</summary>
public sealed class ChannelAccount(string id, string kind, IReadOnlyDictionary<string, string> settings)
{
    public string Id { get; } = id;
    public string Kind { get; } = kind;
    public string? ServicePoint { get; init; }
    public int? ServicePointId { get; init; }
    public IReadOnlyList<string> Languages { get; init; } = [];
    public bool Enabled { get; init; } = true;

    /// <summary>Given by settings or environment: read-only in the pages.</summary>
    public bool Fixed { get; init; }

    /// <summary>Why it cannot be used; null when it can.</summary>
    public LineProblem? Broken { get; init; }

    /// <summary>Made in the pages and never switched on yet, while nothing else is wrong: it says nothing by itself, but what reaches it is taken.</summary>
    public bool Unopened { get; init; }

    /// <summary>Why nothing is sent on it for now (the provider refused our credentials, say); what comes in is still taken.</summary>
    public string? SendingStopped { get; init; }

    /// <summary>The address that providers call, without a trailing slash: https://host/c/kind/account.</summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>Messages a second that the account says its provider takes; null: it says nothing, and the kind's usual rate holds.</summary>
    public int? Rate => this[AccountSetting.Rate] is { Length: > 0 } said ? AccountSetting.ReadRate(said) : null;

    public string? this[string name] => settings.GetValueOrDefault(name);

    public override string ToString() => $"{Kind}/{Id}";
}
