using System.Globalization;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Twilio;

/// <summary>The Messages resource.</summary>
internal sealed class TwilioMessages(MessageBook book, MediaStore media, FaultBoard faults, OptOuts optOuts, StatusCallbacks callbacks, TwilioContents contents, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(24);
    private const int UsualPage = 50, LargestPage = 1000, LongestBody = 1600, MostMedia = 10;

    public async Task<IResult> CreateAsync(TwilioCall call)
    {
        var (account, to, body) = (call.Account, call.To, call.Form["Body"].ToString());
        var urls = call.Form["MediaUrl"].OfType<string>().Where(u => u.Length > 0).ToList();
        if (Refusal(call, to, body, urls) is { } refused)
            return TwilioErrors.Answer(refused);
        var approved = false;
        IReadOnlyList<PlayedButton> buttons = [];
        if (call.Value("ContentSid") is { } template)
        {
            var said = contents.Say(call, template, call.Value("ContentVariables"));
            if (said.Refused is { } no)
                return TwilioErrors.Answer(no);
            (body, approved, buttons) = (said.Text!, said.Approved, said.Buttons);
        }
        var later = TwilioErrors.MagicTo(to!) is { } magic && !TwilioErrors.ComesAtOnce(magic) ? magic : (int?)null;
        if (faults.Take(FaultNames.SendError, account.Name, to, "send") is { } fault)
        {
            if (TwilioErrors.ComesAtOnce(fault.Code ?? 21211))
                return TwilioErrors.Answer(fault.Code ?? 21211);
            later = fault.Code;
        }
        if (account.Kind == TwilioNumberAccount.WhatsApp)
            later ??= optOuts.IsBlocked(account.Name, to!) ? 63032 : IsOpen(account, to!) || approved ? null : call.Value("ContentSid") is null ? 63016 : 63040;

        var service = call.Value("MessagingServiceSid");
        var message = book.Add(new PlayedMessage
        {
            Account = account.Name, Kind = account.Kind, ExternalId = TwilioJson.NewSid(urls.Count > 0 ? "MM" : "SM"), Direction = PlayedMessage.Outbound, Origin = "api",
            From = account.Number!, To = to!, Text = body, Status = service is null ? "queued" : "accepted", Segments = account.Kind == TwilioNumberAccount.Sms ? SmsSegments.Count(body) : 1,
            MessagingServiceSid = service, StatusCallback = call.Value("StatusCallback"), Media = [.. urls.Select(u => new PlayedMedia("", "", 0, u))],
            Buttons = account.Kind == TwilioNumberAccount.WhatsApp ? [.. buttons.Select(b => (IReadOnlyList<PlayedButton>)[b])] : [],
        });
        var answer = TwilioJson.Message(account, message);
        await callbacks.StartAsync(account, message, later, call.Http.RequestAborted);
        return Results.Json(answer, statusCode: 201);
    }

    public IResult List(TwilioCall call)
    {
        var query = call.Http.Request.Query;
        var size = Math.Clamp(Number(query["PageSize"], UsualPage), 1, LargestPage);
        var page = Math.Max(0, Number(query["Page"], 0));
        var names = call.Mine.ToDictionary(a => a.Name);
        var (to, from) = (query["To"].ToString(), query["From"].ToString());
        DateTimeOffset? on = Date(query["DateSent"]), since = Date(query["DateSent>"]), until = Date(query["DateSent<"]);
        var before = long.MaxValue;
        if (query["PageToken"].ToString() is { Length: > 2 } token)
        {
            var last = call.Mine.Select(a => book.Find(a.Name, token[2..])).FirstOrDefault(m => m is not null);
            if (last is null)
                return TwilioErrors.Answer(20404);
            before = last.Id;
        }

        var leftOut = faults.Take(FaultNames.ListMisses, call.Account.Name, null, "list");
        var found = book.List(m => names.ContainsKey(m.Account) && !m.Deleted && (to.Length == 0 || TwilioNumberAccount.Prefix(names[m.Account]) + m.To == to) && (from.Length == 0 || TwilioNumberAccount.Prefix(names[m.Account]) + m.From == from)
            && (on is null || Sent(m).UtcDateTime.Date == on.Value.UtcDateTime.Date) && (since is null || Sent(m) >= since)
            && (until is null || Sent(m) < (until.Value.TimeOfDay == TimeSpan.Zero ? until.Value.AddDays(1) : until.Value))
            && !IsLeftOut(leftOut, m), size + 1, before);
        var rows = found.Take(size).ToList();

        var kept = string.Join('&', query.Where(q => q.Key is not ("Page" or "PageSize" or "PageToken")).Select(q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value.ToString())}"));
        return Results.Json(TwilioJson.Page($"{TwilioJson.MessagesPath(call.Account.AccountSid!)}.json", "messages", [.. rows.Select(m => TwilioJson.Message(names[m.Account], m))],
            page, size, kept, found.Count > size ? $"PA{rows[^1].ExternalId}" : null));
    }

    public IResult Fetch(TwilioCall call, string sid) => Find(call, sid) is { } message ? Results.Json(TwilioJson.Message(call.Account, message)) : TwilioErrors.Answer(20404);

    /// <summary>An empty Body blanks the text; Status=canceled stops what has not gone yet.</summary>
    public IResult Update(TwilioCall call, string sid)
    {
        if (Find(call, sid) is not { } message)
            return TwilioErrors.Answer(20404);
        var cancel = call.Value("Status") == "canceled";
        if (cancel && message.Status is not ("accepted" or "queued" or "scheduled"))
            return TwilioErrors.Answer(30409, 409, "The message cannot be canceled any more");
        var blank = call.Form.ContainsKey("Body");
        if (blank && call.Value("Body") is not null)
            return TwilioErrors.Answer(20001, 400, "Body may only be emptied");
        var changed = book.Change(message.Id, m => m with { Text = blank ? "" : m.Text, Status = cancel ? "canceled" : m.Status });
        return Results.Json(TwilioJson.Message(call.Account, changed ?? message));
    }

    public IResult Delete(TwilioCall call, string sid)
    {
        if (Find(call, sid) is not { } message)
            return TwilioErrors.Answer(20404);
        foreach (var file in message.Media)
            media.Remove(file.Id);
        book.Change(message.Id, m => m with { Text = "", Media = [], Deleted = true });
        return Results.NoContent();
    }

    private PlayedMessage? Find(TwilioCall call, string sid) => call.Mine.Select(a => book.Find(a.Name, sid)).FirstOrDefault(m => m is { Deleted: false });

    private int? Refusal(TwilioCall call, string? to, string body, List<string> urls)
    {
        var (from, service) = (call.Value("From"), call.Value("MessagingServiceSid"));
        if (to is null)
            return 21604;
        if (from is null && service is null)
            return 21603;
        if (from is not null && TwilioErrors.MagicFrom(from) is { } sender)
            return sender;
        if (service is not null && call.Mine.All(a => a.MessagingServiceSid != service))
            return 21703;
        if (from is not null && call.Mine.All(a => TwilioNumberAccount.Prefix(a) + a.Number != from))
            return from.StartsWith("whatsapp:", StringComparison.Ordinal) ? 63007 : 21606;
        if (TwilioErrors.MagicTo(to) is { } magic && TwilioErrors.ComesAtOnce(magic))
            return magic;
        var whatsApp = call.Account.Kind == TwilioNumberAccount.WhatsApp;
        if (!(TwilioErrors.Telephone().IsMatch(to) || (whatsApp && TwilioErrors.ScopedId().IsMatch(to))) || whatsApp != call.Value("To")!.StartsWith("whatsapp:", StringComparison.Ordinal))
            return 21211;
        var template = call.Value("ContentSid") is not null;
        if (template && (body.Length > 0 || urls.Count > 0))
            return 21656;
        if (body.Length == 0 && urls.Count == 0 && !template)
            return 21602;
        if (body.Length > LongestBody)
            return 21617;
        if (urls.Count > MostMedia)
            return 21623;
        if (call.Value("StatusCallback") is { } callback && (!Uri.TryCreate(callback, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Contains('_', StringComparison.Ordinal)))
            return 21609;
        return !whatsApp && optOuts.IsBlocked(call.Account.Name, to) ? 21610 : null;
    }

    // A day from the person's last message; ours do not lengthen it.
    private bool IsOpen(SandboxAccount account, string person) =>
        faults.Take(FaultNames.WindowClosed, account.Name, person) is null && book.List(m => m.Account == account.Name && m.IsInbound && m.From == person, 1) is [var last] && clock.GetUtcNow() - last.At < Window;

    // Always the same ones for the same share, so that a second look does not find them.
    private static bool IsLeftOut(Fault? fault, PlayedMessage message) => fault is not null && (message.Id * 2654435761L % 1000) < (fault.Share ?? 1) * 1000;

    private static DateTimeOffset Sent(PlayedMessage message) => message.SentAt ?? message.At;

    private static int Number(string? text, int otherwise) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : otherwise;

    private static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date) ? date : null;
}
