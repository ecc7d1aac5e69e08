using System.Text;

namespace Cea.Testing.Hostile;

/// <summary>Who a call is made out to come from, and so what may come of it.</summary>
public enum Claim
{
    /// <summary>No proof, or a wrong one: never a 2xx where something is taken in, and nothing stored.</summary>
    None,

    /// <summary>As the provider signs, or with a good key, whatever is wrong with what it says.</summary>
    Good,
}

/// <summary>One call, as bytes: no client would send most of them.</summary>
/// <param name="Name">Where to and what is odd about it, for the report.</param>
/// <param name="Takes">The address takes something in: who proves nothing must be refused.</param>
/// <param name="Messages">How many messages it may at most bring.</param>
/// <param name="CutsOff">The caller hangs up in the middle: there need not be an answer.</param>
public sealed record HostileCall(string Name, byte[] Bytes, Claim Claim, bool Takes, int Messages, bool CutsOff, bool NoBody);

/// <summary>Pieces of calls that have broken services like this one.</summary>
internal static class Oddities
{
    /// <summary>Stands in every call that we make; it may be found in no log.</summary>
    public const string Mark = "zarzamora", Phone = "50259997117";

    public static readonly string[] Values =
    [
        "", " ", "\0", $"{Mark}\0tail", "\ud800", "\udfff" + Mark, "\uFFFE\uFFFF", "\u202E" + Mark, "'; drop table message; --", "<script>alert(1)</script>", "../../../../etc/passwd", "{{7*7}}", "${jndi:ldap://127.0.0.1:9/x}", "%00", "%s%n%d",
        "-1", "0", "1", "NaN", "1e999", "99999999999999999999", "2147483648", "true", "null", "[]", "{}", "\r\nX-Injected: 1", "\r\n\r\n", "STOP", "STOP ALL", "START", "HELP", "2222-2222-222", "cea:", "http://169.254.169.254/", "file:///etc/passwd",
        "anonymous", "+", "+1", "whatsapp:", "whatsapp:+", "sip:x@y", "00000000-0000-0000-0000-000000000000", "AC00000000000000000000000000000001", "2026-02-30", "9999-12-31T23:59:59.9999999+14:00", "0001-01-01T00:00:00-14:00", "es", "xx", "en-US-x-" + Mark, $"{Mark} gracias por la comida", "👍🏽", "ﷺ", "الماء مقطوع",
    ];

    public static readonly string?[] ContentTypes =
    [
        null, "", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=none", "application/json", "application/json; charset=utf-7", "application/JSON;;;", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "text/plain", "text/xml", "application/octet-stream", "a", "/", "a/b; c=\"", "image/png",
    ];

    public static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW", "post", "PROPFIND", "M-SEARCH", "GET\t", "", "P\u00d6ST", "\0GET", new string('X', 9000)];

    public static readonly string[] Headers =
    [
        "Accept-Language: ;q=,,;;*;q=9", "Accept-Language: " + new string('x', 4000), "Accept: text/html", "Accept: application/problem+json;q=x", "Accept-Encoding: br;q=2, gzip, *;q=0", "Cookie: cea=x; cea-form=y; cea-half=z", $"Cookie: {Mark}=\u00ff\u00fe", "Authorization: Bearer",
        "Authorization: Basic Zm9vOmJhcg==", "Authorization: Bearer \u00e9\u00e9\u00e9\u00e9", "X-Forwarded-For: 1.2.3.4, ::1, x", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: javascript", "X-HTTP-Method-Override: DELETE", "HX-Request: true", "HX-Request: true\r\nHX-Target: <x>", "If-None-Match: \"", "If-Modified-Since: yesterday",
        "Range: bytes=9-1,0-99999999999", "Expect: 100-continue", "Expect: the unexpected", "Connection: upgrade\r\nUpgrade: websocket", "Content-Encoding: gzip", "Origin: null", "Referer: \u0001", "Sec-Fetch-Site: cross-site", "X-Twilio-Signature: =", "X-Telegram-Bot-Api-Secret-Token: " + new string('s', 300),
        "X-Odd: " + new string('h', 20_000), "X-Very-Odd: " + new string('h', 40_000), "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, identity", "Content-Length: -1", "Content-Length: 5, 6", " folded: x", "NoColon", ": empty", "Tr\u00e4nsfer: x", "traceparent: 00-0-0-0", "Last-Event-ID: \0", $"User-Agent: {Mark} +{Phone}",
    ];

    public static readonly string[] Paths =
    [
        "/", "//", "/\\", "*", "", "/%", "/%00", "/%2e%2e/%2e%2e/etc/passwd", "/..;/", "/%c0%af", "/%ff%fe", "/c", "/c/", "/c//", "/c/twilio-sms", "/c/twilio-sms/", "/c/a/b/c/d", "/c/%00/%00/%00", "/c/twilio-sms/sms%2freceive", "/_content/admin/../../appsettings.json", "/appsettings.json", "/.env", "/_framework/blazor.web.js",
        "/api", "/api/v1", "/api/v1/feedback/", "/api/v1/feedback/x", "/api/v1/feedback/00000000-0000-0000-0000-000000000000", "/api/v1/trends", "/api/v1/trends?by=" + Mark, "/api/v1/trends?by=topic&bucket=day&from=0001-01-01&to=9999-12-31", "/openapi/v1.json", "/openapi/v2.json", "/metrics", "/healthz", "/readyz", "/f", "/f/", $"/f/{Mark}?lang=%00",
        "/field", "/s", "/s?lang=%00", $"/s?lang={Mark}&lang=2", "/s/add", "/s/page.css", "/s/page.js", "/sandbox", "/sign-in", "/sign-in?wrong=1&back=//evil.example", "/sign-in?back=%0d%0aX:1", "/sign-in/code", "/password", "/language", "/account", "/items", "/items?page=-1&view=%00", "/items/x", "/items/00000000-0000-0000-0000-000000000000", "/trends?from=x", "/settings/users",
        "/live", "/events", "/actions", "/answers", "/service-points", "/calls/new", "/not-found", "/start", "/media/x", "/%e2%80%ae", "/s#%00", "http://evil.example/s", "/a?" + new string('q', 6000), "/" + new string('p', 9000), "/s?" + string.Join('&', Enumerable.Range(0, 1500).Select(i => "a=1")),
    ];

    /// <summary>JSON that is none, or too much of it.</summary>
    public static readonly string[] Json =
    [
        "", "{", "}", "[", "null", "0", "\"x\"", "[[]]", "{\"a\":}", "{\"text\":1}", "{\"text\":null}", "{\"text\":\"\"}", "{\"text\":[\"x\"]}", "\uFEFF{}", "{\"text\":\"\\ud800\"}", "{\"text\":\"\\ud800\",\"channel\":\"\\udfff\"}", "{\"text\":\"\\u0000\"}", "{\"text\":\"a\\u0000b\",\"lang\":\"e\\u0000\",\"channel\":\"\\u0000\"}",
        "{\"text\":\"a\",\"lang\":\"\\udfff\"}", "{\"text\":\"a\",\"channel\":\"\\ud800\"}", "{\"text\":\"a\",\"service_point\":\"\\u0000\"}", "{\"text\":\"a\",\"service_point\":\"\\ud800\"}", "{\"text\":\"a\",\"client_id\":\"\\u0000\"}", "{\"text\":\"a\",\"client_id\":\"\\udc00\"}", "{\"text\":\"a\",\"spoken_at\":\"0001-01-01T00:00:00+14:00\"}", "{\"text\":\"a\",\"spoken_at\":\"9999-12-31T23:59:59-14:00\"}",
        "{\"text\":\"a\",\"spoken_at\":\"\\ud800\"}", "{\"text\":\"a\",\"text\":\"b\"}", "{\"text\":\"a\",\"spoken_at\":\"-1\"}", "{\"\\ud800\":1,\"text\":\"a\"}", "[null]", "[1,2]", "[{\"text\":\"a\"},null]", "[{\"text\":\"a\"},{\"text\":\"\"}]", "{\"text\":\"a\",\"lang\":\"es\"}", "[{\"text\":\"a\"},{\"text\":\"b\",\"lang\":\"fr\"}]", "{/*x*/\"text\":\"a\"}", "{\"text\":\"a\",}", "{\"text\":NaN}",
        new string('[', 200) + new string(']', 200), string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100), new string('[', 60_000), "[" + string.Join(',', Enumerable.Repeat("{\"text\":\"a\"}", 501)) + "]", "{\"text\":\"" + new string('a', 20_001) + "\"}",
    ];

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
