using System.Globalization;
using System.Net;
using System.Text;

namespace Cea.Testing.Hostile;

/// <summary>Makes calls from a seed: the same seed makes the same calls.</summary>
internal sealed class CallMaker(Random random, string publicUrl, IReadOnlyList<ProviderLine> lines, string key, string? cookie, string? token)
{
    private static readonly Dictionary<string, string[]> Actions = new()
    {
        ["twilio-sms"] = ["receive", "status"], ["twilio-whatsapp"] = ["receive", "status"], ["telegram"] = ["receive"],
        ["twilio-voice"] = ["receive", "language", "menu", "silence", "recorded", "recording", "code", "callback", "operator", "screen", "take", "dialed", "back", "through", "status"],
    };

    public HostileCall Next() => random.Next(20) switch
    {
        < 12 => ToLine(Pick(lines)),
        < 15 => ToApi(),
        < 16 => ToReading(),
        < 18 => ToStatus(),
        < 19 when random.Next(4) == 0 => ToSignIn(),
        _ => Anywhere(),
    };

    private HostileCall ToLine(ProviderLine line)
    {
        var action = random.Next(12) == 0 ? Pick("x", "", "receive/", "%00", "RECEIVE", Oddities.Mark) : Pick(Actions[line.Kind]);
        var telegram = line.Kind == "telegram";
        var usual = telegram ? Update() : Form(line);
        var (odd, body) = Spoil(usual, telegram ? Oddities.Json : null);
        var query = line.Kind == "twilio-voice" && random.Next(2) == 0 ? $"?n={Uri.EscapeDataString(Value())}&l={Uri.EscapeDataString(Value())}&c={Uri.EscapeDataString(Value())}&k=1&o=1&r={Uri.EscapeDataString(Value())}&t={Uri.EscapeDataString(Value())}" : random.Next(6) == 0 ? "?m=" + Uri.EscapeDataString(Value()) : "";
        var type = random.Next(6) == 0 ? Pick(Oddities.ContentTypes) : telegram ? "application/json" : "application/x-www-form-urlencoded";
        var path = $"/c/{line.Kind}/{line.Account}/{action}{query}";
        var proof = random.Next(5);
        var good = AddressFuzz.TakesSigned(line) && proof < 4;
        var header = telegram
            ? good ? line.Proof("", type, body) : proof == 0 ? null : $"X-Telegram-Bot-Api-Secret-Token: {Pick(line.Secret + "x", line.Secret.ToUpperInvariant(), line.Secret[..^1], Oddities.Mark)}"
            : good ? line.Proof(publicUrl + path, type, body) : proof == 0 ? null : $"X-Twilio-Signature: {Pick(ProviderLine.Signature(line.Secret + "x", publicUrl + path, type, body), ProviderLine.Signature(line.Secret, publicUrl + path + "x", type, body), Convert.ToBase64String(body.AsSpan(0, Math.Min(20, body.Length))), "AAAA")}";
        return Build($"{line.Kind} {action} {odd} as {type ?? "nothing"}", good ? Claim.Good : Claim.None, true, good ? 1 : 0, random.Next(15) == 0 ? Pick("GET", "PUT", "POST ", "HEAD", "DELETE") : "POST", path, type, body, header);
    }

    private HostileCall ToApi()
    {
        var good = random.Next(3) > 0;
        var messages = random.Next(3);
        var (odd, body) = Spoil(messages < 2 ? Encoding.UTF8.GetBytes($$"""{"text":"{{Oddities.Mark}} agua","lang":"es","client_id":"{{random.Next()}}"}""") : Encoding.UTF8.GetBytes($$"""[{"text":"{{Oddities.Mark}}"},{"text":"b"}]"""), Oddities.Json);
        return Build($"api {odd} {(good ? "with a key" : "without")}", good ? Claim.Good : Claim.None, true, good ? 2 : 0, "POST", "/api/v1/feedback", random.Next(5) == 0 ? Pick(Oddities.ContentTypes) : "application/json", body, good ? $"Authorization: Bearer {key}" : random.Next(2) == 0 ? null : $"Authorization: Bearer {Pick(key[..^1], key + "x", "cea", Oddities.Mark)}");
    }

    // With a key that may do everything: lists by hostile filters, acts on items that are not there.
    private HostileCall ToReading()
    {
        var (odd, body) = Spoil(Encoding.UTF8.GetBytes("""{"text":"a"}"""), Oddities.Json);
        string[] names = ["from", "to", "topic", "type", "urgency", "status", "service_point", "channel", "lang", "q", "cursor", "limit", "by", "bucket"];
        var query = string.Join('&', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{Pick(names)}={Escaped(Value())}"));
        var path = Pick($"/api/v1/feedback?{query}", $"/api/v1/trends?by={Pick("topic", "service_point", "channel", "lang", "type", "urgency", Escaped(Value()))}&{query}", $"/api/v1/feedback/{Nobody()}/{Pick("replies", "codes", "close")}", $"/api/v1/feedback/{Nobody()}");
        var acts = path[^1] is not '=' && (path.EndsWith("replies", StringComparison.Ordinal) || path.EndsWith("codes", StringComparison.Ordinal) || path.EndsWith("close", StringComparison.Ordinal));
        return Build($"reading {path.Split('?')[0].Split('/')[3]} {(acts ? odd : query)}", Claim.Good, false, 0, acts ? "POST" : "GET", path, acts ? "application/json" : null, acts ? body : [], $"Authorization: Bearer {key}");
    }

    private HostileCall ToStatus()
    {
        var (odd, body) = Spoil(Encoding.UTF8.GetBytes($"code={Escaped(random.Next(3) == 0 ? Code() : Value())}&text={Escaped(Value())}&lang={Escaped(Value())}&once={Escaped(Value())}"), null);
        return Build($"status {odd}", Claim.None, false, 0, Pick("POST", "POST", "POST", "GET", "PUT"), Pick("/s", "/s/add", "/s?lang=" + Escaped(Value())), random.Next(4) == 0 ? Pick(Oddities.ContentTypes) : "application/x-www-form-urlencoded", body, null);
    }

    private HostileCall ToSignIn()
    {
        var form = $"name={Escaped(Value())}&password={Escaped(Value())}&back={Escaped(Value())}&code={Escaped(Value())}&__RequestVerificationToken={Escaped(token ?? "")}";
        var (odd, body) = random.Next(3) > 0 ? ("its form", Encoding.UTF8.GetBytes(form)) : Spoil(Encoding.UTF8.GetBytes(form), null);
        return Build($"sign-in {odd}", Claim.None, false, 0, "POST", Pick("/sign-in", "/sign-in", "/sign-in/code", "/password", "/sign-out", "/language"), random.Next(6) == 0 ? Pick(Oddities.ContentTypes) : "application/x-www-form-urlencoded", body, cookie is null ? null : $"Cookie: {cookie}");
    }

    private HostileCall Anywhere()
    {
        var (odd, body) = random.Next(3) == 0 ? Spoil(Encoding.UTF8.GetBytes($"a={Oddities.Mark}"), Oddities.Json) : ("nothing", []);
        var path = random.Next(5) == 0 ? "/" + Escaped(Value()) + "?" + Escaped(Value()) : Pick(Oddities.Paths);
        return Build($"{(path.Length > 60 ? path[..60] : path)} {odd}", Claim.None, false, 0, random.Next(2) == 0 ? "GET" : Pick(Oddities.Methods), path, body.Length == 0 ? null : Pick(Oddities.ContentTypes), body, random.Next(2) == 0 ? Pick(Oddities.Headers) : null);
    }

    private HostileCall Build(string name, Claim claim, bool takes, int messages, string method, string path, string? type, byte[] body, string? header)
    {
        var head = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: {new Uri(publicUrl).Authority}\r\n");
        if (type is not null)
            head.Append(CultureInfo.InvariantCulture, $"Content-Type: {type}\r\n");
        if (header is not null)
            head.Append(header).Append("\r\n");
        var more = random.Next(10) == 0 ? Pick(Oddities.Headers) : null;
        if (more is not null)
            head.Append(more).Append("\r\n");
        var framing = random.Next(24);
        var cut = false;
        byte[] content = body;
        switch (framing)
        {
            case 0 or 1 or 2: // no length said beforehand
                head.Append("Transfer-Encoding: chunked\r\n\r\n");
                content = Chunked(body);
                break;
            case 3:
                head.Append("Transfer-Encoding: chunked\r\n\r\n");
                content = Oddities.Bytes(Pick("zz\r\nabc\r\n", "-5\r\n", "ffffffffff\r\nx", "5\r\nabc", "0\r\n", "5;x=\"\r\nabcde\r\n0\r\nTrailer: x\r\n\r\n"));
                (cut, name, messages) = (true, name + " in broken chunks", claim == Claim.Good ? messages : 0);
                break;
            case 4: // less than was said
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length + 1 + random.Next(5000)}\r\n\r\n");
                (cut, name) = (true, name + " cut off");
                break;
            case 5 when body.Length > 2: // more than was said: the rest is read as another call
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length / 2}\r\n\r\n");
                (cut, name) = (true, name + " longer than said");
                break;
            case 6:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\nTransfer-Encoding: chunked\r\n\r\n");
                content = Chunked(body);
                (cut, name) = (true, name + " with two lengths");
                break;
            default:
                if (body.Length > 0 || method is "POST" or "PUT")
                    head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
                head.Append("\r\n");
                break;
        }
        cut |= more is not null && (more.StartsWith("Content-Length", StringComparison.Ordinal) || more.StartsWith("Transfer", StringComparison.Ordinal) || more.StartsWith("Expect", StringComparison.Ordinal));
        return new HostileCall(name + (more is null ? "" : $" [{(more.Length > 40 ? more[..40] : more)}]"), [.. Oddities.Bytes(head.ToString()), .. content], claim, takes, messages, cut || body.Length > 1 << 20, method is not ("GET" or "POST"));
    }

    private (string Odd, byte[] Body) Spoil(byte[] usual, string[]? json)
    {
        switch (random.Next(json is null ? 12 : 16))
        {
            case 0:
                var noise = new byte[random.Next(4096)];
                random.NextBytes(noise);
                return ("random bytes", noise);
            case 1:
                return ("truncated", usual[..random.Next(usual.Length)]);
            case 2:
                var bent = (byte[])usual.Clone();
                for (var i = 0; i < 1 + bent.Length / 20; i++)
                    bent[random.Next(bent.Length)] = (byte)random.Next(256);
                return ("bytes changed", bent);
            case 3:
                return ("UTF-16", Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(usual)));
            case 4 when random.Next(4) == 0:
                return ("100 kB", Longer(usual, 100_000));
            case 5 when random.Next(60) == 0:
                return ("10 MB", Longer(usual, 10_000_000));
            case 6:
                return ("NULs", [.. usual, 0, 0, 0, .. usual.AsSpan(0, usual.Length / 2)]);
            case 7:
                return ("twice", [.. usual, (byte)'&', .. usual]);
            case 8 when json is null:
                return ("many fields", Encoding.UTF8.GetBytes(string.Join('&', Enumerable.Range(0, random.Next(3000)).Select(i => $"f{i % 50}={i}"))));
            case >= 12:
                return ("odd JSON", Encoding.UTF8.GetBytes(Pick(json!)));
            default:
                return ("as usual", usual);
        }
    }

    private byte[] Form(ProviderLine line)
    {
        var prefix = line.Kind == "twilio-whatsapp" ? "whatsapp:" : "";
        var voice = line.Kind == "twilio-voice";
        List<(string Name, string Value)> fields =
        [
            ("AccountSid", line.Sid), ("From", $"{prefix}+{Oddities.Phone}"), ("To", prefix + line.Number), (voice ? "CallSid" : "MessageSid", $"{(voice ? "CA" : "SM")}{random.NextInt64():x32}"),
            .. voice ? new[] { ("CallStatus", "in-progress"), ("Digits", $"{random.Next(10)}"), ("RecordingUrl", $"https://api.twilio.com/2010-04-01/Accounts/{line.Sid}/Recordings/RE{random.NextInt64():x32}"), ("RecordingSid", $"RE{random.NextInt64():x32}"), ("RecordingDuration", "3"), ("RecordingStatus", "completed"), ("DialCallStatus", "completed"), ("ParentCallSid", "CA1") }
                : [("Body", $"{Oddities.Mark} podrian abrir mas temprano?"), ("NumMedia", "0"), ("MessageStatus", "delivered"), ("ErrorCode", "30003"), ("OptOutType", ""), ("Latitude", "1"), ("Longitude", "2"), ("ButtonPayload", ""), ("ButtonText", ""), ("MediaUrl0", ""), ("MediaContentType0", "image/png")],
        ];
        for (var n = random.Next(4); n > 0; n--)
        {
            var at = random.Next(fields.Count);
            if (random.Next(4) == 0)
                fields.RemoveAt(at);
            else
                fields[at] = (fields[at].Name, Value());
        }
        return Encoding.UTF8.GetBytes(string.Join('&', fields.Select(f => $"{f.Name}={Escaped(f.Value)}")));
    }

    private byte[] Update()
    {
        var text = System.Text.Json.JsonSerializer.Serialize(random.Next(3) == 0 ? Value() : $"{Oddities.Mark} agua");
        var kind = Pick("message", "message", "message", "edited_message", "callback_query", "my_chat_member", "channel_post");
        var id = Pick($"{random.Next()}", $"{random.Next()}", "-1", "1e3", "9223372036854775808", "\"5\"", "null");
        var chat = $$"""{"id":{{id}},"type":"private"}""";
        var more = Pick("", "", ",\"photo\":[]", ",\"photo\":[{}]", ",\"photo\":[5]", ",\"voice\":{\"file_id\":5,\"file_size\":-1}", ",\"document\":{\"file_id\":\"\\ud800\",\"file_size\":99999999999}", ",\"location\":{\"latitude\":1e300,\"longitude\":-0.0}", ",\"location\":{\"latitude\":1e999,\"longitude\":1}", ",\"from\":{\"id\":1,\"language_code\":\"\\u0000\"}", ",\"caption\":\"\\udfff\"", ",\"date\":99999999999999");
        return Encoding.UTF8.GetBytes(kind is "callback_query"
            ? $$$$$"""{"update_id":{{{{{random.Next()}}}}},"callback_query":{"id":{{{{{Pick("\"7\"", "7", "\"\\u0000\"")}}}}},"data":{{{{{text}}}}},"message":{"message_id":{{{{{random.Next()}}}}},"chat":{{{{{chat}}}}}}}}"""
            : $$$$$"""{"update_id":{{{{{random.Next()}}}}},"{{{{{kind}}}}}":{"message_id":{{{{{random.Next()}}}}},"date":1780000000,"chat":{{{{{chat}}}}},"text":{{{{{text}}}}},"new_chat_member":{"status":{{{{{text}}}}}}{{{{{more}}}}}}}""");
    }

    private byte[] Chunked(byte[] body)
    {
        using var all = new MemoryStream();
        for (var at = 0; at < body.Length;)
        {
            var size = Math.Min(body.Length - at, random.Next(1, 1 << random.Next(4, 17)));
            all.Write(Encoding.ASCII.GetBytes($"{size:x}\r\n"));
            all.Write(body, at, size);
            all.Write("\r\n"u8);
            at += size;
        }
        all.Write("0\r\n\r\n"u8);
        return all.ToArray();
    }

    private byte[] Longer(byte[] usual, int length) => [.. usual, .. Enumerable.Repeat((byte)random.Next(32, 127), length)];

    private string Code() => string.Concat(Enumerable.Range(0, 11).Select(_ => Pick("23456789ABCDEFGHJKMNPQRSTVWXYZ".ToCharArray())));

    private string Value() => random.Next(40) == 0 ? string.Concat(Enumerable.Repeat(Oddities.Mark, random.Next(6000))) : Pick(Oddities.Values);

    // As browsers write it, or with bytes that are no UTF-8.
    private string Escaped(string value) => random.Next(12) == 0 ? Pick("%ff%fe", "%ed%a0%80", "%c0%80", "%", "%zz", "%u0041", "+%00+") : WebUtility.UrlEncode(value);

    private Guid Nobody()
    {
        Span<byte> id = stackalloc byte[16];
        random.NextBytes(id);
        return new Guid(id);
    }

    private T Pick<T>(params IReadOnlyList<T> of) => of[random.Next(of.Count)];
}
