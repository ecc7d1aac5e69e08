using System.Globalization;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Twilio;

namespace Cea.Sandbox.TwilioVoice;

/// <summary>Calls and recordings in Twilio's REST API.</summary>
internal sealed class CallResources(CallPlayer player, MediaStore media, FaultBoard faults)
{
    public IResult Calls(TwilioCall call)
    {
        var query = call.Http.Request.Query;
        var rows = player.Calls.Where(c => IsMine(call, c.Account) && Fits(query["From"], c.From) && Fits(query["To"], c.To) && Fits(query["Status"], c.Status)).Select(c => (object)Json(call.Account, c)).ToList();
        return Results.Json(TwilioJson.Page($"{Root(call.Account)}/Calls.json", "calls", rows, 0, Math.Max(50, rows.Count), "", null));
    }

    /// <summary>From must be one of the account's numbers that take calls; Url says what who is called hears.</summary>
    public IResult Create(TwilioCall call)
    {
        if (call.Mine.FirstOrDefault(a => a.Kind == TwilioVoiceAccount.Name && a.Number == call.Form["From"].ToString()) is not { } account)
            return TwilioErrors.Answer(21210);
        if (call.Form["To"].ToString() is not ['+', ..] to)
            return TwilioErrors.Answer(21211);
        return Uri.TryCreate(call.Form["Url"].ToString(), UriKind.Absolute, out var url) ? Results.Json(Json(account, player.Place(account, to, url.ToString())), statusCode: 201) : TwilioErrors.Answer(21205);
    }

    public IResult Call(TwilioCall call, string sid) => player.Find(sid) is { } found && IsMine(call, found.Account) ? Results.Json(Json(call.Account, found)) : TwilioErrors.Answer(20404);

    public IResult Recordings(TwilioCall call)
    {
        var rows = player.Recordings.Where(r => IsMine(call, r.Account) && Fits(call.Http.Request.Query["CallSid"], r.CallSid)).Select(r => (object)Json(call.Account, r)).ToList();
        return Results.Json(TwilioJson.Page($"{Root(call.Account)}/Recordings.json", "recordings", rows, 0, Math.Max(50, rows.Count), "", null));
    }

    /// <summary>The resource (.json), or the file itself (no ending, .wav, .mp3).</summary>
    public IResult Recording(TwilioCall call, string name)
    {
        var (sid, ending) = name.Split('.', 2) is [var before, var after] ? (before, after) : (name, "");
        if (player.Recording(sid) is not { } recording || !IsMine(call, recording.Account))
            return TwilioErrors.Answer(20404);
        if (ending == "json")
            return Results.Json(Json(call.Account, recording));
        if (faults.Take(FaultNames.MediaLate, recording.Account) is not null || media.Find(recording.File) is not { } file)
            return TwilioErrors.Answer(20404);
        return Results.Bytes(file.Bytes, ending == "mp3" && file.ContentType == "audio/x-wav" ? "audio/mpeg" : file.ContentType);
    }

    public IResult Delete(TwilioCall call, string name) =>
        name.Split('.')[0] is var sid && player.Recording(sid) is { } recording && IsMine(call, recording.Account) && player.Delete(sid) ? Results.NoContent() : TwilioErrors.Answer(20404);

    public IResult DeleteCall(TwilioCall call, string sid) => player.Find(sid) is { } found && IsMine(call, found.Account) && player.Forget(sid) ? Results.NoContent() : TwilioErrors.Answer(20404);

    private static bool IsMine(TwilioCall call, string account) => call.Mine.Any(a => a.Name == account);

    private static bool Fits(string? wanted, string value) => string.IsNullOrEmpty(wanted) || wanted == value;

    private static string Root(SandboxAccount account) => $"/{TwilioJson.Version}/Accounts/{account.AccountSid}";

    private static Dictionary<string, object?> Json(SandboxAccount account, PlayedCall call) => new()
    {
        ["sid"] = call.Sid, ["account_sid"] = account.AccountSid, ["parent_call_sid"] = null, ["from"] = call.From, ["to"] = call.To, ["phone_number_sid"] = null, ["status"] = call.Status, ["direction"] = call.Direction,
        ["start_time"] = TwilioJson.Date(call.At), ["end_time"] = TwilioJson.Date(call.EndedAt), ["date_created"] = TwilioJson.Date(call.At), ["date_updated"] = TwilioJson.Date(call.EndedAt ?? call.At),
        ["duration"] = call.EndedAt is { } ended ? ((int)(ended - call.At).TotalSeconds).ToString(CultureInfo.InvariantCulture) : null, ["price"] = null, ["price_unit"] = "USD", ["answered_by"] = null,
        ["api_version"] = TwilioJson.Version, ["uri"] = $"{Root(account)}/Calls/{call.Sid}.json", ["subresource_uris"] = new Dictionary<string, string> { ["recordings"] = $"{Root(account)}/Calls/{call.Sid}/Recordings.json" },
    };

    private static Dictionary<string, object?> Json(SandboxAccount account, PlayedRecording recording) => new()
    {
        ["sid"] = recording.Sid, ["account_sid"] = account.AccountSid, ["call_sid"] = recording.CallSid, ["conference_sid"] = null, ["duration"] = recording.Seconds.ToString(CultureInfo.InvariantCulture), ["status"] = recording.Status,
        ["channels"] = 1, ["source"] = "RecordVerb", ["error_code"] = null, ["price"] = null, ["price_unit"] = "USD", ["start_time"] = TwilioJson.Date(recording.At), ["date_created"] = TwilioJson.Date(recording.At),
        ["date_updated"] = TwilioJson.Date(recording.At), ["encryption_details"] = null, ["api_version"] = TwilioJson.Version, ["media_url"] = $"{Root(account)}/Recordings/{recording.Sid}", ["uri"] = $"{Root(account)}/Recordings/{recording.Sid}.json",
        ["subresource_uris"] = new Dictionary<string, string>(),
    };
}
