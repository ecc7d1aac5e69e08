using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Twilio;

/// <summary>Twilio's Content API: templates in memory. Approval comes after <c>Sandbox:ApprovalDelayMs</c> (1000); a body that says "reject" is rejected.</summary>
internal sealed partial class TwilioContents(IConfiguration settings, TimeProvider clock)
{
    private readonly TimeSpan _delay = TimeSpan.FromMilliseconds(settings.GetValue("Sandbox:ApprovalDelayMs", 1000));
    private readonly ConcurrentDictionary<string, Template> _templates = new();

    public async Task<IResult> CreateAsync(TwilioCall call)
    {
        var json = await BodyAsync(call);
        var quick = json?["types"]?["twilio/quick-reply"];
        var body = (quick ?? json?["types"]?["twilio/text"])?["body"]?.ToString();
        if (json?["language"]?.ToString() is not { Length: > 0 } language || body is not { Length: > 0 and <= 1600 })
            return TwilioErrors.Answer(20001, 400, "language and types are required");
        IReadOnlyList<PlayedButton> buttons = quick?["actions"] is JsonArray actions ? [.. actions.Select(a => new PlayedButton(a?["title"]?.ToString() ?? "", a?["id"]?.ToString()))] : [];
        if (quick is not null && !AreButtons(buttons))
            return TwilioErrors.Answer(20001, 400, "a quick reply has 1 to 10 actions, each with a title of at most 20 letters and an id");
        var template = new Template(TwilioJson.NewSid("HX"), call.Account.AccountSid!, json["friendly_name"]?.ToString() ?? "", language, body, json["variables"]?.DeepClone() as JsonObject ?? [], clock.GetUtcNow()) { Buttons = buttons };
        _templates[template.Sid] = template;
        return Results.Json(Json(template), statusCode: 201);
    }

    public IResult List(TwilioCall call)
    {
        var query = call.Http.Request.Query;
        var size = int.TryParse(query["PageSize"], CultureInfo.InvariantCulture, out var s) ? Math.Clamp(s, 1, 1000) : 50;
        var page = int.TryParse(query["Page"], CultureInfo.InvariantCulture, out var p) ? Math.Max(0, p) : 0;
        var mine = _templates.Values.Where(t => t.AccountSid == call.Account.AccountSid).OrderBy(t => t.At).ThenBy(t => t.Sid, StringComparer.Ordinal).ToList();
        var own = $"{call.Http.Request.Scheme}://{call.Http.Request.Host}/v1/Content";
        return Results.Json(new JsonObject
        {
            ["contents"] = new JsonArray([.. mine.Skip(page * size).Take(size).Select(Json)]),
            ["meta"] = new JsonObject { ["page"] = page, ["page_size"] = size, ["key"] = "contents", ["url"] = own, ["first_page_url"] = own, ["previous_page_url"] = null, ["next_page_url"] = mine.Count > (page + 1) * size ? $"{own}?PageSize={size}&Page={page + 1}" : null },
        });
    }

    public IResult Fetch(TwilioCall call, string sid) => Find(call, sid) is { } template ? Results.Json(Json(template)) : TwilioErrors.Answer(20404);

    public IResult Delete(TwilioCall call, string sid) => Find(call, sid) is { } template && _templates.TryRemove(template.Sid, out _) ? Results.NoContent() : TwilioErrors.Answer(20404);

    public IResult Approval(TwilioCall call, string sid) => Find(call, sid) is { } template
        ? Results.Json(new JsonObject { ["sid"] = sid, ["account_sid"] = template.AccountSid, ["whatsapp"] = Approval(template), ["url"] = null }) : TwilioErrors.Answer(20404);

    public async Task<IResult> SubmitAsync(TwilioCall call, string sid)
    {
        if (Find(call, sid) is not { } template)
            return TwilioErrors.Answer(20404);
        var json = await BodyAsync(call);
        if (json?["name"]?.ToString() is not { } name || !Names().IsMatch(name) || json["category"]?.ToString() is not ("UTILITY" or "MARKETING" or "AUTHENTICATION") || template.SubmittedAt is not null)
            return TwilioErrors.Answer(20001, 400, "name (a-z, 0-9, _) and category are required, once");
        template = template with { SubmittedAt = clock.GetUtcNow(), Category = json["category"]!.ToString(), ApprovalName = name };
        _templates[sid] = template;
        return Results.Json(Approval(template), statusCode: 201);
    }

    /// <summary>The text of a template for a person, or the code that Twilio refuses with.</summary>
    public (string? Text, int? Refused, bool Approved, IReadOnlyList<PlayedButton> Buttons) Say(TwilioCall call, string sid, string? variables)
    {
        if (Find(call, sid) is not { } template)
            return (null, 21655, false, []);
        JsonObject? values;
        try
        {
            values = variables is null ? [] : JsonNode.Parse(variables) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            values = null;
        }
        if (values is null || Place().Matches(template.Body).Any(m => values[m.Groups[1].Value]?.ToString() is not { Length: > 0 } value || value.Contains('\n', StringComparison.Ordinal)))
            return (null, 21656, false, []);
        return (Place().Replace(template.Body, m => values[m.Groups[1].Value]!.ToString()), null, Status(template) == "approved", template.Buttons);
    }

    /// <summary>What WhatsApp shows as buttons under a message.</summary>
    public static bool AreButtons(IReadOnlyList<PlayedButton> buttons) => buttons.Count is >= 1 and <= 10 && buttons.All(b => b.Text.Length is >= 1 and <= 20 && b.Data is { Length: >= 1 and <= 200 });

    public void Reset() => _templates.Clear();

    private Template? Find(TwilioCall call, string sid) => _templates.TryGetValue(sid, out var template) && template.AccountSid == call.Account.AccountSid ? template : null;

    private string Status(Template template) => template.SubmittedAt is not { } at ? "unsubmitted" : clock.GetUtcNow() - at < _delay ? "received" : template.Body.Contains("reject", StringComparison.OrdinalIgnoreCase) ? "rejected" : "approved";

    private JsonObject Approval(Template template) => new()
    {
        ["type"] = "whatsapp", ["name"] = template.ApprovalName, ["category"] = template.Category, ["content_type"] = TypeOf(template), ["status"] = Status(template),
        ["rejection_reason"] = Status(template) == "rejected" ? "The sandbox was asked to reject it" : "", ["allow_category_change"] = true,
    };

    private static JsonNode Json(Template template) => new JsonObject
    {
        ["sid"] = template.Sid, ["account_sid"] = template.AccountSid, ["friendly_name"] = template.Name, ["language"] = template.Language, ["variables"] = template.Variables.DeepClone(),
        ["types"] = new JsonObject { [TypeOf(template)] = Type(template) }, ["date_created"] = template.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
    };

    private static string TypeOf(Template template) => template.Buttons.Count > 0 ? "twilio/quick-reply" : "twilio/text";

    private static JsonObject Type(Template template)
    {
        var type = new JsonObject { ["body"] = template.Body };
        if (template.Buttons.Count > 0)
            type["actions"] = new JsonArray([.. template.Buttons.Select(b => new JsonObject { ["title"] = b.Text, ["id"] = b.Data })]);
        return type;
    }

    private static async Task<JsonNode?> BodyAsync(TwilioCall call)
    {
        try
        {
            return await JsonNode.ParseAsync(call.Http.Request.Body, cancellationToken: call.Http.RequestAborted);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\{\{([1-9])\}\}")]
    private static partial Regex Place();

    [GeneratedRegex("^[a-z0-9_]{1,512}$")]
    private static partial Regex Names();

    private sealed record Template(string Sid, string AccountSid, string Name, string Language, string Body, JsonObject Variables, DateTimeOffset At)
    {
        public IReadOnlyList<PlayedButton> Buttons { get; init; } = [];
        public DateTimeOffset? SubmittedAt { get; init; }
        public string? Category { get; init; }
        public string? ApprovalName { get; init; }
    }
}
