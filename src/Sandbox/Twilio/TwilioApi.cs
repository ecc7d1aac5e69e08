using System.Text;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.TwilioVoice;

namespace Cea.Sandbox.Twilio;

/// <summary>Twilio's REST API of 2010-04-01, as far as messaging uses it. Every kind of Twilio line shares it.</summary>
internal sealed class TwilioApi(AccountBook accounts, ApiFaults faults, SendRates rates, TwilioMessages messages, TwilioMedia media, TwilioNumbers numbers, TwilioContents contents, OptOuts optOuts, CallPlayer player, CallResources calls) : IProviderApi
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup($"/{TwilioJson.Version}/Accounts");
        api.MapGet("/{accountSid}.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "other", c => Done(numbers.Account(c))));
        api.MapPost("/{accountSid}/Messages.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "send", messages.CreateAsync));
        api.MapGet("/{accountSid}/Messages.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "list", c => Done(messages.List(c))));
        api.MapGet("/{accountSid}/Messages/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "read", c => Done(messages.Fetch(c, sid))));
        api.MapPost("/{accountSid}/Messages/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "other", c => Done(messages.Update(c, sid))));
        api.MapDelete("/{accountSid}/Messages/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "other", c => Done(messages.Delete(c, sid))));
        api.MapGet("/{accountSid}/Messages/{sid}/Media.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "read", c => Done(media.List(c, sid))));
        api.MapGet("/{accountSid}/Messages/{sid}/Media/{file}.json", (HttpContext http, string accountSid, string sid, string file) => CallAsync(http, accountSid, "read", c => Done(media.Fetch(c, sid, file))));
        api.MapDelete("/{accountSid}/Messages/{sid}/Media/{file}.json", (HttpContext http, string accountSid, string sid, string file) => CallAsync(http, accountSid, "other", c => Done(media.Delete(c, sid, file))));
        api.MapGet("/{accountSid}/Messages/{sid}/Media/{file}", (HttpContext http, string accountSid, string sid, string file) => CallAsync(http, accountSid, "file", c => Done(media.Download(c, sid, file))));
        api.MapGet("/{accountSid}/IncomingPhoneNumbers.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "other", c => Done(numbers.List(c))));
        api.MapGet("/{accountSid}/IncomingPhoneNumbers/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "other", c => Done(numbers.Fetch(c, sid))));
        api.MapPost("/{accountSid}/IncomingPhoneNumbers/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "other", c => Done(numbers.Update(c, sid))));
        api.MapGet("/{accountSid}/Calls.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "list", c => Done(calls.Calls(c))));
        api.MapPost("/{accountSid}/Calls.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "send", c => Done(calls.Create(c))));
        api.MapGet("/{accountSid}/Calls/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "read", c => Done(calls.Call(c, sid))));
        api.MapDelete("/{accountSid}/Calls/{sid}.json", (HttpContext http, string accountSid, string sid) => CallAsync(http, accountSid, "other", c => Done(calls.DeleteCall(c, sid))));
        api.MapGet("/{accountSid}/Recordings.json", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "list", c => Done(calls.Recordings(c))));
        api.MapGet("/{accountSid}/Recordings/{name}", (HttpContext http, string accountSid, string name) => CallAsync(http, accountSid, name.EndsWith(".json", StringComparison.Ordinal) ? "read" : "file", c => Done(calls.Recording(c, name))));
        api.MapDelete("/{accountSid}/Recordings/{name}", (HttpContext http, string accountSid, string name) => CallAsync(http, accountSid, "other", c => Done(calls.Delete(c, name))));
        api.MapFallback("/{accountSid}/{**rest}", (HttpContext http, string accountSid) => CallAsync(http, accountSid, "other", _ => Done(TwilioErrors.Answer(20404))));
        var content = routes.MapGroup("/v1/Content");
        content.MapPost("", (HttpContext http, CancellationToken _) => CallAsync(http, null, "other", contents.CreateAsync));
        content.MapGet("", (HttpContext http, CancellationToken _) => CallAsync(http, null, "list", c => Done(contents.List(c))));
        content.MapGet("/{sid}", (HttpContext http, string sid) => CallAsync(http, null, "read", c => Done(contents.Fetch(c, sid))));
        content.MapDelete("/{sid}", (HttpContext http, string sid) => CallAsync(http, null, "other", c => Done(contents.Delete(c, sid))));
        content.MapGet("/{sid}/ApprovalRequests", (HttpContext http, string sid) => CallAsync(http, null, "read", c => Done(contents.Approval(c, sid))));
        content.MapPost("/{sid}/ApprovalRequests/whatsapp", (HttpContext http, string sid) => CallAsync(http, null, "other", c => contents.SubmitAsync(c, sid)));
        routes.MapGet(TwilioMedia.CdnPath + "/{file}", (HttpContext http, string file) => media.FromCdn(http, file));
    }

    public void Reset()
    {
        optOuts.Reset();
        contents.Reset();
        player.Reset();
    }

    private async Task<IResult> CallAsync(HttpContext http, string? accountSid, string operation, Func<TwilioCall, Task<IResult>> act)
    {
        var (user, password) = Credentials(http.Request.Headers.Authorization.ToString());
        var mine = accounts.All.Where(a => a.AccountSid is not null && a.AccountSid == user && a.AuthToken == password).ToList();
        if (mine.Count == 0)
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"Twilio API\"";
            return TwilioErrors.Answer(20003);
        }
        if (accountSid is not null && accountSid != user)
            return TwilioErrors.Answer(20404);

        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : FormCollection.Empty;
        var from = form["From"].ToString();
        var service = form["MessagingServiceSid"].ToString();
        // A number may have a line for calls beside the one for messages.
        var account = mine.Find(a => IsOfMessages(a) && TwilioNumberAccount.Prefix(a) + a.Number == from) ?? mine.Find(a => a.Number == from)
            ?? mine.Find(a => service.Length > 0 && a.MessagingServiceSid == service && form["To"].ToString().StartsWith(TwilioNumberAccount.Prefix(a), StringComparison.Ordinal)) ?? mine.Find(IsOfMessages) ?? mine[0];
        var call = new TwilioCall(http, account, mine, form);
        if (operation == "send" && !rates.Take(account))
        {
            http.Response.Headers.RetryAfter = "1";
            return TwilioErrors.Answer(20429);
        }
        return await faults.AroundAsync(http, account.Name, operation, call.To, () => act(call),
            (status, _) => TwilioErrors.Answer(status == 429 ? 20429 : 20500));
    }

    private static bool IsOfMessages(SandboxAccount account) => account.Kind is TwilioNumberAccount.Sms or TwilioNumberAccount.WhatsApp;

    private static Task<IResult> Done(IResult result) => Task.FromResult(result);

    private static (string? User, string? Password) Credentials(string header)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return default;
        var buffer = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length))
            return default;
        var parts = Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2);
        return parts.Length == 2 ? (parts[0], parts[1]) : default;
    }
}

/// <summary>One authenticated call: the line it most likely means, all lines of its Twilio account, and its form.</summary>
internal sealed record TwilioCall(HttpContext Http, SandboxAccount Account, IReadOnlyList<SandboxAccount> Mine, IFormCollection Form)
{
    /// <summary>To whom, as his phone knows itself.</summary>
    public string? To => Value("To") is { } to && TwilioNumberAccount.Prefix(Account) is { Length: > 0 } prefix && to.StartsWith(prefix, StringComparison.Ordinal) ? to[prefix.Length..] : Value("To");

    public string? Value(string name) => Form[name] is [{ Length: > 0 } value, ..] ? value : null;
}
