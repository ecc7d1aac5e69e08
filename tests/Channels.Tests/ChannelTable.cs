using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;

namespace Cea.Channels.Tests;

/// <summary>What one kind of line must do, in cases. Whoever adds a channel adds its table; what every channel owes is tried with it for nothing.</summary>
public abstract class ChannelTable
{
    public static readonly IReadOnlyList<ChannelTable> All =
        [.. typeof(ChannelTable).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ChannelTable))).Select(t => (ChannelTable)Activator.CreateInstance(t)!)];

    public abstract Type Kind { get; }

    public abstract IChannel Channel(IHttpClientFactory http);

    /// <summary>The account's settings, calling the provider at this address.</summary>
    public abstract Dictionary<string, string> Settings(string provider);

    /// <summary>The setting that proves who calls, and its value; null when nothing may ever come in.</summary>
    public abstract (string Name, string Value)? Secret { get; }

    /// <summary>People write on it; false where they only speak.</summary>
    public virtual bool Written => true;

    /// <summary>The body of a plain message with this text.</summary>
    public abstract string Message(string text);

    /// <summary>A call as the provider would make it with this secret; null: without a proof.</summary>
    public abstract WebhookCall Call(byte[] body, string? secret, string action = "receive");

    /// <summary>A true call of the provider, meant for somebody else's account.</summary>
    public abstract WebhookCall? AnothersCall { get; }

    public abstract IReadOnlyList<ReceivedCase> Received { get; }

    public abstract IReadOnlyList<SentCase> Sent { get; }

    public abstract OutgoingText Outgoing { get; }

    public ChannelAccount Account(string provider = "http://127.0.0.1:9", Dictionary<string, string>? changes = null)
    {
        var settings = Settings(provider);
        foreach (var (name, value) in changes ?? [])
            settings[name] = value;
        return new ChannelAccount("line", Channel(NoHttp.Instance).Kind, settings) { PublicUrl = $"https://cfm.example.org/cea/c/{Channel(NoHttp.Instance).Kind}/line" };
    }

    public static ChannelTable Of(string kind) => All.Single(t => t.Kind.Name == kind);

    private sealed class NoHttp : IHttpClientFactory
    {
        public static readonly NoHttp Instance = new();

        public HttpClient CreateClient(string name) => throw new InvalidOperationException("reading calls nobody");
    }
}

/// <param name="Name">What is special about it.</param>
/// <param name="Call">As it came.</param>
/// <param name="Expected">What is read, as <see cref="Told"/> tells it.</param>
/// <param name="Answer">The status that the provider gets.</param>
/// <param name="Changes">Settings of the account that differ.</param>
public sealed record ReceivedCase(string Name, WebhookCall Call, string Expected, int Answer = 200, Dictionary<string, string>? Changes = null);

/// <param name="Name">What is special about it.</param>
/// <param name="Provider">What the provider does with the call.</param>
/// <param name="Expected">What came of it, as <see cref="Told"/> tells it.</param>
public sealed record SentCase(string Name, Provider Provider, string Expected)
{
    public OutgoingText? Text { get; init; }

    /// <summary>What the provider was told; null: not looked at.</summary>
    public string? Sees { get; init; }
    public Dictionary<string, string>? Changes { get; init; }

    /// <summary>Shorter than the real limit, where a case waits for its end.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>How often the provider must have been called.</summary>
    public int Calls { get; init; } = 1;
}

/// <summary>Outcomes as one line each, so that a table shows all that was read.</summary>
public static class Told
{
    public static string Of(WebhookOutcome outcome) => outcome.Match(
        (status, note) => $"refused {status}: {note}", note => $"ignored: {note}", note => $"unreadable: {note}", events => string.Join("\n", events.Select(Of)));

    public static string Of(SendOutcome outcome) => outcome.Match(
        (id, status) => $"taken {id} {status}", (failure, code, wait) => $"{failure.Code} ({code})" + (wait is { } w ? $" wait {w.TotalSeconds:0} s" : ""));

    public static string Of(ChannelEvent happened) => string.Join(' ', Parts(happened).Where(p => p.Length > 0)) + (happened.At is { } at ? $" at {at.UtcDateTime:yyyy-MM-ddTHH:mm:ss}" : "");

    private static IEnumerable<string> Parts(ChannelEvent happened) => happened switch
    {
        MessageReceived m =>
        [
            $"message {m.ExternalId} from {Address(m.From)} \"{m.Text.Value}\"", Some("edits", m.Edits), Some("hint", m.LanguageHint), Some("answered", m.AnsweredByProvider),
            Some("in", m.StatedLanguage), Some("call", m.Call), Some("press", m.Press), m.Acknowledged ? "acknowledged" : "", .. m.Fields.Select(f => $"{f.Key}={f.Value}"),
            .. m.Media.Select(f => $"media {f.Reference}|{f.ContentType}|{f.Bytes}|{f.Kind}" + (f.Limit is { } most ? $", more than {most}" : "")),
        ],
        CallReported c => [$"call {c.Call} {c.Stage} from {Address(c.From)}{(c.TakenBy is { } by ? $" by {by}" : "")} known as {c.ExternalId.Replace(' ', '/')}"],
        DeliveryReported d => [$"status {d.Status}={d.State} of {d.ProviderId} known as {d.ExternalId.Replace(' ', '/')}", Some("ours", d.OutboxId?.ToString()), Some("code", d.ErrorCode), Some("failure", d.Failure)],
        ReachChanged r => [$"reach {r.ExternalId} of {Address(r.Address)}: {(r.Reachable ? "yes" : "no")}"],
        _ => [happened.GetType().Name],
    };

    private static string Some(string name, string? value) => value is null ? "" : $"{name} {value}";

    private static string Address(ContactAddress? address) => address is { } a ? $"{a.Space}:{a.Value}" : "nobody";
}
