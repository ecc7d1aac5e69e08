using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Cea.Feedback.Intake;

/// <summary>What came in over HTTP, as bytes: nothing is trimmed or decoded before a channel asks.</summary>
public sealed class WebhookCall(string method, string action, string publicUrl, IReadOnlyDictionary<string, string> headers, ReadOnlyMemory<byte> body)
{
    /// <summary>Larger bodies are answered 413 before anything reads them.</summary>
    public const int MaxBody = 1 << 20;

    private IReadOnlyList<KeyValuePair<string, string>>? _form;

    public string Method { get; } = method;

    /// <summary>The last part of the address: receive, status, menu...</summary>
    public string Action { get; } = action;

    /// <summary>The whole address as the provider knows it: the configured public base, then path and query as they came.</summary>
    public string PublicUrl { get; } = publicUrl;
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>Names compare without case; an absent header is null.</summary>
    public string? Header(string name) => headers.TryGetValue(name, out var value) ? value : null;

    public bool IsForm => Header("Content-Type") is { } type && type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>The form's pairs in order, decoded and untrimmed; empty when the body is no form.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Form => _form ??= IsForm ? Pairs(Encoding.UTF8.GetString(Body.Span)) : [];

    /// <summary>The query's pairs in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query
    {
        get
        {
            var mark = PublicUrl.IndexOf('?', StringComparison.Ordinal);
            return mark < 0 ? [] : Pairs(PublicUrl[(mark + 1)..]);
        }
    }

    [SuppressMessage("Design", "CA1024", Justification = "searches")]
    public string? FormValue(string name) => Form.FirstOrDefault(p => p.Key == name).Value;

    public string? QueryValue(string name) => Query.FirstOrDefault(p => p.Key == name).Value;

    private static List<KeyValuePair<string, string>> Pairs(string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            pairs.Add(equals < 0 ? new(WebUtility.UrlDecode(part), "") : new(WebUtility.UrlDecode(part[..equals]), WebUtility.UrlDecode(part[(equals + 1)..])));
        }
        return pairs;
    }
}

/// <summary>What a channel made of a call: one of four.</summary>
public sealed record WebhookOutcome
{
    private readonly int _case;
    private readonly int _status;
    private readonly string _note = "";
    private readonly IReadOnlyList<ChannelEvent> _events = [];

    private WebhookOutcome(int @case, int status, string note, IReadOnlyList<ChannelEvent> events) => (_case, _status, _note, _events) = (@case, status, note, events);

    /// <summary>Not the provider's, or not for this account. Nothing is stored. <paramref name="note"/> is a stable phrase without content or secret.</summary>
    public static WebhookOutcome Refused(int status, string note) => new(0, status, note, []);

    /// <summary>The provider's, and nothing for us in it. Answered 200.</summary>
    public static WebhookOutcome Ignored(string note) => new(1, 200, note, []);

    /// <summary>The provider's, but unreadable: kept raw as a dead letter for somebody to look at, and answered as stored.</summary>
    public static WebhookOutcome Unreadable(string note) => new(2, 200, note, []);

    public static WebhookOutcome Accepted(params IReadOnlyList<ChannelEvent> events) => new(3, 200, "", events);

    public T Match<T>(Func<int, string, T> refused, Func<string, T> ignored, Func<string, T> unreadable, Func<IReadOnlyList<ChannelEvent>, T> accepted) => _case switch
    {
        0 => refused(_status, _note),
        1 => ignored(_note),
        2 => unreadable(_note),
        _ => accepted(_events),
    };
}

/// <summary>The HTTP answer. Location is set for pages that redirect.</summary>
public sealed record WebhookAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string>? Headers = null)
{
    public static WebhookAnswer Empty(int status = 200) => new(status, "", ReadOnlyMemory<byte>.Empty);

    public static WebhookAnswer Text(int status, string contentType, string body) => new(status, contentType, Encoding.UTF8.GetBytes(body));
}

/// <summary>Proof of storing: the id of the stored message, the code to tell the person, and whether it had been stored before.</summary>
public readonly record struct Receipt(Guid MessageId, string? Code, bool Repeated);
