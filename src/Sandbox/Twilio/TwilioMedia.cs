using Cea.Sandbox.Faults;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Twilio;

/// <summary>The Media resource: what came with a message, its file, and the other host that a file may be kept on.</summary>
internal sealed class TwilioMedia(MessageBook book, MediaStore media, FaultBoard faults, OwnAddress own)
{
    public const string CdnPath = "/twilio-cdn";

    public IResult List(TwilioCall call, string sid)
    {
        if (Find(call, sid) is not { } message)
            return TwilioErrors.Answer(20404);
        var rows = message.Media.Where(m => m.Id.Length > 0).Select(m => (object)TwilioJson.Media(call.Account, message, m)).ToList();
        return Results.Json(TwilioJson.Page($"{TwilioJson.MessagesPath(call.Account.AccountSid!)}/{sid}/Media.json", "media_list", rows, 0, 50, "", null));
    }

    public IResult Fetch(TwilioCall call, string sid, string file) =>
        Find(call, sid) is { } message && message.Media.FirstOrDefault(m => $"ME{m.Id}" == file) is { } found ? Results.Json(TwilioJson.Media(call.Account, message, found)) : TwilioErrors.Answer(20404);

    public IResult Delete(TwilioCall call, string sid, string file)
    {
        if (Find(call, sid) is not { } message || message.Media.All(m => $"ME{m.Id}" != file))
            return TwilioErrors.Answer(20404);
        media.Remove(file[2..]);
        book.Change(message.Id, m => m with { Media = [.. m.Media.Where(f => $"ME{f.Id}" != file)] });
        return Results.NoContent();
    }

    public IResult Download(TwilioCall call, string sid, string file)
    {
        if (faults.Take(FaultNames.MediaLate, call.Account.Name) is not null)
            return TwilioErrors.Answer(20404);
        if (Find(call, sid) is not { } message || message.Media.All(m => $"ME{m.Id}" != file) || media.Find(file[2..]) is not { } found)
            return TwilioErrors.Answer(20404);
        return faults.Take(FaultNames.MediaRedirect, call.Account.Name) is not null
            ? Results.Redirect($"{own.OtherHost}{CdnPath}/{file[2..]}", preserveMethod: true)
            : Results.Bytes(found.Bytes, found.ContentType);
    }

    /// <summary>Signed storage refuses a request that brings its own Authorization, as the real one does.</summary>
    public IResult FromCdn(HttpContext http, string file)
    {
        if (http.Request.Headers.Authorization.Count > 0)
            return Results.Text("Only one auth mechanism allowed", statusCode: 400);
        return media.Find(file) is { } found ? Results.Bytes(found.Bytes, found.ContentType) : Results.NotFound();
    }

    private PlayedMessage? Find(TwilioCall call, string sid) => call.Mine.Select(a => book.Find(a.Name, sid)).FirstOrDefault(m => m is { Deleted: false });
}
