using Cea.Feedback.Intake;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Cea.Channels.Http;

/// <summary>The one address that providers call: check, store, answer. Nothing else happens in the request.</summary>
public static class ChannelEndpoint
{
    public static void MapChannels(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/c/{kind}/{account}/{action}", ["GET", "POST"], HandleAsync).DisableAntiforgery();

    private static async Task HandleAsync(HttpContext context, string kind, string account, string action, ChannelKinds kinds, IntakeBoard board, Inbox inbox, ILogger<Inbox> log)
    {
        var snapshot = board.Snapshot;
        // An unknown line and a wrong signature look the same from outside. One that is not open yet takes what reaches it all the same: see docs/decisions/0015.
        if (!snapshot.Accounts.TryGetValue(account, out var line) || line.Kind != kind || (line.Broken is not null && !line.Unopened) || kinds.Find(kind) is not { } channel)
        {
            Log.Refused(log, kinds.Find(kind)?.Kind ?? "unknown", StatusCodes.Status403Forbidden, "no such line"); // never what somebody wrote into the address
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        if (await ReadBodyAsync(context) is not { } body)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        var call = new WebhookCall(context.Request.Method, action, line.PublicUrl + "/" + action + context.Request.QueryString.Value, Headers(context.Request), body);
        var outcome = channel.Receive(call, line);
        var answer = await outcome.Match<Task<WebhookAnswer>>(
            (status, note) =>
            {
                Log.Refused(log, kind, status, note);
                return Task.FromResult(WebhookAnswer.Empty(status));
            },
            _ => Task.FromResult(channel.Answer(call, line, [], snapshot)),
            note => StoreAsync([new UnreadableCall { ExternalId = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body)), Note = note }]),
            StoreAsync);
        await WriteAsync(context, answer);

        async Task<WebhookAnswer> StoreAsync(IReadOnlyList<ChannelEvent> events)
        {
            // Somebody has just taken a call, and two people wait to be put through: they are, with or without a database. All that is lost is that the call stands on his page.
            var waits = events.All(e => e is CallReported { TakenBy: not null });
            try
            {
                // A provider that hangs up has still sent its message: the call is stored to the end.
                var storing = inbox.StoreAsync(line.Id, events, body, CancellationToken.None);
                return channel.Answer(call, line, await (waits ? storing.WaitAsync(Inbox.Limit) : storing), snapshot);
            }
            catch (Exception away) when (away is NotStoredException or TimeoutException)
            {
                var answer = waits ? channel.Answer(call, line, [], snapshot) : WebhookAnswer.Empty(StatusCodes.Status503ServiceUnavailable);
                Log.NotStored(log, kind, line.Id, events.Count, answer.Status);
                return answer;
            }
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > WebhookCall.MaxBody)
            return null;
        using var buffer = new MemoryStream((int)(context.Request.ContentLength ?? 1024));
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await NextAsync(context, chunk)) > 0)
        {
            if (buffer.Length + read > WebhookCall.MaxBody)
                return null;
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }

    private static async Task<int> NextAsync(HttpContext context, byte[] chunk)
    {
        try
        {
            return await context.Request.Body.ReadAsync(chunk, context.RequestAborted);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("the body is broken", broken); // the size of a piece that no number holds
        }
    }

    private static Dictionary<string, string> Headers(HttpRequest request)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.Headers)
            headers[name] = value.ToString();
        return headers;
    }

    private static async Task WriteAsync(HttpContext context, WebhookAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers ?? new Dictionary<string, string>())
            context.Response.Headers[name] = value;
        if (answer.Body.Length == 0)
            return;
        context.Response.ContentType = answer.ContentType;
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body);
    }
}
