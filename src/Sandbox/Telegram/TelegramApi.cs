using System.Globalization;
using System.Text.Json.Nodes;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Telegram;

/// <summary>The Bot API's front: finds the bot by the token in the path, reads the parameters, and wraps what a method returns.</summary>
internal sealed class TelegramApi : IProviderApi
{
    private const string Prefix = "bot";
    private const long MostToDownload = 20_000_000;
    private readonly AccountBook _accounts;
    private readonly ApiFaults _faults;
    private readonly FaultBoard _board;
    private readonly MediaStore _media;
    private readonly TelegramBots _bots;
    private readonly MessageBook _book;
    private readonly Dictionary<string, (string Operation, Func<SandboxAccount, BotCall, CancellationToken, Task<JsonNode?>> Act)> _methods;

    public TelegramApi(AccountBook accounts, ApiFaults faults, FaultBoard board, MediaStore media, MessageBook book, TelegramBots bots, TelegramDelivery delivery, TelegramMessages messages, TelegramWebhook webhook)
    {
        (_accounts, _faults, _board, _media, _bots, _book) = (accounts, faults, board, media, bots, book);
        static Task<JsonNode?> Done(JsonNode? result) => Task.FromResult(result);
        _methods = new(StringComparer.OrdinalIgnoreCase)
        {
            ["getMe"] = ("other", (a, _, _) => Done(Me(a))),
            ["setWebhook"] = ("other", (a, c, _) => Done(webhook.Set(a, c))),
            ["deleteWebhook"] = ("other", (a, c, _) => Done(webhook.Delete(a, c))),
            ["getWebhookInfo"] = ("other", (a, _, _) => Done(webhook.Info(a))),
            ["getUpdates"] = ("list", async (a, c, ct) => await webhook.UpdatesAsync(a, c, ct)),
            ["sendMessage"] = ("send", (a, c, _) => Done(messages.Send(a, c))),
            ["editMessageText"] = ("send", (a, c, _) => Done(messages.EditText(a, c))),
            ["editMessageReplyMarkup"] = ("send", (a, c, _) => Done(messages.EditButtons(a, c))),
            ["deleteMessage"] = ("other", (a, c, _) => Done(messages.Delete(a, c))),
            ["answerCallbackQuery"] = ("other", (a, c, _) => Done(messages.AnswerQuery(a, c))),
            ["sendChatAction"] = ("other", (a, c, _) => Done(messages.Action(a, c))),
            ["getFile"] = ("file", (_, c, _) => Done(GetFile(c))),
            ["setMyCommands"] = ("other", (_, _, _) => Done(true)),
        };
        delivery.Answered = async (account, call) =>
        {
            // Of what a webhook's answer may ask, the result is never told; reading and webhook methods are ignored.
            if (call["method"]?.ToString() is { } method && _methods.TryGetValue(method, out var known) && !method.StartsWith("get", StringComparison.OrdinalIgnoreCase) && !method.EndsWith("Webhook", StringComparison.OrdinalIgnoreCase))
            {
                try
                {
                    await known.Act(account, new BotCall(call), CancellationToken.None);
                }
                catch (BotRefusal)
                {
                    // not told either
                }
            }
        };
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        // The whole segment is matched and its beginning taken off here: a template "bot{token}" would look for the last "bot", which may stand in the token itself.
        routes.MapMethods("/{bot:regex(^bot\\d+:)}/{method}", ["GET", "POST"], CallAsync);
        routes.MapGet("/file/{bot:regex(^bot\\d+:)}/{**path}", Download);
    }

    public void Reset() => _bots.Reset();

    private async Task<IResult> CallAsync(HttpContext http, string bot, string method)
    {
        var token = bot[Prefix.Length..];
        if (_accounts.All.FirstOrDefault(a => a.BotToken == token) is not { } account)
            return No(401, "Unauthorized");
        if (!_methods.TryGetValue(method, out var known))
            return No(404, "Not Found: method not found");
        if (await BotCall.ReadAsync(http.Request, http.RequestAborted) is not { } call)
            return No(400, "Bad Request: can't parse parameters");

        var to = call.Text("chat_id");
        return await _faults.AroundAsync(http, account.Name, known.Operation, to, async () =>
        {
            try
            {
                if (known.Operation == "send" && _board.Take(FaultNames.SendError, account.Name, to, "send") is { } fault)
                    throw TelegramErrors.Of(fault.Code ?? 403);
                return Results.Json(new JsonObject { ["ok"] = true, ["result"] = await known.Act(account, call, http.RequestAborted) });
            }
            catch (BotRefusal refusal)
            {
                if (refusal.RetryAfter is { } seconds)
                    http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
                return No(refusal.Code, refusal.Message, refusal.RetryAfter);
            }
        }, (status, seconds) => status == 429 ? No(429, $"Too Many Requests: retry after {seconds}", seconds) : No(500, "Internal Server Error"));
    }

    private IResult Download(HttpContext http, string bot, string path)
    {
        var token = bot[Prefix.Length..];
        if (_accounts.All.FirstOrDefault(a => a.BotToken == token) is not { } account)
            return No(401, "Unauthorized");
        if (_board.Take(FaultNames.MediaLate, account.Name) is not null || _media.Find(path.Split('/')[^1].Split('.')[0]) is not { } file)
            return No(404, "Not Found");
        return Results.Bytes(file.Bytes, "application/octet-stream"); // the real one tells no type either
    }

    private JsonObject GetFile(BotCall call)
    {
        var id = call.Text("file_id") ?? "";
        if (_media.Find(id) is not { } file)
            throw new BotRefusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable");
        // What the message said of its size counts: a test need not really hold 21 MB.
        var size = _book.List(m => m.Media.Any(f => f.Id == id), 1).SelectMany(m => m.Media).FirstOrDefault(f => f.Id == id)?.Size ?? file.Bytes.Length;
        if (size > MostToDownload)
            throw new BotRefusal(400, "Bad Request: file is too big");
        return new JsonObject { ["file_id"] = id, ["file_unique_id"] = id[..12], ["file_size"] = size, ["file_path"] = $"files/{id}.{file.ContentType.Split('/', ';')[1]}" };
    }

    private static JsonObject Me(SandboxAccount account)
    {
        var me = TelegramJson.Bot(account);
        foreach (var name in new[] { "can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business", "has_main_web_app" })
            me[name] = false;
        return me;
    }

    private static IResult No(int code, string description, int? retryAfter = null)
    {
        var body = new JsonObject { ["ok"] = false, ["error_code"] = code, ["description"] = description };
        if (retryAfter is not null)
            body["parameters"] = new JsonObject { ["retry_after"] = retryAfter };
        return Results.Json(body, statusCode: code);
    }
}
