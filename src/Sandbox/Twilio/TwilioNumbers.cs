using Cea.Sandbox.Accounts;

namespace Cea.Sandbox.Twilio;

/// <summary>The account itself and its numbers, with the webhook that each is set to.</summary>
internal sealed class TwilioNumbers(AccountBook accounts)
{
    public IResult Account(TwilioCall call) => Results.Json(new Dictionary<string, object?>
    {
        ["sid"] = call.Account.AccountSid,
        ["friendly_name"] = "Sandbox",
        ["status"] = "active",
        ["type"] = "Full",
        ["owner_account_sid"] = call.Account.AccountSid,
        ["date_created"] = null,
        ["date_updated"] = null,
        ["uri"] = $"/{TwilioJson.Version}/Accounts/{call.Account.AccountSid}.json",
    });

    public IResult List(TwilioCall call)
    {
        var wanted = call.Http.Request.Query["PhoneNumber"].ToString();
        var rows = call.Mine.Where(a => wanted.Length == 0 || a.Number!.Contains(wanted, StringComparison.Ordinal)).GroupBy(a => a.Number).Select(uses => (object)TwilioJson.Number([.. uses])).ToList();
        return Results.Json(TwilioJson.Page($"/{TwilioJson.Version}/Accounts/{call.Account.AccountSid}/IncomingPhoneNumbers.json", "incoming_phone_numbers", rows, 0, 50, "", null));
    }

    public IResult Fetch(TwilioCall call, string sid) => Uses(call, sid) is { Count: > 0 } uses ? Results.Json(TwilioJson.Number(uses)) : TwilioErrors.Answer(20404);

    public IResult Update(TwilioCall call, string sid)
    {
        if ((Uses(call, sid).FirstOrDefault(a => !TwilioJson.IsVoice(a)) ?? Uses(call, sid).FirstOrDefault()) is not { } account)
            return TwilioErrors.Answer(20404);
        string? Given(string name, string? otherwise) => call.Form.TryGetValue(name, out var value) ? value is [{ Length: > 0 } url, ..] ? url : null : otherwise;
        var (sms, fallback) = (Given("SmsUrl", account.WebhookUrl), Given("SmsFallbackUrl", account.FallbackUrl));
        if (sms is not null && !Uri.TryCreate(sms, UriKind.Absolute, out _))
            return TwilioErrors.Answer(21402, null, "SmsUrl is not a valid URL");
        if (sms is null && fallback is not null)
            return TwilioErrors.Answer(21406, null, "SmsFallbackUrl needs an SmsUrl");
        accounts.Change(account.Name, a => a with { WebhookUrl = sms, FallbackUrl = fallback });
        return Results.Json(TwilioJson.Number([.. Uses(call, sid).Select(a => accounts.Find(a.Name) ?? a)]));
    }

    private static List<SandboxAccount> Uses(TwilioCall call, string sid) => [.. call.Mine.Where(a => TwilioJson.NumberSid(a) == sid)];
}
