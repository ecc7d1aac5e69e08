using System.Globalization;
using System.Text.Json;
using Cea.Feedback;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Cea.Admin.Api;

/// <summary>REST: feedback in, items out. A key acts as an officer of its own who sees checked open items only.</summary>
internal static class FeedbackApi
{
    private static readonly string[] Filters = ["topic", "type", "urgency", "status", "service_point", "channel", "lang", "q"];
    private const int MostAtOnce = 500, LongestText = 20_000, LongestBody = 4 << 20;

    public static void MapFeedbackIntake(this IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/feedback", SubmitAsync).DisableAntiforgery();

    public static void MapReadApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api/v1/feedback").DisableAntiforgery();
        api.MapGet("", ListAsync);
        api.MapGet("/{id:guid}", OneAsync);
        api.MapPost("/{id:guid}/replies", (Guid id, HttpContext context, IMediator mediator, ApiKeys keys) => ActAsync(context, keys, "manage", async body =>
            Results.Accepted(null, new
            {
                id = await mediator.Send(body.TryGetProperty("template", out var t) && t.ValueKind == JsonValueKind.Number && t.TryGetInt32(out var template)
                    ? new ReplyWithTemplate(id, template, [.. Texts(body, "values").Select(v => new PersonalText(v))], body.TryGetProperty("closes", out var tc) && tc.ValueKind == JsonValueKind.True, Client(body)) { Heard = Whole(body, "heard") }
                    : (IRequest<Guid>)new ReplyToItem(id, new PersonalText(Text(body, "text") ?? ""), body.TryGetProperty("closes", out var c) && c.ValueKind == JsonValueKind.True, Client(body)) { Heard = Whole(body, "heard") }),
            })));
        api.MapPost("/{id:guid}/codes", (Guid id, HttpContext context, IMediator mediator, ApiKeys keys) => ActAsync(context, keys, "manage", async body =>
        {
            await mediator.Send(new CorrectCodes(id, Text(body, "type") ?? "", Texts(body, "topics"), Text(body, "urgency") ?? "", Text(body, "third"), Client(body)) { Heard = Whole(body, "heard"), Reads = Whole(body, "heard") is not null });
            return Results.NoContent();
        }));
        api.MapPost("/{id:guid}/close", (Guid id, HttpContext context, IMediator mediator, ApiKeys keys) => ActAsync(context, keys, "manage", async body =>
        {
            if (Text(body, "resolution") is { } resolution)
                await mediator.Send(new ResolveItem(id, new PersonalText(resolution), Guid.CreateVersion7()) { Heard = Whole(body, "heard") });
            await mediator.Send(new CloseItem(id, Text(body, "method"), Text(body, "impossible"), Client(body)) { Heard = Whole(body, "heard") });
            return Results.NoContent();
        }));
    }

    private static async Task<IResult> SubmitAsync(HttpContext context, ApiKeys keys, Inbox inbox, IntakeBoard board, CurrentOfficer current)
    {
        _ = current;
        if (await keys.CheckAsync(context, "submit") is { } refused)
            return refused;
        if (context.Request.ContentLength > LongestBody)
            return Problem(413, "too_large", $"at most {LongestBody} bytes a call");
        if (await JsonBody.ReadAsync(context) is not { } body)
            return Problem(400, "no_json", "the body is no JSON");
        var single = body.ValueKind == JsonValueKind.Object;
        if (!single && body.ValueKind != JsonValueKind.Array)
            return Problem(400, "no_feedback", "send one object, or an array of them");
        var given = single ? [body] : body.EnumerateArray().ToArray();
        if (given.Length is 0 or > MostAtOnce)
            return Problem(400, "count", $"1 to {MostAtOnce} at once");
        var messages = new List<MessageReceived>();
        foreach (var (one, i) in given.Select((g, i) => (g, i)))
        {
            if (Read(one, board, keys.KeyId, out var message) is { } problem)
                return Problem(422, "invalid", single ? problem : $"[{i}] {problem}");
            messages.Add(message!);
        }
        try
        {
            var receipts = await inbox.StoreAsync(ApiKeys.AccountId, messages, default, CancellationToken.None);
            var answers = receipts.Select(r => new { id = r.MessageId, receipt_code = r.Code });
            return Results.Json(single ? answers.First() : answers, statusCode: 202);
        }
        catch (NotStoredException)
        {
            return Problem(503, "not_stored", "nothing was stored; send it again");
        }
    }

    private static string? Read(JsonElement one, IntakeBoard board, string keyId, out MessageReceived? message)
    {
        message = null;
        if (Text(one, "text") is not { Length: > 0 } text)
            return "text: must not be empty";
        if (text.Length > LongestText)
            return $"text: at most {LongestText} characters";
        var place = Text(one, "service_point");
        if (place is not null && !board.Snapshot.ServicePoints.ContainsKey(place))
            return "service_point: no such slug";
        DateTimeOffset? at = null;
        if (Text(one, "spoken_at") is { } spoken)
        {
            if (!DateTimeOffset.TryParse(spoken, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                return "spoken_at: a time like 2026-11-29T08:30:00Z";
            at = parsed;
        }
        if (Text(one, "channel") is { Length: > 40 })
            return "channel: at most 40 characters";
        if (Text(one, "lang") is { Length: > 8 })
            return "lang: an ISO code such as es";
        var client = Text(one, "client_id");
        if (client is { Length: > 100 })
            return "client_id: at most 100 characters";
        message = new MessageReceived
        {
            ExternalId = client is null ? Guid.CreateVersion7().ToString() : $"{keyId} {client}", Text = new PersonalText(text), Channel = Text(one, "channel") ?? "api", ServicePoint = place, StatedLanguage = Text(one, "lang"), At = at,
            Fields = new Dictionary<string, string> { ["api"] = keyId },
        };
        return null;
    }

    private static Task<IResult> ListAsync(HttpContext context, IMediator mediator, ApiKeys keys) => ActAsync(context, keys, "read", async _ =>
    {
        var query = context.Request.Query;
        if (WrongIn(query) is { } wrong)
            return Problem(400, "invalid", wrong);
        var filter = Items.FilterFromUrl.Of(query) with { View = "all", Sort = "newest" };
        var limit = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out var n) ? Math.Clamp(n, 1, 200) : 50;
        var page = await mediator.Send(new ItemFeed(filter, query["cursor"].ToString() is { Length: > 0 } c ? c : null, limit));
        return Results.Json(new { items = page.Items.Select(Json), next_cursor = page.Next });
    });

    // A filter that cannot be read must not widen the list to everything.
    private static string? WrongIn(IQueryCollection query)
    {
        foreach (var name in new[] { "from", "to" })
        {
            if (query[name].ToString() is { Length: > 0 } day && !DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                return $"{name}: a day like 2026-11-29";
        }
        foreach (var name in Filters)
        {
            if (query[name].ToString().Length > 200)
                return $"{name}: at most 200 characters";
        }
        if (query["limit"].ToString() is { Length: > 0 } limit && !int.TryParse(limit, CultureInfo.InvariantCulture, out _))
            return "limit: a number from 1 to 200";
        return query["cursor"].ToString() is { Length: > 0 } cursor && !ItemFeed.IsKey(cursor) ? "cursor: the next_cursor of an earlier answer" : null;
    }

    private static Task<IResult> OneAsync(Guid id, HttpContext context, IMediator mediator, ApiKeys keys, Databases databases) => ActAsync(context, keys, "read", async _ =>
    {
        try
        {
            return Results.Json(Json(await mediator.Send(new ItemOfFeed(await ItemOfAsync(databases, id, context.RequestAborted)))));
        }
        catch (RuleException missing) when (missing.Code == "item_not_found")
        {
            // What is stored and not, or no longer, openly an item looks the same for as long as it takes: received.
            await using var command = databases.Worker.CreateCommand(
                "select coalesce((select code from receipt where message_id = $1), (select i.receipt_code from message m join item i on i.id = m.item_id where m.id = $1 and m.direction = 'in'))");
            command.Parameters.Add(new() { Value = id });
            if (await command.ExecuteScalarAsync(context.RequestAborted) is not string code)
                throw;
            return Results.Json(new { id, receipt_code = code, status = "received" });
        }
    });

    private static async Task<Guid> ItemOfAsync(Databases databases, Guid id, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("select item_id from message where id = $1 and item_id is not null");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(ct) is Guid item ? item : id;
    }

    /// <summary>An item as openapi.json describes it. Never an address.</summary>
    private static object Json(FeedItem i) => new
    {
        id = i.Id, receipt_code = i.ReceiptCode, received_at = i.RecordedAt, spoken_at = i.SpokenAt, channel = i.Channel, account = i.AccountId, service_point = i.ServicePoint, lang = i.Lang,
        text = i.Messages.FirstOrDefault(m => m is { Direction: "in", Kind: "message" })?.Text, status = i.Status, type = i.Type, topics = i.Topics, urgency = i.Urgency, sensitivity = i.Sensitivity,
        codes = new
        {
            suggested = new { type = i.Suggested.Type, topics = i.Suggested.Topics, urgency = i.Suggested.Urgency, sensitivity = i.Suggested.Sensitivity, confidence = i.Suggested.Confidence },
            confirmed = i.Confirmed is { } c ? new { type = c.Type, topics = c.Topics, urgency = c.Urgency, at = c.At } : null,
        },
        team = i.Team, assignee = i.Assignee, standards = new { seen_by = i.SeenBy, answer_by = i.AnswerBy, close_by = i.CloseBy }, resolved_at = i.ResolvedAt, loop_closed_at = i.LoopClosedAt,
        reply_window = i.Window is null ? null : new { closes_at = i.Window.ClosesAt, open = i.Window.Open, templates = i.Templates.Select(t => new { id = t.Id, name = t.Name, lang = t.Lang, body = t.Body, asked = t.Asked }) },
        messages = i.Messages.Select(m => new { id = m.Id, direction = m.Direction, kind = m.Kind, text = m.Text, at = m.At, status = m.Status, media = m.Media.Select(f => new { id = f.Id, state = f.State, type = f.ContentType, bytes = f.Bytes }) }),
    };

    private static async Task<IResult> ActAsync(HttpContext context, ApiKeys keys, string scope, Func<JsonElement, Task<IResult>> act)
    {
        if (await keys.CheckAsync(context, scope) is { } refused)
            return refused;
        var body = default(JsonElement);
        if (HttpMethods.IsPost(context.Request.Method))
        {
            if (await JsonBody.ReadAsync(context) is not { } given)
                return Problem(400, "no_json", "the body is no JSON");
            body = given;
            if (body.ValueKind != JsonValueKind.Object)
                return Problem(400, "no_object", "the body must be an object");
        }
        return await act(body);
    }

    internal static IResult Problem(int status, string code, string detail) => Results.Json(new { type = $"urn:cea:{code}", title = detail, status, code }, statusCode: status, contentType: "application/problem+json");

    private static int? Whole(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) ? n : null;

    private static string? Text(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;

    private static string[] Texts(JsonElement json, string name) => json.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Array ? [.. v.EnumerateArray().Where(x => x.ValueKind == JsonValueKind.String).Select(x => x.GetString()!)] : [];

    private static Guid Client(JsonElement body) => Guid.TryParse(Text(body, "client_id"), out var id) ? id : Guid.CreateVersion7();
}
