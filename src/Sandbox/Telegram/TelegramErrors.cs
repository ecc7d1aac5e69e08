namespace Cea.Sandbox.Telegram;

/// <summary>What the Bot API says for a status, when a fault asks for it.</summary>
internal static class TelegramErrors
{
    public static BotRefusal Of(int code) => code switch
    {
        400 => new(400, "Bad Request: chat not found"),
        401 => new(401, "Unauthorized"),
        403 => new(403, "Forbidden: bot was blocked by the user"),
        409 => new(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
        429 => new(429, "Too Many Requests: retry after 2", 2),
        >= 500 and < 600 => new(code, "Internal Server Error"),
        _ => new(400, "Bad Request"),
    };
}
