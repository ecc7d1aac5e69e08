using System.Globalization;
using System.Text.Json;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;
using Microsoft.Extensions.Options;

namespace Cea.Sandbox.Control;

/// <summary>What no provider has: play a person, see everything, make things go wrong. For tests and for the page of phones.</summary>
internal static class ControlApi
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static void Map(RouteGroupBuilder control)
    {
        control.AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (ControlException wrong)
            {
                return Results.Json(new { error = wrong.Message }, statusCode: 400);
            }
            catch (FormatException)
            {
                return Results.Json(new { error = "a file's base64 cannot be read" }, statusCode: 400);
            }
        });
        control.MapGet("/accounts", (AccountBook accounts) => new { Accounts = accounts.All.Select(a => AccountView.Of(a, accounts)) });
        control.MapPost("/accounts", (SandboxAccount account, AccountBook accounts) => Results.Json(AccountView.Of(accounts.Add(account), accounts), statusCode: 201));
        control.MapPost("/inbound", async (InboundMessage message, AccountBook accounts, PhoneLines lines, CancellationToken ct) =>
        {
            var account = accounts.Get(message.Account);
            return await lines.Of(account).ReceiveAsync(account, message, ct);
        });
        TwilioVoice.CallControl.Map(control);
        control.MapPost("/press", async (ButtonPress press, AccountBook accounts, PhoneLines lines, CancellationToken ct) =>
        {
            var account = accounts.Get(press.Account);
            return await lines.Of(account).PressAsync(account, press, ct);
        });
        control.MapPost("/offer", (ButtonOffer offer, AccountBook accounts, PhoneLines lines) =>
        {
            var account = accounts.Get(offer.Account);
            return lines.Of(account).Offer(account, offer);
        });
        control.MapPost("/block", async (BlockRequest block, AccountBook accounts, PhoneLines lines, CancellationToken ct) =>
        {
            var account = accounts.Get(block.Account);
            await lines.Of(account).BlockAsync(account, block.From, block.Blocked, ct);
            return Results.NoContent();
        });
        control.MapGet("/messages", Messages);
        control.MapGet("/events", EventsAsync);
        control.MapGet("/media/{id}", Media);
        control.MapGet("/faults", (FaultBoard board) => new { On = board.On, Known = FaultNames.Told.Select(f => new { Name = f.Key, Told = f.Value }) });
        control.MapPut("/faults/{name}", (string name, Fault fault, FaultBoard board) =>
        {
            board.Set(fault with { Name = name });
            return Results.NoContent();
        });
        control.MapDelete("/faults/{name}", (string name, string? account, string? to, FaultBoard board) =>
        {
            board.Clear(name, account, to);
            return Results.NoContent();
        });
        control.MapDelete("/faults", (FaultBoard board) =>
        {
            board.Reset();
            return Results.NoContent();
        });
        control.MapPost("/reset", (bool? accounts, MessageBook book, MediaStore media, FaultBoard board, AccountBook all, Background background, IEnumerable<IProviderApi> apis) =>
        {
            foreach (var api in apis)
                api.Reset();
            background.Reset();
            board.Reset();
            book.Reset();
            media.Reset();
            if (accounts is true)
                all.Restore();
            return Results.NoContent();
        });
    }

    // Oldest first. ?account= ?phone= (either side) ?direction= ?after= (an id) ?limit= the newest so many
    private static object Messages(MessageBook book, string? account, string? phone, string? direction, long? after, int? limit)
    {
        var found = book.List(m => (account is null || m.Account == account) && (phone is null || m.From == phone || m.To == phone)
            && (direction is null || m.Direction == direction) && m.Id > (after ?? 0), Math.Clamp(limit ?? MessageBook.Capacity, 1, MessageBook.Capacity));
        return new { Messages = found.Reverse() };
    }

    private static async Task EventsAsync(HttpContext http, MessageBook book, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json, IHostApplicationLifetime life, TimeProvider clock)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var changes = book.Watch(gone.Token);
        await http.Response.WriteAsync(": here\n\n", gone.Token);
        await http.Response.Body.FlushAsync(gone.Token);
        try
        {
            while (true)
            {
                using var beat = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
                beat.CancelAfter(Heartbeat);
                try
                {
                    if (!await changes.WaitToReadAsync(beat.Token))
                        return;
                    while (changes.TryRead(out var message))
                        await http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"event: message\nid: {message.Id}\ndata: {JsonSerializer.Serialize(message, json.Value.SerializerOptions)}\n\n"), gone.Token);
                }
                catch (OperationCanceledException) when (!gone.IsCancellationRequested)
                {
                    await http.Response.WriteAsync(": still here\n\n", gone.Token);
                }
                await http.Response.Body.FlushAsync(gone.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // the page was closed
        }
    }

    private static IResult Media(HttpContext http, string id, MediaStore media)
    {
        if (media.Find(id) is not { } file)
            return Results.NotFound();
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var shown = file.ContentType is "image/jpeg" or "image/png" or "image/gif" or "image/webp" || file.ContentType.StartsWith("audio/", StringComparison.Ordinal);
        return Results.Bytes(file.Bytes, shown ? file.ContentType : "application/octet-stream", shown ? null : "file");
    }
}

internal sealed record BlockRequest(string? Account, string From, bool Blocked);

/// <summary>An account without its secrets.</summary>
internal sealed record AccountView(string Name, string Kind, string Label, string Address, string Person, string? AccountSid, string? WebhookUrl, bool HasSecret)
{
    public static AccountView Of(SandboxAccount account, AccountBook accounts) =>
        new(account.Name, account.Kind, accounts.KindOf(account).Label, account.Address, accounts.KindOf(account).Person, account.AccountSid, account.WebhookUrl, account.WebhookSecret is { Length: > 0 });
}
