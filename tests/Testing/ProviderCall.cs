using System.Globalization;
using System.Text;

namespace Cea.Testing;

/// <summary>A message as its provider posts it, with its proof; as bytes, so that the sender costs next to nothing.</summary>
/// <param name="Request">The whole request.</param>
public sealed record ProviderCall(byte[] Request)
{
    /// <summary>What somebody wrote; by voice, that he left a message (its text is not sent).</summary>
    /// <param name="publicUrl">The Host as the provider knows it.</param>
    /// <param name="number">Of the message; the same number is the same message.</param>
    /// <param name="from">A telephone's number with its plus; at Telegram the chat is its digits.</param>
    public static ProviderCall New(ProviderLine line, string publicUrl, int number, string from, string text)
    {
        var path = $"/c/{line.Kind}/{line.Account}/{(line.Kind == "twilio-voice" ? "recorded?n=0&l=es" : "receive")}";
        var type = line.IsTelegram ? "application/json" : "application/x-www-form-urlencoded";
        var body = line.IsTelegram
            ? Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$$"""{"update_id":{{{number}}},"message":{"message_id":{{{number}}},"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{from[1..]}}},"type":"private"},"from":{"id":{{{from[1..]}}},"is_bot":false},"text":{{{System.Text.Json.JsonSerializer.Serialize(text)}}}}}"""))
            : Encoding.ASCII.GetBytes(string.Join('&', Fields(line, number, from, text).Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value)}")));
        var head = $"POST {path} HTTP/1.1\r\nHost: {new Uri(publicUrl).Authority}\r\n{line.Proof(publicUrl + path, type, body)}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n";
        return new ProviderCall([.. Encoding.ASCII.GetBytes(head), .. body]);
    }

    public static string NewSid(string kind, int n) => string.Create(CultureInfo.InvariantCulture, $"{kind}{n:x32}");

    private static IEnumerable<(string Name, string Value)> Fields(ProviderLine line, int number, string from, string text)
    {
        var (prefix, sid) = (line.Kind == "twilio-whatsapp" ? "whatsapp:" : "", NewSid("SM", number));
        (string, string)[] both = [("AccountSid", line.Sid), ("From", prefix + from), ("To", prefix + line.Number)];
        return line.Kind switch
        {
            "twilio-voice" => [.. both, ("ApiVersion", "2010-04-01"), ("CallSid", NewSid("CA", number)), ("CallStatus", "in-progress"), ("Caller", from), ("Digits", "#"), ("Direction", "inbound"), ("RecordingDuration", "7"),
                ("RecordingSid", NewSid("RE", number)), ("RecordingUrl", $"https://api.twilio.com/2010-04-01/Accounts/{line.Sid}/Recordings/{NewSid("RE", number)}")],
            "twilio-whatsapp" => [.. both, ("ApiVersion", "2010-04-01"), ("Body", text), ("MessageSid", sid), ("MessageType", "text"), ("NumMedia", "0"), ("NumSegments", "1"), ("ProfileName", "A"), ("SmsMessageSid", sid), ("SmsSid", sid), ("SmsStatus", "received"), ("WaId", from[1..])],
            _ => [.. both, ("Body", text), ("MessageSid", sid), ("NumMedia", "0"), ("NumSegments", "1"), ("SmsMessageSid", sid), ("SmsStatus", "received")],
        };
    }
}
